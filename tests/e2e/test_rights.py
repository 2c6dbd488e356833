"""Who may do what with folders and files: Odoo beside a model of the promises, on random trees, and
that the comparison notices each check that is dropped."""

import pytest
from addon_bed import Service, attach
from bed import Odoo
from bed.rights.run import Run, play
from bed.rpc import RpcError

CASES = 200
PLANTS = ("ancestors", "editors", "holding", "lists", "record")


@pytest.fixture(scope="module")
def played(odoo_template):
    """What came of each run, by the fault that was put in; None: by none."""
    database = odoo_template.copy()
    with Odoo(database, idle=True) as odoo:
        runs = [Run(CASES), *(Run(80, 1, plant, 1) for plant in PLANTS)]
        outcomes = play(odoo, *runs)
    database.drop()
    return dict(zip((None, *PLANTS), outcomes, strict=True))


def test_nobody_sees_or_does_more_or_less_than_is_promised(played):
    assert not played[None].failures, str(played[None])
    assert played[None].cases == CASES


def noticed(outcome, *words):
    """The run came upon the fault, and what it tells is small enough to be understood."""
    assert outcome.failures, "the fault was not noticed"
    failure = outcome.failures[0]
    assert any(word in line for line in failure["wrong"] for word in words), str(outcome)
    folders = [line for line in failure["tree"].splitlines() if " in " in line]
    assert len(folders) <= 6, str(outcome)


def test_b85_a_rules_folder_that_everybody_sees_is_noticed(played):
    noticed(played["holding"], "too much", "reads")


def test_b86_lists_that_count_for_nothing_are_noticed(played):
    noticed(played["lists"], "too much", "allowed")


def test_b86_editors_who_count_for_nothing_are_noticed(played):
    noticed(played["editors"], "too much", "allowed")


def test_b87_a_dropped_look_at_what_is_above_is_noticed(played):
    noticed(played["ancestors"], "too much", "allowed")


def test_b85_a_dropped_look_at_the_record_is_noticed(played):
    noticed(played["record"], "too much", "allowed")


def test_b88_the_store_is_not_told_who_may_see_a_folder(service, odoo, root):
    folder = service.manual_folder(root)
    before = service("read", folders=[folder])
    demo = odoo.rpc().one("res.users", [["login", "=", "demo"]])["id"]
    vals = {"user_ids": [[4, demo, 0]], "editor_user_ids": [[4, demo, 0]]}
    odoo.rpc()("attache.folder", "write", [folder], vals)
    assert service("read", folders=[folder]) == before
    assert not {key for row in before["folders"] for key in row if "user" in key or "group" in key}


def test_b89_groups_decide_about_rules_and_logs(odoo, service, root):
    admin, demo = odoo.rpc(), odoo.rpc("demo")
    user = admin.one("res.users", [["login", "=", "demo"]])["id"]

    def may_read(model):
        try:
            demo(model, "search_count", [])
        except RpcError:
            return False
        return True

    of_admins = ("attache.rule", "attache.log", "attache.preset")
    for group, connections, rules in (
        (None, False, False), ("file_manager", True, False), ("admin", True, True),
    ):  # fmt: skip
        if group:
            [found] = admin(
                "ir.model.data", "search_read", [["name", "=", f"group_{group}"]], ["res_id"]
            )
            admin("res.users", "write", [user], {"group_ids": [[4, found["res_id"], 0]]})
        assert may_read("attache.connection") == connections
        assert [may_read(model) for model in of_admins] == [rules] * 3
        assert demo("attache.folder", "search_count", [["id", "=", root]]) == 1


def test_b90_everybody_reads_by_the_one_credential_of_the_connection(
    odoo, service: Service, sidecar_files, release
):
    file = release("shared.txt", b"in the store")
    for login in ("admin", "demo"):
        answer = odoo.browser(login).get(f"{odoo.url}/web/content/{file}")
        assert (answer.status_code, answer.content) == (200, b"in the store")
    # Odoo told apart who read; the store was asked by the same door both times.
    assert len({token["user"] for token in sidecar_files.tokens[-2:]}) == 2
    assert {told["id"] for told in sidecar_files.tokens[-2:]} == {file}


def test_b87_a_hidden_file_has_no_address(odoo, service, root):
    partner = odoo.rpc()("res.partner", "create", {"name": "Seen"})
    home = service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="secret")
    demo = odoo.browser("demo")
    assert demo.get(f"{odoo.url}/web/content/{file}").content == b"secret"
    closed = service.manual_folder(home, "Closed")
    odoo.rpc()("ir.attachment", "write", [file], {"attache_folder_id": closed})
    me = odoo.rpc().one("res.users", [["login", "=", "admin"]])["id"]
    odoo.rpc()("attache.folder", "write", [closed], {"user_ids": [[4, me, 0]]})
    assert demo.get(f"{odoo.url}/web/content/{file}").status_code in (403, 404)
    assert odoo.browser().get(f"{odoo.url}/web/content/{file}").content == b"secret"
