import { describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame, click, queryAll, queryAllTexts } from "@odoo/hoot";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { mailModels } from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Rule extends models.Model {
    _name = "attache.rule";
    title = fields.Char();
    model = fields.Char();
    _records = [{ id: 1, title: "{{ object.name }}", model: "res.partner" }];
    _views = {
        form: /* xml */ `
            <form>
                <field name="model" invisible="1"/>
                <field name="title" widget="attache_expression"/>
                <widget name="attache_preview"/>
            </form>`,
    };
}

class Preview extends models.Model {
    _name = "attache.preview";
}

defineModels({ ...mailModels, Rule, Preview });

const RESULT = {
    error: null,
    connection: { name: "Archive", provider: "folder" },
    tree: [
        {
            name: "Azure",
            stored: null,
            kind: "record",
            state: "new",
            was: null,
            below: 0,
            more: 0,
            children: [],
        },
    ],
    counts: { records: 1, folders: 1, new: 1 },
    changes: [],
    collisions: [],
    warnings: [],
};

/** Lets time pass until the panel has looked for its answer often enough. */
async function waitUntilThere(selector) {
    for (let look = 0; look < 200 && !queryAll(selector).length; look++) {
        await advanceTime(500);
    }
}

const mountRule = () => mountView({ type: "form", resModel: "attache.rule", resId: 1 });

test("nothing is asked before somebody wants it", async () => {
    onRpc("attache.rule", "preview", () => expect.step("preview"));
    await mountRule();
    expect(".o_attache_preview").toHaveText(/Nothing\s+is changed/);
    expect.verifySteps([]);
});

test("the answer is waited for and shown, and asked anew after a change", async () => {
    let looks = 0;
    onRpc("attache.rule", "preview", ({ args }) => {
        expect.step(`preview of ${args[1].title || "what is saved"}`);
        return { preview: 7 };
    });
    onRpc("attache.preview", "answer", ({ args }) => {
        expect(args).toEqual([7]);
        return ++looks < 2 ? false : RESULT;
    });
    await mountRule();
    await click(".o_attache_preview button:contains(Preview)");
    await animationFrame();
    expect("[role=status]").toHaveText(/reading/);
    await waitUntilThere("[role=treeitem]");
    expect(queryAllTexts("[role=treeitem] .o_attache_name")).toEqual(["Azure"]);
    expect.verifySteps(["preview of what is saved"]);
    await contains(".o_attache_expression input").edit("X {{ object.name }}");
    await advanceTime(1000);
    await animationFrame();
    expect.verifySteps(["preview of X {{ object.name }}"]);
});

test("a fault is shown where it is, with words", async () => {
    onRpc("attache.rule", "preview", () => ({
        error: "There is no such field.",
        field: "title",
        position: 4,
    }));
    await mountRule();
    await click(".o_attache_preview button:contains(Preview)");
    await animationFrame();
    expect(".o_attache_preview .alert-danger").toHaveText("There is no such field.");
    expect(".o_attache_fault").toHaveText(/There is no such field\./);
    expect(".o_attache_sign").toHaveText("o");
    expect(".o_attache_expression input").toHaveAttribute("aria-invalid", "true");
});

test("a sidecar that does not answer is told, with what to do", async () => {
    onRpc("attache.rule", "preview", () => ({ preview: 7 }));
    onRpc("attache.preview", "answer", () => false);
    await mountRule();
    await click(".o_attache_preview button:contains(Preview)");
    await waitUntilThere(".o_attache_preview .alert-warning");
    expect(".o_attache_preview .alert-warning").toHaveText(/not running/);
    expect(".o_attache_preview .alert-warning button").toHaveText("try again");
});
