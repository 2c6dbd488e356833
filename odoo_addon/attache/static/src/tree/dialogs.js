// Asking for a name, and for a folder.

import { Component, onMounted, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { FolderStore } from "./folder_store";
import { FolderTree } from "./folder_tree";

/** What went wrong, as Odoo says it to people. */
export function wordsOf(error) {
    return error.data?.message || error.message || _t("Something went wrong.");
}

/** Asks for a name and does not close before `confirm(name)` has worked. */
export class NameDialog extends Component {
    static template = "attache.NameDialog";
    static components = { Dialog };
    static props = {
        title: String,
        confirm: Function,
        confirmLabel: String,
        value: { type: String, optional: true },
        label: { type: String, optional: true },
        close: Function,
    };

    setup() {
        this.input = useRef("input");
        this.state = useState({ value: this.props.value || "", error: "", busy: false });
        onMounted(() => {
            const { el } = this.input;
            el.focus();
            // The ending of a file's name is seldom what is to be changed.
            const end = el.value.lastIndexOf(".");
            el.setSelectionRange(0, end > 0 ? end : el.value.length);
        });
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.isComposing) {
            ev.preventDefault();
            this.onConfirm();
        }
    }

    async onConfirm() {
        const name = this.state.value.trim();
        if (this.state.busy) {
            return;
        }
        if (!name) {
            this.state.error = _t("Type a name.");
            this.input.el.focus();
            return;
        }
        Object.assign(this.state, { busy: true, error: "" });
        try {
            await this.props.confirm(name);
            this.props.close();
        } catch (error) {
            Object.assign(this.state, { busy: false, error: wordsOf(error).toString() });
            this.input.el.focus();
        }
    }
}

/** Asks for a folder in the whole tree. */
export class FolderDialog extends Component {
    static template = "attache.FolderDialog";
    static components = { Dialog, FolderTree };
    static props = {
        title: String,
        confirm: Function,
        confirmLabel: String,
        // Why a folder may not be chosen, or nothing.
        refuse: { type: Function, optional: true },
        // From the top down to where one is now.
        path: { type: Array, optional: true },
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.store = new FolderStore(this.orm);
        this.state = useState({ id: false, error: "", busy: false, version: this.store.state });
        if (this.props.path?.length) {
            this.store.reveal(this.props.path);
            this.state.id = this.props.path.at(-1).id;
        }
    }

    get folder() {
        return this.state.version.version >= 0 && this.store.get(this.state.id);
    }

    get refusal() {
        const { folder } = this;
        if (!folder) {
            return _t("Choose a folder.");
        }
        return folder.can_write
            ? (this.props.refuse && this.props.refuse(folder)) || ""
            : _t("You may not put anything into this folder.");
    }

    onSelect(folder) {
        this.state.id = folder.home_id || folder.id;
        this.state.error = "";
    }

    onNew() {
        const { folder } = this;
        this.dialog.add(NameDialog, {
            title: _t("New folder in %s", folder.name),
            confirmLabel: _t("Create"),
            confirm: async (name) => {
                const vals = { name, parent_id: folder.id };
                const [id] = await this.orm.create("attache.folder", [vals]);
                this.store.patch(folder.id, { has_children: true });
                this.store.outdate([folder.id]);
                await this.store.setOpen(folder, true);
                this.state.id = id;
            },
        });
    }

    async onConfirm() {
        Object.assign(this.state, { busy: true, error: "" });
        try {
            await this.props.confirm(this.folder);
            this.props.close();
        } catch (error) {
            Object.assign(this.state, { busy: false, error: wordsOf(error).toString() });
        }
    }
}

/** A text to be copied by hand, where the browser lets no page do it. */
export class TextDialog extends Component {
    static template = "attache.TextDialog";
    static components = { Dialog };
    static props = { title: String, text: String, close: Function };

    setup() {
        this.input = useRef("input");
        onMounted(() => this.input.el.select());
    }
}
