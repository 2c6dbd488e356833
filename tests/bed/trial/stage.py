"""Everything that a trial plays on: Odoo, a store, and the sidecar between them."""

import contextlib
import os
import re
import secrets
import subprocess
import threading
from pathlib import Path

import requests

from .. import process
from ..demo.progress import Api
from ..demo.stores import KINDS, Store
from ..odoo import Odoo
from ..sidecar import Sidecar, binary
from .disk import Disk
from .office import Office

LONGEST = 120.0  # seconds until both ends are in step
REST = ("active", 0, 0)  # state, open, stuck

SETTINGS = """\
# Written by the trial.
listen = "127.0.0.1:{port}"
data_dir = "{data}"

[log]
filter = "info,attache=debug"

[release]
# Bytes leave Odoo as soon as they may: the least forgiving setting.
grace_seconds = 0

[poll]
# A store that can only be listed is listed often, so that rounds are short.
cloud_seconds = 1
"""


class Nook:
    """Where a store of the demo keeps its data here."""

    def __init__(self, folder: Path):
        self.data, self.store = folder, folder / "store"

    def port(self, _name: str) -> int:
        """Any free port."""
        return 0

    def secret(self, _name: str) -> str:
        """A new secret."""
        return secrets.token_hex(16)


class Stage:
    """`odoo` runs with the addon, on a database for this trial alone; the rest is started here,
    paired and connected. `doors` are held by people during a deed at that end, and by whoever
    must not be in their way meanwhile: "odoo" and "store".
    """

    store: Store

    def __init__(self, odoo: Odoo, kind: str):
        self.odoo, self.kind = odoo, kind
        self.doors = {"odoo": threading.RLock(), "store": threading.RLock()}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Stage":
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(process.scratch("trial"))
            self.store = stack.enter_context(KINDS[self.kind](Nook(folder)))
            own = folder / "sidecar"
            own.mkdir()
            port, self.token = process.free_port(), secrets.token_hex(32)
            settings = own / "attache.toml"
            settings.write_text(SETTINGS.format(port=port, data=own / "data"))
            self.env = {"ATTACHE_CONFIG": str(settings), "ATTACHE_ADMIN_TOKEN": self.token}
            self._introduce(own)
            self.disk = Disk(self.store, folder / "aside")
            self.office = Office(self.odoo)
            self.office.prepare()
            self.sidecar = stack.enter_context(
                Sidecar(f"127.0.0.1:{port}", env=self.env, folder=own)
            )
            self.api = Api(self.sidecar.url, self.token)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def _introduce(self, folder: Path) -> None:
        database = self.odoo.database.name
        words, known = self.store.words()
        for command, more in (
            (["pair", "--url", self.odoo.url, "--database", database, "--login", "admin"],
             {"ODOO_PASSWORD": "admin"}),
            (["connect", *words], known),
        ):  # fmt: skip
            env = {"PATH": os.environ["PATH"], "HOME": str(folder), **self.env, **more}
            answer = subprocess.run(
                [binary(), *command], env=env, cwd=folder, capture_output=True, text=True,
                timeout=300,
            )  # fmt: skip
            if answer.returncode:
                raise RuntimeError(f"attache {command[0]}: {answer.stdout}{answer.stderr}")

    # -- how far it is --------------------------------------------------------------------

    def steps(self) -> int:
        """Steps that this run of the sidecar has done; -1 while it does not answer."""
        return self._metric(r"attache_steps_done (\d+)")

    def looks(self) -> int:
        """Drains of this run that looked at both ends; -1 while it does not answer."""
        return self._metric(r'attache_drains_done{cloud="looked"} (\d+)')

    def _metric(self, pattern: str) -> int:
        with contextlib.suppress(requests.RequestException):
            answer = requests.get(f"{self.sidecar.url}/metrics", timeout=10)
            if answer.ok:
                found = re.search(pattern, answer.text)
                return int(found[1]) if found else 0
        return -1

    def connection(self) -> dict | None:
        """The connection as the sidecar tells it; None while it does not answer."""
        with contextlib.suppress(requests.RequestException):
            return self.api.connection()
        return None

    def idle(self) -> bool:
        """Whether nothing that the sidecar knows of is left to do."""
        row = self.connection()
        return bool(row) and (row["state"], row["open"], row["stuck"]) == REST

    def resident(self) -> float:
        """The sidecar's resident memory in MiB."""
        status = Path(f"/proc/{self.sidecar.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


class Rest:
    """True once the sidecar has looked at both ends twice after this was made and has nothing left
    to do. `held` tells what its guard ever held meanwhile."""

    def __init__(self, stage: Stage):
        self._stage, self.held = stage, ""
        self._pid, self._looks = stage.sidecar.pid, stage.looks()

    def __call__(self) -> bool:
        row = self._stage.connection()
        if row and row["state"] == "held":
            self.held = row["reason"]
        if self._pid != self._stage.sidecar.pid:
            self._pid, self._looks = self._stage.sidecar.pid, self._stage.looks()
        # A look under way began before; so did the one that a killed sidecar owed.
        return self._stage.looks() >= self._looks + 2 and self._stage.idle() and self._level()

    def _level(self) -> bool:
        row = self._stage.connection()
        folders, files = self._stage.disk.look()
        counts = (len(folders) + 1, len(files), len(files), len(files))
        return counts == tuple(row[name] for name in "folders files proved released".split())
