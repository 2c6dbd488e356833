// All that people do with folders, and the menu that offers it. Shared by the file manager and the
// attachment box.

import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";

import { FolderDialog, NameDialog } from "./dialogs";
import { downloadArchive, folderLink, useWords } from "./leaving";

const FOLDER = "attache.folder";

/**
 * `store`: the FolderStore that shows the folders.
 * `onChanged(ids)`: these folders have other subfolders now (`false` is above the top ones); a store
 * that reads by itself has been told.
 * `onGone(folder)`: it was deleted.
 * `onOpen(folder)`, `onUpload(folder, wholeFolder)`: offered in the menu if given.
 */
export function useFolderDeeds({ store, onChanged = () => {}, onGone = () => {}, ...more }) {
    const orm = useService("orm");
    const action = useService("action");
    const dialog = useService("dialog");
    const words = useWords();

    function changed(...ids) {
        store.outdate(ids);
        return onChanged(ids);
    }

    async function tried(act) {
        try {
            return await act();
        } catch (error) {
            words.fail(error);
            return null;
        }
    }

    const deeds = {
        create(parent, done = () => {}) {
            dialog.add(NameDialog, {
                title: _t("New folder in %s", parent.name),
                label: _t("Name of the folder"),
                confirmLabel: _t("Create"),
                confirm: async (name) => {
                    const [id] = await orm.create(FOLDER, [{ name, parent_id: parent.id }]);
                    store.patch(parent.id, { has_children: true });
                    await changed(parent.id);
                    await store.setOpen(parent, true);
                    done(id);
                },
            });
        },

        rename(folder) {
            if (!folder.can_change) {
                deeds.refuse(folder);
                return;
            }
            dialog.add(NameDialog, {
                title: _t("Rename %s", folder.name),
                label: _t("Name of the folder"),
                value: folder.name,
                confirmLabel: _t("Rename"),
                confirm: async (name) => {
                    if (name !== folder.name) {
                        await orm.write(FOLDER, [folder.id], { name });
                        store.patch(folder.id, { name });
                        await changed(folder.parent_id);
                    }
                },
            });
        },

        /** Says why people may not change this folder, with the way to its rule. */
        async refuse(folder) {
            const told = await tried(() => orm.call(FOLDER, "refusal", [folder.id]));
            if (!told) {
                words.say(_t("You may not change %s.", folder.name), { type: "warning" });
                return;
            }
            const open = () => {
                close();
                action.doAction({
                    type: "ir.actions.act_window",
                    res_model: "attache.rule",
                    res_id: told.rule_id,
                    views: [[false, "form"]],
                });
            };
            const buttons = told.rule_id ? [{ name: _t("Open the rule"), onClick: open }] : [];
            const close = words.say(told.message, { type: "warning", sticky: true, buttons });
        },

        /** Moves a folder into another one. */
        async move(folder, into) {
            if (!folder.can_change) {
                await deeds.refuse(folder);
                return;
            }
            if (folder.parent_id !== into.id) {
                await tried(() => place(folder, into));
            }
        },

        askMove(folder) {
            if (!folder.can_change) {
                deeds.refuse(folder);
                return;
            }
            dialog.add(FolderDialog, {
                title: _t("Move %s to", folder.name),
                confirmLabel: _t("Move here"),
                path: pathOf(folder),
                refuse: (into) => {
                    if (into.id === folder.parent_id) {
                        return _t("It is here already.");
                    }
                    return into.id === folder.id
                        ? _t("A folder cannot be moved below itself.")
                        : "";
                },
                confirm: (into) => place(folder, into),
            });
        },

        trash(folder) {
            if (!folder.can_change) {
                deeds.refuse(folder);
                return;
            }
            dialog.add(ConfirmationDialog, {
                title: _t("Delete %s?", folder.name),
                body: _t(
                    "The folder goes with all folders in it. Their files go to the trash, from where " +
                        "they can be restored.",
                ),
                confirmLabel: _t("Delete"),
                confirmClass: "btn-danger",
                confirm: () => tried(() => remove(folder)),
                cancel: () => {},
            });
        },

        settings(folder) {
            dialog.add(FormViewDialog, {
                resModel: FOLDER,
                resId: folder.id,
                title: _t("Settings of %s", folder.name),
                canExpand: false,
                onRecordSaved: () => changed(folder.parent_id),
            });
        },

        openRecord(folder) {
            const of = folder.record_id ? ["record_model", "record_id"] : ["res_model", "res_id"];
            action.doAction({
                type: "ir.actions.act_window",
                res_model: folder[of[0]],
                res_id: folder[of[1]],
                views: [[false, "form"]],
            });
        },

        openInCloud(folder) {
            browser.open(folder.web_url, "_blank", "noopener");
        },

        download(folder) {
            downloadArchive({ folders: [folder.home_id || folder.id] }, words.fail);
        },

        async star(folder) {
            const starred = !folder.starred;
            await tried(async () => {
                await orm.call(FOLDER, "set_starred", [[folder.id], starred]);
                store.patch(folder.id, { starred });
                await onChanged([]);
            });
        },

        copyLink(folder) {
            return words.copy(folderLink(folder.home_id || folder.id), _t("Link copied."));
        },

        /** What can be done with a folder, for a ContextMenu. */
        menuItems(folder) {
            const line = { separator: true };
            const can = folder.can_change;
            const automatic = folder.kind !== "manual";
            const item = (id, icon, text, act, other) => ({ id, icon, text, act, ...other });
            const of = (id, icon, text, other) =>
                item(id, icon, text, () => deeds[id](folder), other);
            const { onOpen, onUpload } = more;
            const upload = folder.can_write && onUpload;
            return [
                onOpen && item("open", "fa-folder-open-o", _t("Open"), () => onOpen(folder)),
                line,
                folder.can_write && of("create", "fa-plus", _t("New subfolder…")),
                upload && item("upload", "fa-upload", _t("Upload files…"), () => onUpload(folder)),
                upload &&
                    item("uploadFolder", "fa-level-up", _t("Upload a folder…"), () =>
                        onUpload(folder, true),
                    ),
                line,
                can && of("rename", "fa-pencil", _t("Rename…"), { key: "F2" }),
                can && of("askMove", "fa-arrows", _t("Move to…")),
                can && of("settings", "fa-cog", _t("Settings and access…")),
                automatic && of("refuse", "fa-info-circle", _t("Why it is here")),
                line,
                folder.res_id && of("openRecord", "fa-external-link", _t("Open its record")),
                folder.web_url && of("openInCloud", "fa-cloud", _t("Open in the cloud")),
                of("download", "fa-download", _t("Download as ZIP")),
                of("copyLink", "fa-link", _t("Copy link")),
                folder.starred
                    ? of("star", "fa-star", _t("Remove the star"))
                    : of("star", "fa-star-o", _t("Star")),
                line,
                can && of("trash", "fa-trash-o", _t("Delete…"), { danger: true, key: "Del" }),
            ].filter(Boolean);
        },
    };

    /** From the top down to the folder that a folder is in, as far as it is known. */
    function pathOf(folder) {
        return store.above(folder).map(([id]) => store.get(id));
    }

    async function place(folder, into) {
        const before = folder.parent_id;
        const put = async (parent) => {
            await orm.write(FOLDER, [folder.id], { parent_id: parent });
            store.patch(folder.id, { parent_id: parent });
            store.patch(parent, { has_children: true });
            await changed(before, into.id);
        };
        await put(into.id);
        const said = _t("%(folder)s moved to %(into)s.", { folder: folder.name, into: into.name });
        words.undoable(said, () => put(before));
    }

    async function remove(folder) {
        await orm.unlink(FOLDER, [folder.id]);
        onGone(folder);
        await changed(folder.parent_id);
        words.say(_t("%s was deleted. Its files are in the trash.", folder.name));
    }

    return deeds;
}
