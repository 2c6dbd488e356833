import { PreviewTree } from "@attache/preview/preview_tree";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { click, press, queryAllAttributes, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineMailModels();

const ROWS = "[role=treeitem]";

function node(name, children = [], vals = {}) {
    return {
        name,
        kind: "record",
        state: "same",
        stored: null,
        was: null,
        below: children.length,
        more: 0,
        children,
        ...vals,
    };
}

const TREE = [node("Azure", [node("S1"), node("S2", [node("Scans")])]), node("Brandon")];

const names = () => queryAllTexts(`${ROWS} .o_attache_name`);

test("a small tree is open from the start, and closes by a click", async () => {
    await mountWithCleanup(PreviewTree, { props: { nodes: TREE } });
    expect(names()).toEqual(["Azure", "S1", "S2", "Scans", "Brandon"]);
    expect(queryAllAttributes(ROWS, "aria-level")).toEqual(["1", "2", "2", "3", "1"]);
    await click(`${ROWS}:contains(S2)`);
    await animationFrame();
    expect(names()).toEqual(["Azure", "S1", "S2", "Brandon"]);
    expect(`${ROWS}:contains(S2)`).toHaveAttribute("aria-expanded", "false");
    expect(`${ROWS}:contains(S2) small`).toHaveText("(1)");
});

test("arrows go through the tree, open and close it", async () => {
    await mountWithCleanup(PreviewTree, { props: { nodes: TREE } });
    queryOne(`${ROWS}:first`).focus();
    await press("ArrowDown");
    await press("ArrowDown");
    await animationFrame();
    expect(`${ROWS}:contains(S2)`).toBeFocused();
    await press("ArrowLeft");
    await animationFrame();
    expect(names()).toEqual(["Azure", "S1", "S2", "Brandon"]);
    await press("ArrowRight");
    await animationFrame();
    await press("ArrowRight");
    await animationFrame();
    expect(`${ROWS}:contains(Scans)`).toBeFocused();
    await press("End");
    await animationFrame();
    expect(`${ROWS}:contains(Brandon)`).toBeFocused();
    expect(queryAllAttributes(ROWS, "tabindex")).toEqual(["-1", "-1", "-1", "-1", "0"]);
});

test("what happens to a folder stands beside it", async () => {
    const nodes = [
        node("New name", [], { state: "renamed", was: "Old name" }),
        node("Cut", [node("one")], { more: 7 }),
        node("A/B", [], { stored: "A_B", kind: "shortcut" }),
    ];
    await mountWithCleanup(PreviewTree, { props: { nodes } });
    expect(`${ROWS}:first .badge`).toHaveText("renamed");
    expect(`${ROWS}:first`).toHaveText("New name renamed was Old name");
    expect(".o_attache_more").toHaveText("… and 7 more");
    expect(`${ROWS}:last`).toHaveText(/shortcut/);
    expect(`${ROWS}:last small:last`).toHaveText("A_B");
});

test("siblings of one name are two folders", async () => {
    const twins = [node("Same", [node("a")]), node("Same", [node("b")])];
    await mountWithCleanup(PreviewTree, { props: { nodes: twins } });
    await click(`${ROWS}:first`);
    await animationFrame();
    expect(names()).toEqual(["Same", "Same", "b"]);
});
