// All that people do with files in the file manager, and the menu that offers it.

import { browser } from "@web/core/browser/browser";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { FolderDialog, NameDialog } from "../tree/dialogs";
import { downloadArchive, downloadFile, fileLink, useWords } from "../tree/leaving";
import { asPreview, factsOf } from "./file_words";
import { TagDialog } from "./tag_dialog";

const FILE = "ir.attachment";

/** How many, in words. */
function many(count, name) {
    return count === 1 ? name || _t("1 file") : _t("%s files", count);
}

/** `screen`: the Screen. */
export function useFileDeeds(screen) {
    const orm = useService("orm");
    const action = useService("action");
    const dialog = useService("dialog");
    const viewer = useFileViewer();
    const words = useWords();

    async function tried(act) {
        try {
            return await act();
        } catch (error) {
            words.fail(error);
            return null;
        }
    }

    /** The only selected file, if it is one. */
    const one = () => {
        const files = screen.selectedFiles;
        return files.length === 1 && files[0];
    };

    const deeds = {
        /** Odoo's own previewer, with all that it can show on this page. */
        preview(file) {
            const shown = screen.records.map((record) => asPreview(factsOf(record)));
            const wanted = shown.find(({ id }) => id === file.id) || asPreview(file);
            if (wanted.isViewable) {
                viewer.open(wanted, shown.includes(wanted) ? shown : [wanted]);
                return;
            }
            const close = words.say(_t("There is no preview of %s.", file.name), {
                type: "info",
                buttons: [
                    {
                        name: _t("Download"),
                        primary: true,
                        onClick: () => {
                            close();
                            downloadFile(file.id);
                        },
                    },
                ],
            });
        },

        previewVersion(version, file) {
            const shown = asPreview({ ...version, mimetype: file.mimetype });
            if (shown.isViewable) {
                viewer.open(shown);
            } else {
                downloadFile(version.id);
            }
        },

        rename(file) {
            dialog.add(NameDialog, {
                title: _t("Rename %s", file.name),
                label: _t("Name of the file"),
                value: file.name,
                confirmLabel: _t("Rename"),
                confirm: async (name) => {
                    if (name !== file.name) {
                        await orm.write(FILE, [file.id], { name });
                        await screen.reload();
                    }
                },
            });
        },

        /** Moves files to a folder, and so to its record. */
        async move(ids, folder) {
            return tried(() => place(ids, folder));
        },

        async askMove() {
            const ids = await screen.selectedIds();
            const { path } = screen.state;
            dialog.add(FolderDialog, {
                title: _t("Move %s to", many(ids.length, one().name)),
                confirmLabel: _t("Move here"),
                path: path.map((folder) => screen.folders.get(folder.id) || folder),
                refuse: (folder) =>
                    path.at(-1)?.id === folder.id ? _t("They are here already.") : "",
                confirm: (folder) => place(ids, folder),
            });
        },

        async tag(ids, add, remove = []) {
            await tried(async () => {
                await orm.call(FILE, "tag_files", [ids, add, remove]);
                await Promise.all([screen.reload(), screen.tags.load()]);
            });
        },

        /** Files were dropped on a tag. */
        async dropOnTag(tag, ids) {
            await deeds.tag(ids, [tag.id]);
            const said = _t("%(files)s tagged %(tag)s.", {
                files: many(ids.length),
                tag: tag.name,
            });
            words.undoable(said, () => deeds.tag(ids, [], [tag.id]));
        },

        async askTags() {
            const ids = await screen.selectedIds();
            dialog.add(TagDialog, {
                tags: screen.tags,
                files: screen.selectedFiles,
                confirm: (add, remove) => deeds.tag(ids, add, remove),
            });
        },

        async trash(ids) {
            const { name } = one();
            ids = ids || (await screen.selectedIds());
            if (!ids.length) {
                return;
            }
            await tried(async () => {
                const { trash } = await orm.call(FILE, "trash_files", [ids]);
                screen.clear();
                await screen.reload();
                words.undoable(_t("%s moved to the trash.", many(ids.length, name)), async () => {
                    await orm.call("attache.trash", "action_restore", [trash]);
                    await screen.reload();
                });
            });
        },

        async download() {
            const ids = await screen.selectedIds();
            if (ids.length === 1) {
                downloadFile(ids[0]);
            } else if (ids.length) {
                downloadArchive({ files: ids }, words.fail);
            }
        },

        async copyLinks() {
            const ids = await screen.selectedIds();
            const text = ids.map(fileLink).join("\n");
            await words.copy(text, ids.length === 1 ? _t("Link copied.") : _t("Links copied."));
        },

        async star(files) {
            const starred = !files.every(({ attache_starred }) => attache_starred);
            await tried(async () => {
                await orm.call(FILE, "set_starred", [files.map(({ id }) => id), starred]);
                await screen.reload();
            });
        },

        openInCloud(file) {
            browser.open(file.attache_web_url, "_blank", "noopener");
        },

        openRecord(file) {
            action.doAction({
                type: "ir.actions.act_window",
                res_model: file.res_model,
                res_id: file.res_id,
                views: [[false, "form"]],
            });
        },

        async history(file) {
            return orm.call(FILE, "read_history", [file.id]);
        },

        async restoreVersion(file, version) {
            return tried(async () => {
                await orm.call(FILE, "restore_version", [file.id, version.id]);
                await screen.reload();
                words.say(
                    _t("%s has its earlier content again. The other one is kept.", file.name),
                );
                return true;
            });
        },

        /** What can be done with the selected files, for a ContextMenu. */
        menuItems() {
            const { place } = screen.state;
            const files = screen.selectedFiles;
            const file = one();
            const line = { separator: true };
            const item = (id, icon, text, act, more) => ({ id, icon, text, act, ...more });
            const deletable = files.every(({ attache_deletable }) => attache_deletable !== false);
            const away = place !== "folder" || file.folder?.id !== screen.state.folderId;
            const starred = files.every(({ attache_starred }) => attache_starred);
            return [
                file &&
                    item("preview", "fa-eye", _t("Preview"), () => deeds.preview(file), {
                        key: "Enter",
                    }),
                file?.attache_web_url &&
                    item("openInCloud", "fa-cloud", _t("Open in the cloud"), () =>
                        deeds.openInCloud(file),
                    ),
                item(
                    "download",
                    "fa-download",
                    files.length > 1 ? _t("Download as ZIP") : _t("Download"),
                    deeds.download,
                ),
                item("copyLinks", "fa-link", _t("Copy link"), deeds.copyLinks),
                line,
                file &&
                    item("rename", "fa-pencil", _t("Rename…"), () => deeds.rename(file), {
                        key: "F2",
                    }),
                item("move", "fa-arrows", _t("Move to…"), deeds.askMove),
                item("tag", "fa-tag", _t("Tags…"), deeds.askTags),
                item("star", starred ? "fa-star" : "fa-star-o", starWords(starred), () =>
                    deeds.star(files),
                ),
                line,
                file?.folder &&
                    away &&
                    item("openFolder", "fa-folder-open-o", _t("Open its folder"), () =>
                        screen.openFolder(file.folder.id),
                    ),
                hasRecord(file) &&
                    item("openRecord", "fa-external-link", _t("Open its record"), () =>
                        deeds.openRecord(file),
                    ),
                line,
                deletable &&
                    item("trash", "fa-trash-o", _t("Move to the trash"), () => deeds.trash(), {
                        danger: true,
                        key: "Del",
                    }),
            ].filter(Boolean);
        },
    };

    async function place(ids, folder) {
        const { name } =
            (ids.length === 1 && screen.selectedFiles.find(({ id }) => id === ids[0])) || {};
        const target = folder.home_id || folder.id;
        const { moved, back } = await orm.call(FILE, "move_files", [ids, target]);
        if (!moved.length) {
            return;
        }
        screen.clear();
        await screen.reload();
        const said = { files: many(moved.length, name), folder: folder.name };
        words.undoable(_t("%(files)s moved to %(folder)s.", said), async () => {
            await orm.call(FILE, "move_back", [back]);
            await screen.reload();
        });
    }

    return deeds;
}

export function hasRecord(file) {
    return file && file.res_id && file.res_model !== "attache.folder";
}

function starWords(starred) {
    return starred ? _t("Remove the star") : _t("Star");
}
