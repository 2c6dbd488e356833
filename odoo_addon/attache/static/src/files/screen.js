// Where one is in the file manager, what is selected, and how to get elsewhere.

import { markRaw, reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { router } from "@web/core/browser/router";
import { _t } from "@web/core/l10n/translation";

import { FolderStore } from "../tree/folder_store";
import { factsOf } from "./file_words";
import { TagStore } from "./tag_store";

const RECENT_DAYS = 30;
const SHOWN = "attache.files.";

const WIDE = 1200; // px that leave room for the details

function isWanted(what, otherwise) {
    const kept = browser.localStorage.getItem(`${SHOWN}${what}`);
    return kept === null ? otherwise : kept === "1";
}

export const PLACES = {
    all: { icon: "fa-files-o", word: _t("All files") },
    recent: { icon: "fa-clock-o", word: _t("Recent") },
    starred: { icon: "fa-star-o", word: _t("Starred") },
    trash: { icon: "fa-trash-o", word: _t("Trash") },
};

export const ORDERS = {
    name: { word: _t("Name"), by: [{ name: "name", asc: true }] },
    changed: { word: _t("Last changed"), by: [{ name: "write_date", asc: false }] },
    added: { word: _t("Last added"), by: [{ name: "create_date", asc: false }] },
    kind: {
        word: _t("Kind"),
        by: [
            { name: "mimetype", asc: true },
            { name: "name", asc: true },
        ],
    },
};

/** The folder that is open, by the screen's state: components that follow it pass their own view of it. */
export function folderOf({ place, path }) {
    return place === "folder" ? path.at(-1) || null : null;
}

/** What Odoo's view is to show. */
export function domainOf({ place, folderId, tag }) {
    const tagged = tag ? [["attache_tag_ids", "child_of", tag]] : [];
    const inFolders = ["attache_folder_id", "!=", false];
    if (place === "trash") {
        return [["reason", "!=", "replaced"]];
    }
    if (place === "folder") {
        // What has a tag is looked for below as well: a rule's folder has no files of its own.
        return [["attache_folder_id", tag ? "child_of" : "=", folderId], ...tagged];
    }
    if (place === "recent") {
        const since = luxon.DateTime.utc().minus({ days: RECENT_DAYS }).startOf("day");
        const from = since.toFormat("yyyy-MM-dd HH:mm:ss");
        return [inFolders, ["write_date", ">=", from], ...tagged];
    }
    return [inFolders, ...(place === "starred" ? [["attache_starred", "=", true]] : []), ...tagged];
}

export class Screen {
    /** `kept`: what outlives the screen, so that going back finds the tree as it was. */
    constructor(orm, kept) {
        this.orm = orm;
        kept.folders ||= new FolderStore(orm);
        kept.tags ||= new TagStore(orm);
        this.folders = kept.folders;
        this.tags = kept.tags;
        this.folders.orm = this.tags.orm = orm;
        this.question = 0;
        this.view = null; // the controller of Odoo's view, while there is one
        this.chosen = new Set(); // ids of what is selected on this page
        this.onMoved = () => {}; // told of each new place
        this.state = reactive({
            place: "all",
            folderId: false,
            tag: false,
            path: [], // folders from the top down to this one
            count: 0, // files in this folder
            gone: false,
            starred: [], // folders
            view: browser.localStorage.getItem(`${SHOWN}view`) || "kanban",
            order: browser.localStorage.getItem(`${SHOWN}order`) || "name", // of the cards
            details: isWanted("details", window.innerWidth >= WIDE),
            drawer: false, // the tree on a phone
            page: false, // the details on a phone
            files: [], // facts of the selected files
            cursor: null, // id of the file that the keyboard is at
            isSearching: false,
            loads: 0,
        });
        markRaw(this);
    }

    // -- where one is ----------------------------------------------------------------------

    get folder() {
        return folderOf(this.state);
    }

    get title() {
        const { place, gone } = this.state;
        if (place === "folder") {
            return this.folder ? this.folder.name : gone ? _t("No such folder") : "";
        }
        return PLACES[place].word.toString();
    }

    /** What the address says. */
    static fromAddress(resId) {
        const { place, tag } = router.current;
        const known = place in PLACES ? place : "all";
        return { folderId: resId || false, place: resId ? "folder" : known, tag: tag || false };
    }

    async openFolder(id) {
        await this.go({ place: "folder", folderId: id });
    }

    /** Opens the only top folder: one that is closed tells nothing. */
    async openTop() {
        await this.folders.read();
        const tops = this.folders.rows.filter(({ depth }) => depth === 1);
        if (tops.length === 1 && !this.folders.expanded.size) {
            await this.folders.setOpen(tops[0].folder, true);
        }
    }

    async openPlace(place) {
        await this.go({ place, folderId: false, tag: place === "trash" ? false : this.state.tag });
    }

    async setTag(tag) {
        const place = this.state.place === "trash" ? "all" : this.state.place;
        await this.go({ place, tag });
    }

    /** Goes to another place. Only the last question's answer counts. */
    async go(where) {
        const question = ++this.question;
        const { state } = this;
        const isSame = state.place === where.place && state.folderId === where.folderId;
        Object.assign(state, { drawer: false, page: false, gone: false, ...where });
        if (!isSame) {
            const known = where.place === "folder" && this.folders.get(state.folderId);
            const above = known
                ? this.folders.above(known).map(([id]) => this.folders.get(id))
                : [];
            Object.assign(state, { path: known ? [...above, known] : [], count: 0 });
            this.clear();
        }
        this.onMoved();
        await this.read(question);
    }

    /** Reads what is known of the place. */
    async read(question = ++this.question) {
        const { state, folders } = this;
        const { place, folderId } = state;
        if (place === "starred") {
            const starred = await this.orm.call("attache.folder", "read_starred");
            if (question === this.question) {
                state.starred = starred;
            }
        }
        if (place !== "folder") {
            return;
        }
        const known = folders.get(folderId);
        const [told] = await Promise.all([
            this.orm.call("attache.folder", "read_place", [folderId]),
            known && !known.has_children ? null : folders.read(folderId),
        ]);
        if (question !== this.question) {
            return;
        }
        if (!told) {
            Object.assign(state, { gone: true, path: [] });
            this.onMoved();
            return;
        }
        Object.assign(state, { path: told.path, count: told.files, gone: false });
        this.onMoved();
        await folders.reveal(told.path);
    }

    // -- what is shown ---------------------------------------------------------------------

    setView(view) {
        this.state.view = view;
        browser.localStorage.setItem(`${SHOWN}view`, view);
    }

    setOrder(order) {
        this.state.order = order;
        browser.localStorage.setItem(`${SHOWN}order`, order);
    }

    toggleDetails() {
        this.state.details = !this.state.details;
        browser.localStorage.setItem(`${SHOWN}details`, this.state.details ? "1" : "0");
    }

    /** Shows again what there is by now; what was selected stays so. */
    async reload() {
        // Not awaited: Odoo never answers a load that another one has overtaken.
        this.view?.reload();
        await this.read();
    }

    // -- what is selected ------------------------------------------------------------------

    get records() {
        return this.view?.model.isReady ? this.view.model.root.records || [] : [];
    }

    get selected() {
        return this.records.filter(({ selected }) => selected);
    }

    recordOf(dataId) {
        return this.records.find(({ id }) => id === dataId);
    }

    /** Ids of all selected files, also of those on other pages. */
    async selectedIds() {
        return this.view ? this.view.model.root.getResIds(true) : [];
    }

    /** Selects just these records. */
    select(records) {
        const wanted = new Set(records.map(({ id }) => id));
        for (const record of this.records) {
            if (Boolean(record.selected) !== wanted.has(record.id)) {
                // At once: `toggleSelection` waits for its turn, and what follows reads it now.
                record._toggleSelection(wanted.has(record.id));
            }
        }
        this.choose();
    }

    toggle(record) {
        record._toggleSelection(!record.selected);
        this.choose();
        this.anchor = record.resId;
    }

    /** Selects everything from the last clicked record to this one. */
    selectTo(record) {
        const { records } = this;
        const to = records.indexOf(record);
        const from = records.findIndex(({ resId }) => resId === this.anchor);
        const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
        this.select(records.slice(first, last + 1));
    }

    selectOnly(record) {
        this.select([record]);
        this.anchor = record.resId;
    }

    clear() {
        this.select([]);
        Object.assign(this.state, { files: [], cursor: null });
        this.anchor = null;
    }

    choose() {
        this.chosen = new Set(this.selected.map(({ resId }) => resId));
    }

    get selectedFiles() {
        return this.selected.map(factsOf);
    }

    /** The view tells what is selected now. */
    noteSelection() {
        this.choose();
        this.state.files = this.selectedFiles.map(markRaw);
        this.state.loads++;
    }
}
