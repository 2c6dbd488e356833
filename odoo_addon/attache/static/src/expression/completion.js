// What a folder name may go on with at the caret. Knows the text only; the fields come from Odoo.

import { _t } from "@web/core/l10n/translation";

import { USAGES } from "./functions";

// `after` follows the caret once the word was chosen.
export const FUNCTIONS = [
    { name: "date", after: ' "%Y-%m-%d"' },
    { name: "upper" },
    { name: "lower" },
    { name: "title" },
    { name: "pad", after: " 5" },
    { name: "slice", after: " 0 10" },
    { name: "replace", after: ' "old" "new"' },
    { name: "default", after: ' "otherwise"' },
    { name: "money", after: " object.currency_id" },
    { name: "company", isValue: true, usage: "{{ company }}" },
    { name: "#if", after: " }} {{/if", usage: "{{#if object.field }} … {{/if}}" },
    { name: "#unless", after: " }} {{/unless", usage: "{{#unless object.field }} … {{/unless}}" },
];

export const MEANINGS = {
    object: _t("a field of the record"),
    date: _t("a date in another form"),
    upper: _t("in capitals"),
    lower: _t("in small letters"),
    title: _t("Each Word Begins With A Capital"),
    pad: _t("filled up to a width"),
    slice: _t("a part of the text"),
    replace: _t("one text in place of another"),
    default: _t("something else where the field is empty"),
    money: _t("an amount with its currency"),
    company: _t("the name of the record's company"),
    "#if": _t("only where the field is filled"),
    "#unless": _t("only where the field is empty"),
};

const NOT_IN_NAMES = ["binary", "html", "json", "properties", "properties_definition"];

/** Where the `{{` opens that the caret stands in; -1 when it stands in plain text. */
function opening(text, caret) {
    const open = text.lastIndexOf("{{", caret - 1);
    if (open < 0 || caret < open + 2 || text.slice(open, caret).includes("}}")) {
        return -1;
    }
    return open;
}

function inQuotes(text) {
    let quote = null;
    for (const sign of text) {
        if (quote === sign) {
            quote = null;
        } else if (!quote && (sign === '"' || sign === "'")) {
            quote = sign;
        }
    }
    return Boolean(quote);
}

/**
 * What the caret stands in.
 * @returns {null | { kind: "word" | "field", start: number, word: string, path: string[],
 *     inside: boolean }} null where nothing can be offered
 */
export function placeAt(text, caret) {
    const open = opening(text, caret);
    if (open < 0) {
        return { kind: "word", start: caret, word: "", path: [], inside: false };
    }
    const inner = text.slice(open + 2, caret);
    if (inner.startsWith("!") || inner.includes("|||") || inQuotes(inner)) {
        return null;
    }
    const token = inner.match(/[#/]?[\w.]*$/)[0];
    if (token.startsWith("/")) {
        return null;
    }
    const steps = token.split(".");
    const word = steps.pop();
    const start = caret - word.length;
    if (!steps.length) {
        return { kind: "word", start, word, path: [], inside: true };
    }
    return steps[0] === "object"
        ? { kind: "field", start, word, path: steps.slice(1), inside: true }
        : null;
}

/** The words that may stand here: `object`, and the functions. */
export function words({ word }) {
    const known = [{ name: "object", usage: "{{ object.field }}" }, ...FUNCTIONS];
    return known
        .filter(({ name }) => name.startsWith(word) || name.slice(1).startsWith(word))
        .map((option) => ({
            usage: USAGES[option.name],
            ...option,
            kind: "word",
            label: MEANINGS[option.name].toString(),
        }));
}

/** The fields of a model that fit what was typed, best first. */
export function fields(definitions, word) {
    const wanted = word.toLowerCase();
    const rank = ({ name, label }) =>
        name.startsWith(wanted) ? 0 : label.toLowerCase().startsWith(wanted) ? 1 : 2;
    return Object.entries(definitions)
        .filter(([, { type }]) => !NOT_IN_NAMES.includes(type))
        .map(([name, { string, type, relation }]) => ({
            kind: "field",
            name,
            label: string,
            relation: relation || null,
            type,
        }))
        .filter(({ name, label }) => `${name}\n${label}`.toLowerCase().includes(wanted))
        .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** Whether the value at the caret is closed by `}}`. */
function closed(text, caret) {
    const close = text.indexOf("}}", caret);
    const next = text.indexOf("{{", caret);
    return close >= 0 && (next < 0 || close < next);
}

/**
 * The text with an option chosen, and where the caret stands then.
 * @returns {{ text: string, caret: number, more: boolean }} `more` where a field comes next
 */
export function choose(text, caret, place, option) {
    const before = text.slice(0, place.start);
    const isWord = option.kind === "word";
    const isBlock = isWord && option.name.startsWith("#");
    const isClosed = place.inside && closed(text, caret);
    let lead = "";
    if (!place.inside) {
        lead = isBlock ? "{{" : "{{ ";
    } else if (before.endsWith("{{") && !isBlock) {
        lead = " ";
    }
    const start = `${before}${lead}${headOf(option)}`;
    const tail = isClosed && isBlock ? "" : option.after || "";
    const end = isClosed ? "" : isBlock ? "}}" : " }}";
    return {
        text: `${start}${tail}${end}${text.slice(caret)}`,
        caret: start.length,
        more: isWord && !option.isValue,
    };
}

/** What an option begins with, up to where the caret stands. */
function headOf({ kind, name, isValue }) {
    if (kind === "field" || isValue) {
        return name;
    }
    return name === "object" ? "object." : `${name} object.`;
}
