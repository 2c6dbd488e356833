// The right of the file manager: what is known of the selected file, of several, or of the folder.

import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { kindOf } from "../tree/folder_words";
import { labels } from "../tree/labels";
import { downloadFile } from "../tree/leaving";
import { hasRecord } from "./file_deeds";
import { pictureOf, sizeInWords, stateOf } from "./file_words";
import { folderOf } from "./screen";

export class Details extends Component {
    static template = "attache.Details";
    static props = {};

    setup() {
        this.labels = labels;
        this.ui = useState(useService("ui"));
        this.screen = this.env.attacheScreen;
        this.actions = this.env.attacheActions;
        this.deeds = this.actions.files;
        this.place = useState(this.screen.state);
        this.root = useRef("root");
        this.state = useState({ versions: null, of: null, reading: false });
        useEffect(
            (isPage) => {
                if (isPage && this.ui.isSmall) {
                    this.root.el.querySelector("button").focus();
                }
            },
            () => [this.place.page],
        );
    }

    get file() {
        return this.place.files.length === 1 ? this.place.files[0] : null;
    }

    get several() {
        return this.place.files.length > 1 ? this.place.files : null;
    }

    get folder() {
        return this.place.files.length ? null : folderOf(this.place);
    }

    get title() {
        if (this.several) {
            return _t("%s files", this.several.length);
        }
        return this.file ? this.file.name : this.folder?.name || this.screen.title;
    }

    get picture() {
        return pictureOf(this.file, "600x400");
    }

    get fileState() {
        return stateOf(this.file);
    }

    get hasRecord() {
        return hasRecord(this.file);
    }

    get kind() {
        return kindOf(this.folder);
    }

    get bytes() {
        const all = this.several.map(({ attache_bytes }) => attache_bytes);
        return sizeInWords(all.reduce((sum, bytes) => sum + bytes, 0));
    }

    size(bytes) {
        return sizeInWords(bytes);
    }

    date(value) {
        const date = typeof value === "string" ? deserializeDateTime(value) : value;
        return date ? date.toLocaleString(luxon.DateTime.DATETIME_MED) : "";
    }

    /** Where the selected file lies, as steps that open. */
    get path() {
        const folder = this.file.folder && this.screen.folders.get(this.file.folder.id);
        if (!folder) {
            return this.file.folder
                ? [{ id: this.file.folder.id, name: this.file.folder.display_name }]
                : [];
        }
        const above = this.screen.folders.above(folder).map(([id, name]) => ({ id, name }));
        return [...above, { id: folder.id, name: folder.name }];
    }

    onNoPicture(ev) {
        ev.target.classList.add("d-none");
    }

    close() {
        if (this.ui.isSmall) {
            this.place.page = false;
        } else {
            this.screen.toggleDetails();
        }
    }

    onKeydown(ev) {
        if (ev.key === "Escape" && this.ui.isSmall) {
            this.close();
        }
    }

    untag(tag) {
        return this.deeds.tag([this.file.id], [], [tag.id]);
    }

    download() {
        downloadFile(this.file.id);
    }

    // -- versions --------------------------------------------------------------------------

    /** Those that were asked for, of the file that is shown. */
    get versions() {
        const { versions, of } = this.state;
        return of === this.file.id ? versions : null;
    }

    async readVersions() {
        const { file } = this;
        this.state.reading = true;
        try {
            const versions = await this.deeds.history(file);
            Object.assign(this.state, { versions, of: file.id });
        } finally {
            this.state.reading = false;
        }
    }

    reason({ reason }) {
        const said = {
            replaced: _t("Replaced by a newer content"),
            odoo: _t("Replaced in Odoo"),
            cloud: _t("Replaced in the cloud"),
        };
        return said[reason] || "";
    }

    async restore(version) {
        if (await this.deeds.restoreVersion(this.file, version)) {
            await this.readVersions();
        }
    }
}
