"""Looks at a store on the disk while a sidecar changes it."""

import contextlib
import os
from pathlib import Path


def below(folder: Path) -> list[Path]:
    """Everything below a folder, sorted; what goes while this looks is left out."""
    found = []
    for at, folders, files in os.walk(folder):
        found += (Path(at, name) for name in (*folders, *files))
    return sorted(found)


def files_below(folder: Path) -> dict[Path, bytes]:
    """The files below a folder with their bytes."""
    found = {}
    for path in below(folder):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            found[path] = path.read_bytes()
    return found
