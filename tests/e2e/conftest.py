"""Fixtures of the end-to-end tests: real servers from tests/bed, each with data of its own."""

import base64
import signal
import sys

import pytest
from addon_bed import Files, Service
from bed import Apache, Odoo, process, template
from bed.odoo import ADDONS
from files_bed import archive, desk, page  # noqa: F401
from flows_bed import flows  # noqa: F401
from office import Office
from plain_bed import attache, key, people, plain_odoo  # noqa: F401


@pytest.fixture(scope="session", autouse=True)
def _stop_on_term():
    """A killed run still takes its servers down in order."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def demo_database():
    """Odoo's demo data without the addon, in a private cluster. Copy it, never change it."""
    with template.cluster() as database:
        yield database


@pytest.fixture(scope="session")
def postgres(demo_database):
    """The session's private cluster, for further databases: `postgres.create_database(...)`."""
    return demo_database.postgres


@pytest.fixture(scope="session")
def odoo_template(demo_database):
    """Demo data with the addon installed, once a session. Copy it, never change it."""
    database = demo_database.copy("odoo_with_addon")
    if (ADDONS / "attache" / "__manifest__.py").exists():
        with Odoo(database, idle=True) as odoo:
            odoo.install("attache")
    return database


@pytest.fixture(scope="module")
def odoo(odoo_template):
    """A running Odoo with the addon on a copy of its own, one a module."""
    database = odoo_template.copy()
    with Odoo(database) as server:
        yield server
    database.drop()


@pytest.fixture(scope="module")
def sidecar_files():
    """A server in the sidecar's place that gives released files."""
    with Files() as files:
        yield files


@pytest.fixture(scope="module")
def service(odoo, sidecar_files):
    """The sidecar's calls to `odoo`, which is paired with `sidecar_files`."""
    service = Service(odoo, sidecar_files.url)
    sidecar_files.secret = service.secret
    return service


@pytest.fixture(scope="module")
def holder(odoo, service):
    """A partner with a folder."""
    root = service.connection()["root"]["id"]
    partner = odoo.rpc()("res.partner", "create", {"name": "Released"})
    service.record_folder(root, "res.partner", partner)
    return partner


@pytest.fixture
def release(odoo, service, sidecar_files, holder):
    """Makes an attachment of `holder`, releases it, and answers its id."""

    def make(name: str, data: bytes, mimetype: str | None = None) -> int:
        vals = {
            "name": name, "datas": base64.b64encode(data).decode(), "res_model": "res.partner",
            "res_id": holder,
        }  # fmt: skip
        if mimetype:
            vals["mimetype"] = mimetype
        file = odoo.rpc()("ir.attachment", "create", vals)
        digest = sidecar_files.add(data)
        service.files({"op": "release", "id": file, "expect": digest, "size": len(data)})
        # Odoo's cleaner does this within a day.
        (odoo.database.data / "filestore" / odoo.database.name / digest[:2] / digest).unlink()
        sidecar_files.asked.clear()
        return file

    yield make
    sidecar_files.delay, sidecar_files.status, sidecar_files.cut = 0.0, 0, 0


@pytest.fixture
def root(service):
    """The root folder of a new connection."""
    return service.connection()["root"]["id"]


@pytest.fixture
def partner(odoo):
    """A partner without a folder."""
    return odoo.rpc()("res.partner", "create", {"name": "Served"})


@pytest.fixture
def apache():
    """A running, empty WebDAV store."""
    with Apache() as server:
        yield server


@pytest.fixture(scope="module")
def office(odoo_template):
    """Odoo, a sidecar and a store in step, one a module."""
    database = odoo_template.copy()
    with Odoo(database) as odoo, process.scratch("office") as folder:
        office = Office(odoo, folder)
        with office.sidecar() as office.serving:
            yield office
    database.drop()


@pytest.fixture
def rpc(office):
    """Calls of the office's Odoo as its administrator."""
    return office.rpc
