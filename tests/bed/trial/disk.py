"""People at the store's end, in the folder behind it.

A deed happens at once or not at all, and tells exactly which contents it did away with: what is
overwritten is exchanged for the new file, what is deleted is first taken out of the store. So
nothing that a sync writes at the same moment is blamed on a person, or the other way round.
"""

import ctypes
import os
import shutil
from pathlib import Path

from .. import place
from ..demo.stores import OWN, Store
from .contents import digest

_HERE = -100  # AT_FDCWD
_KEEP, _EXCHANGE = 1, 2  # RENAME_NOREPLACE, RENAME_EXCHANGE
_libc = ctypes.CDLL(None, use_errno=True)


def _rename(old: Path, new: Path, flag: int) -> None:
    if _libc.renameat2(_HERE, os.fsencode(old), _HERE, os.fsencode(new), flag):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(new))


class Disk:
    """Deeds below the root of `store`. `aside` is a folder on the same disk, outside of it. A deed
    that the present tree does not allow raises OSError and changes nothing."""

    def __init__(self, store: Store, aside: Path):
        self.store, self.aside = store, aside
        aside.mkdir(exist_ok=True)
        # Apache must be able to change what people make.
        self._owner = place.user() if store.kind == "webdav" and os.geteuid() == 0 else None

    def look(self) -> tuple[list[str], list[str]]:
        """Paths of all folders and of all files, in order."""
        folders, files = [], []
        for at, below, names in os.walk(self.store.root):
            below[:] = sorted(set(below) - OWN)
            here = Path(at).relative_to(self.store.root)
            folders += [str(here / name) for name in below]
            files += [str(here / name) for name in names]
        return sorted(folders), sorted(files)

    def contents(self) -> dict[str, bytes]:
        """Every file with its bytes."""
        found = {path: self.store.read(path) for path in self.look()[1]}
        return {path: data for path, data in found.items() if data is not None}

    def kept(self) -> dict[str, str]:
        """Where the sidecar's own folder keeps older contents, by digest."""
        own = self.store.root / ".attache"
        files = [path for path in own.rglob("*") if path.is_file()]
        return {digest(path.read_bytes()): str(path.relative_to(own)) for path in files}

    def write(self, path: str, data: bytes) -> None:
        """A new file."""
        _rename(self._new(data), self.store.root / path, _KEEP)

    def edit(self, path: str, data: bytes) -> str:
        """Other bytes for a file, as editors save: answers the content that was overwritten."""
        new = self._new(data)
        _rename(new, self.store.root / path, _EXCHANGE)
        old = digest(new.read_bytes())
        new.unlink()
        return old

    def make(self, path: str) -> None:
        """A new folder."""
        (self.store.root / path).mkdir()
        self._own(self.store.root / path)

    def move(self, old: str, new: str) -> None:
        """A file or folder goes to another place or gets another name."""
        _rename(self.store.root / old, self.store.root / new, _KEEP)

    def swap(self, one: str, two: str) -> None:
        """Two files change places."""
        _rename(self.store.root / one, self.store.root / two, _EXCHANGE)

    def delete(self, path: str) -> list[str]:
        """A file, or a folder with all there is in it: answers the contents that went."""
        gone = self.aside / "deleted"
        _rename(self.store.root / path, gone, _KEEP)
        found = []
        while gone.exists():
            files = [gone] if gone.is_file() else [p for p in gone.rglob("*") if p.is_file()]
            found += [digest(file.read_bytes()) for file in files]
            shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
        return found

    def below(self, path: str) -> list[str]:
        """The paths of what lies below a folder."""
        folders, files = self.look()
        return [one for one in [*folders, *files] if one.startswith(f"{path}/")]

    def _new(self, data: bytes) -> Path:
        new = self.aside / "new"
        new.write_bytes(data)
        self._own(new)
        return new

    def _own(self, path: Path) -> None:
        if self._owner:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
