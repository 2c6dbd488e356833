// The top of the file manager: what can be added, Odoo's own search, the path, and what can be done
// with what is selected.

import { useState } from "@odoo/owl";
import { ColorList } from "@web/core/colorlist/colorlist";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";

import { useContextMenu } from "../tree/context_menu";
import { useFolderDrop } from "./folder_drop";
import { folderOf, ORDERS, PLACES } from "./screen";

const STEPS = 4; // of the path; those between are in a menu

export class FilesControlPanel extends ControlPanel {
    static template = "attache.FilesControlPanel";

    setup() {
        super.setup();
        this.ui = useState(useService("ui"));
        this.screen = this.env.attacheScreen;
        this.actions = this.env.attacheActions;
        this.place = useState(this.screen.state);
        this.tags = useState(this.screen.tags.state);
        this.menu = useContextMenu();
        this.drop = useFolderDrop(this.actions);
    }

    switchView(view) {
        this.screen.setView(view);
    }

    get views() {
        return [
            { type: "kanban", icon: "oi oi-view-kanban", name: _t("Cards") },
            { type: "list", icon: "oi oi-view-list", name: _t("List") },
        ];
    }

    /** The list has its own heads for this. */
    get canOrder() {
        return !this.isTrash && this.place.view === "kanban" && this.place.place !== "recent";
    }

    showOrders(ev) {
        const items = Object.entries(ORDERS).map(([id, { word }]) => ({
            id,
            text: word,
            checked: this.place.order === id,
            act: () => this.screen.setOrder(id),
        }));
        this.menu.open(items, ev.currentTarget, _t("Order"));
    }

    get isTrash() {
        return this.place.place === "trash";
    }

    // -- path ------------------------------------------------------------------------------

    get placeWord() {
        return PLACES[this.place.place]?.word;
    }

    /** The last steps of the path; `hidden` are those before them. */
    get steps() {
        const { path } = this.place;
        const most = this.ui.isSmall ? 1 : STEPS;
        return path.slice(-most);
    }

    get hidden() {
        return this.place.path.slice(0, this.place.path.length - this.steps.length);
    }

    get tag() {
        return this.tags.version >= 0 && this.place.tag && this.screen.tags.get(this.place.tag);
    }

    showHidden(ev) {
        const items = [...this.hidden].reverse().map((folder) => ({
            text: folder.name,
            icon: "fa-folder-o",
            act: () => this.actions.openFolder(folder),
        }));
        this.menu.open(items, ev.currentTarget, _t("Path"));
    }

    showFolderMenu(ev) {
        const { folder } = this.screen;
        this.menu.open(this.actions.folderItems(folder), ev.currentTarget, folder.name);
    }

    // -- adding ----------------------------------------------------------------------------

    get canAdd() {
        return Boolean(folderOf(this.place)?.can_write);
    }

    get whyNot() {
        return this.canAdd ? undefined : _t("Open a folder to put something into it");
    }

    showNew(ev) {
        const { folder } = this.screen;
        const { actions } = this;
        const item = (id, icon, text, act) => ({ id, icon, text, act });
        const items = [
            item("create", "fa-folder-o", _t("New folder…"), () => actions.folders.create(folder)),
            { separator: true },
            item("upload", "fa-upload", _t("Upload files…"), () => actions.upload(folder)),
            item("uploadFolder", "fa-level-up", _t("Upload a folder…"), () =>
                actions.upload(folder, true),
            ),
        ];
        this.menu.open(items, ev.currentTarget, _t("New"));
    }

    // -- what is selected ------------------------------------------------------------------

    get list() {
        return this.screen.view?.model.root;
    }

    get count() {
        const { files, loads } = this.place;
        const root = this.list;
        return loads && root?.isDomainSelected ? root.count : files.length;
    }

    /** Whether all of this page is selected and there are others. */
    get canSelectAll() {
        const root = this.list;
        return (
            root &&
            !root.isDomainSelected &&
            !root.isGrouped &&
            this.place.files.length === root.records.length &&
            root.count > root.records.length
        );
    }

    async selectAll() {
        await this.list.selectDomain(true);
        this.screen.noteSelection();
    }

    get selectionButtons() {
        const { files, trash } = this.actions;
        const button = (id, icon, text, act, more) => ({ id, icon, text, act, ...more });
        if (this.isTrash) {
            return [
                button("restore", "fa-undo", _t("Restore"), trash.restore),
                this.actions.isAdmin &&
                    button("forget", "fa-times", _t("Delete for good"), trash.forget),
            ].filter(Boolean);
        }
        return [
            button("download", "fa-download", _t("Download"), files.download),
            button("move", "fa-arrows", _t("Move"), files.askMove),
            button("tag", "fa-tag", _t("Tags"), files.askTags),
            button("copyLinks", "fa-link", _t("Copy link"), files.copyLinks),
            button("trash", "fa-trash-o", _t("Delete"), () => files.trash()),
        ];
    }

    showSelectionMenu(ev) {
        this.menu.open(this.actions.files.menuItems(), ev.currentTarget, _t("Selected files"));
    }

    get colors() {
        return ColorList.COLORS;
    }
}
