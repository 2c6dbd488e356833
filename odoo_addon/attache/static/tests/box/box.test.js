import { Box } from "@attache/box/box";
import { describe, expect, test } from "@odoo/hoot";

import { folder, home } from "./box_models";

describe.current.tags("headless");

/** A box over plain data: `told` are the answers to `read_box`, one after the other. */
function makeBox(files, ...told) {
    const thread = {
        model: "res.partner",
        id: 1,
        attache_folder_id: 1,
        attachments: files,
        fetchThreadData: async () => expect.step("files"),
        store: { "ir.attachment": { insert: ({ id }) => expect.step(`insert ${id}`) } },
    };
    const orm = {
        call: async () => told.shift(),
        searchRead: async (_model, [[, , ids]]) =>
            ids.filter((id) => id < 10).map((id) => ({ id })),
    };
    return new Box(orm, thread);
}

const answer = (folders, root = home()) => ({ folder: root, folders, more: false });
const file = (id, place) => ({
    id,
    attache_folder_id: place,
    delete: () => expect.step(`gone ${id}`),
});

test("files of unknown folders are the record's own, as in Odoo", async () => {
    const box = makeBox(
        [file(1, 1), file(2, 2), file(3, false), file(4, 77)],
        answer([folder(2, "A")]),
    );
    await box.read();
    expect(box.files.map(({ id }) => id)).toEqual([1, 3, 4]);
    box.select(2);
    expect(box.files.map(({ id }) => id)).toEqual([2]);
    expect([...box.counts()]).toEqual([
        [1, 3],
        [2, 1],
    ]);
});

test("what is chosen stays chosen, and goes to the root when it is gone", async () => {
    const box = makeBox([], answer([folder(2, "A"), folder(3, "B")]), answer([folder(2, "A")]));
    await box.read();
    box.select(3);
    expect(box.folder.name).toBe("B");
    await box.read();
    expect(box.folder.name).toBe("Azure");
});

test("a record that lost its folder is Odoo's again", async () => {
    const box = makeBox([], answer([]), { folder: false, folders: [], more: false });
    await box.read();
    await box.read();
    expect(box.thread.attache_folder_id).toBe(false);
    expect(box.folder).toBe(false);
});

test("one may change what lies in a folder that one may write to", async () => {
    const closed = folder(2, "Closed", { can_write: false });
    const box = makeBox(
        [file(1, 1), file(2, 2), { ...file(-3, 1), uploading: true }],
        answer([closed]),
    );
    await box.read();
    expect(box.thread.attachments.map((one) => box.canChange(one))).toEqual([true, false, false]);
});

test("news of some files have these read, those of very many or of nobody knows which have all", async () => {
    const box = makeBox([file(1, 1), file(20, 1)], answer([]), answer([]), answer([]), answer([]));
    await box.hear({ folders: [1], files: [1, 20] });
    expect.verifySteps(["insert 1", "gone 20"]);
    await box.hear({ folders: null, files: null });
    expect.verifySteps(["files"]);
    await box.hear({ folders: [1], files: [...Array(200).keys()] });
    expect.verifySteps(["files"]);
});

test("only the last question's answer counts", async () => {
    const answers = [];
    const box = makeBox([]);
    box.orm.call = () => new Promise((resolve) => answers.push(resolve));
    const first = box.read();
    const second = box.read();
    answers[1](answer([folder(2, "New")]));
    await second;
    answers[0](answer([folder(3, "Old")]));
    await first;
    expect(box.state.folders.map(({ name }) => name)).toEqual(["New"]);
});
