// Files under the pointer and under the keyboard: selecting, opening, dragging, menus. One place for
// cards and list, since both are Odoo's own views.

import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { useContextMenu } from "../tree/context_menu";
import { startDrag } from "../tree/drag";
import { factsOf } from "./file_words";

export const FILE = ".o_kanban_record[data-id]:not(.o_kanban_ghost), tr.o_data_row[data-id]";
const OWN = "a, button, input, label, .o_list_record_selector, .o_attache_own";
const BACKGROUND = ".o_content";
const NOT_BACKGROUND = `${OWN}, th, .o_group_header, .o_kanban_header, .o_attache_strip`;
const ELSEWHERE = ".o_control_panel, textarea, select, [contenteditable], .o_attache_strip";

/** `root`: a ref to what holds the view. Answers handlers, all of them for the capture phase. */
export function useFilePointer(screen, deeds, root) {
    const ui = useService("ui");
    const menu = useContextMenu();

    function recordAt(target) {
        const el = target.closest?.(FILE);
        return el ? screen.recordOf(el.dataset.id) : null;
    }

    function focus(record) {
        screen.state.cursor = record.resId;
        const el = root.el.querySelector(`[data-id="${record.id}"]`);
        el?.focus({ preventScroll: true });
        el?.scrollIntoView({ block: "nearest" });
    }

    /** After a reload: what is drawn anew has no focus. */
    function refocus() {
        const record = screen.records.find(({ resId }) => resId === screen.state.cursor);
        if (record && document.activeElement === document.body) {
            focus(record);
        }
    }

    function openMenu(record, at) {
        if (!record.selected) {
            screen.selectOnly(record);
        }
        const files = screen.selectedFiles;
        const label = files.length === 1 ? files[0].name : _t("%s files", files.length);
        menu.open(deeds.menuItems(), at, label);
    }

    function onClick(ev) {
        if (screen.state.place === "trash") {
            return;
        }
        const record = recordAt(ev.target);
        if (!record) {
            const inside = ev.target.closest(BACKGROUND) && !ev.target.closest(NOT_BACKGROUND);
            if (inside && screen.selected.length) {
                screen.clear();
            }
            return;
        }
        if (ev.target.closest(OWN)) {
            return;
        }
        ev.stopPropagation();
        ev.preventDefault();
        const isTouch = ev.pointerType === "touch" || ui.isSmall;
        if (ev.shiftKey) {
            screen.selectTo(record);
        } else if (ev.ctrlKey || ev.metaKey || (isTouch && screen.selected.length)) {
            screen.toggle(record);
        } else if (isTouch || ev.target.closest(".o_attache_open")) {
            deeds.preview(factsOf(record));
            return;
        } else {
            screen.selectOnly(record);
        }
        focus(record);
    }

    function onDblclick(ev) {
        const record = recordAt(ev.target);
        if (record && screen.state.place !== "trash" && !ev.target.closest(OWN)) {
            deeds.preview(factsOf(record));
        }
    }

    function onContextmenu(ev) {
        const record = recordAt(ev.target);
        if (screen.state.place === "trash") {
            return;
        }
        const { folder } = screen;
        const inside = ev.target.closest(BACKGROUND) && !ev.target.closest(NOT_BACKGROUND);
        if (!record && !(inside && folder)) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        if (record) {
            openMenu(record, ev);
        } else {
            menu.open(screen.folderItems(folder), ev, folder.name);
        }
    }

    function onDragstart(ev) {
        const record = recordAt(ev.target);
        if (!record || screen.state.place === "trash") {
            return;
        }
        if (!record.selected) {
            screen.selectOnly(record);
        }
        const files = screen.selected.map(({ resId }) => resId);
        const label = files.length > 1 ? _t("%s files", files.length) : record.data.name;
        startDrag(ev, { files }, label.toString());
    }

    // -- keyboard --------------------------------------------------------------------------

    /** The records in the order and the places in which they are drawn. */
    function drawn() {
        return [...root.el.querySelectorAll(FILE)]
            .map((el) => ({ el, record: screen.recordOf(el.dataset.id) }))
            .filter(({ record }) => record);
    }

    function step(key, all, at) {
        if (key === "Home" || key === "End") {
            return key === "Home" ? 0 : all.length - 1;
        }
        const isList = all[0].el.tagName === "TR";
        if (key === "ArrowLeft" || key === "ArrowRight") {
            return isList ? at : at + (key === "ArrowRight" ? 1 : -1);
        }
        const way = key === "ArrowDown" ? 1 : -1;
        const here = all[at].el.getBoundingClientRect();
        // The nearest one in the next row.
        let best = at;
        let least = Infinity;
        for (let to = at + way; to >= 0 && to < all.length; to += way) {
            const box = all[to].el.getBoundingClientRect();
            const down = Math.abs(box.top - here.top);
            if (down < 4) {
                continue;
            }
            const far = down * 4 + Math.abs(box.left - here.left);
            if (far >= least) {
                break;
            }
            [best, least] = [to, far];
        }
        return best;
    }

    function move(ev, record) {
        const all = drawn();
        if (!all.length) {
            return;
        }
        const at = all.findIndex((one) => one.record === record);
        const next = at < 0 ? 0 : Math.min(Math.max(step(ev.key, all, at), 0), all.length - 1);
        const { record: to } = all[next];
        if (ev.shiftKey) {
            screen.selectTo(to);
        } else if (!ev.ctrlKey && !ev.metaKey) {
            screen.selectOnly(to);
        }
        focus(to);
    }

    function onKeydown(ev) {
        const { target, key } = ev;
        const text = target.closest("input:not([type=checkbox])");
        if (screen.state.place === "trash" || text || target.closest(ELSEWHERE) || ev.altKey) {
            return;
        }
        const record = recordAt(target);
        const command = ev.ctrlKey || ev.metaKey;
        const isOwn = target.closest("a, button");
        const cursor = record || screen.records.find(({ resId }) => resId === screen.state.cursor);
        const selected = screen.selected.length;
        const acts = {
            ArrowDown: () => move(ev, cursor),
            ArrowUp: () => move(ev, cursor),
            ArrowLeft: () => move(ev, cursor),
            ArrowRight: () => move(ev, cursor),
            Home: () => move(ev, cursor),
            End: () => move(ev, cursor),
            ...(command && { a: () => screen.select(screen.records) }),
            ...(record && command && { " ": () => screen.toggle(record) }),
            ...(record &&
                !command &&
                !isOwn && {
                    Enter: () => deeds.preview(factsOf(record)),
                    " ": () => deeds.preview(factsOf(record)),
                }),
            ...(record && { ContextMenu: () => openMenu(record, target.closest(FILE)) }),
            ...(record && ev.shiftKey && { F10: () => openMenu(record, target.closest(FILE)) }),
            ...(selected && {
                Escape: () => screen.clear(),
                Delete: () => deeds.trash(),
                F2: () => screen.selected.length === 1 && deeds.rename(factsOf(screen.selected[0])),
            }),
        };
        if (acts[key]) {
            ev.preventDefault();
            ev.stopPropagation();
            acts[key]();
        }
    }

    return { onClick, onDblclick, onContextmenu, onDragstart, onKeydown, openMenu, refocus };
}
