// What a file contained before, to look at and to go back to.

import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { FileModel } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { sizeInWords } from "../files/file_words";
import { wordsOf } from "../tree/dialogs";
import { downloadFile, useWords } from "../tree/leaving";

const FILE = "ir.attachment";

export class HistoryDialog extends Component {
    static template = "attache.HistoryDialog";
    static components = { Dialog };
    static props = {
        file: Object,
        canChange: Boolean,
        restored: Function,
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.words = useWords();
        this.viewer = useFileViewer();
        this.state = useState({ versions: null, error: "", busy: false });
        onWillStart(() => this.read());
    }

    get title() {
        return _t("Earlier versions of %s", this.props.file.name);
    }

    async read() {
        try {
            this.state.versions = await this.orm.call(FILE, "read_history", [this.props.file.id]);
        } catch (error) {
            this.state.error = wordsOf(error).toString();
        }
    }

    size({ bytes }) {
        return sizeInWords(bytes);
    }

    /** When somebody replaced it, and who. */
    when({ at, by }) {
        const day = formatDateTime(deserializeDateTime(at));
        return by ? _t("until %(day)s, replaced by %(by)s", { day, by }) : _t("until %s", day);
    }

    shown(version) {
        const { id, name } = version;
        const { mimetype } = this.props.file;
        return Object.assign(new FileModel(), { id, name, mimetype, type: "binary" });
    }

    preview(version) {
        const shown = this.shown(version);
        if (shown.isViewable) {
            this.viewer.open(shown);
        } else {
            downloadFile(version.id);
        }
    }

    download(version) {
        downloadFile(version.id);
    }

    async restore(version) {
        const { file } = this.props;
        Object.assign(this.state, { busy: true, error: "" });
        try {
            await this.orm.call(FILE, "restore_version", [file.id, version.id]);
            this.words.say(
                _t("%s has its earlier content again. The other one is kept.", file.name),
            );
            this.props.close();
        } catch (error) {
            Object.assign(this.state, { busy: false, error: wordsOf(error).toString() });
            return;
        }
        await this.props.restored();
    }
}
