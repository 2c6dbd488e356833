import { FolderStore } from "@attache/tree/folder_store";
import { FolderTree } from "@attache/tree/folder_tree";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    animationFrame,
    click,
    describe,
    expect,
    press,
    queryAllTexts,
    queryOne,
    test,
} from "@odoo/hoot";
import { Component, xml } from "@odoo/owl";
import { contains, mountWithCleanup } from "@web/../tests/web_test_helpers";

import { folder } from "../box/box_models";

describe.current.tags("desktop");
defineMailModels();

const ROW = "[role=treeitem]";
const NAMES = `${ROW} .o_attache_name`;

function folders() {
    return [
        folder(1, "Root", { parent_id: false, kind: "record", can_change: false }),
        folder(2, "Contracts"),
        folder(3, "Signed", { parent_id: 2 }),
        folder(4, "Pictures", { can_write: false }),
    ];
}

async function mountTree(props = {}) {
    const store = new FolderStore(null, { folders: folders() });
    store.setOpen(store.get(1), true);
    class Parent extends Component {
        static components = { FolderTree };
        static template = xml`<div style="height: 300px"><FolderTree t-props="props.given"/></div>`;
        static props = ["given"];
    }
    const given = { store, onSelect: ({ name }) => expect.step(`select ${name}`), ...props };
    await mountWithCleanup(Parent, { props: { given } });
    await animationFrame();
    return store;
}

/** What a browser tells while one folder is dragged onto another. */
async function dragTo(from, to) {
    const dataTransfer = new DataTransfer();
    const tell = (name, type) => {
        const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
        queryOne(`${ROW}:contains(${name})`).dispatchEvent(event);
        return event.defaultPrevented;
    };
    tell(from, "dragstart");
    if (tell(to, "dragover")) {
        tell(to, "drop");
    }
    tell(from, "dragend");
    await animationFrame();
}

test("a click chooses a folder, its sign opens it", async () => {
    await mountTree({ selected: 1 });
    expect(queryAllTexts(NAMES)).toEqual(["Root", "Contracts", "Pictures"]);
    expect(`${ROW}:first`).toHaveAttribute("aria-selected", "true");
    await click(`${ROW}:contains(Contracts)`);
    expect.verifySteps(["select Contracts"]);
    await click(`${ROW}:contains(Contracts) .o_attache_twist`);
    await animationFrame();
    expect(queryAllTexts(NAMES)).toEqual(["Root", "Contracts", "Signed", "Pictures"]);
    expect(`${ROW}:contains(Contracts)`).toHaveAttribute("aria-expanded", "true");
    expect(`${ROW}:contains(Signed)`).toHaveAttribute("aria-level", "3");
    expect.verifySteps([]);
});

test("the keyboard goes through the tree as WAI-ARIA has it", async () => {
    await mountTree({
        onRename: ({ name }) => expect.step(`rename ${name}`),
        onDelete: ({ name }) => expect.step(`delete ${name}`),
    });
    queryOne("[role=tree]").focus();
    const active = () => {
        const id = queryOne("[role=tree]").getAttribute("aria-activedescendant");
        return document.getElementById(id).querySelector(".o_attache_name").textContent;
    };
    await press("ArrowDown");
    await animationFrame();
    expect(active()).toBe("Contracts");
    await press("ArrowRight");
    await animationFrame();
    await press("ArrowRight");
    await animationFrame();
    expect(active()).toBe("Signed");
    await press("Enter");
    await press("F2");
    await press("Delete");
    expect.verifySteps(["select Signed", "rename Signed", "delete Signed"]);
    await press("ArrowLeft");
    await press("ArrowLeft");
    await animationFrame();
    expect(queryAllTexts(NAMES)).toEqual(["Root", "Contracts", "Pictures"]);
    await press("p");
    await animationFrame();
    expect(active()).toBe("Pictures");
});

test("the menu is the user's own, by right click and by its button", async () => {
    await mountTree({
        menuItems: ({ name }) => [
            { id: "one", icon: "fa-star", text: `Do it to ${name}`, act: () => expect.step(name) },
        ],
    });
    await contains(`${ROW}:contains(Pictures) .o_attache_more`, { visible: false }).click();
    await animationFrame();
    expect(".o_attache_menu button").toHaveText("Do it to Pictures");
    await click(".o_attache_menu button");
    await animationFrame();
    expect.verifySteps(["Pictures"]);
    expect(".o_attache_menu").toHaveCount(0);
});

test("a folder goes onto those that take it", async () => {
    await mountTree({
        onMoveFolder: (one, into) => expect.step(`${one.name} into ${into.name}`),
    });
    await dragTo("Pictures", "Contracts");
    expect.verifySteps(["Pictures into Contracts"]);
    // Nobody may write there.
    await dragTo("Contracts", "Pictures");
    expect.verifySteps([]);
});

test("what is looked for is marked", async () => {
    const store = await mountTree({ searchable: true });
    await store.find("sig");
    await animationFrame();
    expect(queryAllTexts(NAMES)).toEqual(["Signed"]);
    expect(`${ROW} mark`).toHaveText("Sig");
    expect(`${ROW} .o_attache_path`).toHaveText("Root / Contracts");
    await store.find("nothing like it");
    await animationFrame();
    expect(".o_attache_nothing").toHaveText("No folder is called that.");
});
