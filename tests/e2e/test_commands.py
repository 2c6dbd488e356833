"""The program from the command line: pairing and connecting, on a private database of its own."""

import os
import subprocess

import pytest
import requests
from bed import process
from bed.sidecar import Sidecar, binary


class Attache:
    """`attache …` with a data folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ATTACHE_DATA_DIR": str(folder / "data"),
            "ATTACHE_LISTEN": "127.0.0.1:8999",
        }

    def __call__(self, *words: object, well: bool = True, **env: str) -> str:
        answer = subprocess.run(
            [binary(), *map(str, words)],
            env={**self.env, **env},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (answer.returncode == 0) == well, answer.stdout + answer.stderr
        return answer.stdout + answer.stderr


@pytest.fixture
def attache():
    with process.scratch("attache") as folder:
        yield Attache(folder)


@pytest.fixture
def paired(attache, odoo):
    attache(
        "pair", "--url", odoo.url, "--database", odoo.database.name, "--login", "admin",
        ODOO_PASSWORD="admin",
    )  # fmt: skip
    return attache


def mirrored(odoo) -> dict[str, dict]:
    fields = ["uuid", "name", "provider"]
    rows = odoo.rpc()("attache.connection", "search_read", [], fields)
    return {row["name"]: row for row in rows}


def test_clouds_are_connected_and_odoo_shows_them(paired, odoo, apache):
    said = paired("connect", "folder", "--name", "Share", "--path", paired.folder / "share")
    assert "connected Share" in said
    url = f"{apache.url}/Odoo"
    paired(
        "connect", "webdav", "--name", "Dav", "--url", url, "--user", apache.user,
        WEBDAV_PASSWORD=apache.password,
    )  # fmt: skip
    rows = mirrored(odoo)
    assert rows["Share"]["provider"] == "folder"
    assert rows["Dav"]["provider"] == "webdav"
    assert (paired.folder / "share").is_dir()
    assert (apache.root / "Odoo").is_dir()
    healthy = paired("doctor")
    for line in ("ok      Odoo", "ok      connection Share", "ok      connection Dav"):
        assert line in healthy

    again = paired("connect", "folder", "--name", "Share", "--path", paired.folder / "share")
    assert rows["Share"]["uuid"] in again, "the same name keeps its identity"
    (paired.folder / "share").rename(paired.folder / "elsewhere")
    ill = paired("doctor", well=False)
    assert "FAILED  connection Share" in ill
    assert "ok      connection Dav" in ill


def test_a_failed_connection_can_be_tried_again(paired, odoo, apache):
    words = ["connect", "webdav", "--name", "Second", "--url", f"{apache.url}/Second"]
    words += ["--user", apache.user]
    said = paired(*words, well=False, WEBDAV_PASSWORD="wrong")
    assert "Second cannot be connected" in said
    assert "Second" not in mirrored(odoo)
    assert "FAILED  connection Second" in paired("doctor", well=False)
    paired(*words, WEBDAV_PASSWORD=apache.password)
    assert "Second" in mirrored(odoo)


def test_what_is_wrong_is_said(attache, odoo):
    words = ["pair", "--url", odoo.url, "--database", odoo.database.name, "--login", "admin"]
    assert "admin" in attache(*words, well=False, ODOO_PASSWORD="wrong")
    said = attache("connect", "folder", "--name", "x", "--path", "/tmp", well=False)
    assert "attache pair" in said
    wrong = {"ATTACHE_LISTEN": "here", "ATTACHE_POLL__ODOO": "2"}
    said = attache("doctor", well=False, **wrong)
    assert "ATTACHE_LISTEN" in said and "ATTACHE_POLL__ODOO" in said


def test_odoo_shows_what_was_done_and_why_each_line_once(paired, odoo):
    paired("connect", "folder", "--name", "Logged", "--path", paired.folder / "logged")
    rpc = odoo.rpc()
    connection = rpc.one("attache.connection", [["name", "=", "Logged"]], "root_id")
    folder = rpc(
        "attache.folder", "create", {"name": "Scans", "parent_id": connection["root_id"][0]}
    )

    def put(name: str) -> int:
        vals = {"name": name, "raw": name, "attache_folder_id": folder}
        return rpc("ir.attachment", "create", vals)

    def lines() -> list[dict]:
        fields = ["uuid", "kind", "side", "subject", "reason", "outcome", "file_id", "at"]
        mine = [["connection_id", "=", connection["id"]]]
        return rpc("attache.log", "search_read", mine, fields, order="id")

    def made() -> list[tuple]:
        return [
            (line["file_id"][0], line["side"], line["subject"], line["reason"], line["outcome"])
            for line in lines()
            if line["kind"] == "create" and line["file_id"]
        ]

    first = put("a.txt")
    paired("sync", "--once")
    why = "is new on the other side"
    assert made() == [(first, "cloud", "Scans/a.txt", why, "done")]
    second = put("b.txt")
    paired("sync", "--once")
    paired("sync", "--once")
    assert [line[0] for line in made()] == [first, second], "a restart tells nothing twice"
    assert len({line["uuid"] for line in lines()}) == len(lines())

    model = rpc.one("ir.model", [["model", "=", "res.country"]])["id"]
    for title in ("Good", "Bad"):
        rule = {"title": title, "model_id": model, "connection_id": connection["id"]}
        rule = rpc("attache.rule", "create", {**rule, "domain": "[('code', '=', 'BE')]"})
    odoo.database.psql(f"update attache_rule set domain = '[(gone, 1)]' where id = {rule}")
    paired("sync", "--once")
    assert (paired.folder / "logged/Good/Belgium").is_dir(), "the other rule goes on"
    told = rpc("attache.log", "search_read", [["kind", "=", "warn"]], ["outcome"])
    assert len(told) == 1
    assert "cannot be read, its folders stay: The domain of rule Bad" in told[0]["outcome"]


def test_no_database_process_is_left_behind(attache):
    attache("doctor", well=False)
    assert (attache.folder / "data/postgres/data/PG_VERSION").exists()
    assert not (attache.folder / "data/postgres/data/postmaster.pid").exists()


@pytest.fixture
def server():
    """A running `attache serve` on a private database."""
    address = f"127.0.0.1:{process.free_port()}"
    env = {"ATTACHE_LISTEN": address, "ATTACHE_DATA_DIR": "data"}
    with Sidecar(address, env=env) as sidecar:
        yield sidecar


def test_the_server_answers_and_takes_its_database_along_when_it_stops(server):
    database = server.folder / "data/postgres/data/postmaster.pid"
    assert requests.get(f"{server.url}/healthz", timeout=5).text == "ok\n"
    assert database.exists()
    server.stop()
    assert not database.exists()
    server.start()
    assert requests.get(f"{server.url}/readyz", timeout=5).json()["ready"]


def test_a_command_beside_the_server_shares_its_database(server):
    attache = Attache(server.folder)
    assert "attache pair" in attache("doctor", well=False)
    assert requests.get(f"{server.url}/readyz", timeout=5).status_code == 200


def test_a_killed_server_finds_its_database_again(server):
    server.kill()
    database = server.folder / "data/postgres/data/postmaster.pid"
    before = database.read_text().split("\n")[0]
    server.start()
    assert database.read_text().split("\n")[0] == before, "it was used again, not replaced"
    server.stop()
    assert not database.exists()
