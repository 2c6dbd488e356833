"""Rules in a real Odoo, and the tree that they make in a store, with a real sidecar between.

Each test has rules and records of its own, told apart by a word in their names.
"""

import pytest
from bed import RpcError, until
from office import SOON, internal, named


def test_b1_b2_b3_any_model_will_do_and_a_rule_is_called_like_it(office, rpc):
    model = rpc("ir.model", "create", {"name": "Well Log", "model": "x_well_log"})
    rpc("ir.model.fields", "create", {
        "model_id": model, "name": "x_depth", "ttype": "integer", "field_description": "Depth",
    })  # fmt: skip
    access = rpc("ir.model.access", "create", {
        "name": "all", "model_id": model, "group_id": internal(rpc), "perm_read": True,
        "perm_write": True, "perm_create": True,
    })  # fmt: skip
    # Odoo asks for the right to create between forgetting what it knew of rights and writing.
    rpc("ir.model.access", "write", [access], {"name": "everybody"})
    one = rpc("x_well_log", "create", {"x_name": "Ost 1", "x_depth": 9})
    rpc("x_well_log", "create", {"x_name": "Ost 2", "x_depth": 1})
    office.rule("x_well_log", domain="[('x_depth', '>', 3)]")
    office.shows("Well Log", "Ost 1")
    rpc("x_well_log", "write", [one], {"x_depth": 2})
    until(lambda: not office.folder_of("x_well_log", one)["in_scope"], SOON, "a record that leaves")
    office.shows("Well Log", "Ost 1")


def test_b5_u1_a_record_of_two_rules_has_one_home_and_a_shortcut(office, rpc):
    both, other = (rpc("res.partner", "create", {"name": f"Twice {n}", "ref": n}) for n in "ab")
    office.rule("res.partner", title="First", sequence=1, domain="[('ref', '=', 'a')]")
    second = office.rule("res.partner", title="Second", sequence=2, domain=named("Twice"))
    office.shows("First", "Twice a")
    office.shows("Second", "Twice b")
    shortcut = until(
        lambda: office.folder_of("res.partner", both, "shortcut"), SOON, "the shortcut"
    )
    assert shortcut["rule_id"][0] == second
    assert shortcut["name"] == "Twice a"
    office.attach("res.partner", both, "offer.txt")
    office.shows("First", "Twice a", "Twice a/offer.txt")
    # It matches the first rule no more: one folder moves, with what is in it.
    home = office.folder_of("res.partner", both)["id"]
    rpc("res.partner", "write", [both], {"ref": "c"})
    office.shows("Second", "Twice a", "Twice a/offer.txt", "Twice b")
    office.shows("First")
    assert office.folder_of("res.partner", both)["id"] == home
    until(lambda: not office.folder_of("res.partner", both, "shortcut"), SOON, "no shortcut")
    assert office.folder_of("res.partner", other)["in_scope"]


def test_b103_a_split_makes_one_folder_for_each_value(office, rpc):
    austria, peru = (rpc.one("res.country", [["code", "=", code]])["id"] for code in ("AT", "PE"))
    azure = rpc("res.partner", "create", {"name": "Split A", "country_id": austria})
    rpc("res.partner", "create", {"name": "Split B", "country_id": peru})
    rpc("res.partner", "create", {"name": "Split C"})
    office.rule("res.partner", title="By land", domain=named("Split"), split_field="country_id")
    office.shows("By land", "Austria", "Austria/Split A", "Peru", "Peru/Split B", "Split C")
    rpc("res.partner", "write", [azure], {"country_id": peru})
    office.shows("By land", "Austria", "Peru", "Peru/Split A", "Peru/Split B", "Split C")
    # The folder is the country's, not its name's.
    rpc("res.country", "write", [peru], {"name": "Perú"})
    office.shows("By land", "Austria", "Perú", "Perú/Split A", "Perú/Split B", "Split C")


def test_b103_values_may_share_a_folder_and_dates_go_by_month(office, rpc):
    customer = rpc("res.partner", "create", {"name": "Choosy"})
    orders = [
        rpc("sale.order", "create", {"partner_id": customer, "date_order": f"2026-0{month}-15"})
        for month in (1, 2)
    ]
    names = [row["name"] for row in rpc("sale.order", "read", orders, ["name"])]
    domain = f"[('partner_id', '=', {customer})]"
    rule = office.rule(
        "sale.order", title="By state", domain=domain, split_field="state",
        split_name_ids=[(0, 0, {"name": "Quotations", "values": "draft,sent"})],
    )  # fmt: skip
    office.shows("By state", "Quotations", *(f"Quotations/{name}" for name in names))
    rpc("sale.order", "action_quotation_sent", orders[:1])
    rpc("sale.order", "action_confirm", orders[1:])
    office.shows(
        "By state", "Quotations", f"Quotations/{names[0]}", "Sales Order", f"Sales Order/{names[1]}"
    )
    vals = {
        "split_field_id": office.field("sale.order", "create_date"), "split_unit": "year",
        "split_name_ids": [(5, 0, 0)],
    }  # fmt: skip
    rpc("attache.rule", "write", [rule], vals)
    [row] = rpc("sale.order", "read", orders[:1], ["create_date"])
    year = row["create_date"][:4]
    office.shows(
        "By state", "Quotations", "Sales Order", year, *(f"{year}/{name}" for name in names)
    )


def test_b6_a_period_is_decided_by_odoo(office, rpc):
    stages = {"late": "2020-01-01", "now": rpc_today(rpc), "none": False}
    project = rpc("project.project", "create", {"name": "Spans"})
    for name, date in stages.items():
        rpc("project.task", "create", {
            "name": f"span {name}", "project_id": project, "date_deadline": date,
        })  # fmt: skip
    office.rule(
        "project.task", title="This month", domain=f"[('project_id', '=', {project})]",
        period_field="date_deadline", period_direction="this", period_unit="month",
    )  # fmt: skip
    office.shows("This month", "span now")


def rpc_today(rpc) -> str:
    """Noon of today in UTC, by Odoo's clock."""
    made = rpc("res.partner", "create", {"name": "clock"})
    [row] = rpc("res.partner", "read", [made], ["create_date"])
    return f"{row['create_date'][:10]} 12:00:00"


def test_b7_b9_b10_b11_children_stand_in_their_parents_and_move_with_them(office, rpc):
    azure, deco = (
        rpc("res.partner", "create", {"name": f"Nesting {n}"}) for n in ("Azure", "Deco")
    )
    project = rpc("project.project", "create", {"name": "Nesting X", "partner_id": azure})
    task = rpc("project.task", "create", {"name": "Nesting draw", "project_id": project})
    rpc("project.task", "create", {"name": "Nesting alone", "project_id": False})
    customers = office.rule("res.partner", title="Clients", domain=named("Nesting"))
    projects = office.rule(
        "project.project", title="Projects", domain=named("Nesting"), parent_id=customers,
        parent_field="partner_id",
    )  # fmt: skip
    office.rule(
        "project.task", title="Tasks", domain=named("Nesting"), parent_id=projects,
        parent_field="project_id",
    )  # fmt: skip
    # At once: a file that is attached while its record's folder is made comes into it.
    office.attach("project.task", task, "plan.txt", "the plan")
    inside = (
        "Projects", "Projects/Nesting X", "Projects/Nesting X/Tasks",
        "Projects/Nesting X/Tasks/Nesting draw",
        "Projects/Nesting X/Tasks/Nesting draw/plan.txt",
    )  # fmt: skip
    office.shows(
        "Clients", "Nesting Azure", "Nesting Deco", *(f"Nesting Azure/{path}" for path in inside)
    )
    # A task without a project stands in its rule's own folder.
    office.shows("Tasks", "Nesting alone")
    inode = (office.store / f"Clients/Nesting Azure/{inside[-1]}").stat().st_ino
    rpc("project.project", "write", [project], {"partner_id": deco})
    office.shows(
        "Clients", "Nesting Azure", "Nesting Azure/Projects", "Nesting Deco",
        *(f"Nesting Deco/{path}" for path in inside),
    )  # fmt: skip
    moved = office.store / f"Clients/Nesting Deco/{inside[-1]}"
    assert (moved.stat().st_ino, moved.read_text()) == (inode, "the plan")


def test_b104_records_stand_in_each_other(office, rpc):
    top = rpc("hr.department", "create", {"name": "Nested Sales"})
    north = rpc("hr.department", "create", {"name": "Nested North", "parent_id": top})
    rpc("hr.department", "create", {"name": "Harbour", "parent_id": north})
    rule = office.rule(
        "hr.department", title="Departments", domain=named("Nested"), nest_field="parent_id",
        name_expression="{{ object.name }}",
    )  # fmt: skip
    office.shows("Departments", "Nested Sales", "Nested Sales/Nested North")
    rpc("attache.rule", "write", [rule], {"below": True})
    office.shows(
        "Departments", "Nested Sales", "Nested Sales/Nested North",
        "Nested Sales/Nested North/Harbour",
    )  # fmt: skip
    rpc("hr.department", "write", [north], {"parent_id": False})
    office.shows("Departments", "Nested Sales", "Nested North", "Nested North/Harbour")


def test_b12_b19_b20_names_follow_what_they_walk_through(office, rpc):
    partner = rpc("res.partner", "create", {"name": "Walker", "ref": "W-1"})
    project = rpc("project.project", "create", {"name": "Walk", "partner_id": partner})
    task = rpc("project.task", "create", {"name": "step", "project_id": project})
    domain = f"[('project_id', '=', {project})]"
    expression = (
        "{{ object.project_id.partner_id.ref }} {{ upper object.name }}"
        " {{ object.stage_id.name ||| no stage }} {{ date object.create_date '%Y' }} {{ company }}"
    )
    rule = office.rule("project.task", title="Walks", domain=domain, name_expression=expression)
    [row] = rpc("project.task", "read", [task], ["create_date", "company_id", "stage_id"])
    stage = row["stage_id"][1] if row["stage_id"] else "no stage"
    company = row["company_id"][1] if row["company_id"] else ""
    end = f"STEP {stage} {row['create_date'][:4]} {company}".strip()
    office.shows("Walks", f"W-1 {end}")
    office.attach("project.task", task, "kept.txt")
    rpc("res.partner", "write", [partner], {"ref": "W-2"})
    office.shows("Walks", f"W-2 {end}", f"W-2 {end}/kept.txt")
    rpc("attache.rule", "write", [rule], {"name_expression": False})
    office.shows("Walks", "step", "step/kept.txt")
    rpc("project.task", "write", [task], {"name": "leap"})
    office.shows("Walks", "leap", "leap/kept.txt")


def test_b15_what_comes_by_message_lies_in_the_records_folder(office, rpc):
    partner = rpc("res.partner", "create", {"name": "Chatty"})
    office.rule("res.partner", title="Talk", domain=named("Chatty"))
    office.shows("Talk", "Chatty")
    pending = rpc("ir.attachment", "create", {
        "name": "c.txt", "raw": "m", "res_model": "mail.compose.message", "res_id": 0,
    })  # fmt: skip
    rpc("res.partner", "message_post", [partner], body="see", attachment_ids=[pending])
    office.shows("Talk", "Chatty", "Chatty/c.txt")


def test_b17_b18_each_rule_has_its_own_cloud_and_children_that_of_their_parent(office, rpc):
    second = office.connect("Second")
    partner = rpc("res.partner", "create", {"name": "Elsewhere"})
    rpc("project.project", "create", {"name": "Elsewhere too", "partner_id": partner})
    parent = office.rule("res.partner", title="Far", domain=named("Elsewhere"), connection="Second")
    place = {"parent_id": parent, "parent_field": "partner_id"}
    office.rule("project.project", title="Projects", domain=named("Elsewhere"), **place)
    inside = ("Elsewhere", "Elsewhere/Projects", "Elsewhere/Projects/Elsewhere too")
    office.shows("Far", *inside, store=second)
    assert not (office.store / "Far").exists()
    here = rpc.one("attache.connection", [["name", "=", "Store"]])["id"]
    with pytest.raises(RpcError, match="must use the connection of its parent"):
        rpc("attache.rule", "create", office.vals("sale.order", **{
            "parent_id": parent, "parent_field": "partner_id", "connection_id": here,
        }))  # fmt: skip


def test_b21_u5_a_name_that_cannot_be_made_is_the_display_name_and_the_rule_says_so(office, rpc):
    rpc("res.partner", "create", {"name": "Nameless", "ref": False})
    rule = office.rule(
        "res.partner", title="Named", domain=named("Nameless"), name_expression="{{ object.ref }}"
    )
    office.shows("Named", "Nameless")
    problem = lambda: rpc("attache.rule", "read", [rule], ["problem"])[0]["problem"]  # noqa: E731
    said = until(problem, SOON, "what is wrong is told")
    assert said == "the name expression makes an empty name; the display name is used (1 record)"
    rpc("attache.rule", "write", [rule], {"name_expression": "{{ pad object.name }}"})
    until(lambda: "pad is written" in str(problem()), SOON, "the new fault")
    assert "at character 1" in problem()
    # What can be seen in the text is not even saved.
    with pytest.raises(RpcError, match="character 4: oops is not a function"):
        rpc("attache.rule", "write", [rule], {"name_expression": "{{ oops object.name }}"})
    rpc("attache.rule", "write", [rule], {"name_expression": "{{ object.name }}!"})
    office.shows("Named", "Nameless-")
    until(lambda: not problem(), SOON, "nothing is wrong any more")


def test_b22_b23_b24_u6_names_are_legal_and_apart_and_odoo_keeps_the_true_ones(office, rpc):
    long = "Hostile " + "ü" * 200
    names = ["Hostile A/B: *?", "Hostile a-b- --", "Hostile. ", long]
    partners = [rpc("res.partner", "create", {"name": name}) for name in names]
    office.rule("res.partner", title="Hostile", domain=named("Hostile"))
    made = until(
        lambda: (tree := office.tree("Hostile")) and len(tree) == 5 and tree, SOON, "all four"
    )
    stored = sorted(path.split("/")[1] for path in made if "/" in path)
    assert "Hostile A-B- --" in stored and "Hostile a-b- -- (2)" in stored, stored
    assert "Hostile" in stored
    [cut] = [name for name in stored if "ü" in name]
    assert len(cut.encode()) <= 200 and long.startswith(cut)
    folders = [office.folder_of("res.partner", partner)["name"] for partner in partners]
    assert folders == [name.strip() for name in names]
    # Identity is no matter of names: the one that had the number gets its own when it may.
    file = office.attach("res.partner", partners[1], "mine.txt")
    until(lambda: (office.store / "Hostile/Hostile a-b- -- (2)/mine.txt").exists(), SOON, "it")
    rpc("res.partner", "write", partners[:1], {"name": "Hostile other"})
    until(lambda: (office.store / "Hostile/Hostile other").exists(), SOON, "the rename")
    [row] = rpc("ir.attachment", "read", [file], ["res_id"])
    assert row["res_id"] == partners[1]


def test_b25_b26_b27_b28_a_new_folder_begins_as_its_rule_says_and_only_once(office, rpc):
    first = rpc("res.partner", "create", {"name": "Begun 1"})
    template = rpc("ir.attachment", "create", {"name": "form.txt", "raw": "fill in"})
    rule = office.rule(
        "res.partner", title="Begun", domain=named("Begun"),
        default_ids=[
            (0, 0, {"path": "Scans/Official", "attachment_ids": [(6, 0, [template])]}),
            (0, 0, {"path": "Photos"}),
        ],
    )  # fmt: skip
    begun = ("Photos", "Scans", "Scans/Official", "Scans/Official/form.txt")
    office.shows("Begun", "Begun 1", *(f"Begun 1/{path}" for path in begun))
    assert (office.store / "Begun/Begun 1/Scans/Official/form.txt").read_text() == "fill in"
    [copy] = rpc("ir.attachment", "search_read", [
        ["res_model", "=", "res.partner"], ["res_id", "=", first], ["name", "=", "form.txt"],
    ], ["name"])  # fmt: skip
    # What a person takes away or calls otherwise stays so, whatever happens to record and rule.
    rpc("ir.attachment", "unlink", [copy["id"]])
    home = office.folder_of("res.partner", first)["id"]
    photos = rpc.one("attache.folder", [["parent_id", "=", home], ["name", "=", "Photos"]])["id"]
    rpc("attache.folder", "write", [photos], {"name": "Pictures"})
    left = ("Pictures", "Scans", "Scans/Official")
    office.shows("Begun", "Begun 1", *(f"Begun 1/{path}" for path in left))
    rpc("attache.rule", "write", [rule], {"default_ids": [(0, 0, {"path": "Later"})]})
    rpc("res.partner", "write", [first], {"name": "Begun one"})
    rpc("res.partner", "create", {"name": "Begun 2"})
    office.shows(
        "Begun", "Begun 2", *(f"Begun 2/{path}" for path in (*begun, "Later")),
        "Begun one", *(f"Begun one/{path}" for path in left),
    )  # fmt: skip


def test_b105_a_preview_is_what_the_rule_makes(office, rpc):
    for name in ("Seen A/B", "Seen a-b", "Seen C"):
        rpc("res.partner", "create", {"name": name})
    vals = office.vals("res.partner", title="Seen", domain=named("Seen"))
    seen = office.preview(vals)
    assert seen["error"] is None and seen["connection"]["name"] == "Store"
    assert (seen["counts"]["new"], seen["counts"]["collisions"]) == (4, 1)
    [top] = seen["tree"]
    shown = {child["stored"] or child["name"] for child in top["children"]}
    rule = rpc("attache.rule", "create", vals)
    office.shows("Seen", *shown)
    assert office.preview({}, rule)["counts"]["same"] == 4
    narrow = office.preview({"domain": "[('name', '=', 'Seen C')]"}, rule)
    assert narrow["counts"]["left"] == 2
    assert {change["name"] for change in narrow["changes"]} == {"Seen A/B", "Seen a-b"}
    wrong = office.preview({"name_expression": "{{ object.name }} {{ oops }}"}, rule)
    assert (wrong["error"]["field"], wrong["error"]["position"]) == ("name_expression", 19)
    office.shows("Seen", *shown)
