// The files of a folder of a record, a row for each.

import { Component, onWillUpdateProps, useRef, useState } from "@odoo/owl";
import { formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { pictureOf, sizeInWords, stateOf } from "../files/file_words";
import { useContextMenu } from "../tree/context_menu";
import { startDrag } from "../tree/drag";

const PAGE = 50;
const MANY = 12; // files from which on one may look for some
const TOLD = new Set(["conflict", "stuck"]); // states whose reason stands in the row

export class BoxFiles extends Component {
    static template = "attache.BoxFiles";
    static props = {
        box: Object,
        thread: Object,
        folder: Object,
        deeds: Object,
        emptyText: String,
        cancel: Function,
    };

    setup() {
        this.list = useRef("list");
        this.menu = useContextMenu();
        this.uploads = useState(useService("file_upload").uploads);
        this.known = useState(this.props.box.state);
        this.state = useState({ count: PAGE, text: "", active: null });
        onWillUpdateProps(({ folder }) => {
            if (folder.id !== this.props.folder.id) {
                Object.assign(this.state, { count: PAGE, active: null, text: "" });
            }
        });
    }

    // -- which -----------------------------------------------------------------------------

    /** The files of the folder; with something to look for, those of all folders of the record. */
    get files() {
        const { thread, box, folder } = this.props;
        const wanted = this.state.text.trim().toLowerCase();
        const { folders } = this.known; // observed: what is known decides where a file is shown
        const files = thread.attachments.filter((file) =>
            wanted
                ? (file.name || "").toLowerCase().includes(wanted)
                : folders && box.placeOf(file) === folder.id,
        );
        const coming = files.filter(({ uploading }) => uploading);
        return [...coming, ...files.filter(({ uploading }) => !uploading)];
    }

    get shown() {
        return this.files.slice(0, this.state.count);
    }

    /** All that is drawn, made once: there may be very many files. */
    get drawn() {
        const { files } = this;
        const shown = files.slice(0, this.state.count);
        const { active } = this.state;
        return {
            shown,
            active: shown.some(({ id }) => id === active) ? active : shown[0]?.id,
            more: this.moreText(files.length),
            count: this.countText(files.length),
        };
    }

    get hasSearch() {
        return this.state.text || this.props.thread.attachments.length > MANY;
    }

    moreText(all) {
        const left = all - this.state.count;
        return left > 0 ? _t("Show %s more", Math.min(left, PAGE)) : "";
    }

    /** How many there are, for whoever hears the page as well. */
    countText(all) {
        const shown = this.state.count;
        if (all > shown) {
            return _t("%(shown)s of %(all)s files", { shown, all });
        }
        return all === 1 ? _t("1 file") : _t("%s files", all);
    }

    get nothingText() {
        if (this.state.text) {
            return _t("No file of this record is called that.");
        }
        return this.props.thread.isLoadingAttachments ? _t("Loading…") : this.props.emptyText;
    }

    showMore() {
        this.state.count += PAGE;
    }

    // -- in words --------------------------------------------------------------------------

    picture(file) {
        return file.uploading ? "" : pictureOf(file, "96x96");
    }

    size(file) {
        return sizeInWords(file.attache_bytes || file.file_size);
    }

    day(file) {
        return file.create_date ? formatDate(file.create_date) : "";
    }

    /** The row in one sentence, for whoever hears it. */
    sentence(file) {
        const state = this.stateOf(file)?.word;
        const said = [file.name, state, this.reason(file), this.size(file), this.day(file)];
        return said.filter(Boolean).join(", ");
    }

    /** Where a file that was looked for lies. */
    placeName(file) {
        const { box, folder } = this.props;
        const place = box.placeOf(file);
        return this.state.text && place !== folder.id ? box.get(place)?.name : "";
    }

    /** How far it has come; nothing of what lies in no folder, which nobody syncs. */
    stateOf(file) {
        return file.attache_folder_id && file.attache_state ? stateOf(file) : null;
    }

    reason(file) {
        return TOLD.has(file.attache_state) ? file.attache_state_text : "";
    }

    percent(file) {
        const isIts = ({ data }) => Number(data.get("temporary_id")) === file.id;
        const upload = Object.values(this.uploads).find(isIts);
        return upload ? Math.round(upload.progress * 100) : 100;
    }

    canChange(file) {
        return this.props.deeds.canChange(file);
    }

    // -- what people do --------------------------------------------------------------------

    activate(file) {
        this.state.active = file.id;
    }

    preview(file) {
        if (!file.uploading) {
            this.props.deeds.preview(file, this.files);
        }
    }

    onMenu(file, ev) {
        if (file.uploading) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        const items = this.props.deeds.menuItems(file, this.files);
        this.menu.open(items, ev.type === "click" ? ev.currentTarget : ev, file.name);
    }

    onDragStart(file, ev) {
        startDrag(ev, { files: [file.id] }, file.name);
    }

    onKeydown(ev) {
        const row = ev.target.closest("[data-file]");
        const { shown } = this;
        const at = shown.findIndex(({ id }) => id === Number(row?.dataset.file));
        const file = shown[at];
        if (!file || ev.ctrlKey || ev.altKey || ev.metaKey) {
            return;
        }
        const { deeds } = this.props;
        const can = this.canChange(file);
        const go = (to) => this.focusFile(shown[Math.min(Math.max(to, 0), shown.length - 1)].id);
        const keys = {
            ArrowDown: () => go(at + 1),
            ArrowUp: () => go(at - 1),
            Home: () => go(0),
            End: () => go(shown.length - 1),
            Enter: ev.target === row && (() => this.preview(file)),
            F2: can && (() => deeds.rename(file)),
            Delete: can && (() => this.onDelete(file, shown[at + 1] || shown[at - 1])),
            ContextMenu: () => this.openMenu(file, row),
            F10: ev.shiftKey && (() => this.openMenu(file, row)),
        };
        const act = keys[ev.key];
        if (act) {
            ev.preventDefault();
            ev.stopPropagation();
            act();
        }
    }

    openMenu(file, row) {
        if (!file.uploading) {
            this.menu.open(this.props.deeds.menuItems(file, this.files), row, file.name);
        }
    }

    /** The row after a deleted one has the keyboard next. */
    async onDelete(file, next) {
        await this.props.deeds.trash(file);
        if (next) {
            this.focusFile(next.id);
        }
    }

    focusFile(id) {
        this.state.active = id;
        this.list.el?.querySelector(`[data-file="${id}"]`)?.focus();
    }
}
