"""Files as the sidecar makes, changes, releases and trashes them."""

import threading
import uuid

import psycopg2
from addon_bed import attach, file_item, sha1
from bed import until


def test_a_file_of_the_cloud_is_made_once(odoo, service, root, partner):
    folder = service.manual_folder(service.record_folder(root, "res.partner", partner))
    item = file_item(folder, mimetype="", name="a.pdf", web_url="https://cloud.example/a")
    [first, twin] = service.files(item, item)
    assert first == twin
    [again] = service.files(item)
    assert again == first
    assert (first["released"], first["key"], first["mimetype"]) == (
        True, item["key"], "application/pdf",
    )  # fmt: skip
    row = odoo.rpc().one(
        "ir.attachment", [["id", "=", first["id"]]], "res_model", "res_id", "attache_web_url"
    )
    assert (row["res_model"], row["res_id"]) == ("res.partner", partner)
    assert row["attache_web_url"] == "https://cloud.example/a"


def test_a_page_of_the_cloud_never_runs_in_a_browser(service, root):
    [page] = service.files(file_item(root, "a.html", mimetype="text/html"))
    [image] = service.files(file_item(root, "a.svg", mimetype=""))
    assert (page["mimetype"], image["mimetype"]) == ("text/plain", "text/plain")


def test_a_file_beyond_two_gigabytes_keeps_its_size(service, root):
    [made] = service.files({**file_item(root), "size": 5 * 2**31})
    assert service.file(made["id"])["size"] == 5 * 2**31


def test_a_document_without_bytes_is_a_link(odoo, service, root):
    item = {
        "op": "document", "key": str(uuid.uuid4()), "folder": root, "name": "Plan",
        "web_url": "https://docs.example/1",
    }  # fmt: skip
    [made] = service.files(item)
    assert made["document"]
    row = odoo.rpc().one("ir.attachment", [["id", "=", made["id"]]], "type", "url")
    assert (row["type"], row["url"]) == ("url", "https://docs.example/1")
    assert service.one({**item, "key": "k2", "web_url": "javascript:1"})["code"] == "invalid"


def test_release_drops_odoos_bytes_only_when_they_are_the_proved_ones(
    odoo, service, sidecar_files, root, partner
):
    sidecar_files.secret = service.secret
    folder = service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="release me")
    digest = sidecar_files.add(b"release me")
    wrong = service.one({"op": "release", "id": file, "expect": sha1(b"other"), "size": 10})
    assert (wrong["code"], wrong["row"]["released"]) == ("changed", False)
    assert service.one({"op": "release", "id": file, "expect": digest, "size": 9})["code"] == (
        "changed"
    )
    item = {"op": "release", "id": file, "expect": digest, "size": 10}
    [row] = service.files(item)
    assert (row["released"], row["sha1"], row["size"]) == (True, digest, 10)
    assert row["folder"] == folder
    [again] = service.files(item)
    assert again == row
    stored = odoo.database.psql(f"select store_fname from ir_attachment where id = {file}")
    assert stored.startswith("attache://")
    odoo.shell("env['ir.attachment']._gc_file_store_unsafe()")
    path = odoo.database.data / "filestore" / odoo.database.name / digest[:2] / digest
    assert not path.exists()
    assert odoo.rpc()("ir.attachment", "read", [file], ["raw"])[0]["raw"] == "release me"


def test_new_content_keeps_the_old_bytes_in_the_trash(odoo, service, root, partner):
    service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="old bytes")
    item = {
        "op": "content", "id": file, "expect": sha1(b"old bytes"), "size": 3,
        "sha1": sha1(b"new"), "mimetype": "text/plain",
    }  # fmt: skip
    [row] = service.files(item)
    assert (row["sha1"], row["released"], row["size"]) == (sha1(b"new"), True, 3)
    assert service.one(item)["code"] == "changed"
    [trash] = odoo.rpc()(
        "attache.trash", "search_read", [["reason", "=", "replaced"], ["res_id", "=", partner]],
        fields=["attachment_id"],
    )  # fmt: skip
    odoo.shell("env['ir.attachment']._gc_file_store_unsafe()")
    [kept] = odoo.rpc()("ir.attachment", "read", [trash["attachment_id"][0]], ["raw"])
    assert kept["raw"] == "old bytes"


def test_b63_a_moved_file_goes_to_the_other_record_and_leaves_the_message(odoo, service, root):
    rpc = odoo.rpc()
    first, second = (rpc("res.partner", "create", {"name": name}) for name in "AB")
    service.record_folder(root, "res.partner", first)
    target = service.manual_folder(service.record_folder(root, "res.partner", second))
    file = attach(odoo, "res.partner", first)
    message = rpc("res.partner", "message_post", [first], body="x", attachment_ids=[file])
    message = message[0] if isinstance(message, list) else message
    row = service.file(file)
    [moved] = service.files(
        {"op": "place", "id": file, "expect": row["revision"], "folder": target, "name": "n.txt"}
    )
    assert (moved["folder"], moved["name"]) == (target, "n.txt")
    kept = rpc.one("ir.attachment", [["id", "=", file]], "res_model", "res_id")
    assert (kept["res_model"], kept["res_id"]) == ("res.partner", second)
    assert rpc("mail.message", "read", [message], ["attachment_ids"])[0]["attachment_ids"] == []
    stale = {"op": "place", "id": file, "expect": row["revision"], "folder": target, "name": "x"}
    assert service.one(stale)["code"] == "changed"
    assert service.files({**stale, "name": "n.txt"}) == [moved], "it is there already"


def test_trash_hides_a_file_and_restore_brings_it_back(odoo, service, root, partner):
    folder = service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="kept")
    rpc = odoo.rpc()
    message = rpc("res.partner", "message_post", [partner], body="x", attachment_ids=[file])
    message = message[0] if isinstance(message, list) else message
    seen = service.file(file)["revision"]
    rpc("ir.attachment", "write", [file], {"name": "b.txt"})
    wrong = service.one({"op": "trash", "id": file, "expect": seen})
    assert (wrong["code"], wrong["row"]["name"]) == ("changed", "b.txt")
    rpc("ir.attachment", "write", [file], {"name": "a.txt"})
    assert service.one({"op": "trash", "id": file})["code"] == "invalid", "nothing is expected"
    item = {"op": "trash", "id": file, "expect": seen}
    assert [service.one(item)["ok"] for _ in range(2)] == [True, True]
    assert service.file(file) is None
    assert rpc("ir.attachment", "search", [["res_id", "=", partner], ["name", "=", "a.txt"]]) == []
    assert rpc("mail.message", "read", [message], ["attachment_ids"])[0]["attachment_ids"] == []
    assert odoo.browser("demo").get(f"{odoo.url}/web/content/{file}").status_code in (403, 404)
    [back] = service.files({"op": "restore", "id": file})
    assert (back["id"], back["folder"], back["sha1"]) == (file, folder, sha1(b"kept"))
    assert rpc("mail.message", "read", [message], ["attachment_ids"])[0]["attachment_ids"] == [file]
    assert service.one({"op": "restore", "id": 999999})["code"] == "missing"


def test_a_persons_deletion_keeps_odoos_only_bytes_in_the_trash(odoo, service, root, partner):
    folder = service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="only here")
    rpc = odoo.rpc()
    rpc("ir.attachment", "unlink", [file])
    assert rpc("ir.attachment", "search", [["res_id", "=", partner]]) == []
    trash = rpc.one("attache.trash", [["res_id", "=", partner]], "attachment_id", "reason")
    assert trash["reason"] == "odoo"
    rpc("attache.trash", "action_restore", [trash["id"]])
    [back] = service("read", files_of=[folder])["files"]
    assert (back["name"], back["sha1"]) == ("a.txt", sha1(b"only here"))


def test_the_trash_is_emptied_after_its_days(odoo, service, root, partner):
    service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="old")
    service.files({"op": "trash", "id": file, "expect": service.file(file)["revision"]})
    odoo.shell("env['attache.trash']._gc_trash(); env.cr.commit()")
    count = f"select count(*) from ir_attachment where id = {file}"
    assert odoo.database.psql(count) == "1"
    odoo.database.psql("update attache_trash set create_date = now() - interval '31 days'")
    odoo.shell("env['attache.trash']._gc_trash(); env.cr.commit()")
    assert odoo.database.psql(count) == "0"


def test_scan_tells_all_in_pages(service, root):
    made = service.files(*[file_item(root, f"{n}") for n in range(5)])
    found, after = [], made[0]["id"] - 1
    while True:
        answer = service("scan", kind="file", after_id=after, limit=2)
        found += answer["rows"]
        if not answer["more"]:
            break
        after = answer["rows"][-1]["id"]
    assert found == made
    folders = service("scan", kind="folder", after_id=root - 1, limit=1)
    assert folders["rows"][0]["id"] == root


def test_a_batch_of_a_thousand_is_quick_enough(service, root):
    made = service.files(*[file_item(root, f"{n}.txt") for n in range(1000)])
    items = [
        {"op": "place", "id": row["id"], "expect": row["revision"], "folder": root, "name": "x"}
        for row in made
    ]
    assert {row["name"] for row in service.files(*items)} == {"x"}


def test_two_writers_of_one_file_do_not_lose_a_write(odoo, service, root, partner):
    """While a person writes the same row, the sidecar's call is repeated, not refused."""
    service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="x")
    row = service.file(file)
    connection = psycopg2.connect(odoo.database.postgres.url(odoo.database.name))
    connection.cursor().execute("update ir_attachment set name = 'person' where id = %s", [file])
    results = []
    item = {"op": "place", "id": file, "expect": row["revision"], "folder": row["folder"],
            "name": "sidecar"}  # fmt: skip
    call = threading.Thread(target=lambda: results.append(service.one(item)))
    call.start()
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    until(lambda: odoo.database.psql(waiting) != "0", 20, "the call waits for the row")
    connection.commit()
    connection.close()
    call.join(30)
    assert results[0]["code"] == "changed"
    assert results[0]["row"]["name"] == "person"
