"""The sidecar's calls: who may call, connections, rules, records, waking it."""

import uuid
import xmlrpc.client

import pytest
import requests
from addon_bed import Refused, attach, file_item
from bed import RpcError, until

# -- who ---------------------------------------------------------------------------------------


def test_hello_tells_the_protocol(odoo, service):
    hello = service("hello")
    assert (hello["protocol"], hello["odoo"], hello["max_page"]) == (3, "19.0", 5000)
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
        "error": None, "nest_field": None, "below": False, "split": None, "leave": "keep",
        "subfolders": [],
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


# -- waking and opening -------------------------------------------------------------------------


def test_a_nudge_comes_after_a_persons_change_only(odoo, service, sidecar_files, root, partner):
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
