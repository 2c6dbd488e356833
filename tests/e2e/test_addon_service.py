"""The sidecar's calls: connections, rules, records, batches; and who may call them."""

import uuid
import xmlrpc.client

import pytest
import requests
from addon_bed import Refused, sha1
from bed import RpcError


@pytest.fixture
def root(service):
    """A connection's root folder."""
    return service.connection()["root"]["id"]


@pytest.fixture
def partner(odoo):
    return odoo.rpc()("res.partner", "create", {"name": "Served"})


def file_item(folder, name="a.txt", data=b"cloud", **more):
    return {
        "op": "create", "key": str(uuid.uuid4()), "folder": folder, "name": name,
        "size": len(data), "sha1": sha1(data), "mimetype": "text/plain", "web_url": None, **more,
    }  # fmt: skip


def attach(odoo, model, res_id, name="a.txt", raw="local"):
    vals = {"name": name, "raw": raw, "res_model": model, "res_id": res_id}
    return odoo.rpc()("ir.attachment", "create", vals)


def one(service, item, call="apply_files"):
    [result] = service(call, items=[item])
    return result


def read_file(service, file):
    found = service("read", files=[file])["files"]
    return found[0] if found else None


# -- who ---------------------------------------------------------------------------------------


def test_hello_tells_the_protocol(odoo, service):
    hello = service("hello")
    assert (hello["protocol"], hello["odoo"], hello["max_page"]) == (1, "19.0", 5000)
    assert hello["database"] == odoo.database.name
    uuid.UUID(hello["uuid"])


def test_only_the_service_user_may_call(odoo):
    for login in ("demo", "admin"):
        with pytest.raises(RpcError, match="Only the service user"):
            odoo.rpc(login)("attache.service", "hello")
    with pytest.raises(RpcError, match="Only administrators"):
        odoo.rpc("demo")(
            "attache.service", "pair", secret="0" * 64, sidecar_url="x", public_url="x"
        )


def test_the_service_user_has_no_other_right(odoo, service):
    for model in ("res.partner", "attache.folder", "attache.trash", "project.task"):
        with pytest.raises(Refused) as refused:
            service("search_read", on=model, domain=[], fields=["id"])
        assert refused.value.status == 403, model
    seen = service("search_read", on="ir.attachment", domain=[], fields=["public"])
    assert all(row["public"] for row in seen)
    with pytest.raises(Refused):
        service("write", on="ir.attachment", ids=[1], vals={"name": "x"})
    page = service.get("/odoo", allow_redirects=False)
    assert page.status_code in (303, 403)


def test_pairing_again_keeps_the_key_and_a_new_secret_ends_it(odoo, service):
    again = {
        "secret": service.secret, "sidecar_url": "http://127.0.0.1:9", "public_url": "http://p"
    }  # fmt: skip
    pair = odoo.rpc()
    kept = pair("ir.config_parameter", "get_param", "attache.sidecar_url")
    assert pair("attache.service", "pair", **{**again, "sidecar_url": kept})["key"] is False
    assert service("hello")
    answer = pair("attache.service", "pair", **{**again, "secret": "a" * 64, "sidecar_url": kept})
    with pytest.raises(Refused) as refused:
        service("hello")
    assert refused.value.status == 401
    pair("attache.service", "pair", **{**again, "sidecar_url": kept})
    service.key = odoo.rpc()(
        "attache.service", "pair", **{**again, "secret": "b" * 64, "sidecar_url": kept}
    )["key"]
    service.headers["Authorization"] = f"Bearer {service.key}"
    service.secret = "b" * 64
    assert answer["key"] != service.key
    assert service("hello")
    with pytest.raises(RpcError, match="64 lower-case hexadecimal"):
        pair("attache.service", "pair", **{**again, "secret": "short"})


def test_xml_rpc_answers_the_same(odoo, service, root):
    [made] = service.files(file_item(root, data=b"x") | {"size": 3 * 2**30})
    objects = xmlrpc.client.ServerProxy(f"{odoo.url}/xmlrpc/2/object")

    def call(method, **arguments):
        return objects.execute_kw(
            odoo.database.name, service.user, service.key, "attache.service", method, [], arguments
        )

    assert call("hello")["epoch"] == service("hello")["epoch"]
    [file] = call("read", files=[made["id"]])["files"]
    assert file == made  # the size as a double
    assert call("read_feed", cursor=False, limit=1)["rows"] == []


# -- connections and rules ---------------------------------------------------------------------


def test_a_connection_is_put_once_and_brought_up_to_date(service):
    made = service.connection("First")
    again = {
        "uuid": made["uuid"], "name": "Second", "provider": "memory", "root_label": None,
        "web_url": None,
    }  # fmt: skip
    assert service("put_connection", connection=again) == {"id": made["id"], "root": made["root"]}
    found = [c for c in service("settings")["connections"] if c["uuid"] == made["uuid"]]
    assert found[0]["name"] == "Second"
    assert found[0]["root"] == made["root"]["id"]
    assert made["root"]["kind"] == "root"


def test_followers_hear_of_trouble_once(odoo, service):
    connection = service.connection()
    rpc = odoo.rpc()
    follower = rpc.one("res.users", [["login", "=", "demo"]], "partner_id")["partner_id"][0]
    rpc("attache.connection", "message_subscribe", [connection["id"]], partner_ids=[follower])
    trouble = {"uuid": connection["uuid"], "state": "error", "reason": "the key is revoked"}
    for _ in range(2):
        service("report_connection", **trouble, counts={"files": 3})
    shown = rpc.one("attache.connection", [["id", "=", connection["id"]]], "state", "reason")
    assert (shown["state"], shown["reason"]) == ("error", "the key is revoked")
    told = rpc(
        "mail.notification", "search_count",
        [
            ["res_partner_id", "=", follower],
            ["mail_message_id.model", "=", "attache.connection"],
            ["mail_message_id.res_id", "=", connection["id"]],
        ],
    )  # fmt: skip
    assert told == 1
    with pytest.raises(Refused, match="no state"):
        service("report_connection", uuid=connection["uuid"], state="fine")


def make_rule(odoo, connection, model="res.partner", **more):
    rpc = odoo.rpc()
    model_id = rpc.one("ir.model", [["model", "=", model]])["id"]
    vals = {"model_id": model_id, "connection_id": connection["id"], **more}
    return rpc("attache.rule", "create", vals)


def test_settings_tell_rules_and_a_revision(odoo, service):
    connection = service.connection()
    before = service("settings")["revision"]
    assert service("settings")["revision"] == before
    rpc = odoo.rpc()
    date = rpc.one("ir.model.fields", [["model", "=", "res.partner"], ["name", "=", "create_date"]])
    rule = make_rule(
        odoo, connection, title="Customers", domain="[('user_id', '=', uid)]",
        period_field_id=date["id"], name_expression="{{ object.country_id.name }}",
    )  # fmt: skip
    settings = service("settings")
    assert settings["revision"] != before
    [told] = [r for r in settings["rules"] if r["id"] == rule]
    assert told == {
        "id": rule, "sequence": 10, "active": True, "title": "Customers", "model": "res.partner",
        "model_name": "Contact", "domain": [["user_id", "=", told["domain"][0][2]]],
        "company": None, "parent": None, "parent_field": None, "connection": connection["uuid"],
        "name_expression": "{{ object.country_id.name }}",
        "period": {
            "field": "create_date", "kind": "datetime", "direction": "last", "count": 1,
            "unit": "month",
        },
    }  # fmt: skip
    assert isinstance(told["domain"][0][2], int)


def test_records_are_read_page_by_page_of_ruled_models_only(odoo, service):
    connection = service.connection()
    rule = make_rule(odoo, connection, name_expression="{{ object.country_id.name }}")
    first = service(
        "search_read", model="res.partner", domain=[["is_company", "=", True]],
        fields=["name", "country_id"], after_id=0, limit=3,
    )  # fmt: skip
    assert [row["id"] for row in first] == sorted(row["id"] for row in first)
    rest = service(
        "search_read", model="res.partner", domain=[["is_company", "=", True]],
        fields=["name"], after_id=first[-1]["id"],
    )  # fmt: skip
    assert rest and min(row["id"] for row in rest) > first[-1]["id"]
    assert service("search_read", model="res.country", domain=[], fields=["name"], limit=1)
    with pytest.raises(Refused, match="No active rule uses"):
        service("search_read", model="crm.lead", domain=[], fields=["name"])
    odoo.rpc()("attache.rule", "write", [rule], {"active": False})


def test_the_log_takes_each_line_once(odoo, service):
    connection = service.connection()
    line = {
        "uuid": str(uuid.uuid4()), "connection": connection["uuid"], "at": "2030-01-02 03:04:05",
        "kind": "upload", "side": "Cloud", "subject": "a.txt", "folder": connection["root"]["id"],
        "file": 999999, "reason": "new", "outcome": "done", "detail": None,
    }  # fmt: skip
    assert service("log", rows=[line, line]) == 1
    assert service("log", rows=[line]) == 0
    kept = odoo.rpc().one("attache.log", [["uuid", "=", line["uuid"]]], "subject", "file_id")
    assert (kept["subject"], kept["file_id"]) == ("a.txt", False)


# -- folders -----------------------------------------------------------------------------------


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
    stale = one(
        service,
        {"op": "move", "id": folder, "parent": other, "expect": row["revision"]},
        "apply_folders",
    )
    assert (stale["code"], stale["row"]) == ("changed", renamed)
    cycle = service.folders({"op": "move", "id": other, "parent": folder}) and one(
        service, {"op": "move", "id": folder, "parent": other}, "apply_folders"
    )
    assert (cycle["ok"], cycle["code"]) == (False, "invalid")
    gone = one(service, {"op": "rename", "id": 999999, "name": "x"}, "apply_folders")
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
    assert read_file(service, file)["folder"] == below


# -- files -------------------------------------------------------------------------------------


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
    assert read_file(service, made["id"])["size"] == 5 * 2**31


def test_a_document_without_bytes_is_a_link(odoo, service, root):
    item = {
        "op": "document", "key": str(uuid.uuid4()), "folder": root, "name": "Plan",
        "web_url": "https://docs.example/1",
    }  # fmt: skip
    [made] = service.files(item)
    assert made["document"]
    row = odoo.rpc().one("ir.attachment", [["id", "=", made["id"]]], "type", "url")
    assert (row["type"], row["url"]) == ("url", "https://docs.example/1")
    assert one(service, {**item, "key": "k2", "web_url": "javascript:1"})["code"] == "invalid"


def test_release_drops_odoos_bytes_only_when_they_are_the_proved_ones(
    odoo, service, sidecar_files, root, partner
):
    sidecar_files.secret = service.secret
    folder = service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="release me")
    digest = sidecar_files.add(b"release me")
    wrong = one(service, {"op": "release", "id": file, "expect": sha1(b"other"), "size": 10})
    assert (wrong["code"], wrong["row"]["released"]) == ("changed", False)
    assert one(service, {"op": "release", "id": file, "expect": digest, "size": 9})["code"] == (
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
    assert one(service, item)["code"] == "changed"
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
    row = read_file(service, file)
    [moved] = service.files(
        {"op": "place", "id": file, "expect": row["revision"], "folder": target, "name": "n.txt"}
    )
    assert (moved["folder"], moved["name"]) == (target, "n.txt")
    kept = rpc.one("ir.attachment", [["id", "=", file]], "res_model", "res_id")
    assert (kept["res_model"], kept["res_id"]) == ("res.partner", second)
    assert rpc("mail.message", "read", [message], ["attachment_ids"])[0]["attachment_ids"] == []
    stale = {"op": "place", "id": file, "expect": row["revision"], "folder": target, "name": "x"}
    assert one(service, stale)["code"] == "changed"


def test_trash_hides_a_file_and_restore_brings_it_back(odoo, service, root, partner):
    folder = service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="kept")
    rpc = odoo.rpc()
    message = rpc("res.partner", "message_post", [partner], body="x", attachment_ids=[file])
    message = message[0] if isinstance(message, list) else message
    wrong = one(service, {"op": "trash", "id": file, "expect": sha1(b"other")})
    assert wrong["code"] == "changed"
    item = {"op": "trash", "id": file, "expect": sha1(b"kept")}
    assert [one(service, item)["ok"] for _ in range(2)] == [True, True]
    assert read_file(service, file) is None
    assert rpc("ir.attachment", "search", [["res_id", "=", partner], ["name", "=", "a.txt"]]) == []
    assert rpc("mail.message", "read", [message], ["attachment_ids"])[0]["attachment_ids"] == []
    assert odoo.browser("demo").get(f"{odoo.url}/web/content/{file}").status_code in (403, 404)
    [back] = service.files({"op": "restore", "id": file})
    assert (back["id"], back["folder"], back["sha1"]) == (file, folder, sha1(b"kept"))
    assert rpc("mail.message", "read", [message], ["attachment_ids"])[0]["attachment_ids"] == [file]
    assert one(service, {"op": "restore", "id": 999999})["code"] == "missing"


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
    service.files({"op": "trash", "id": file, "expect": sha1(b"old")})
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
    import psycopg2

    service.record_folder(root, "res.partner", partner)
    file = attach(odoo, "res.partner", partner, raw="x")
    row = read_file(service, file)
    connection = psycopg2.connect(odoo.database.postgres.url(odoo.database.name))
    connection.cursor().execute("update ir_attachment set name = 'person' where id = %s", [file])
    import threading

    results = []
    item = {"op": "place", "id": file, "expect": row["revision"], "folder": row["folder"],
            "name": "sidecar"}  # fmt: skip
    call = threading.Thread(target=lambda: results.append(one(service, item)))
    call.start()
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    from bed import until

    until(lambda: odoo.database.psql(waiting) != "0", 20, "the call waits for the row")
    connection.commit()
    connection.close()
    call.join(30)
    assert results[0]["code"] == "changed"
    assert results[0]["row"]["name"] == "person"


def test_a_nudge_comes_after_a_persons_change_only(odoo, service, sidecar_files, root, partner):
    from bed import until

    sidecar_files.secret = service.secret
    folder = service.record_folder(root, "res.partner", partner)
    sidecar_files.nudges.clear()
    service.files(file_item(folder))
    service("read", folders=[folder])
    assert sidecar_files.nudges == []
    attach(odoo, "res.partner", partner)
    nudge = until(lambda: sidecar_files.nudges, 5, "a nudge")[0]
    assert nudge["db"] == service("hello")["uuid"]


def test_the_admin_ticket_is_for_administrators(odoo, service, sidecar_files):
    sidecar_files.secret = service.secret
    action = odoo.rpc()("attache.connection", "action_open_attache")
    address, ticket = action["url"].split("/admin?ticket=")
    told = sidecar_files.verify(ticket)
    assert (told["kind"], told["id"], told["user"]) == ("admin", 0, 2)
    assert address == odoo.rpc()("ir.config_parameter", "get_param", "attache.public_url")
    with pytest.raises(RpcError):
        odoo.rpc("demo")("attache.connection", "action_open_attache")
    assert requests.get(f"{odoo.url}/web/health", timeout=10).ok
