"""Folders as the sidecar makes and changes them."""

import threading
import uuid

import psycopg2
from addon_bed import attach, file_item, sha1
from bed import until


def test_b15_a_record_folder_takes_in_what_the_record_has_and_gets(odoo, service, root, partner):
    before = attach(odoo, "res.partner", partner)
    folder = service.record_folder(root, "res.partner", partner)
    after = attach(odoo, "res.partner", partner, "b.txt")
    rpc = odoo.rpc()
    pending = rpc("ir.attachment", "create", {
        "name": "c.txt", "raw": "m", "res_model": "mail.compose.message", "res_id": 0,
    })  # fmt: skip
    rpc("res.partner", "message_post", [partner], body="see", attachment_ids=[pending])
    files = service("read", files_of=[folder])["files"]
    assert {file["id"] for file in files} == {before, after, pending}
    assert service("read", files=[before, after, pending])["files"] == files
    assert files[0]["sha1"] == sha1(b"local")
    assert (files[0]["size"], files[0]["released"], files[0]["key"]) == (5, False, None)


def test_the_same_key_makes_one_folder(odoo, service, root, partner):
    item = {
        "op": "create", "key": f"record-{partner}", "name": "A", "parent": root, "kind": "record",
        "rule": None, "model": "res.partner", "res_id": partner,
    }  # fmt: skip
    [first, twin] = service.folders(item, item)
    assert first == twin
    elsewhere = service.manual_folder(root)
    [again] = service.folders({**item, "name": "B", "parent": elsewhere})
    assert (again["id"], again["name"], again["parent"]) == (first["id"], "B", elsewhere)
    assert again["revision"] != first["revision"]
    # From the trash it comes back; its files stay there.
    file = attach(odoo, "res.partner", partner)
    service.files({"op": "trash", "id": file, "expect": service.file(file)["revision"]})
    service.folders({"op": "trash", "id": first["id"], "expect": again["revision"]})
    assert service("read", folders=[first["id"]])["folders"] == []
    [back] = service.folders(item)
    assert back["id"] == first["id"]
    assert service("read", files_of=[first["id"]])["files"] == []


def test_folders_are_renamed_moved_and_scoped_with_expectations(service, root, partner):
    folder, other = service.manual_folder(root, "A"), service.manual_folder(root, "B")
    [row] = service("read", folders=[folder])["folders"]
    [renamed] = service.folders(
        {"op": "rename", "id": folder, "name": "C", "expect": row["revision"]}
    )
    stale = service.one(
        {"op": "move", "id": folder, "parent": other, "expect": row["revision"]},
        "apply_folders",
    )
    assert (stale["code"], stale["row"]) == ("changed", renamed)
    cycle = service.folders({"op": "move", "id": other, "parent": folder}) and service.one(
        {"op": "move", "id": folder, "parent": other}, "apply_folders"
    )
    assert (cycle["ok"], cycle["code"]) == (False, "invalid")
    gone = service.one({"op": "rename", "id": 999999, "name": "x"}, "apply_folders")
    assert (gone["code"], gone["row"]) == ("missing", None)
    record = service.record_folder(root, "res.partner", partner)
    [out] = service.folders({"op": "scope", "id": record, "in_scope": False})
    [row] = service("read", folders=[record])["folders"]
    assert (out["in_scope"], row["in_scope"]) == (False, False)


def test_a_folder_is_placed_in_one_step(service, root):
    folder, other = service.manual_folder(root, "A"), service.manual_folder(root, "B")
    [row] = service("read", folders=[folder])["folders"]
    item = {
        "op": "place", "id": folder, "expect": row["revision"], "parent": other, "name": "C",
    }  # fmt: skip
    [placed] = service.folders(item)
    assert (placed["name"], placed["parent"]) == ("C", other)
    assert service.folders(item) == [placed], "the answer to the first try may have been lost"
    stale = service.one({**item, "name": "D"}, "apply_folders")
    assert (stale["code"], stale["row"]) == ("changed", placed)
    astray = {**item, "id": other, "parent": folder, "expect": None}
    assert service.one(astray, "apply_folders")["code"] == "invalid"
    nowhere = service.one({**item, "parent": 999999}, "apply_folders")
    assert (nowhere["code"], nowhere["row"]) == ("missing", placed)


def test_a_folder_moves_to_another_connection_with_new_revisions(odoo, service, root):
    above = service.manual_folder(root, "above")
    below = service.manual_folder(above, "below")
    vals = {"name": "a.txt", "raw": "text", "attache_folder_id": below}
    made = odoo.rpc()("ir.attachment", "create", vals)
    before = service("read", folders=[below], files=[made])
    [file] = before["files"]
    service.folders({"op": "move", "id": above, "parent": service.connection()["root"]["id"]})
    [folder] = before["folders"]
    stale = {"op": "trash", "id": file["id"], "expect": file["revision"]}
    assert service.one(stale)["code"] == "changed"
    stale = {"op": "trash", "id": below, "expect": folder["revision"]}
    assert service.one(stale, "apply_folders")["code"] == "changed"


def trash(service, *folders):
    """The trash items of folders at their present revisions."""
    rows = {row["id"]: row["revision"] for row in service("read", folders=folders)["folders"]}
    return [{"op": "trash", "id": folder, "expect": rows[folder]} for folder in folders]


def test_no_folder_is_trashed_with_what_was_not_seen(service, root):
    above = service.manual_folder(root, "above")
    below = service.manual_folder(above, "below")
    upper, lower = trash(service, above, below)
    refused = service.one(upper, "apply_folders")
    assert (refused["code"], refused["row"]["id"]) == ("changed", above)
    [file] = service.files(file_item(below))
    refused = service("apply_folders", items=[lower, upper])
    assert [result["code"] for result in refused] == ["changed", "changed"]
    assert service.file(file["id"]) == file
    service.files({"op": "trash", "id": file["id"], "expect": file["revision"]})
    stale = service.one({**upper, "expect": "other"}, "apply_folders")
    assert stale["code"] == "changed"
    assert service.one({"op": "trash", "id": above}, "apply_folders")["code"] == "invalid"
    # The lower one first: then the upper one is empty.
    assert service.folders(lower, upper, lower) == [None, None, None]
    assert service("read", folders=[above, below])["folders"] == []
    root_item = trash(service, root)[0]
    assert service.one(root_item, "apply_folders")["code"] == "invalid"


def test_what_comes_into_a_folder_while_it_is_trashed_keeps_it(odoo, service, root):
    folder = service.manual_folder(root, "busy")
    [item] = trash(service, folder)
    person = psycopg2.connect(odoo.database.postgres.url(odoo.database.name))
    person.cursor().execute(
        "insert into attache_folder (name, parent_id, kind, connection_id, in_scope)"
        " select 'new', id, 'manual', connection_id, true from attache_folder where id = %s",
        [folder],
    )
    results = []
    call = threading.Thread(target=lambda: results.append(service.one(item, "apply_folders")))
    call.start()
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    until(lambda: odoo.database.psql(waiting) != "0", 20, "the call waits for the folder")
    person.commit()
    person.close()
    call.join(30)
    assert results[0]["code"] == "changed"
    assert service("read", folders=[folder])["folders"]


def test_one_bad_item_spoils_no_other(service, root):
    items = [
        {"op": "create", "key": str(uuid.uuid4()), "name": name, "parent": parent,
         "kind": "manual", "rule": None, "model": None, "res_id": None}
        for name, parent in (("A", root), ("B", 999999), ("C", root))
    ]  # fmt: skip
    results = service("apply_folders", items=[*items, {"op": "dance"}])
    assert [result["ok"] for result in results] == [True, False, True, False]
    assert [result["row"] and result["row"]["name"] for result in results[:3]] == ["A", None, "C"]
    assert [results[1]["code"], results[3]["code"]] == ["missing", "invalid"]


def test_b14_a_deleted_record_takes_its_folder_but_not_those_of_others(odoo, service, root):
    rpc = odoo.rpc()
    parent, child = (rpc("res.partner", "create", {"name": name}) for name in "PC")
    above = service.record_folder(root, "res.partner", parent)
    scans = service.manual_folder(above)
    below = service.record_folder(scans, "res.partner", child)
    file = attach(odoo, "res.partner", child)
    cursor = service.end()
    rpc("res.partner", "unlink", [parent])
    assert {("attache.folder", above, "d", None), ("attache.folder", scans, "d", None)} <= (
        service.lines(cursor)
    )
    [kept] = service("read", folders=[above, scans, below])["folders"]
    assert (kept["id"], kept["parent"]) == (below, root)
    assert service.file(file)["folder"] == below
