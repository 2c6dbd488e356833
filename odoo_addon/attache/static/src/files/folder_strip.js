// The folders in the folder that is open, above its files.

import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

import { useContextMenu } from "../tree/context_menu";
import { startDrag } from "../tree/drag";
import { PAGE } from "../tree/folder_store";
import { kindOf, marksOf } from "../tree/folder_words";
import { labels } from "../tree/labels";
import { useFolderDrop } from "./folder_drop";

const AT_FIRST = 24;

export class FolderStrip extends Component {
    static template = "attache.FolderStrip";
    static props = {};

    setup() {
        this.labels = labels;
        this.screen = this.env.attacheScreen;
        this.actions = this.env.attacheActions;
        this.place = useState(this.screen.state);
        this.known = useState(this.screen.folders.state);
        this.state = useState({ more: {} }); // id of a folder: how many of its folders are shown
        this.menu = useContextMenu();
        this.drop = useFolderDrop(this.actions);
    }

    /** All folders to show here, as far as they have been read. */
    get all() {
        const { place, folderId, starred, isSearching, tag } = this.place;
        if (this.known.version < 0 || isSearching || tag) {
            return [];
        }
        if (place === "starred") {
            return starred;
        }
        const level = this.levelOf(place, folderId);
        const ids = level ? level.ids.filter((id) => id !== undefined) : [];
        return ids.map((id) => this.screen.folders.get(id)).filter(Boolean);
    }

    /** At the top of all, the top ones. */
    levelOf(place, folderId) {
        const at = { folder: folderId, all: 0 }[place];
        return this.screen.folders.levels.get(at);
    }

    get length() {
        const { place, folderId } = this.place;
        const level = this.levelOf(place, folderId);
        return level ? level.length : this.all.length;
    }

    get shown() {
        return this.state.more[this.place.folderId] || AT_FIRST;
    }

    get folders() {
        return this.all.slice(0, this.shown);
    }

    get more() {
        const more = this.length - this.folders.length;
        return more > 0 ? _t("%s more folders", more) : "";
    }

    showMore() {
        const { folderId } = this.place;
        this.state.more[folderId] = this.shown + 8 * AT_FIRST;
        if (this.shown > this.all.length && this.all.length < this.length) {
            const read = this.all.length;
            this.screen.folders.read(folderId, read - (read % PAGE));
        }
    }

    kind(folder) {
        return kindOf(folder);
    }

    marks(folder) {
        return marksOf(folder);
    }

    open(folder) {
        this.actions.openFolder(folder);
    }

    onMenu(ev, folder) {
        ev.preventDefault();
        ev.stopPropagation();
        this.menu.open(this.actions.folderItems(folder), ev, folder.name);
    }

    onDragStart(ev, folder) {
        ev.stopPropagation();
        startDrag(ev, { folder }, folder.name);
    }

    onKeydown(ev, folder) {
        const { folders: deeds } = this.actions;
        const keys = { F2: () => deeds.rename(folder), Delete: () => deeds.trash(folder) };
        if (keys[ev.key]) {
            ev.preventDefault();
            ev.stopPropagation();
            keys[ev.key]();
        }
    }
}
