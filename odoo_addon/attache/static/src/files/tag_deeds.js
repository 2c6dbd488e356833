// All that people do with tags, and the menu that offers it.

import { ColorList } from "@web/core/colorlist/colorlist";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { NameDialog } from "../tree/dialogs";
import { downloadArchive, useWords } from "../tree/leaving";

const TAG = "attache.tag";

export function useTagDeeds(screen) {
    const orm = useService("orm");
    const dialog = useService("dialog");
    const words = useWords();

    async function change(act) {
        try {
            await act();
            await screen.tags.load();
        } catch (error) {
            words.fail(error);
        }
    }

    const write = (id, values) => change(() => orm.write(TAG, [id], values));

    /** The tags beside one, in their order. */
    function beside(parentId) {
        return screen.tags.all.filter(
            ({ parent_id }) => (parent_id || false) === (parentId || false),
        );
    }

    const deeds = {
        searchText: _t("Search tags"),
        emptyText: _t("There are no tags yet."),

        create(parent) {
            dialog.add(NameDialog, {
                title: parent ? _t("New tag in %s", parent.name) : _t("New tag"),
                label: _t("Name of the tag"),
                confirmLabel: _t("Create"),
                confirm: async (name) => {
                    const others = beside(parent?.id).map(({ sequence }) => sequence);
                    const vals = {
                        name,
                        parent_id: parent?.id || false,
                        sequence: Math.max(0, ...others) + 10,
                    };
                    await orm.create(TAG, [vals]);
                    await screen.tags.load();
                    if (parent) {
                        await screen.tags.setOpen(parent, true);
                    }
                },
            });
        },

        rename(tag) {
            dialog.add(NameDialog, {
                title: _t("Rename %s", tag.name),
                label: _t("Name of the tag"),
                value: tag.name,
                confirmLabel: _t("Rename"),
                confirm: async (name) => {
                    await orm.write(TAG, [tag.id], { name });
                    screen.view?.reload();
                    await screen.tags.load();
                },
            });
        },

        async color(tag, color) {
            await write(tag.id, { color });
            screen.view?.reload();
        },

        /** Puts a tag into another one. */
        async nest(tag, into) {
            const before = tag.parent_id || false;
            await write(tag.id, { parent_id: into.id });
            await screen.tags.setOpen(into, true);
            const said = _t("%(tag)s moved to %(into)s.", { tag: tag.name, into: into.name });
            words.undoable(said, () => write(tag.id, { parent_id: before }));
        },

        /** Puts a tag before or after another one. */
        async place(tag, other, after) {
            const parent_id = other.parent_id || false;
            const order = beside(parent_id).filter(({ id }) => id !== tag.id);
            const at = order.findIndex(({ id }) => id === other.id) + (after ? 1 : 0);
            order.splice(at, 0, tag);
            await change(async () => {
                await orm.write(TAG, [tag.id], { parent_id });
                await orm.webResequence(
                    TAG,
                    order.map(({ id }) => id),
                );
            });
        },

        remove(tag) {
            dialog.add(ConfirmationDialog, {
                title: _t("Delete %s?", tag.name),
                body: _t("The tag goes, and those in it. The files stay."),
                confirmLabel: _t("Delete"),
                confirmClass: "btn-danger",
                confirm: async () => {
                    await change(() => orm.unlink(TAG, [tag.id]));
                    if (screen.state.tag && !screen.tags.get(screen.state.tag)) {
                        await screen.setTag(false);
                    } else {
                        screen.view?.reload();
                    }
                },
                cancel: () => {},
            });
        },

        menuItems(tag) {
            const can = tag.can_change;
            const line = { separator: true };
            const item = (id, icon, text, act, more) => ({ id, icon, text, act, ...more });
            return [
                can && item("create", "fa-plus", _t("New tag in it…"), () => deeds.create(tag)),
                can && item("rename", "fa-pencil", _t("Rename…"), () => deeds.rename(tag)),
                can &&
                    item("color", "", _t("Colour"), (color) => deeds.color(tag, color), {
                        colors: ColorList.COLORS,
                        checked: tag.color || 0,
                    }),
                can &&
                    tag.parent_id &&
                    item("top", "fa-level-up", _t("Move to the top"), () =>
                        write(tag.id, { parent_id: false }),
                    ),
                line,
                item("download", "fa-download", _t("Download as ZIP"), () =>
                    downloadArchive({ tags: [tag.id] }, words.fail),
                ),
                line,
                can &&
                    item("remove", "fa-trash-o", _t("Delete…"), () => deeds.remove(tag), {
                        danger: true,
                    }),
            ].filter(Boolean);
        },
    };

    return deeds;
}
