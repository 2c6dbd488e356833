// The tree of folders: for the file manager, for the attachment box, for choosing a folder, and,
// with other items, for tags. It shows and asks; whoever uses it does what is asked.
//
//     setup() {
//         this.store = new FolderStore(this.orm);                  // reads folders by itself, or
//         this.store = new FolderStore(this.orm, { folders });     // shows these: store.setFolders(…)
//         this.deeds = useFolderDeeds({ store: this.store });      // all that folders can do
//     }
//     <FolderTree store="store" selected="id" onSelect="(folder) => …"
//                 menuItems="(folder) => deeds.menuItems(folder)" … />
//
// Props. A folder is what `attache.folder.read_children` tells; only these two are required:
//
//   store                        FolderStore
//   onSelect(folder)             by click or Enter
//
//   selected                     id of the folder that is shown at present
//   label                        what the tree is, for those who hear it ("Folders")
//   searchable                   an input above the tree looks for folders (false)
//   searchText                   what that input is for ("Search folders")
//   emptyText                    what stands there while there is no folder at all
//   menuItems(folder)            items of its menu: by right click, its button, the menu key
//   onRename(folder)             F2
//   onDelete(folder)             Delete
//   onDropFiles(folder, ids)     our own files were dropped on it
//   onDropUpload(folder, dataTransfer)   files or folders from outside were dropped on it
//   onMoveFolder(folder, into)   a folder was dropped on it; also one that may not be moved, so that
//                                it can be said why
//   onPlaceFolder(folder, beside, after)   a folder was dropped before or after another; rows take
//                                that only if this is given
//   canDrop(folder, kind)        kind: "files", "upload", "folder"; its own idea: `can_write`
//
// Only the rows in view are in the page; the tree scrolls by itself and is as high as it is let.

import { Component, onMounted, onPatched, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

import { useContextMenu } from "./context_menu";
import { drag, draggedKind, startDrag } from "./drag";
import { kindOf, marksOf, piecesOf } from "./folder_words";
import { labels } from "./labels";
import { useTreeKeys } from "./tree_keys";

const AROUND = 8; // rows above and below those in view
const HOVER = 700; // ms over a closed folder until it opens
const TYPED = 200; // ms until what is typed is looked for
const EDGE = 0.28; // of a row: dropped before or after it

let number = 0;

export class FolderTree extends Component {
    static template = "attache.FolderTree";
    static props = {
        store: Object,
        onSelect: Function,
        selected: { type: [Number, Boolean], optional: true },
        label: { type: [String, Object], optional: true },
        searchable: { type: Boolean, optional: true },
        searchText: { type: [String, Object], optional: true },
        emptyText: { type: [String, Object], optional: true },
        menuItems: { type: Function, optional: true },
        onRename: { type: Function, optional: true },
        onDelete: { type: Function, optional: true },
        onDropFiles: { type: Function, optional: true },
        onDropUpload: { type: Function, optional: true },
        onMoveFolder: { type: Function, optional: true },
        onPlaceFolder: { type: Function, optional: true },
        canDrop: { type: Function, optional: true },
    };

    setup() {
        this.labels = labels;
        this.id = `o_attache_tree_${++number}`;
        this.ui = useState(useService("ui"));
        this.menu = useContextMenu();
        this.scroller = useRef("scroller");
        this.searchInput = useRef("search");
        this.known = useState(this.props.store.state);
        this.state = useState({ first: 0, count: 40, active: null, over: null, where: "" });
        this.keys = useTreeKeys(this);
        this.find = useDebounced((text) => this.props.store.find(text), TYPED);
        this.sizes = new ResizeObserver(() => this.look());
        onMounted(() => {
            this.sizes.observe(this.scroller.el);
            if (this.searchInput.el) {
                // Once only: what is typed while an answer comes must not be taken away.
                this.searchInput.el.value = this.known.text;
            }
            this.look();
            this.props.store.read();
        });
        onPatched(() => {
            this.look();
            this.show(this.props.selected);
        });
        onWillUnmount(() => {
            this.sizes.disconnect();
            clearTimeout(this.hover);
        });
    }

    // -- rows ------------------------------------------------------------------------------

    /** All rows. Reading `version` has the tree drawn anew when they change. */
    get rows() {
        return this.known.version >= 0 ? this.props.store.rows : [];
    }

    get height() {
        if (this.props.store.found) {
            return this.ui.isSmall ? 56 : 46;
        }
        return this.ui.isSmall ? 44 : 30;
    }

    /** The rows to be drawn: those in view and a few more. */
    get shown() {
        const { first, count } = this.state;
        const begin = Math.max(0, first - AROUND);
        return this.rows
            .slice(begin, first + count + AROUND)
            .map((row, at) => ({ ...row, top: (begin + at) * this.height }));
    }

    get label() {
        return this.props.label || _t("Folders");
    }

    get searchText() {
        return this.props.searchText || _t("Search folders");
    }

    get active() {
        const rows = this.rows;
        const at = (id) => rows.findIndex(({ folder }) => folder?.id === id);
        const place = this.state.active === null ? -1 : at(this.state.active);
        return place >= 0 ? place : Math.max(0, at(this.props.selected));
    }

    get activeId() {
        return this.rows.length ? this.rowId(this.rows[this.active]) : undefined;
    }

    rowId({ key }) {
        return `${this.id}_${key}`;
    }

    pieces(text) {
        return piecesOf(text, this.known.text);
    }

    kind(folder) {
        return kindOf(folder);
    }

    marks(folder) {
        return marksOf(folder);
    }

    icon(row) {
        const { icon } = kindOf(row.folder);
        const isOpen = icon.startsWith("fa-folder") && this.props.store.isOpen(row.folder);
        return isOpen ? icon.replace("fa-folder", "fa-folder-open") : icon;
    }

    pathText({ path }) {
        return (path || []).map(([, name]) => name).join(" / ");
    }

    // -- scrolling -------------------------------------------------------------------------

    /** Which rows are in view now. Those not read yet are read. */
    look() {
        const el = this.scroller.el;
        if (!el) {
            return;
        }
        const first = Math.floor(el.scrollTop / this.height);
        const count = Math.ceil((el.clientHeight || 0) / this.height) + 1;
        if (first !== this.state.first || count !== this.state.count) {
            Object.assign(this.state, { first, count });
        }
        this.props.store.need(this.rows.slice(first, first + count));
    }

    /** Brings a folder into view once, when it becomes the selected one. */
    show(id) {
        if (id === this.showed) {
            return;
        }
        const at = this.rows.findIndex(({ folder }) => folder?.id === id);
        if (at >= 0) {
            this.showed = id;
            this.scrollTo(at);
        }
    }

    scrollTo(at) {
        const el = this.scroller.el;
        const top = at * this.height;
        if (top < el.scrollTop) {
            el.scrollTop = top;
        } else if (top + this.height > el.scrollTop + el.clientHeight) {
            el.scrollTop = top + this.height - el.clientHeight;
        }
        this.look();
    }

    // -- what a person does ----------------------------------------------------------------

    focus() {
        this.scroller.el?.focus();
    }

    focusSearch() {
        this.searchInput.el?.focus();
    }

    toggle(row) {
        this.state.active = row.folder.id;
        const { store } = this.props;
        store.setOpen(row.folder, !store.isOpen(row.folder));
    }

    select(row) {
        this.state.active = row.folder.id;
        this.props.onSelect(row.folder);
    }

    onMenu(ev, row) {
        const items = row.folder && this.props.menuItems?.(row.folder);
        if (items?.length) {
            ev.preventDefault();
            ev.stopPropagation();
            this.state.active = row.folder.id;
            this.menu.open(items, ev, row.folder.name);
        }
    }

    /** The menu of the active row, where the row is. */
    openMenu() {
        const row = this.rows[this.active];
        const items = row?.folder && this.props.menuItems?.(row.folder);
        const el = document.getElementById(this.rowId(row));
        if (items?.length && el) {
            this.menu.open(items, el, row.folder.name);
        }
    }

    onSearchKeydown(ev) {
        if (ev.key === "Escape" && this.known.text) {
            ev.stopPropagation();
            this.clear();
        } else if (ev.key === "ArrowDown" || ev.key === "Enter") {
            ev.preventDefault();
            this.focus();
            if (ev.key === "Enter" && this.rows.length && this.props.store.found) {
                this.select(this.rows[0]);
            }
        }
    }

    clear() {
        this.find.cancel();
        this.searchInput.el.value = "";
        this.showed = null;
        this.props.store.find("");
        this.focusSearch();
    }

    get emptyText() {
        const { store } = this.props;
        if (this.known.error) {
            return this.known.error;
        }
        if (store.found) {
            return _t("No folder is called that.");
        }
        return store.isRead ? this.props.emptyText || _t("There are no folders yet.") : "";
    }

    get moreFound() {
        const { found } = this.props.store;
        const more = found ? found.length - found.folders.length : 0;
        return more > 0 ? _t("%s more: type more of the name.", more) : "";
    }

    // -- dragging --------------------------------------------------------------------------

    onDragStart(ev, row) {
        startDrag(ev, { folder: row.folder }, row.folder.name);
    }

    /** Where over a row something would be dropped: "before", "into", "after", or nowhere. */
    target(ev, row) {
        const kind = draggedKind(ev);
        if (!row.folder || !kind) {
            return "";
        }
        const { canDrop, onDropFiles, onDropUpload, onMoveFolder, onPlaceFolder } = this.props;
        const takes = { files: onDropFiles, upload: onDropUpload, folder: onMoveFolder };
        if (kind === "folder") {
            if (
                drag.folder.kind === "tag" ? row.folder.kind !== "tag" : row.folder.kind === "tag"
            ) {
                return "";
            }
            if (this.props.store.isWithin(row.folder, drag.folder)) {
                return "";
            }
            const box = ev.currentTarget.getBoundingClientRect();
            const part = (ev.clientY - box.top) / box.height;
            if (onPlaceFolder && (part < EDGE || part > 1 - EDGE)) {
                return part < EDGE ? "before" : "after";
            }
        }
        const can = canDrop ? canDrop(row.folder, kind) : row.folder.can_write;
        return takes[kind] && can ? "into" : "";
    }

    onDragOver(ev, row) {
        const where = this.target(ev, row);
        if (!where) {
            this.leave();
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        ev.dataTransfer.dropEffect = draggedKind(ev) === "upload" ? "copy" : "move";
        const over = row.folder.id;
        if (over !== this.state.over) {
            clearTimeout(this.hover);
            if (row.folder.has_children && !this.props.store.isOpen(row.folder)) {
                this.hover = setTimeout(() => this.props.store.setOpen(row.folder, true), HOVER);
            }
        }
        Object.assign(this.state, { over, where });
    }

    leave() {
        clearTimeout(this.hover);
        Object.assign(this.state, { over: null, where: "" });
    }

    onDrop(ev, row) {
        const where = this.target(ev, row);
        this.leave();
        if (!where) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        const { folder, files } = drag;
        const kind = draggedKind(ev);
        if (where !== "into") {
            this.props.onPlaceFolder(folder, row.folder, where === "after");
        } else if (kind === "folder") {
            this.props.onMoveFolder(folder, row.folder);
        } else if (kind === "files") {
            this.props.onDropFiles(row.folder, files);
        } else {
            this.props.onDropUpload(row.folder, ev.dataTransfer);
        }
    }
}
