import { mailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { animationFrame, press, queryAllTexts, queryOne } from "@odoo/hoot";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Rule extends models.Model {
    _name = "attache.rule";
    title = fields.Char();
    model = fields.Char();
    _records = [{ id: 1, title: "", model: "fruit" }];
    _views = {
        form: /* xml */ `
            <form>
                <field name="model" invisible="1"/>
                <field name="title" widget="attache_expression"/>
            </form>`,
    };
}

class Fruit extends models.Model {
    _name = "fruit";
}

class Colour extends models.Model {
    _name = "colour";
}

defineModels({ ...mailModels, Rule, Fruit, Colour });

const FIELDS = {
    fruit: { colour_id: { string: "Colour", type: "many2one", relation: "colour" } },
    colour: { shade: { string: "Shade", type: "char" } },
};

const INPUT = ".o_attache_expression input";
const OPTIONS = ".o_attache_options [role=option]";

/** Writes, and asks for help at the end of it. */
async function write(text) {
    await contains(INPUT).edit(text, { confirm: false });
    await press(["ctrl", " "]);
    await animationFrame();
    await animationFrame();
}

async function mountRule() {
    onRpc("fields_get", ({ model }) => FIELDS[model]); // the mock server has no attributes
    await mountView({ type: "form", resModel: "attache.rule", resId: 1 });
}

test("words, fields, and fields of relations are offered one after the other", async () => {
    await mountRule();
    await write("{{ obj");
    expect(queryAllTexts(`${OPTIONS} .font-monospace:first-child`)).toEqual(["object"]);
    await press("Enter");
    await animationFrame();
    expect(queryOne(INPUT)).toHaveValue("{{ object. }}");
    expect(queryAllTexts(`${OPTIONS} .font-monospace:first-child`)).toInclude("colour_id");
    await write("{{ object.colour_id.sha");
    await animationFrame();
    expect(queryAllTexts(`${OPTIONS} .font-monospace:first-child`)).toEqual(["shade"]);
    await press("Tab");
    await animationFrame();
    expect(queryOne(INPUT)).toHaveValue("{{ object.colour_id.shade }}");
    expect(OPTIONS).toHaveCount(0);
});

test("the list is a combobox's for whoever hears the page", async () => {
    await mountRule();
    await write("{{ ");
    expect(INPUT).toHaveAttribute("aria-expanded", "true");
    const list = queryOne(INPUT).getAttribute("aria-controls");
    expect(`#${list}`).toHaveAttribute("role", "listbox");
    expect(INPUT).toHaveAttribute("aria-activedescendant", `${list}_0`);
    await press("ArrowUp");
    await animationFrame();
    expect(`${OPTIONS}:last`).toHaveAttribute("aria-selected", "true");
    await press("Escape");
    await animationFrame();
    expect(INPUT).toHaveAttribute("aria-expanded", "false");
    expect(OPTIONS).toHaveCount(0);
});
