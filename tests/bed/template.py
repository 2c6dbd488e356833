"""The template database: common business modules with demo data, built once and kept.

`python -m bed.template` builds it where it is missing or was made from other inputs.
"""

import contextlib
import fcntl
import hashlib
import shutil
import time
from pathlib import Path

from . import place, process
from .odoo import Database, Odoo
from .postgres import Postgres, programs

NAME = "odoo_template"
MODULES = "base mail portal contacts project crm sale_management hr account attache_bed".split()


def folder() -> Path:
    """Where the stopped cluster and the filestore of the template lie."""
    return place.bed() / "template"


def _key() -> str:
    debs = sorted(path.name for path in (place.bed() / "debs").glob("odoo-*.deb"))
    return hashlib.sha256(" ".join([*debs, *MODULES, str(programs())]).encode()).hexdigest()


def _fresh() -> bool:
    with contextlib.suppress(FileNotFoundError):
        return (folder() / "key").read_text() == _key()
    return False


def ensure() -> None:
    """Builds the template if need be; others that ask meanwhile wait."""
    with open(place.bed() / "template.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _fresh():
            _build()


def _build() -> None:
    begin = time.monotonic()
    print("setup: building the template database (a few minutes)", flush=True)
    new = place.bed() / "template.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    data = new / "data"
    data.mkdir()
    process.own(new)
    with Postgres(folder=new) as postgres:
        postgres.create_database(NAME)
        with Odoo(Database(postgres, NAME, data), idle=True) as odoo:
            odoo.install(*MODULES, demo=True)
        postgres.psql("vacuum analyze", NAME)
        postgres.psql("checkpoint")
    (new / "key").write_text(_key())
    shutil.rmtree(folder(), ignore_errors=True)
    new.rename(folder())
    print(f"setup: template database built in {time.monotonic() - begin:.0f} s", flush=True)


@contextlib.contextmanager
def cluster(**options):
    """A running private cluster that holds the template: yields its `Database`."""
    if not _fresh():
        raise RuntimeError(f"no template database in {place.bed()}: run tests/bed/setup.sh")
    with Postgres(seed=folder() / "cluster", **options) as postgres:
        yield Database(postgres, NAME, folder() / "data")


if __name__ == "__main__":
    ensure()
