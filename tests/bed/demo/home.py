"""Where a demo keeps its data, and what it remembers between runs.

`.demo` in the clone holds the folder store and `endpoints.json`. What PostgreSQL and Odoo must
reach lies there too, or below /var/lib/attache/demo where their users cannot enter root's clone.
The variable ATTACHE_DEMO names another folder for all of it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
from pathlib import Path

from .. import place, process

FALLBACK = Path("/var/lib/attache/demo")


class Busy(RuntimeError):
    """Another demo uses the same data."""


class Home:
    """The folders of the demo with one kind of store. Entering takes them for this process."""

    def __init__(self, kind: str):
        self.kind = kind
        given = os.environ.get("ATTACHE_DEMO")
        self.clone = Path(given).resolve() if given else place.REPO / ".demo"
        out_of_reach = os.geteuid() == 0 and not place.reachable(self.clone.parent)
        name = hashlib.sha256(str(self.clone).encode()).hexdigest()[:12]
        self.base = FALLBACK / name if out_of_reach else self.clone
        self.data = self.base / kind
        self.store = self.clone / "store"
        self.endpoints = self.clone / "endpoints.json"
        self._file = self.data / "state.json"

    def __enter__(self) -> "Home":
        for folder in (self.clone, self.base):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.base / "demo.lock", "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise Busy(f"another demo runs in {self.base}: stop it first") from None
        self._load()
        if self.kind == "folder" and "introduced" in self.known and not self.store.exists():
            self.clear()  # somebody removed the clone's half
        return self

    def __exit__(self, *_) -> None:
        self._lock.close()

    def clear(self) -> None:
        """Forgets everything that earlier runs with this kind of store made."""
        shutil.rmtree(self.data, ignore_errors=True)
        if self.kind == "folder":
            shutil.rmtree(self.store, ignore_errors=True)
        self._load()

    # -- what is remembered ---------------------------------------------------------------

    def _load(self) -> None:
        self.data.mkdir(exist_ok=True)
        self.known: dict = {}
        with contextlib.suppress(FileNotFoundError):
            self.known = json.loads(self._file.read_text())

    def remember(self, **facts) -> None:
        """Keeps facts for the next run; for the caller's eyes only, since some are secrets."""
        self.known |= facts
        write_private(self._file, self.known)

    def port(self, name: str) -> int:
        """The port that a server had before if it is free, else a free one."""
        known = self.known.get("ports", {})
        port = known.get(name)
        if not port or not _is_free(port):
            port = process.free_port()
        self.remember(ports={**known, name: port})
        return port

    def secret(self, name: str) -> str:
        """A secret that stays the same over runs."""
        if name not in self.known:
            self.remember(**{name: secrets.token_hex(32)})
        return self.known[name]


def write_private(path: Path, facts: dict) -> None:
    """Writes JSON that only its owner may read."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(facts, indent=2) + "\n")
    new.rename(path)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
