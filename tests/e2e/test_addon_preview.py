"""The rule form in a real browser: writing a folder name, and seeing what a rule would make."""

import pytest
from bed import RpcError, until
from browser_bed import CONTROL, Browser

NAME = ".o_attache_expression input"
OPTIONS = ".o_attache_options [role=option]"
CHANGED = ".o_form_status_indicator_buttons:not(.invisible)"
ROWS = ".o_attache_tree [role=treeitem]"


@pytest.fixture(scope="module")
def browser():
    with Browser() as page:
        yield page


@pytest.fixture(scope="module")
def rule(odoo, service):
    """A saved rule on contacts."""
    connection = service.connection("Archive")["id"]
    model = odoo.rpc().one("ir.model", [["model", "=", "res.partner"]])["id"]
    vals = {"model_id": model, "title": "Customers", "connection_id": connection}
    return odoo.rpc()("attache.rule", "create", vals)


@pytest.fixture
def form(odoo, browser, rule):
    """The form of the rule, freshly opened by the administrator."""
    [action] = odoo.rpc()(
        "ir.actions.act_window", "search",
        [["res_model", "=", "attache.rule"], ["domain", "=", False]], limit=1,
    )  # fmt: skip
    browser.open(f"{odoo.url}/odoo/action-{action}/{rule}", odoo.browser())
    browser.see(".o_attache_preview", "Preview")
    browser.errors.clear()
    yield browser
    assert not browser.errors
    # Odoo saves what is in a form when its page is left.
    browser.press("Escape")
    browser.click(f"{CHANGED} .o_form_button_cancel")
    until(lambda: not browser.texts(CHANGED), 30, "the form is as it was")


def write(browser, text):
    browser.click(NAME)
    browser.script(f"document.querySelector('{NAME}').select();")
    browser.type(text)


def node(name, kind="record", **vals):
    return {
        "name": name, "stored": None, "kind": kind, "rule": None, "model": None, "res_id": None,
        "state": "same", "was": None, "below": 0, "more": 0, "children": [], **vals,
    }  # fmt: skip


def result(*tree, **vals):
    return {
        "error": None, "connection": {"name": "Archive", "provider": "folder"}, "tree": list(tree),
        "counts": {"records": 3, "folders": 5, "new": 2}, "changes": [], "collisions": [],
        "warnings": [], **vals,
    }  # fmt: skip


def asked(service, cursor):
    """The next preview that a browser asks for: its id, and what the sidecar reads of it."""

    def news():
        lines = service.lines(cursor)
        found = [row[1] for row in lines if row[0] == "attache.preview"]
        return max(found) if found else None

    preview = until(news, 30, "a preview is told by the feed")
    return preview, service("read_preview", id=preview)


def test_b20_a_folder_name_is_completed_along_relations(form):
    write(form, "{{ ")
    form.see(OPTIONS, "object")
    assert {text.split()[0] for text in form.texts(OPTIONS)} >= {"object", "date", "#if", "company"}
    form.press("Enter")  # object
    form.see(OPTIONS, "display_name")
    form.type("country_id.co")
    until(lambda: form.texts(OPTIONS)[:1] == ["code Country Code"], 30, "fields of countries")
    form.press("Tab")
    assert form.value(NAME) == "{{ object.country_id.code }}"
    write(form, "x ")
    form.press(" ", CONTROL)
    form.see(OPTIONS, "upper")
    form.press("ArrowDown")
    form.press("ArrowDown")
    form.press("Enter")
    form.see(OPTIONS, "display_name")
    assert form.value(NAME) == "x {{ upper object. }}"
    form.press("Escape")
    until(lambda: not form.texts(OPTIONS), 10, "the list closes")
    form.type("name")
    assert form.value(NAME) == "x {{ upper object.name }}"


def test_b20_in_quotes_and_behind_a_fallback_nothing_is_offered(form):
    for text in ('{{ default object.name "na', "{{ object.name ||| na", "{{! na", "plain na"):
        write(form, text)
        assert form.value(NAME) == text
        until(lambda: not form.texts(OPTIONS), 10, f"nothing is offered after {text}")
        form.press("ArrowLeft")
        form.press("End")
        assert not form.texts(OPTIONS)


def test_b21_a_fault_is_shown_where_it_is(form, service):
    write(form, "{{ object.nmae }}")
    form.press("Escape")
    form.click(".o_attache_preview button")
    form.see(".o_attache_fault", "Is it name?")
    assert form.texts(".o_attache_sign") == ["n"]
    write(form, "{{ uper object.name }}")
    form.press("Escape")
    form.see(".o_attache_fault", "uper is not a function")
    assert form.texts(".o_attache_sign") == ["u"]
    cursor = service.end()
    write(form, "{{ pad object.name }}")
    form.press("Escape")
    preview, question = asked(service, cursor)
    assert question["rules"][0]["name_expression"] == "{{ pad object.name }}"
    error = {"field": "name_expression", "position": 4, "message": "pad is written otherwise"}
    service("put_preview", id=preview, result=result(error=error))
    form.see(".o_attache_fault", "pad is written otherwise")
    assert form.texts(".o_attache_sign") == ["p"]


def test_b105_a_preview_is_shown_and_follows_what_is_typed(form, odoo, service, rule):
    partners = odoo.rpc()("res.partner", "search", [], limit=2)
    cursor = service.end()
    form.click(".o_attache_preview button")
    preview, question = asked(service, cursor)
    assert (question["rule"], question["rules"][0]["title"]) == (rule, "Customers")
    form.see(".o_attache_preview", "The sidecar is reading")
    first, second = (
        node(name, model="res.partner", res_id=partner, **more)
        for name, partner, more in (
            ("First", partners[0], {"state": "renamed", "was": "Old"}),
            ("Second", partners[1], {"state": "new", "stored": "Second- Ltd"}),
        )
    )
    first["children"] = [node("Scans", "subfolder", state="new")]
    tree = node("Customers", "rule", rule=rule, below=3, more=4, children=[first, second])
    service("put_preview", id=preview, result=result(tree))
    form.see(ROWS, "Customers")
    assert form.texts(ROWS) == [
        "Customers", "First renamed was Old", "Scans new", "Second new Second- Ltd"
    ]  # fmt: skip
    form.see(".o_attache_more", "and 4 more")
    form.see(".o_attache_counts", "3 records, 5 folders in all")
    form.script(f"document.querySelector('{ROWS}').focus();")
    form.press("ArrowDown")
    form.press("ArrowLeft")
    until(lambda: len(form.texts(ROWS)) == 3, 10, "the row closes")
    assert form.script("return document.activeElement.getAttribute('aria-expanded');") == "false"
    cursor = service.end()
    write(form, "{{ object.ref }}")
    form.press("Escape")
    preview, question = asked(service, cursor)
    assert question["rules"][0]["name_expression"] == "{{ object.ref }}"
    service("put_preview", id=preview, result=result(counts={"records": 0, "folders": 0}))
    form.see(".o_attache_preview", "No record matches")
    assert not odoo.rpc()("attache.rule", "read", [rule], fields=["name_expression"])[0][
        "name_expression"
    ]


def test_b85_whoever_may_not_read_employees_sees_no_names_of_theirs(odoo, service):
    rpc = odoo.rpc()
    employee = rpc("hr.employee", "search_read", [], fields=["name"], limit=1)[0]
    group = rpc.one("ir.model.data", [["module", "=", "attache"], ["name", "=", "group_admin"]],
                    "res_id")["res_id"]  # fmt: skip
    rpc("res.users", "create", {
        "name": "Keeper", "login": "keeper", "password": "keeper", "group_ids": [[6, 0, [group]]],
    })  # fmt: skip
    keeper = odoo.rpc("keeper")
    vals = {
        "model_id": rpc.one("ir.model", [["model", "=", "hr.employee"]])["id"],
        "connection_id": service.connection("Staff")["id"],
    }
    for asker in (keeper, rpc):
        preview = asker("attache.rule", "preview", [], vals)["preview"]
        told = node(employee["name"], model="hr.employee", res_id=employee["id"])
        change = {
            "what": "moved", "name": employee["name"], "model": "hr.employee",
            "res_id": employee["id"], "from": f"A/{employee['name']}", "to": employee["name"],
        }  # fmt: skip
        service("put_preview", id=preview, result=result(told, changes=[change]))
        answer = asker("attache.preview", "answer", preview)
        if asker is keeper:
            # Not even how many there are.
            assert (answer["tree"], answer["changes"], answer["counts"]) == ([], [], {})
            assert employee["name"] not in str(answer)
        else:
            assert answer["tree"][0]["name"] == answer["changes"][0]["name"] == employee["name"]
        with pytest.raises(RpcError, match="access|Access"):
            asker("attache.preview", "read", [preview], fields=["result"])


def test_b106_rules_are_downloaded_by_administrators_of_attache(odoo, rule):
    answer = odoo.browser().get(f"{odoo.url}/attache/rules.toml")
    assert answer.ok
    assert 'title = "Customers"' in answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    chosen = odoo.browser().get(f"{odoo.url}/attache/rules.toml?ids={rule}")
    assert chosen.text.count("[[rule]]") == 1
    assert odoo.browser("demo").get(f"{odoo.url}/attache/rules.toml").status_code == 403
