"""What must hold once both ends are in step."""

import os
import re
import unicodedata
from collections import defaultdict

from .contents import Contents, digest, legal
from .office import File
from .stage import Stage

SAMPLE = 20  # files of earlier rounds whose bytes are fetched from Odoo as well


def fits(odoo: str, store: str) -> bool:
    """Whether a file of this name in Odoo may have that name in the store: the same, made legal
    unless it was born in the store, and with a number where a sibling held it."""
    found = unicodedata.normalize("NFC", store)
    for name in (legal(odoo), unicodedata.normalize("NFC", odoo)):
        stem, ending = os.path.splitext(name)
        if re.fullmatch(re.escape(stem) + r"( \(\d+\))*" + re.escape(ending), found):
            return True
    return False


class Ends:
    """Both ends as they are now. Each check answers what is wrong, one line for each fault."""

    def __init__(self, stage: Stage, contents: Contents):
        self.stage, self.contents = stage, contents
        contents.gave_up(*stage.office.given_up())
        self.folders, self.files = stage.office.look()
        self.stored_folders, _ = stage.disk.look()
        self.stored_files = stage.disk.contents()
        self.in_odoo: dict[str, list[File]] = defaultdict(list)
        for file in self.files:
            self.in_odoo[file.digest].append(file)
        self.in_store: dict[str, list[str]] = defaultdict(list)
        for path, data in self.stored_files.items():
            self.in_store[digest(data)].append(path)

    def lost(self) -> list[str]:
        """What nobody overwrote or deleted lies at both ends."""
        faults = []
        for known in sorted(self.contents.alive()):
            missing = [
                end
                for end, there in (("Odoo", self.in_odoo), ("the store", self.in_store))
                if known not in there
            ]
            if missing:
                content = self.contents.written[known]
                faults.append(
                    f"{content.token} is missing in {' and '.join(missing)}; "
                    f"written to {content.said}; {self._whereabouts(known)}"
                )
        return faults

    def doubled(self) -> list[str]:
        """Nothing lies at more places of one end than it was put at, which is one but for twins."""
        faults = []
        for known in sorted(self.contents.written):
            for end, places in (
                ("Odoo", [self._said(file) for file in self.in_odoo.get(known, [])]),
                ("the store", self.in_store.get(known, [])),
            ):
                if len(places) > 1 + (known in self.contents.twins):
                    name = self.contents.name(known)
                    faults.append(f"{name} lies {len(places)} times in {end}: {places}")
        return faults

    def strange(self) -> list[str]:
        """Nothing lies there that nobody wrote, such as half a file."""
        known = self.contents.written
        return [
            f"{path} has {len(data)} bytes that nobody wrote, beginning {data[:40]!r}"
            for path, data in self.stored_files.items()
            if digest(data) not in known
        ] + [
            f"Odoo's {self._said(file)} has a checksum of nothing that was written"
            for file in self.files
            if file.digest not in known
        ]

    def uneven(self) -> list[str]:
        """Both trees are equal: the same folders, and each file in the same one."""
        folders = {"/".join(map(legal, folder.path)) for folder in self.folders if folder.path}
        stored = {unicodedata.normalize("NFC", path) for path in self.stored_folders}
        faults = [f"folder {path} is in Odoo only" for path in sorted(folders - stored)]
        faults += [f"folder {path} is in the store only" for path in sorted(stored - folders)]
        for known in sorted(self.in_odoo.keys() | self.in_store.keys()):
            ours, theirs = self.in_odoo.get(known, []), list(self.in_store.get(known, []))
            for file in ours:
                there = next((path for path in theirs if self._match(file, path)), None)
                if there is None:
                    faults.append(
                        f"{self.contents.name(known)}: Odoo's {self._said(file)} has no equal in "
                        f"the store, which has it at {theirs}"
                    )
                else:
                    theirs.remove(there)
            if theirs and len(ours) != len(self.in_store[known]):
                name = self.contents.name(known)
                faults.append(f"{name}: the store's {theirs} has no equal in Odoo")
        return faults

    def unreadable(self, number: int, chance) -> list[str]:
        """Odoo gives the bytes of each file of round `number`, and of some others."""
        mark = f"token r{number}-".encode()
        known = self.contents.written
        mine, others = [], []
        for file in self.files:
            if content := known.get(file.digest):
                (mine if content.data.startswith(mark) else others).append(file)
        faults = []
        for file in mine + chance.sample(others, min(SAMPLE, len(others))):
            data = self.stage.office.download(file.id)
            if data != known[file.digest].data:
                size = "none" if data is None else len(data)
                faults.append(
                    f"{self.contents.name(file.digest)}: Odoo gives {size} bytes of "
                    f"{self._said(file)}, wanted {file.size}"
                )
        return faults

    def _said(self, file: File) -> str:
        return f"{'/'.join(file.folder.path)}/{file.name} (attachment {file.id})"

    def _match(self, file: File, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        ours = "/".join(map(legal, file.folder.path))
        return unicodedata.normalize("NFC", folder) == ours and fits(file.name, name)

    def _whereabouts(self, known: str) -> str:
        found = [f"in Odoo at {self._said(file)}" for file in self.in_odoo.get(known, [])]
        found += [f"in the store at {path}" for path in self.in_store.get(known, [])]
        if reason := self.stage.office.trashed().get(known):
            found.append(f"in Odoo's trash ({reason})")
        if kept := self.stage.disk.kept().get(known):
            found.append(f"kept in the store's .attache/{kept}")
        return f"found {', '.join(found) or 'nowhere at all'}"
