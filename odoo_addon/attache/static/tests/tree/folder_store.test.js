import { FolderStore, PAGE } from "@attache/tree/folder_store";
import { describe, expect, test } from "@odoo/hoot";

import { folder } from "../box/box_models";

describe.current.tags("headless");

const names = ({ rows }) => rows.map((row) => row.folder?.name || "…");

/** Answers `read_children` from `{ parent: [folders] }`, and tells what was asked. */
function server(children) {
    return {
        call: async (_model, method, [parent], { offset = 0, limit } = {}) => {
            expect.step(`${method} ${parent || "top"} ${offset}`);
            const all = children[parent || 0] || [];
            return { folders: all.slice(offset, offset + limit), length: all.length };
        },
    };
}

test("given folders make a tree, by name and with numbers in their order", () => {
    const folders = [
        folder(1, "Root", { parent_id: 99 }),
        folder(2, "Part 10"),
        folder(3, "part 9"),
        folder(4, "Below", { parent_id: 3 }),
    ];
    const store = new FolderStore(null, { folders });
    expect(names(store)).toEqual(["Root"]);
    store.setOpen(store.get(1), true);
    expect(names(store)).toEqual(["Root", "part 9", "Part 10"]);
    expect(store.get(3).has_children).toBe(true);
    expect(store.above(store.get(4))).toEqual([
        [1, "Root"],
        [3, "part 9"],
    ]);
    expect(store.isWithin(store.get(4), store.get(1))).toBe(true);
    expect(store.isWithin(store.get(1), store.get(4))).toBe(false);
});

test("folders are read when somebody looks at them, and once", async () => {
    const top = folder(1, "Root", { parent_id: false, has_children: true });
    const store = new FolderStore(server({ 0: [top], 1: [folder(2, "A"), folder(3, "B")] }));
    await store.read();
    await store.read();
    expect.verifySteps(["read_children top 0"]);
    await store.setOpen(top, true);
    await store.setOpen(top, false);
    await store.setOpen(top, true);
    expect.verifySteps(["read_children 1 0"]);
    expect(names(store)).toEqual(["Root", "A", "B"]);
    store.outdate([1]);
    await store.read(1);
    expect.verifySteps(["read_children 1 0"]);
});

test("of very many folders only the pages in view are read", async () => {
    const many = [...Array(PAGE * 3).keys()].map((id) =>
        folder(id + 1, `Folder ${id}`, { parent_id: false }),
    );
    const store = new FolderStore(server({ 0: many }));
    await store.read();
    expect(store.rows).toHaveLength(PAGE * 3);
    expect(store.rows[PAGE + 5].folder).toBe(undefined);
    store.need(store.rows.slice(PAGE + 5, PAGE + 9));
    await store.read(0, PAGE);
    expect(store.rows[PAGE + 5].folder.name).toBe(`Folder ${PAGE + 5}`);
    expect.verifySteps(["read_children top 0", `read_children top ${PAGE}`]);
});

test("a search shows what is called so, and ends with the tree as it was", async () => {
    const folders = [
        folder(1, "Root", { parent_id: false }),
        folder(2, "Scans"),
        folder(3, "Other"),
    ];
    const store = new FolderStore(null, { folders });
    await store.find("SCAN");
    expect(names(store)).toEqual(["Scans"]);
    expect(store.rows[0].folder.path).toEqual([[1, "Root"]]);
    await store.find("");
    expect(names(store)).toEqual(["Root"]);
});

test("a failed reading is tried again by the next look", async () => {
    const orm = server({ 0: [folder(1, "Root", { parent_id: false })] });
    const store = new FolderStore({ call: () => Promise.reject(new Error("away")) });
    await expect(store.read()).rejects.toThrow("away");
    store.orm = orm;
    await store.read();
    expect(names(store)).toEqual(["Root"]);
    expect.verifySteps(["read_children top 0"]);
});
