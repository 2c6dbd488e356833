"""Workspaces of Documents, with a real sidecar and a store that is a folder on the disk.

Documents itself is the stand-in of tests/bed/addons. Bytes leave Odoo as soon as the store's copy
is proved.
"""

import contextlib
import os
import re
import subprocess
from pathlib import Path

import pytest
import requests
from bed import Odoo, RpcError, process, until
from bed.sidecar import Sidecar, binary

SETTINGS = """\
listen = "127.0.0.1:{port}"
data_dir = "{data}"
[log]
filter = "info,attache=debug"
[release]
grace_seconds = 0
[poll]
cloud_seconds = 1
"""
SOON = 60


class Office:
    """Odoo with Documents, and a sidecar that keeps it in step with the folder `store`."""

    def __init__(self, odoo: Odoo, folder: Path):
        self.odoo, self.folder = odoo, folder
        self.store = folder / "store"
        self.port = process.free_port()
        settings = folder / "attache.toml"
        settings.write_text(SETTINGS.format(port=self.port, data=folder / "data"))
        self.env = {"ATTACHE_CONFIG": str(settings)}
        self.rpc = odoo.rpc()
        self._attache(
            "pair", "--url", odoo.url, "--database", odoo.database.name, "--login", "admin",
            ODOO_PASSWORD="admin",
        )  # fmt: skip
        self._attache("connect", "folder", "--name", "Store", "--path", str(self.store))

    def _attache(self, *words: str, **more: str) -> None:
        answer = subprocess.run(
            [binary(), *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.env, **more},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr

    # -- in Odoo --------------------------------------------------------------------------

    def folder_of(self, name: str, parent: int | bool = False, **vals) -> int:
        """A folder of Documents that all internal users edit."""
        return self.document(name, parent, type="folder", access_internal="edit", **vals)

    def document(self, name: str, parent: int | bool = False, **vals) -> int:
        vals = {"name": name, "folder_id": parent, "owner_id": False, **vals}
        return self.rpc("documents.document", "create", vals)

    def rule(self, domain: str, title: str = "Workspaces") -> int:
        connection = self.rpc.one("attache.connection", [["name", "=", "Store"]])["id"]
        model = self.rpc.one("ir.model", [["model", "=", "documents.document"]])["id"]
        vals = {"title": title, "model_id": model, "connection_id": connection, "domain": domain}
        return self.rpc("attache.rule", "create", vals)

    def told(self, document: int, *names: str) -> dict:
        [row] = self.rpc("documents.document", "read", [document], list(names))
        return row

    def found(self, name: str, *names: str, kind: str = "binary", active: bool = True):
        """The document of this name; None where there is none."""
        domain = [["name", "=", name], ["type", "=", kind], ["active", "=", active]]
        rows = self.rpc("documents.document", "search_read", domain, list(names) or ["id"])
        return rows[0] if rows else None

    def reads(self, document: int, text: str) -> None:
        """Waits until a document's bytes are these; the sidecar may just be at them."""

        def read() -> bool:
            with contextlib.suppress(RpcError):
                return self.told(document, "raw")["raw"] == text
            return False

        until(read, SOON, f"{text!r} is read")

    def is_released(self, document: int) -> bool:
        file = self.told(document, "attachment_id")["attachment_id"][0]
        where = f"select store_fname from ir_attachment where id = {file}"
        return self.odoo.database.psql(where).startswith("attache://")

    def forget_bytes(self) -> None:
        """What Odoo's cleaner does within a day."""
        self.odoo.shell("env['ir.attachment']._gc_file_store_unsafe(); env.cr.commit()")

    def looks(self) -> int:
        """How often the sidecar has looked at both ends."""
        answer = requests.get(f"{self.sidecar.url}/metrics", timeout=10).text
        found = re.search(r'attache_drains_done{cloud="looked"} (\d+)', answer)
        return int(found[1]) if found else 0

    # -- in the store ---------------------------------------------------------------------

    def path(self, *names: str) -> Path:
        return self.store.joinpath("Workspaces", *names)

    def holds(self, data: bytes, *names: str, within: float = SOON) -> Path:
        path = self.path(*names)
        until(lambda: path.is_file() and path.read_bytes() == data, within, f"{path} has its bytes")
        return path

    def has(self, *names: str) -> Path:
        path = self.path(*names)
        until(path.is_dir, SOON, f"{path} is there")
        return path

    def lacks(self, *names: str) -> None:
        path = self.path(*names)
        until(lambda: not path.exists(), SOON, f"{path} is gone")


@pytest.fixture(scope="module")
def documents_template(odoo_template):
    """Demo data with the addon, Documents and the bridge between them, which comes by itself."""
    database = odoo_template.copy("odoo_with_documents")
    with Odoo(database, idle=True) as odoo:
        odoo.install("documents")
    yield database
    database.drop()


@pytest.fixture(scope="module")
def office(documents_template):
    database = documents_template.copy()
    with Odoo(database) as odoo, process.scratch("workspaces") as folder:
        office = Office(odoo, folder)
        address = f"127.0.0.1:{office.port}"
        with Sidecar(address, env=office.env, folder=folder) as office.sidecar:
            office.internal = office.folder_of("Internal")
            office.inner = office.folder_of("Contracts", office.internal)
            office.outside = office.folder_of("Private")
            office.rule("[('name', 'ilike', 'Internal')]")
            office.has("Internal", "Contracts")
            yield office
    database.drop()


def test_b29_a_matching_workspace_lies_in_the_store_with_its_files(office):
    document = office.document("plan.txt", office.internal, raw="the plan")
    office.holds(b"the plan", "Internal", "plan.txt")
    office.rpc("documents.document", "write", [document], {"name": "plan 2.txt"})
    office.holds(b"the plan", "Internal", "plan 2.txt")
    office.rpc("documents.document", "write", [document], {"folder_id": office.inner})
    office.holds(b"the plan", "Internal", "Contracts", "plan 2.txt")
    office.lacks("Internal", "plan 2.txt")
    office.rpc("documents.document", "write", [office.internal], {"name": "Internal papers"})
    office.holds(b"the plan", "Internal papers", "Contracts", "plan 2.txt")
    office.rpc("documents.document", "write", [office.internal], {"name": "Internal"})
    office.holds(b"the plan", "Internal", "Contracts", "plan 2.txt")


def test_b29_what_happens_in_the_store_happens_in_documents(office):
    path = office.path("Internal", "note.txt")
    path.write_text("from the cloud")
    found = until(
        lambda: office.found("note.txt", "folder_id", "attachment_id"), SOON, "a document"
    )
    assert found["folder_id"][0] == office.internal
    path.write_text("from the cloud, again")
    office.reads(found["id"], "from the cloud, again")
    assert office.told(found["id"], "attachment_id")["attachment_id"] == found["attachment_id"]
    path = path.rename(office.path("Internal", "Contracts", "note 2.txt"))
    until(
        lambda: office.told(found["id"], "name")["name"] == "note 2.txt", SOON, "the document moves"
    )
    assert office.told(found["id"], "folder_id")["folder_id"][0] == office.inner
    path.unlink()
    until(lambda: not office.told(found["id"], "active")["active"], SOON, "it is in the trash")


def test_b30_a_filter_narrows_and_all_below_comes_along(office):
    deep = office.folder_of("2030", office.inner)
    office.document("deep.txt", deep, raw="deep")
    office.document("private.txt", office.outside, raw="private")
    office.holds(b"deep", "Internal", "Contracts", "2030", "deep.txt")
    names = {path.name for path in office.path().iterdir()}
    assert names == {"Internal"}, "no folder that does not match, and no file that is none"
    assert not list(office.store.rglob("private.txt"))
    office.rpc("documents.document", "write", [office.outside], {"folder_id": office.internal})
    office.holds(b"private", "Internal", "Private", "private.txt")


def test_b31_a_subfolder_becomes_a_folder_of_documents_and_goes_to_its_trash(office):
    office.path("Internal", "Scans").mkdir()
    office.path("Internal", "Scans", "scan.txt").write_text("scan")
    found = until(lambda: office.found("scan.txt", "folder_id"), SOON, "the scan is a document")
    scans = office.found("Scans", "folder_id", kind="folder")
    assert found["folder_id"][0] == scans["id"]
    assert scans["folder_id"][0] == office.internal
    key = f"record:documents.document:{scans['id']}"
    rows = office.rpc("attache.folder", "search_read", [["name", "=", "Scans"]], ["key", "kind"])
    assert [(row["kind"], row["key"]) for row in rows] == [("record", key)]
    office.path("Internal", "Scans").rename(office.path("Internal", "Contracts", "Scanned"))
    until(lambda: office.told(scans["id"], "name")["name"] == "Scanned", SOON, "Documents follows")
    assert office.told(scans["id"], "folder_id")["folder_id"][0] == office.inner
    path = office.holds(b"scan", "Internal", "Contracts", "Scanned", "scan.txt")
    path.unlink()
    path.parent.rmdir()
    until(lambda: not office.told(scans["id"], "active")["active"], SOON, "it is in the trash")
    office.lacks("Internal", "Contracts", "Scanned")
    # A person in the file manager.
    parent = office.rpc.one(
        "attache.folder",
        [["record_model", "=", "documents.document"], ["record_id", "=", office.internal]],
    )["id"]
    office.rpc("attache.folder", "create", {"name": "By hand", "parent_id": parent})
    office.has("Internal", "By hand")
    assert office.found("By hand", "folder_id", kind="folder")["folder_id"][0] == office.internal


def test_b32_sharing_downloading_and_signing_work_on_a_released_file(office):
    document = office.document(
        "offer.txt",
        office.internal,
        raw="our offer",
        access_internal="none",
        owner_id=office.rpc.uid,
    )
    office.holds(b"our offer", "Internal", "offer.txt")
    until(lambda: office.is_released(document), SOON, "the bytes leave Odoo")
    office.forget_bytes()

    url = f"{office.odoo.url}{office.told(document, 'access_url')['access_url']}"
    assert requests.get(url, timeout=60).status_code == 404, "nobody shared it yet"
    download = office.odoo.browser("demo").get(url)
    assert download.status_code == 404, "a document for nobody but its owner"
    office.rpc("documents.document", "write", [document], {"access_internal": "view"})
    assert office.odoo.browser("demo").get(url).content == b"our offer"
    part = office.odoo.browser("demo").get(url, headers={"Range": "bytes=4-"})
    assert (part.status_code, part.content) == (206, b"offer")

    assert office.rpc("documents.document", "action_share", [document]) in url
    shared = requests.get(url, timeout=60)
    assert (shared.status_code, shared.content) == (200, b"our offer")

    signed = office.rpc("documents.document", "action_sign", [document])
    row = office.told(signed, "name", "folder_id", "raw")
    assert row["folder_id"][0] == office.internal
    assert row["raw"].startswith("our offer\nsigned by")
    office.holds(row["raw"].encode(), "Internal", "offer (signed).txt")


def test_b33_the_trash_of_documents_is_the_trash(office):
    folder = office.folder_of("Old", office.internal)
    document = office.document("old.txt", folder, raw="old")
    office.holds(b"old", "Internal", "Old", "old.txt")
    until(lambda: office.is_released(document), SOON, "the bytes leave Odoo")
    office.rpc("documents.document", "action_archive", [folder])
    office.lacks("Internal", "Old")
    assert office.path("Internal").is_dir()
    office.rpc("documents.document", "action_unarchive", [folder])
    office.holds(b"old", "Internal", "Old", "old.txt")
    office.reads(document, "old")


def test_b33_a_workspace_is_seen_by_those_that_documents_names(office):
    mine = {"access_internal": "none", "owner_id": office.rpc.uid}
    folder = office.document("Internal board", type="folder", **mine)
    document = office.document("minutes.txt", folder, raw="minutes", **mine)
    office.holds(b"minutes", "Internal board", "minutes.txt")
    its = [["record_model", "=", "documents.document"], ["record_id", "=", folder]]
    file = office.told(document, "attachment_id")["attachment_id"][0]
    demo = office.odoo.rpc("demo")
    assert demo("attache.folder", "search", its) == []
    assert demo("ir.attachment", "search", [["id", "=", file]]) == []
    partner = office.rpc.one("res.users", [["login", "=", "demo"]], "partner_id")["partner_id"][0]
    for shared in (folder, document):
        member = {"document_id": shared, "partner_id": partner, "role": "view"}
        office.rpc("documents.access", "create", member)
    assert len(demo("attache.folder", "search", its)) == 1
    assert demo("ir.attachment", "read", [file], ["raw"])[0]["raw"] == "minutes"


def test_the_bridge_goes_and_leaves_documents_with_their_bytes(office):
    document = office.document("stays.txt", office.internal, raw="it stays")
    office.holds(b"it stays", "Internal", "stays.txt")
    until(lambda: office.is_released(document), SOON, "the bytes leave Odoo")
    office.forget_bytes()
    module = office.rpc.one("ir.module.module", [["name", "=", "attache_documents"]])["id"]
    office.rpc("ir.module.module", "button_immediate_uninstall", [module])
    assert office.told(document, "raw")["raw"] == "it stays"
    assert not office.is_released(document)
    looks = office.looks()
    until(lambda: office.looks() > looks + 1, SOON, "the sidecar looked at both ends again")
    office.holds(b"it stays", "Internal", "stays.txt", within=0)
    rows = office.rpc("documents.document", "search_read", [["type", "=", "binary"]], ["raw"])
    assert all(row["raw"] for row in rows)


def test_workspaces_are_unavailable_without_documents(odoo):
    rpc = odoo.rpc()
    preset = rpc.one("attache.preset", [["name", "=", "Workspaces"]], "missing")
    assert "Documents app" in preset["missing"]
    with pytest.raises(RpcError, match="Documents app"):
        rpc("attache.preset", "action_use", [preset["id"]])
    hint = rpc("attache.rule", "onchange", [], {}, [], {"workspace_hint": {}})["value"]
    assert "Odoo Enterprise" in hint["workspace_hint"]
