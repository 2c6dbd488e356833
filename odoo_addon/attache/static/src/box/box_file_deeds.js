// All that people do with the files of a record, in the box and in messages, and the menu that
// offers it.

import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";
import { download } from "@web/core/network/download";
import { useService } from "@web/core/utils/hooks";

import { FolderDialog, NameDialog } from "../tree/dialogs";
import { fileLink, useWords } from "../tree/leaving";
import { HistoryDialog } from "./history_dialog";

const FILE = "ir.attachment";

/**
 * Files are records in the store of mail.
 *
 * `canChange(file)`: whether it may be renamed, moved and deleted.
 * `readAgain(thread)`: has all files of a record shown as they are by now.
 * `onChanged()`: a file was renamed or deleted.
 */
export function useBoxFileDeeds({ canChange, readAgain, onChanged = () => {} }) {
    const orm = useService("orm");
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

    async function place(files, folder) {
        const target = folder.home_id || folder.id;
        const ids = files.map(({ id }) => id);
        const { moved, back } = await orm.call(FILE, "move_files", [ids, target]);
        if (!moved.length) {
            return;
        }
        const said = { file: many(files), folder: folder.name };
        const { thread } = files[0];
        words.undoable(_t("%(file)s moved to %(folder)s.", said), async () => {
            await orm.call(FILE, "move_back", [back]);
            await readAgain(thread);
        });
        await readAgain(thread);
    }

    const deeds = {
        canChange,

        /** Odoo's own previewer, with all that it can show of `files`. */
        preview(file, files) {
            if (file.isViewable) {
                viewer.open(file, files);
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
                            deeds.download(file);
                        },
                    },
                ],
            });
        },

        openInCloud(file) {
            browser.open(file.attache_web_url, "_blank", "noopener");
        },

        download(file) {
            return download({ data: {}, url: file.downloadUrl });
        },

        copyLink(file) {
            return words.copy(fileLink(file.id), _t("Link copied."));
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
                        file.name = name;
                        onChanged();
                    }
                },
            });
        },

        /** Moves files to a folder, and so to its record. */
        move(files, folder) {
            return tried(() => place(files, folder));
        },

        async askMove(file) {
            const here = file.attache_folder_id;
            const told = await tried(() => orm.call("attache.folder", "read_place", [here]));
            dialog.add(FolderDialog, {
                title: _t("Move %s to", file.name),
                confirmLabel: _t("Move here"),
                path: told ? told.path : [],
                refuse: (folder) => (folder.id === here ? _t("It is here already.") : ""),
                confirm: (folder) => place([file], folder),
            });
        },

        async star(file) {
            const starred = !file.attache_starred;
            await tried(async () => {
                await orm.call(FILE, "set_starred", [[file.id], starred]);
                file.attache_starred = starred;
            });
        },

        history(file) {
            const { thread } = file;
            dialog.add(HistoryDialog, {
                file,
                canChange: canChange(file),
                restored: () => readAgain(thread),
            });
        },

        /** To the trash, from where it can be taken back. */
        async trash(file) {
            const { thread, id, name } = file;
            if (!file.attache_folder_id) {
                deeds.deleteForGood(file);
                return;
            }
            await tried(async () => {
                const { trash } = await orm.call(FILE, "trash_files", [[id]]);
                file.delete();
                onChanged();
                words.undoable(_t("%s moved to the trash.", name), async () => {
                    await orm.call("attache.trash", "action_restore", [trash]);
                    await readAgain(thread);
                });
            });
        },

        /** What lies in no folder is deleted as Odoo does it. */
        deleteForGood(file) {
            dialog.add(ConfirmationDialog, {
                body: _t('Do you really want to delete "%s"?', file.name),
                confirm: () => tried(() => file.remove()),
                cancel: () => {},
            });
        },

        /** For a ContextMenu. */
        menuItems(file, files = [file]) {
            const line = { separator: true };
            const can = canChange(file);
            const inFolder = Boolean(file.attache_folder_id);
            const item = (id, icon, text, more) => ({
                id,
                icon,
                text,
                act: () => deeds[id](file, files),
                ...more,
            });
            return [
                file.isViewable && item("preview", "fa-eye", _t("Preview"), { key: "Enter" }),
                file.attache_web_url && item("openInCloud", "fa-cloud", _t("Open in the cloud")),
                item("download", "fa-download", _t("Download")),
                item("copyLink", "fa-link", _t("Copy link")),
                line,
                can && item("rename", "fa-pencil", _t("Rename…"), { key: "F2" }),
                can && inFolder && item("askMove", "fa-arrows", _t("Move to…")),
                inFolder && item("star", ...starSign(file)),
                inFolder && item("history", "fa-history", _t("Earlier versions…")),
                line,
                can &&
                    item(
                        "trash",
                        "fa-trash-o",
                        inFolder ? _t("Move to the trash") : _t("Delete…"),
                        {
                            danger: true,
                            key: "Del",
                        },
                    ),
            ].filter(Boolean);
        },
    };

    return deeds;
}

function many(files) {
    return files.length === 1 ? files[0].name : _t("%s files", files.length);
}

function starSign({ attache_starred: starred }) {
    return starred ? ["fa-star", _t("Remove the star")] : ["fa-star-o", _t("Star")];
}
