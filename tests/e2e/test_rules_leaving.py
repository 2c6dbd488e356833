"""What becomes of folders and files when records are deleted, archived or match no rule any more,
and who sees them; in a real Odoo, with a real sidecar and a store.
"""

import pytest
from bed import RpcError, until
from office import SOON, in_odoo, internal, named, released


def test_b14_u3_a_deleted_record_takes_its_files_to_the_trash_of_both_sides(office, rpc):
    partner = rpc("res.partner", "create", {"name": "Doomed"})
    child = rpc("project.project", "create", {"name": "Survivor", "partner_id": partner})
    parent = office.rule("res.partner", title="Mortals", domain=named("Doomed"))
    office.rule(
        "project.project", title="Projects", domain=named("Survivor"), parent_id=parent,
        parent_field="partner_id",
    )  # fmt: skip
    # Asked for while they are made: a model's first folders are not overlooked for it.
    for model, record in (("res.partner", partner), ("project.project", child)):
        until(lambda: office.folder_of(model, record), SOON, f"the folder of {model}")  # noqa: B023
    file = office.attach("res.partner", partner, "will.txt", "last will")
    kept = office.attach("project.project", child, "plan.txt", "still here")
    place = "Doomed/Projects/Survivor"
    office.shows(
        "Mortals", "Doomed", "Doomed/will.txt", "Doomed/Projects", place, f"{place}/plan.txt"
    )
    until(lambda: released(rpc, file) and released(rpc, kept), SOON, "both files are released")
    rpc("project.project", "write", [child], {"partner_id": False})
    rpc("res.partner", "unlink", [partner])
    office.shows("Mortals")
    office.shows("Projects", "Survivor", "Survivor/plan.txt")
    # Odoo had let its bytes go, so that the store's trash has them.
    trashed = [path for path in (office.store / ".attache").rglob("*will.txt*") if path.is_file()]
    assert [path.read_text() for path in trashed] == ["last will"]
    assert not in_odoo(rpc, "will.txt")
    [file] = rpc("ir.attachment", "read", [kept], ["raw"])
    assert file["raw"] == "still here"


@pytest.mark.parametrize("leave", ["keep", "archive", "stop"])
def test_u2_a_record_that_matches_no_more(office, rpc, leave):
    word = f"Leaver {leave}"
    partner = rpc("res.partner", "create", {"name": word, "ref": "in"})
    rpc("res.partner", "create", {"name": f"{word} stays", "ref": "in"})
    domain = f"[('name', 'ilike', '{word}'), ('ref', '=', 'in')]"
    office.rule("res.partner", title=word, domain=domain, leave=leave)
    office.attach("res.partner", partner, "old.txt")
    office.shows(word, word, f"{word}/old.txt", f"{word} stays")
    rpc("res.partner", "write", [partner], {"ref": "out"})
    until(lambda: not office.folder_of("res.partner", partner)["in_scope"], SOON, "it leaves")
    place = f"Archive/{word}" if leave == "archive" else word
    above = ["Archive"] if leave == "archive" else []
    office.shows(word, *above, place, f"{place}/old.txt", f"{word} stays")
    office.attach("res.partner", partner, "new.txt")
    (office.store / word / place / "theirs.txt").write_text("from the store")
    if leave == "stop":
        # Whatever comes later is seen later: then this would have been too.
        stays = rpc.one("res.partner", [["name", "=", f"{word} stays"]])["id"]
        office.attach("res.partner", stays, "seen.txt")
        office.shows(
            word, word, f"{word}/old.txt", f"{word}/theirs.txt", f"{word} stays",
            f"{word} stays/seen.txt",
        )  # fmt: skip
        (office.store / word / f"{word} stays" / "seen too.txt").write_text("from the store")
        until(lambda: in_odoo(rpc, "seen too.txt"), SOON, "what lies beside it comes")
        assert not in_odoo(rpc, "theirs.txt", partner)
        rpc("res.partner", "write", [partner], {"ref": "in"})
        until(lambda: in_odoo(rpc, "theirs.txt", partner), SOON, "in scope again, it comes")
        until(lambda: (office.store / word / word / "new.txt").exists(), SOON, "and goes")
    else:
        until(lambda: in_odoo(rpc, "theirs.txt", partner), SOON, "it is still synced")
        files = ("new.txt", "old.txt", "theirs.txt")
        office.shows(word, *above, place, *(f"{place}/{name}" for name in files), f"{word} stays")
        rpc("res.partner", "write", [partner], {"ref": "in"})
        office.shows(word, *above, word, *(f"{word}/{name}" for name in files), f"{word} stays")


def test_u4_an_archived_records_folder_is_read_only_and_found_by_the_filter(office, rpc):
    partner = rpc("res.partner", "create", {"name": "Retired"})
    office.rule("res.partner", title="Retired", domain=named("Retired"))
    file = office.attach("res.partner", partner, "old.txt", "old")
    office.shows("Retired", "Retired", "Retired/old.txt")
    home = office.folder_of("res.partner", partner)["id"]
    rpc("res.partner", "action_archive", [partner])
    until(lambda: not office.folder_of("res.partner", partner)["in_scope"], SOON, "it leaves")
    office.shows("Retired", "Retired", "Retired/old.txt")
    archived = rpc("attache.folder", "search", [["record_archived", "=", True]])
    assert home in archived
    for refused in (
        lambda: rpc("attache.folder", "create", {"name": "New", "parent_id": home}),
        lambda: rpc("ir.attachment", "write", [file], {"name": "other.txt"}),
        lambda: rpc("ir.attachment", "unlink", [file]),
        lambda: office.attach("res.partner", partner, "new.txt"),
    ):
        with pytest.raises(RpcError, match="read-only"):
            refused()
    [row] = rpc("ir.attachment", "read", [file], ["raw"])
    assert row["raw"] == "old"
    rpc("res.partner", "action_unarchive", [partner])
    rpc("ir.attachment", "write", [file], {"name": "other.txt"})
    office.shows("Retired", "Retired", "Retired/other.txt")


def test_u17_a_rule_of_a_company_takes_its_records_and_shows_them_to_its_people(office, rpc):
    ours = rpc("res.company", "create", {"name": "Ours Inc"})
    theirs = rpc("res.company", "create", {"name": "Theirs Inc"})
    admin = rpc.one("res.users", [["login", "=", "admin"]])["id"]
    rpc("res.users", "write", [admin], {"company_ids": [(4, ours), (4, theirs)]})
    inside = rpc("res.partner", "create", {"name": "Multi ours", "company_id": ours})
    rpc("res.partner", "create", {"name": "Multi theirs", "company_id": theirs})
    rpc("res.partner", "create", {"name": "Multi shared", "company_id": False})
    office.rule("res.partner", title="Ours", domain=named("Multi"), company_id=ours)
    office.shows("Ours", "Multi ours", "Multi shared")
    file = office.attach("res.partner", inside, "secret.txt", "of ours")
    until(lambda: released(rpc, file), SOON, "it is released")
    for company, sees in ((ours, True), (theirs, False)):
        login = f"person of {company}"
        rpc("res.users", "create", {
            "name": login, "login": login, "password": login, "company_id": company,
            "company_ids": [(6, 0, [company])],
            "group_ids": [(6, 0, [internal(rpc)])],
        })  # fmt: skip
        person = office.odoo.rpc(login, login)
        folders = person("attache.folder", "search_read", [["name", "=", "Multi ours"]], ["name"])
        assert bool(folders) == sees
        if sees:
            assert person("ir.attachment", "read", [file], ["raw"])[0]["raw"] == "of ours"
        else:
            with pytest.raises(RpcError):
                person("ir.attachment", "read", [file], ["raw"])
