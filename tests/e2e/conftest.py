"""Fixtures of the end-to-end tests: real servers from tests/bed, each with data of its own."""

import signal
import sys

import pytest
from addon_bed import Files, Service
from bed import Apache, Odoo, template
from bed.odoo import ADDONS


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


@pytest.fixture
def apache():
    """A running, empty WebDAV store."""
    with Apache() as server:
        yield server
