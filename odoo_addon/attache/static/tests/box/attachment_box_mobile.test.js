import { click, contains } from "@mail/../tests/mail_test_helpers";
import { describe, expect, queryRect, test } from "@odoo/hoot";

import { defineBoxModels, folder, openRecord } from "./box_models";

describe.current.tags("mobile");
defineBoxModels();

const BOX = ".o_attache_box";

test("on a phone the folders stand above the files", async () => {
    await openRecord({ folders: [folder(2, "Contracts")], files: [{ name: "a.txt" }] });
    await click(`.o-mail-Chatter-attachFiles[aria-expanded="false"]`);
    await contains(`${BOX}.o_attache_narrow [data-file]`);
    const tree = queryRect(`${BOX} .o_attache_box_tree`);
    const files = queryRect(`${BOX} .o_attache_box_files`);
    expect(tree.bottom).toBeLessThan(files.top + 1);
    expect(files.width).toBeGreaterThan(300);
});

test("on a phone a file's menu offers what its row has no room for", async () => {
    const file = { name: "a.txt", attache_web_url: "https://cloud.example" };
    await openRecord({ files: [file] });
    await click(`.o-mail-Chatter-attachFiles[aria-expanded="false"]`);
    await click(`${BOX} .o_attache_file_menu`);
    await contains(".o_attache_menu.o_attache_sheet button", { text: "Open in the cloud" });
    await contains(".o_attache_menu.o_attache_sheet button", { text: "Star" });
});
