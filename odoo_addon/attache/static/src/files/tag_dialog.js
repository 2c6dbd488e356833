// Tags of some files: each is on all of them, on some, or on none.

import { Component, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { useAutofocus, useService } from "@web/core/utils/hooks";

import { wordsOf } from "../tree/dialogs";
import { piecesOf } from "../tree/folder_words";

export class TagDialog extends Component {
    static template = "attache.TagDialog";
    static components = { Dialog };
    static props = {
        tags: Object, // a TagStore
        files: Array, // facts
        confirm: Function, // told ids to add and ids to take away
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.input = useAutofocus();
        this.list = useRef("list");
        this.known = useState(this.props.tags.state);
        this.state = useState({ text: "", changed: {}, error: "" });
        if (!this.props.tags.isLoaded) {
            this.props.tags.load();
        }
    }

    get tags() {
        const wanted = this.state.text.trim().toLowerCase();
        const all = this.known.version >= 0 ? this.props.tags.all : [];
        return wanted ? all.filter(({ name }) => name.toLowerCase().includes(wanted)) : all;
    }

    /** Whether the text is a name that no tag has. */
    get canCreate() {
        const text = this.state.text.trim();
        return (
            text &&
            this.props.tags.canWrite &&
            !this.props.tags.all.some(({ name }) => name === text)
        );
    }

    pieces(name) {
        return piecesOf(name, this.state.text);
    }

    path(tag) {
        return this.props.tags
            .above(tag)
            .map(([, name]) => name)
            .join(" / ");
    }

    /** "true", "false" or "mixed". */
    checked({ id }) {
        if (id in this.state.changed) {
            return this.state.changed[id] ? "true" : "false";
        }
        const { files } = this.props;
        const have = files.filter(({ tags }) => tags.some((tag) => tag.id === id)).length;
        return have === 0 ? "false" : have === files.length ? "true" : "mixed";
    }

    toggle(tag) {
        this.state.changed[tag.id] = this.checked(tag) !== "true";
    }

    async create() {
        const name = this.state.text.trim();
        try {
            const [id] = await this.orm.create("attache.tag", [{ name }]);
            await this.props.tags.load();
            this.state.changed[id] = true;
            Object.assign(this.state, { text: "", error: "" });
        } catch (error) {
            this.state.error = wordsOf(error).toString();
        }
    }

    onKeydown(ev) {
        if (ev.key !== "Enter") {
            return;
        }
        ev.preventDefault();
        if (this.tags.length === 1) {
            this.toggle(this.tags[0]);
        } else if (this.canCreate) {
            this.create();
        }
    }

    async onConfirm() {
        const ids = Object.keys(this.state.changed).map(Number);
        const add = ids.filter((id) => this.state.changed[id]);
        const remove = ids.filter((id) => !this.state.changed[id]);
        this.props.close();
        if (ids.length) {
            await this.props.confirm(add, remove);
        }
    }
}
