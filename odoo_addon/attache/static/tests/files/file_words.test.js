import { pictureOf, sizeInWords, STATES, stateOf } from "@attache/files/file_words";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { allowTranslations, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { localization } from "@web/core/l10n/localization";

describe.current.tags("headless");
beforeEach(allowTranslations);

test("every state has a sign, a word and a look", () => {
    for (const [key, state] of Object.entries(STATES)) {
        const told = stateOf({ attache_state: key });
        expect(told.icon).toBe(state.icon);
        expect(told.word.toString()).not.toBe("");
    }
    expect(stateOf({ attache_state: false }).word.toString()).toBe("In Odoo");
});

test("a file on its way tells how far, and why it waits", () => {
    const moving = stateOf({ attache_state: "syncing", attache_percent: 40 });
    expect(moving.word.toString()).toBe("Syncing, 40 %");
    const stuck = stateOf({ attache_state: "stuck", attache_state_text: "Rename it." });
    expect(stuck.title).toBe("Rename it.");
});

test("sizes are told as people say them", () => {
    patchWithCleanup(localization, { decimalPoint: ".", thousandsSep: ",", grouping: [3, 0] });
    expect(sizeInWords(0)).toBe("0 B");
    expect(sizeInWords(999)).toBe("999 B");
    expect(sizeInWords(1500)).toBe("1.5 KB");
    expect(sizeInWords(123456)).toBe("123 KB");
    expect(sizeInWords(5 * 10 ** 9)).toBe("5 GB");
});

test("only what Odoo makes a picture of has one", () => {
    expect(pictureOf({ id: 5, mimetype: "image/png", checksum: "abc" })).toMatch(
        /^\/web\/image\/5\//,
    );
    expect(pictureOf({ id: 5, mimetype: "application/pdf" })).toBe("");
    expect(pictureOf({ id: 5, mimetype: "application/pdf", has_thumbnail: true })).toMatch(
        /thumbnail/,
    );
});
