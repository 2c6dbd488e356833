"""The stores a demo can use, each with what a person does to it at its own end.

Paths are those below the connection's root, with slashes. Reading always looks at the disk
behind the store; writing goes the way that a user of such a store has.
"""

import contextlib
import os
import shutil
import urllib.parse
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

from .. import walk
from ..apache import Apache
from .home import Home

OWN = {".attache", ".DAV"}


class Seen(NamedTuple):
    """One file on the disk. `mark` changes when the bytes are written anew, not by a move."""

    size: int
    mark: tuple[int, int]


class Store(ABC):
    """`root` is the connection's root folder on the disk."""

    kind: str
    root: Path

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_) -> None:
        return None

    @abstractmethod
    def words(self) -> tuple[list[str], dict[str, str]]:
        """Arguments and variables of `attache connect`."""

    @abstractmethod
    def ways_in(self) -> dict[str, str]:
        """How programs and people reach it."""

    # -- looking --------------------------------------------------------------------------

    def files(self) -> dict[str, Seen]:
        """Every file by path."""
        found = {}
        for path in self._walk():
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    facts = path.stat()
                    mark = (facts.st_ino, facts.st_mtime_ns)
                    found[str(path.relative_to(self.root))] = Seen(facts.st_size, mark)
        return found

    def folders(self) -> list[str]:
        """Every folder by path."""
        return [str(path.relative_to(self.root)) for path in self._walk() if path.is_dir()]

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return (self.root / path).read_bytes()
        return None

    def inside(self, folder: str) -> dict[str, bytes]:
        """The files directly in a folder, by name."""
        found = {}
        with contextlib.suppress(FileNotFoundError):
            for path in sorted((self.root / folder).iterdir()):
                if path.is_file() and (data := self.read(f"{folder}/{path.name}")) is not None:
                    found[path.name] = data
        return found

    def count(self, folder: str) -> int:
        """How many files and folders are directly in a folder."""
        return len(os.listdir(self.root / folder))

    def is_folder(self, path: str) -> bool:
        return (self.root / path).is_dir()

    def _walk(self) -> list[Path]:
        found = walk.below(self.root)
        return [path for path in found if not OWN & set(path.relative_to(self.root).parts)]

    # -- acting as a person ---------------------------------------------------------------

    @abstractmethod
    def write(self, path: str, data: bytes) -> None: ...

    @abstractmethod
    def make(self, folder: str) -> None: ...

    @abstractmethod
    def move(self, old: str, new: str) -> None: ...

    @abstractmethod
    def delete(self, path: str) -> None: ...

    # -- mishaps --------------------------------------------------------------------------

    @abstractmethod
    def away(self) -> contextlib.AbstractContextManager:
        """The store cannot be reached meanwhile."""

    @contextlib.contextmanager
    def emptied(self):
        """The root holds nothing meanwhile, not even the sidecar's own folder."""
        aside = self.root.with_name(self.root.name + ".aside")
        aside.mkdir()
        _move_all(self.root, aside)
        try:
            yield
        finally:
            _move_all(aside, self.root)
            aside.rmdir()


def _move_all(source: Path, target: Path) -> None:
    for path in source.iterdir():
        path.rename(target / path.name)


class FolderStore(Store):
    """A folder of this machine."""

    kind = "folder"

    def __init__(self, home: Home):
        self.root = home.store

    def words(self):
        return ["folder", "--name", "Demo", "--path", str(self.root)], {}

    def ways_in(self):
        return {"kind": self.kind, "path": str(self.root)}

    def write(self, path, data):
        target = self.root / path
        # As editors do: beside it, then in its place, so that nobody sees half a file.
        new = self.root.with_name("being-written")
        new.write_bytes(data)
        new.rename(target)

    def make(self, folder):
        (self.root / folder).mkdir()

    def move(self, old, new):
        (self.root / old).rename(self.root / new)

    def delete(self, path):
        target = self.root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    @contextlib.contextmanager
    def away(self):
        gone = self.root.with_name(self.root.name + ".gone")
        self.root.rename(gone)
        try:
            yield
        finally:
            if self.root.exists():
                # Must stay empty for this to work: whoever wrote here lost track of the store.
                self.root.rmdir()
            gone.rename(self.root)


class WebDavStore(Store):
    """Apache's WebDAV server; the connection's root is a folder below its own."""

    kind = "webdav"
    BELOW = "Odoo"

    def __init__(self, home: Home):
        self.apache = Apache(
            folder=home.data / "apache", password=home.secret("webdav"), port=home.port("webdav")
        )

    def __enter__(self):
        self.apache.__enter__()
        self.root = self.apache.root / self.BELOW
        return self

    def __exit__(self, *error):
        self.apache.__exit__(*error)

    @property
    def url(self) -> str:
        return f"{self.apache.url}/{self.BELOW}"

    def words(self):
        words = ["webdav", "--name", "Demo", "--url", self.url, "--user", self.apache.user]
        return words, {"WEBDAV_PASSWORD": self.apache.password}

    def ways_in(self):
        return {
            "kind": self.kind,
            "url": self.url,
            "user": self.apache.user,
            "password": self.apache.password,
            "path": str(self.root),
        }

    def uploads(self) -> int:
        """How many files were ever sent to the server."""
        with open(self.apache.requests, errors="replace") as log:
            return sum(line.startswith("PUT ") for line in log)

    def write(self, path, data):
        self._ask("PUT", path, data=data)

    def make(self, folder):
        self._ask("MKCOL", folder)

    def move(self, old, new):
        target = f"{self.url}/{urllib.parse.quote(new)}"
        self._ask("MOVE", old, headers={"Destination": target, "Overwrite": "F"})

    def delete(self, path):
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **options) -> None:
        path = urllib.parse.quote(f"{self.BELOW}/{path}")
        self.apache.request(method, path, **options).raise_for_status()

    @contextlib.contextmanager
    def away(self):
        self.apache.stop()
        try:
            yield
        finally:
            self.apache.start()


KINDS = {store.kind: store for store in (FolderStore, WebDavStore)}
