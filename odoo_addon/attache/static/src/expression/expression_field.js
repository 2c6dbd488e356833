// A folder name that is written with help: fields and functions are offered at the caret, and a
// fault is shown where it is.

import { Component, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useInputField } from "@web/views/fields/input_field_hook";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { judgedOf } from "../preview/judged";
import { choose, fields, placeAt, words } from "./completion";

const MOST_OPTIONS = 400;
const AROUND = 30; // signs shown before and after a fault

export class ExpressionField extends Component {
    static template = "attache.ExpressionField";
    static props = {
        ...standardFieldProps,
        placeholder: { type: String, optional: true },
        modelField: { type: String, optional: true },
    };
    static defaultProps = { modelField: "model" };

    setup() {
        this.fieldService = useService("field");
        this.input = useRef("input");
        this.list = useRef("list");
        this.state = useState({ options: [], active: 0, open: false, left: 0 });
        this.judged = useState(judgedOf(this.props.record.model));
        useInputField({ ref: this.input, getValue: () => this.value });
        // What was typed is the record's soon, so that a preview follows.
        this.commit = useDebounced(() => this.input.el?.dispatchEvent(new Event("change")), 500);
        useEffect(
            () => {
                this.list.el?.querySelector(".focus")?.scrollIntoView({ block: "nearest" });
            },
            () => [this.state.active, this.state.open],
        );
        onWillUnmount(() => (this.asked = null));
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get listId() {
        return `${this.props.id}_options`;
    }

    get expanded() {
        return this.state.open && this.state.options.length > 0;
    }

    // -- what is offered ------------------------------------------------------------------

    /** Looks what fits at the caret. In plain text only when `asked` for. */
    async offer(asked = false) {
        const { value, selectionStart, selectionEnd } = this.input.el;
        const place = selectionStart === selectionEnd ? placeAt(value, selectionStart) : null;
        if (!place || (!place.inside && !asked)) {
            this.close();
            return;
        }
        const question = (this.asked = {});
        const options = await this.optionsAt(place);
        if (question !== this.asked) {
            return; // typed on meanwhile
        }
        const done = options.length === 1 && options[0].name === place.word;
        this.place = place;
        Object.assign(this.state, {
            options: options.slice(0, MOST_OPTIONS),
            active: 0,
            open: !done || asked,
        });
    }

    async optionsAt(place) {
        if (place.kind === "word") {
            return words(place);
        }
        const { record, modelField } = this.props;
        let model = record.data[modelField];
        for (const step of place.path) {
            const definitions = model ? await this.load(model) : {};
            model = definitions[step]?.relation || null;
        }
        return model ? fields(await this.load(model), place.word) : [];
    }

    load(model) {
        return this.fieldService.loadFields(model, { attributes: ["string", "type", "relation"] });
    }

    choose(option) {
        const input = this.input.el;
        const chosen = choose(input.value, input.selectionStart, this.place, option);
        input.value = chosen.text;
        input.focus();
        input.setSelectionRange(chosen.caret, chosen.caret);
        this.close();
        input.dispatchEvent(new InputEvent("input"));
        this.commit();
        if (chosen.more) {
            this.offer();
        }
    }

    activate(index) {
        this.state.active = index;
    }

    close() {
        this.asked = null;
        this.state.open = false;
    }

    // -- what people do -------------------------------------------------------------------

    onInput(ev) {
        this.commit();
        if (ev.isTrusted) {
            this.offer();
        }
    }

    onKeydown(ev) {
        const asks = (ev.ctrlKey && ev.key === " ") || (ev.key === "ArrowDown" && !this.expanded);
        if (asks) {
            ev.preventDefault();
            this.offer(true);
        } else if (this.expanded && this.onListKey(ev.key)) {
            ev.preventDefault();
            ev.stopPropagation();
        }
    }

    /** @returns {boolean} whether the key was for the list */
    onListKey(key) {
        const { options, active } = this.state;
        if (key === "ArrowDown") {
            this.state.active = (active + 1) % options.length;
        } else if (key === "ArrowUp") {
            this.state.active = (active + options.length - 1) % options.length;
        } else if (key === "Enter" || key === "Tab") {
            this.choose(options[active]);
        } else if (key === "Escape") {
            this.close();
        } else {
            return false;
        }
        return true;
    }

    onCaret() {
        if (this.expanded) {
            this.offer();
        }
    }

    // -- what is wrong --------------------------------------------------------------------

    /** The fault of exactly this text, with what stands around it. */
    get fault() {
        const fault = this.judged.fault;
        if (!fault || fault.field !== this.props.name || (fault.text || "") !== this.value) {
            return null;
        }
        if (!fault.position) {
            return { message: fault.message };
        }
        const signs = [...this.value];
        const at = Math.min(Math.max(fault.position - 1, 0), signs.length);
        const from = Math.max(at - AROUND, 0);
        const until = at + AROUND;
        return {
            message: fault.message,
            before: (from ? "…" : "") + signs.slice(from, at).join(""),
            sign: signs[at] || " ",
            after: signs.slice(at + 1, until).join("") + (until < signs.length ? "…" : ""),
        };
    }
}

export const expressionField = {
    component: ExpressionField,
    displayName: _t("Name expression"),
    supportedTypes: ["char"],
    fieldDependencies: ({ options }) => [{ name: options.model_field || "model", type: "char" }],
    extractProps: ({ attrs, options, placeholder }) => ({
        placeholder: placeholder || attrs.placeholder,
        modelField: options.model_field,
    }),
};

registry.category("fields").add("attache_expression", expressionField);
