"""The byte routes: raw, framed, ranged."""

import os
import uuid

import pytest
import requests
from addon_bed import csrf, sha1


@pytest.fixture
def partner(odoo, service):
    root = service.connection()["root"]["id"]
    partner = odoo.rpc()("res.partner", "create", {"name": "Bytes"})
    service.record_folder(root, "res.partner", partner)
    return partner


def attach(odoo, partner, data: bytes, name="a.bin"):
    session = odoo.browser("admin")
    made = session.post(
        f"{odoo.url}/web/binary/upload_attachment",
        data={"model": "res.partner", "id": partner, "csrf_token": csrf(odoo, session)},
        files={"ufile": (name, data)},
        timeout=60,
    ).json()
    return made[0]["id"]


def test_many_files_come_in_one_answer(odoo, service, partner):
    bodies = [os.urandom(size) for size in (1, 1000, 700_000)]
    files = [attach(odoo, partner, body) for body in bodies]
    empty = odoo.rpc()(
        "ir.attachment", "create",
        {"name": "empty", "raw": "", "res_model": "res.partner", "res_id": partner},
    )  # fmt: skip
    stray = odoo.rpc()("ir.attachment", "create", {"name": "in no folder", "raw": "secret"})
    lost = odoo.rpc()(
        "ir.attachment", "create",
        {"name": "l", "raw": uuid.uuid4().hex, "res_model": "res.partner", "res_id": partner},
    )  # fmt: skip
    told = {row["id"]: row for row in service("read", files=[*files, empty, lost])["files"]}
    assert told[empty]["sha1"] == sha1(b"")
    digest = told[lost]["sha1"]
    (odoo.database.data / "filestore" / odoo.database.name / digest[:2] / digest).unlink()
    [released] = service.files(
        {
            "op": "create", "key": str(uuid.uuid4()), "folder": told[empty]["folder"], "name": "r",
            "size": 1, "sha1": sha1(b"r"), "mimetype": None, "web_url": None,
        }
    )  # fmt: skip
    asked = [(file, told[file]["sha1"]) for file in files]
    asked += [
        (files[0], sha1(b"before")), (empty, sha1(b"")), (stray, sha1(b"secret")), (999999, "x"),
        (lost, digest), (released["id"], released["sha1"]),
    ]  # fmt: skip
    _found, heads = service.bytes(asked)
    assert heads[-1] == {"end": True, "count": len(asked)}
    assert [(head["id"], head["status"]) for head in heads[:-1]] == [
        *((file, "ok") for file in files),
        (files[0], "changed"), (empty, "ok"), (stray, "missing"), (999999, "missing"),
        (lost, "lost"), (released["id"], "released"),
    ]  # fmt: skip
    found, _heads = service.bytes(asked[:3])
    assert [found[file] for file in files] == [("ok", body) for body in bodies]


def test_a_large_file_comes_in_ranges(odoo, service, partner):
    body = os.urandom(3_000_000)
    file = attach(odoo, partner, body)
    path = f"/attache/v1/bytes/{file}?sha1={sha1(body)}"
    whole = service.get(path)
    assert (whole.status_code, whole.content) == (200, body)
    part = service.get(path, headers={"Range": "bytes=2000000-"})
    assert (part.status_code, part.content) == (206, body[2_000_000:])
    assert part.headers["Content-Range"] == "bytes 2000000-2999999/3000000"
    assert service.get(path, headers={"Range": "bytes=9000000-"}).status_code == 416
    assert service.get(f"/attache/v1/bytes/{file}?sha1={sha1(b'x')}").status_code == 409
    assert service.get("/attache/v1/bytes/999999?sha1=x").status_code == 404
    service.files({"op": "release", "id": file, "expect": sha1(body), "size": len(body)})
    assert service.get(path).status_code == 410


def test_bytes_in_the_database_come_too(odoo, service, partner):
    odoo.rpc()("ir.config_parameter", "set_param", "ir_attachment.location", "db")
    try:
        body = os.urandom(600_000)
        file = attach(odoo, partner, body)
    finally:
        odoo.rpc()("ir.config_parameter", "set_param", "ir_attachment.location", "file")
    assert odoo.database.psql(f"select store_fname from ir_attachment where id = {file}") == ""
    found, _heads = service.bytes([(file, sha1(body))])
    assert found[file] == ("ok", body)
    part = service.get(
        f"/attache/v1/bytes/{file}?sha1={sha1(body)}", headers={"Range": "bytes=0-9"}
    )
    assert part.content == body[:10]


def test_only_the_sidecar_gets_bytes(odoo, service, partner):
    file = attach(odoo, partner, b"mine")
    path = f"{odoo.url}/attache/v1/bytes/{file}?sha1={sha1(b'mine')}"
    assert requests.get(path, timeout=30).status_code == 401
    assert odoo.browser("admin").get(path, timeout=30).status_code in (401, 403)
    many = f"{odoo.url}/attache/v1/bytes"
    assert requests.post(many, json={"files": []}, timeout=30).status_code == 401


def test_a_wrong_request_is_told(odoo, service):
    answer = requests.post(
        f"{odoo.url}/attache/v1/bytes", json={"files": [{"id": "x"}]}, headers=service.headers,
        timeout=30,
    )  # fmt: skip
    assert answer.status_code == 400
    assert "files" in answer.json()["status"]
