import {
    click,
    contains,
    dragoverFiles,
    dropFiles,
    insertText,
} from "@mail/../tests/mail_test_helpers";
import { describe, expect, press, queryAllTexts, queryOne, test } from "@odoo/hoot";
import { onRpc } from "@web/../tests/web_test_helpers";

import { defineBoxModels, folder, home, openRecord } from "./box_models";

describe.current.tags("desktop");
defineBoxModels();

const CLIP = ".o-mail-Chatter-attachFiles";
const BOX = ".o_attache_box";
const FOLDER = `${BOX} .o_attache_folder`;
const NAMES = `${BOX} .o_attache_file_name`;
const row = (name) => `${BOX} [data-name="${name}"]`;

async function openBox(options) {
    const opened = await openRecord(options);
    await click(`${CLIP}[aria-expanded="false"]`);
    await contains(`${BOX} .o_attache_box_files`);
    return opened;
}

test("a record without a folder has Odoo's own box", async () => {
    onRpc("attache.folder", "read_box", () => expect.step("read_box"));
    await openRecord({ root: null, files: [{ name: "plain.txt" }] });
    await contains(`${CLIP} sup`, { text: "1" });
    await click(CLIP);
    await contains(".o-mail-AttachmentBox .o-mail-AttachmentContainer");
    await contains(BOX, { count: 0 });
    expect.verifySteps([]);
});

test("the files of the root come first, and each folder has its own", async () => {
    await openBox({
        folders: [folder(2, "Contracts"), folder(3, "Signed", { parent_id: 2 })],
        files: [
            { name: "root.txt" },
            { name: "frame.txt", attache_folder_id: 2 },
            { name: "nowhere.txt", attache_folder_id: false },
        ],
    });
    await contains(NAMES, { count: 2 });
    // What lies in no folder is the record's own.
    expect(queryAllTexts(NAMES)).toEqual(["nowhere.txt", "root.txt"]);
    expect(queryAllTexts(`${FOLDER} .o_attache_name`)).toEqual(["Azure", "Contracts"]);
    expect(queryAllTexts(`${FOLDER} small`)).toEqual(["2", "1"]);
    await click(FOLDER, { text: "Contracts" });
    await contains(NAMES, { count: 1, text: "frame.txt" });
    await contains(`${BOX} .o_attache_step[aria-current]`, { text: "Contracts" });
    await click(`${BOX} .o_attache_step`, { text: "Azure" });
    await contains(NAMES, { count: 2 });
});

test("a record with nothing in its folder opens, and closes again", async () => {
    await openBox();
    await contains(`${BOX} .o_attache_box_nothing`, {
        text: "No files here yet. Drop some here, or press Upload.",
    });
    await click(CLIP);
    await contains(BOX, { count: 0 });
});

test("the state of each file stands there in words, and what is wrong with it", async () => {
    const reason = "Give it another name.";
    await openBox({
        files: [
            { name: "a.txt", attache_state: "local" },
            { name: "b.txt", attache_state: "syncing", attache_percent: 40 },
            { name: "c.txt", attache_state: "cloud", attache_web_url: "https://cloud.example" },
            { name: "d.txt", attache_state: "stuck", attache_state_text: reason },
            { name: "e.txt", attache_state: "conflict", attache_state_text: reason },
        ],
    });
    await contains(`${row("a.txt")} .o_attache_state`, { text: "In Odoo" });
    await contains(`${row("b.txt")} .o_attache_state`, { text: "Syncing, 40 %" });
    await contains(`${row("c.txt")} .o_attache_state`, { text: "In the cloud" });
    await contains(`${row("c.txt")} .o_attache_file_cloud`);
    await contains(`${row("a.txt")} .o_attache_file_cloud`, { count: 0 });
    await contains(`${row("d.txt")} .o_attache_reason`, { text: reason });
    await contains(`${row("e.txt")} .o_attache_state`, { text: "Conflict" });
    await contains(`${BOX} .o_attache_reason`, { count: 2 });
});

test("readers are offered what readers may do", async () => {
    const root = home({ can_write: false });
    await openBox({ root, folders: [folder(2, "Contracts", { can_write: false })], files: [{ name: "a.txt" }] }); // prettier-ignore
    await contains(`${BOX} .o_attache_box_notice`, {
        text: "You may look at these files, not change them.",
    });
    await contains(`${BOX} .o_attache_box_upload`, { count: 0 });
    await contains(`${BOX} .o_attache_box_create`, { count: 0 });
    expect(row("a.txt")).not.toHaveAttribute("draggable");
    await click(`${row("a.txt")} .o_attache_file_menu`);
    await contains(".o_attache_menu button", { text: "Download" });
    await contains(".o_attache_menu button", { count: 0, text: "Rename" });
    await contains(".o_attache_menu button", { count: 0, text: "trash" });
});

test("an archived record says why nothing can be changed", async () => {
    await openBox({ root: home({ can_write: false, archived: true }) });
    await contains(`${BOX} .o_attache_box_notice`, {
        text: "The record is archived, so its files can only be looked at. Unarchive it to change them.",
    });
});

test("the menu of the box offers what the chosen folder can", async () => {
    await openBox({
        root: home({ web_url: "https://cloud.example/azure" }),
        folders: [folder(2, "Contracts")],
    });
    await click(`${BOX} .o_attache_box_menu`);
    await contains(".o_attache_menu button", { text: "Open in Files" });
    await contains(".o_attache_menu button", { text: "Open in the cloud" });
    await contains(".o_attache_menu button", { text: "Download as ZIP" });
    await contains(".o_attache_menu button", { text: "Recently deleted by you…" });
    await press("Escape");
    await click(FOLDER, { text: "Contracts" });
    await contains(`${BOX} .o_attache_step[aria-current]`, { text: "Contracts" });
    await click(`${BOX} .o_attache_box_menu`);
    await contains(".o_attache_menu button", { text: "Delete…Del" });
    await contains(".o_attache_menu button", { count: 0, text: "Open in the cloud" });
});

test("a file goes to the trash, and comes back by Undo", async () => {
    onRpc("ir.attachment", "trash_files", ({ args }) => {
        expect.step(`trash ${args[0].length}`);
        return { trash: [7] };
    });
    onRpc("attache.trash", "action_restore", ({ args }) => {
        expect.step(`restore ${args[0]}`);
        return true;
    });
    await openBox({ files: [{ name: "a.txt" }, { name: "b.txt" }] });
    queryOne(row("b.txt")).focus();
    await press("Delete");
    await contains(NAMES, { count: 1, text: "a.txt" });
    await contains(".o_notification", { text: "b.txt moved to the trash." });
    await click(".o_notification button", { text: "Undo" });
    await contains(NAMES, { count: 2 });
    expect.verifySteps(["trash 1", "restore 7"]);
});

test("a star is put and taken", async () => {
    onRpc("ir.attachment", "set_starred", ({ args }) => {
        expect.step(String(args[1]));
        return true;
    });
    await openBox({ files: [{ name: "a.txt" }] });
    const star = `${row("a.txt")} .o_attache_file_star`;
    await click(star);
    await contains(`${star}[aria-pressed="true"]`);
    await click(star);
    await contains(`${star}[aria-pressed="false"]`);
    expect.verifySteps(["true", "false"]);
});

test("very many files come in pages, and some of them are found", async () => {
    const files = [...Array(60).keys()].map((number) => ({ name: `file ${number}.txt` }));
    await openBox({ files });
    await contains(NAMES, { count: 50 });
    await contains(`${BOX} [role=status]`, { text: "50 of 60 files" });
    await click(`${BOX} .o_attache_box_more`);
    await contains(NAMES, { count: 60 });
    await insertText(`${BOX} .o_attache_box_count input`, "file 5");
    await contains(NAMES, { count: 11 });
});

test("what is dropped onto the box is uploaded into the chosen folder", async () => {
    onRpc("/mail/attachment/upload", async (request) => {
        const body = await request.formData();
        expect.step(`${body.get("ufile").name} into ${body.get("attache_folder_id")}`);
    });
    await openBox({ folders: [folder(2, "Contracts")] });
    await click(FOLDER, { text: "Contracts" });
    await contains(`${BOX} .o_attache_step[aria-current]`, { text: "Contracts" });
    const file = new File(["words"], "new.txt", { type: "text/plain" });
    await dragoverFiles(`${BOX} .o_attache_box_files`, [file]);
    await contains(`${BOX} .o_attache_box_drop`, { text: "Drop files to put them into Contracts" });
    await dropFiles(`${BOX} .o_attache_box_files`, [file]);
    await expect.waitForSteps(["new.txt into 2"]);
});

test("beside the box, while a message is written, files are for the message", async () => {
    await openBox({ files: [{ name: "a.txt" }] });
    const file = new File(["words"], "new.txt", { type: "text/plain" });
    const drop = `${BOX} .o_attache_box_drop`;
    await dragoverFiles(".o-mail-Chatter-topbar", [file]);
    await contains(drop);
    await click(".o-mail-Chatter-sendMessage");
    await contains(".o-mail-Composer");
    await dragoverFiles(".o-mail-Chatter-topbar", [file]);
    await contains(drop, { count: 0 });
    await dragoverFiles(`${BOX} .o_attache_box_files`, [file]);
    await contains(drop);
});

test("the tree can be folded, and stays so", async () => {
    await openBox({ folders: [folder(2, "Contracts")] });
    await contains(FOLDER, { count: 2 });
    await click(`${BOX} .o_attache_box_fold[aria-expanded="true"]`);
    await contains(FOLDER, { count: 0 });
    await click(CLIP);
    await click(CLIP);
    await contains(`${BOX} .o_attache_box_fold[aria-expanded="false"]`);
});
