import { kindOf, marksOf, piecesOf } from "@attache/tree/folder_words";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { allowTranslations } from "@web/../tests/web_test_helpers";

import { folder } from "../box/box_models";

describe.current.tags("headless");
beforeEach(allowTranslations);

test("every kind has a sign and a word, unknown ones those of a folder", () => {
    for (const kind of ["root", "rule", "record", "manual", "shortcut"]) {
        expect(kindOf({ kind }).icon).toMatch(/^fa-/);
    }
    expect(kindOf({ kind: "new" })).toBe(kindOf({ kind: "manual" }));
});

test("what is special about a folder is told by marks", () => {
    const keys = (vals) => marksOf(folder(1, "A", vals)).map(({ key }) => key);
    expect(keys({})).toEqual([]);
    expect(keys({ starred: true, restricted: true, archived: true })).toEqual([
        "starred",
        "restricted",
        "archived",
    ]);
    expect(keys({ restricted: true, deserted: true })).toEqual(["deserted"]);
    expect(keys({ stopped: true, in_scope: false })).toEqual(["stopped"]);
});

test("a text is cut where what was searched for is found", () => {
    expect(piecesOf("Scans of scans", "SCAN")).toEqual([
        { text: "Scan", found: true },
        { text: "s of ", found: false },
        { text: "scan", found: true },
        { text: "s", found: false },
    ]);
    expect(piecesOf("Scans", "")).toEqual([{ text: "Scans", found: false }]);
    // Lower case may be longer than the sign: rather nothing than the wrong letters.
    expect(piecesOf("İstanbul", "s")).toEqual([{ text: "İstanbul", found: false }]);
});
