import { chosenFiles, droppedFiles } from "@attache/upload/dropped";
import { describe, expect, test } from "@odoo/hoot";

describe.current.tags("headless");

const fileEntry = (name) => ({ isFile: true, name, file: (done) => done(new File(["x"], name)) });

/** A folder as a browser tells it: some at a time, and then nothing more. */
function folderEntry(name, ...inside) {
    const parts = [inside.slice(0, 1), inside.slice(1), []];
    return {
        isFile: false,
        name,
        createReader: () => ({ readEntries: (done) => done(parts.shift()) }),
    };
}

const dropped = (...entries) => ({
    items: entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry })),
});

test("whole folders are walked, and each file knows its way", async () => {
    const hall = folderEntry(
        "Hall",
        fileEntry("plan.txt"),
        folderEntry("Photos", fileEntry("a.png")),
    );
    const files = await droppedFiles(dropped(fileEntry("top.txt"), hall));
    expect(files.map(({ file, path }) => [file.name, path])).toEqual([
        ["top.txt", ""],
        ["plan.txt", "Hall"],
        ["a.png", "Hall/Photos"],
    ]);
});

test("what systems leave in folders is left out", async () => {
    const hall = folderEntry("Hall", fileEntry(".DS_Store"), fileEntry("Thumbs.db"));
    expect(await droppedFiles(dropped(hall))).toEqual([]);
});

test("a chosen folder tells the same", () => {
    const file = new File(["x"], "a.png");
    Object.defineProperty(file, "webkitRelativePath", { value: "Hall/Photos/a.png" });
    expect(chosenFiles([file])).toEqual([{ file, path: "Hall/Photos" }]);
});
