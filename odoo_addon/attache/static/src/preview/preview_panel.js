// Beside a rule's form: which folders it would make as it stands there, before it is saved.

import { Component, markRaw, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { judgedOf } from "./judged";
import { PreviewTree } from "./preview_tree";
import { CHANGES, countsInWords } from "./words";

const AFTER_EDIT = 1000; // ms
const PATIENCE = 30000; // ms until the sidecar counts as silent
const PACE = [150, 200, 300, 500]; // ms between two looks, the last one for ever

export class PreviewPanel extends Component {
    static template = "attache.PreviewPanel";
    static components = { PreviewTree };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm").silent;
        // state: closed, reading, shown, refused, silent
        this.state = useState({ is: "closed", result: null, message: null });
        this.judged = judgedOf(this.props.record.model);
        this.changes = CHANGES;
        this.question = 0;
        this.refreshSoon = useDebounced(() => this.refresh(), AFTER_EDIT);
        useRecordObserver((record) => {
            const told = JSON.stringify(editable(record));
            if (this.told !== undefined && told !== this.told && this.opened) {
                this.refreshSoon();
            }
            this.told = told;
        });
        useBus(this.props.record.model.bus, "FIELD_IS_DIRTY", ({ detail: isDirty }) => {
            if (isDirty && this.opened) {
                this.refreshSoon();
            }
        });
        onWillUnmount(() => this.question++);
    }

    get opened() {
        return this.state.is !== "closed";
    }

    get reading() {
        return this.state.is === "reading";
    }

    get counts() {
        return countsInWords(this.state.result.counts || {});
    }

    get isEmpty() {
        const { tree, counts } = this.state.result;
        return !tree.length || !(counts || {}).records;
    }

    /** Changes that need a person's eye: folders that stay are in the tree only. */
    get moves() {
        return this.state.result.changes.filter(({ what }) => what !== "new");
    }

    get error() {
        return this.state.result && this.state.result.error;
    }

    /** Asks anew. Only the last question's answer counts. */
    async refresh() {
        const question = ++this.question;
        const isCurrent = () => question === this.question;
        const { record } = this.props;
        this.state.is = "reading";
        try {
            const values = await this.values();
            const asked = await this.orm.call("attache.rule", "preview", [ids(record), values]);
            if (!isCurrent()) {
                return;
            }
            if (asked.error) {
                this.refuse(asked, values);
                return;
            }
            const result = await this.wait(asked.preview, isCurrent);
            if (isCurrent()) {
                this.show(result, values);
            }
        } catch (error) {
            if (!isCurrent()) {
                return;
            }
            const message = error.data?.message || error.message;
            Object.assign(this.state, { is: "refused", message, result: null });
        }
    }

    /** What is in the form, as for saving. Nobody's text is taken away while it ends in a space. */
    values() {
        const { record } = this.props;
        const typed = document.activeElement?.value;
        if (typeof typed === "string" && typed !== typed.trim()) {
            return record.model.mutex.exec(() => record._getChanges());
        }
        return record.getChanges();
    }

    /** Looks for the answer until it is there; null when nobody answers. */
    async wait(preview, isCurrent) {
        const begin = Date.now();
        for (let look = 0; isCurrent() && Date.now() - begin < PATIENCE; look++) {
            const pause = PACE[Math.min(look, PACE.length - 1)];
            await new Promise((resolve) => browser.setTimeout(resolve, pause));
            const result =
                isCurrent() && (await this.orm.call("attache.preview", "answer", [preview]));
            if (result) {
                return result;
            }
        }
        return null;
    }

    show(result, values) {
        if (!result) {
            this.state.is = "silent";
            return;
        }
        const { error } = result;
        this.judge(error && { ...error }, values);
        Object.assign(this.state, { is: "shown", result: markRaw(result), message: null });
    }

    refuse({ error, field, position }, values) {
        this.judge(field ? { field, position, message: error } : null, values);
        Object.assign(this.state, { is: "refused", message: error, result: null });
    }

    judge(fault, values) {
        const { data } = this.props.record;
        const text = fault && fault.field in values ? values[fault.field] : data[fault?.field];
        this.judged.fault = fault && { ...fault, text };
    }

    close() {
        this.question++;
        this.refreshSoon.cancel();
        Object.assign(this.state, { is: "closed", result: null, message: null });
    }
}

function ids(record) {
    return record.resId ? [record.resId] : [];
}

/** Everything in the form that a person may edit, lines included. */
function editable(record) {
    return Object.keys(record.activeFields).map((name) => plain(record.data[name]));
}

function plain(value) {
    if (value && value.records) {
        return value.records.map((line) => [line.resId, editable(line)]);
    }
    return value && value.id !== undefined ? value.id : value;
}

export const previewPanel = { component: PreviewPanel };
registry.category("view_widgets").add("attache_preview", previewPanel);
