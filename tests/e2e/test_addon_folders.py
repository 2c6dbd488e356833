"""Folders as the sidecar makes and changes them."""

import uuid

from addon_bed import attach, sha1


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
    assert service("read", files_on={"res.partner": [partner]})["files"] == files
    assert files[0]["sha1"] == sha1(b"local")
    assert (files[0]["size"], files[0]["released"], files[0]["key"]) == (5, False, None)


def test_the_same_key_makes_one_folder(odoo, service, root, partner):
    item = {
        "op": "create", "key": f"record-{partner}", "name": "A", "parent": root, "kind": "record",
        "rule": None, "model": "res.partner", "res_id": partner,
    }  # fmt: skip
    [first, twin] = service.folders(item, item)
    assert first == twin
    attach(odoo, "res.partner", partner)
    elsewhere = service.manual_folder(root)
    [again] = service.folders({**item, "name": "B", "parent": elsewhere})
    assert (again["id"], again["name"], again["parent"]) == (first["id"], "B", elsewhere)
    assert again["revision"] != first["revision"]
    # From the trash it comes back; its files stay there.
    service.folders({"op": "trash", "id": first["id"]})
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
