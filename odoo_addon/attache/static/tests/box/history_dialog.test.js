import { contains, click } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { onRpc } from "@web/../tests/web_test_helpers";

import { defineBoxModels, home, openRecord } from "./box_models";

describe.current.tags("desktop");
defineBoxModels();

const BOX = ".o_attache_box";
const VERSION = {
    id: 41,
    trash_id: 5,
    name: "a.txt",
    at: "2026-03-04 10:00:00",
    bytes: 1200,
    by: "Marc",
    reason: "replaced",
};

async function openMenu(item, options) {
    await openRecord({ files: [{ name: "a.txt" }], ...options });
    await click(`.o-mail-Chatter-attachFiles[aria-expanded="false"]`);
    await click(`${BOX} [data-name="a.txt"] .o_attache_file_menu`);
    await click(".o_attache_menu button", { text: item });
}

test("an earlier content is told of, and given back", async () => {
    onRpc("ir.attachment", "read_history", () => [VERSION]);
    onRpc("ir.attachment", "restore_version", ({ args }) => {
        expect.step(`version ${args[1]}`);
        return true;
    });
    await openMenu("Earlier versions…");
    await contains(".o_attache_version", { count: 1 });
    expect(".o_attache_version small").toHaveText(/1\.2 KB, until .*, replaced by Marc/);
    await click(".o_attache_version .o_attache_restore");
    await contains(".o_attache_version", { count: 0 });
    await contains(".o_notification", {
        text: "a.txt has its earlier content again. The other one is kept.",
    });
    expect.verifySteps(["version 41"]);
});

test("a file that never changed says when there will be versions", async () => {
    onRpc("ir.attachment", "read_history", () => []);
    await openMenu("Earlier versions…");
    await contains(".o_attache_history p");
    expect(".o_attache_history p").toHaveText(/There is no earlier version/);
});

test("readers look at earlier versions and give none back", async () => {
    onRpc("ir.attachment", "read_history", () => [VERSION]);
    await openMenu("Earlier versions…", { root: home({ can_write: false }) });
    await contains(".o_attache_version [title=Download]");
    await contains(".o_attache_version .o_attache_restore", { count: 0 });
});

test("what one deleted is brought back", async () => {
    onRpc("attache.trash", "search_read", () => [
        { id: 9, name: "gone.txt", create_date: "2026-03-04 10:00:00", folder_id: [1, "Azure"] },
    ]);
    onRpc("attache.trash", "action_restore", ({ args }) => {
        expect.step(`restore ${args[0]}`);
        return true;
    });
    await openRecord();
    await click(`.o-mail-Chatter-attachFiles[aria-expanded="false"]`);
    await click(`${BOX} .o_attache_box_menu`);
    await click(".o_attache_menu button", { text: "Recently deleted by you…" });
    await contains(".o_attache_deleted li", { count: 1 });
    expect(".o_attache_deleted small").toHaveText(/from Azure/);
    await click(".o_attache_deleted .o_attache_restore");
    await contains(".o_attache_deleted li", { count: 0 });
    expect.verifySteps(["restore 9"]);
});
