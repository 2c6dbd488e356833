import { choose, fields, placeAt, words } from "@attache/expression/completion";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { allowTranslations } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");
beforeEach(allowTranslations);

/** What stands at the caret, which is the | of a text. */
function at(marked) {
    const caret = marked.indexOf("|");
    const text = marked.replace("|", "");
    return { text, caret, place: placeAt(text, caret) };
}

test("in plain text a word may begin, and it brings its own braces", () => {
    const { text, caret, place } = at("Orders |");
    expect(place).toEqual({ kind: "word", start: 7, word: "", path: [], inside: false });
    const chosen = choose(text, caret, place, { kind: "word", name: "object" });
    expect(chosen).toEqual({ text: "Orders {{ object. }}", caret: 17, more: true });
});

test("in braces a word is completed, and a path leads to fields", () => {
    expect(at("{{ upp|").place).toEqual({
        kind: "word",
        start: 3,
        word: "upp",
        path: [],
        inside: true,
    });
    expect(at("{{ upper object.partner_id.na|").place).toEqual({
        kind: "field",
        start: 27,
        word: "na",
        path: ["partner_id"],
        inside: true,
    });
});

test("nothing is offered in quotes, in remarks, behind a fallback and at an end of a block", () => {
    for (const text of [
        '{{ default object.name "na',
        "{{! na",
        "{{ object.name ||| na",
        "{{#if object.name}}{{/i",
        "{{ other.na",
    ]) {
        expect(placeAt(text, text.length)).toBe(null, { message: text });
    }
});

test("words are found by their beginning, blocks without their sign", () => {
    const found = (word) => words({ word }).map(({ name }) => name);
    expect(found("u")).toEqual(["upper", "#unless"]);
    expect(found("if")).toEqual(["#if"]);
    expect(found("xyz")).toEqual([]);
    expect(words({ word: "date" })[0].usage).toBe('{{ date object.field "%Y-%m-%d" }}');
});

test("fields that begin with what was typed come first, and some kinds never", () => {
    const definitions = {
        surname: { string: "Surname", type: "char" },
        name: { string: "Name", type: "char" },
        image: { string: "Name picture", type: "binary" },
        title: { string: "Name of the title", type: "many2one", relation: "res.title" },
    };
    const found = fields(definitions, "NAME");
    expect(found.map(({ name }) => name)).toEqual(["name", "title", "surname"]);
    expect(found[1].relation).toBe("res.title");
});

test("a chosen option goes into the braces that are there", () => {
    const { text, caret, place } = at("{{ upp| }} – x");
    const upper = words({ word: "upper" })[0];
    expect(choose(text, caret, place, upper)).toEqual({
        text: "{{ upper object. }} – x",
        caret: 16,
        more: true,
    });
    const field = at("{{ object.na|");
    const name = { kind: "field", name: "name" };
    expect(choose(field.text, field.caret, field.place, name)).toEqual({
        text: "{{ object.name }}",
        caret: 14,
        more: false,
    });
});

test("a block comes with its end, and the company is a value of its own", () => {
    const { text, caret, place } = at("|");
    const block = words({ word: "if" })[0];
    expect(choose(text, caret, place, block).text).toBe("{{#if object. }} {{/if}}");
    const company = words({ word: "company" })[0];
    expect(choose(text, caret, place, company)).toEqual({
        text: "{{ company }}",
        caret: 10,
        more: false,
    });
});
