// What was last found wrong with the rule that a form shows: the preview tells it, and the field
// that it is about shows it.

import { reactive, toRaw } from "@odoo/owl";

const judged = new WeakMap();

/** @returns {{ fault: null | { field, position, message, text } }} one for each form */
export function judgedOf(formModel) {
    const model = toRaw(formModel); // the same behind whatever a component observes it by
    if (!judged.has(model)) {
        judged.set(model, reactive({ fault: null }));
    }
    return judged.get(model);
}
