// How the uploads fare, at the lower right.

import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

import { labels } from "../tree/labels";

const SHOWN = 200; // a folder may bring thousands

export class UploadPanel extends Component {
    static template = "attache.UploadPanel";
    static props = { queue: Object };

    setup() {
        this.labels = labels;
        this.state = useState(this.props.queue.state);
    }

    count(...states) {
        return this.state.items.filter(({ state }) => states.includes(state)).length;
    }

    get busy() {
        return this.count("waiting", "sending");
    }

    get title() {
        const failed = this.count("failed");
        const done = this.count("done");
        if (this.busy) {
            const all = this.busy + done + failed;
            return this.busy === 1 && all === 1
                ? _t("Uploading 1 file")
                : _t("Uploading %(busy)s of %(all)s files", { busy: this.busy, all });
        }
        if (failed) {
            return failed === 1 ? _t("1 upload failed") : _t("%s uploads failed", failed);
        }
        if (!done) {
            return _t("Uploads cancelled");
        }
        return done === 1 ? _t("1 file uploaded") : _t("%s files uploaded", done);
    }

    /** Those that need a look come first. */
    get items() {
        const order = { failed: 0, sending: 1, waiting: 2, done: 3, cancelled: 4 };
        return [...this.state.items]
            .sort((one, other) => order[one.state] - order[other.state] || one.id - other.id)
            .slice(0, SHOWN);
    }

    get more() {
        const more = this.state.items.length - SHOWN;
        return more > 0 ? _t("… and %s more", more) : "";
    }

    percent({ sent }) {
        return Math.round(sent * 100);
    }

    words(item) {
        const place = [item.folder.name, item.path].filter(Boolean).join(" / ");
        const said = {
            waiting: _t("Waiting"),
            // The bytes are there, the answer is not.
            sending: item.sent === 1 ? _t("Being stored") : `${this.percent(item)} %`,
            done: place,
            failed: item.error,
            cancelled: _t("Cancelled"),
        };
        return said[item.state];
    }

    close() {
        const { queue } = this.props;
        if (this.busy) {
            queue.cancelAll();
        } else {
            queue.clear();
        }
    }

    get closeTitle() {
        return this.busy ? _t("Cancel all uploads") : _t("Close");
    }

    get foldTitle() {
        return this.state.folded ? _t("Show the list") : _t("Fold the list");
    }
}
