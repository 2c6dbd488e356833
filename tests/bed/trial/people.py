"""Seeded people: which deeds they choose, at which end, in which order.

A seed decides every choice from what a person sees at that moment. What that is depends on how
far the sync is, so that a seed played again is much the same round, not exactly.
"""

import datetime
import random
from collections.abc import Callable

from ..process import until
from ..rpc import RpcError
from .contents import Contents, digest, legal
from .office import File, Folder
from .stage import Stage

NAMES = [
    "Plan.txt", "plan.TXT", "Offer: 1/2?.pdf", "Über uns.txt", "U\u0308ber uns.txt", "Scan.pdf",
    "Notes", "a+b%20c.csv", "Photo.png", ".hidden", "Report (2).txt", "Report.txt", "~a.txt",
]  # fmt: skip
WORDS = ["North", "Grün & Söhne", "A/B", "Harbour", "50 % off", "O'Neill", "x", "Rotterdam"]
FIRST = 5  # files that are in step before the storm
REMOVALS = 12  # entries that people do away with in one storm: less than the guard lets pass
KEPT = 6  # rounds whose records stay


class People:
    """Everybody who acts in round `number`; `story` tells what they did. They keep to records and
    folders of their own round, so that a round does not depend on those before."""

    def __init__(self, stage: Stage, contents: Contents, seed: int, number: int):
        self.stage, self.contents, self.number = stage, contents, number
        self.office, self.disk = stage.office, stage.disk
        self.chance = random.Random(f"{seed} {number}")
        self.story: list[str] = []
        self.done = 0
        self._left = REMOVALS
        self._made = 0
        self._hot: list[str] = []
        self._same: tuple[File, str] | None = None

    # -- before the storm -----------------------------------------------------------------

    def settle_in(self) -> None:
        """Two customers and a project, once their folders are in the store, and some files. The
        records of a round long ago go."""
        self._do("odoo", self._retire)
        one = self.office.make_record("res.partner", self._record("A"))
        self.office.make_record("res.partner", self._record("B"))
        self.office.make_record("project.project", self._record("P"), partner_id=one)
        until(lambda: len(self._places(self.disk.look()[0])) >= 4, 60, "folders of the records")
        for _ in range(FIRST):
            self._do("odoo", self._attach)
        for _ in range(FIRST):
            self._do("store", self._write)

    def _record(self, letter: str) -> str:
        return f"Trial {self.number}-{letter} {self.chance.choice(WORDS)}"

    def _retire(self) -> str | None:
        self._left += REMOVALS
        old, gone = f"Trial {self.number - KEPT}-", []
        folders, files = self.office.look()
        # The project first: it lies below a customer.
        for folder in sorted(folders, key=lambda folder: -len(folder.path)):
            if folder.kind == "record" and folder.path[-1].startswith(old):
                depth = len(folder.path)
                inside = [one for one in folders if one.path[:depth] == folder.path]
                inside += [one for one in files if one.folder.path[:depth] == folder.path]
                if self._affordable(len(inside)):
                    self.office.trash_record(folder.model, folder.record)
                    gone.append(folder.path[-1])
        self._left = REMOVALS
        return f"delete records {gone}" if gone else None

    # -- the storm ------------------------------------------------------------------------

    def storm(self, deeds: int, goes_on: Callable[[], bool] = lambda: False) -> None:
        """So many deeds, now at one end and now at the other, in bursts and after pauses; up to
        three times as many while it `goes_on`."""
        odoo: list[tuple[int, Callable]] = [
            (5, self._attach), (4, self._edit), (3, self._rename), (3, self._move),
            (2, self._trash), (2, self._make_folder), (2, self._place_folder),
            (1, self._trash_folder), (1, self._rename_record), (1, self._swap),
        ]  # fmt: skip
        store: list[tuple[int, Callable]] = [
            (5, self._write), (4, self._overwrite), (3, self._rename_stored),
            (3, self._move_stored), (2, self._delete), (1, self._make_stored),
            (2, self._place_stored), (1, self._delete_stored), (1, self._misname),
            (1, self._swap_stored), (1, self._twins),
        ]  # fmt: skip
        while self.done < deeds or (self.done < 3 * deeds and goes_on()):
            self._wait()
            if self.chance.random() < 0.2:
                self._clash()
                continue
            end, choices = self.chance.choice([("odoo", odoo), ("store", store)])
            weights = [weight for weight, _ in choices]
            [(_, deed)] = self.chance.choices(choices, weights)
            self._do(end, deed)

    def _clash(self) -> None:
        """One file has something done to it at both ends, at once."""
        stored = {self._digest(path): path for path in self._places(self.disk.look()[1])}
        both = [file for file in self._seen()[1] if file.digest in stored]
        file = self._pick(both)
        deeds = [
            ("odoo", self.chance.choice([self._edit, self._edit, self._rename, self._move,
                                         self._trash])),
            ("store", self.chance.choice([self._overwrite, self._overwrite, self._rename_stored,
                                          self._move_stored, self._delete])),
        ]  # fmt: skip
        self.chance.shuffle(deeds)
        self._same = (file, stored[file.digest]) if file else None
        for end, deed in deeds:
            self._do(end, deed)
        self._same = None

    def _wait(self) -> None:
        """Often not at all, else for the sync to do something, or everything it knows of."""
        kind, steps = self.chance.choices(["go", "some", "idle"], [11, 6, 3])[0], self.stage.steps()
        more = self.chance.randint(1, 4)
        came = {
            "go": lambda: True,
            "some": lambda: self.stage.steps() >= steps + more or self.stage.idle(),
            "idle": self.stage.idle,
        }
        try:
            until(came[kind], 3, kind)
        except TimeoutError:
            pass  # it is away just now: people go on

    def _do(self, end: str, deed: Callable[[], str | None]) -> None:
        with self.stage.doors[end]:
            try:
                said = deed()
            except RpcError as error:
                said = f"{deed.__name__} refused: {error}"
            except OSError as error:
                said = f"{deed.__name__} not possible: {error.strerror}"
        self.done += 1
        at = datetime.datetime.now(datetime.timezone.utc).strftime("%H:%M:%S.%f")[:-3]
        self.story.append(f"{at} {end}: {said or f'{deed.__name__}: nothing to do'}")

    # -- choosing -------------------------------------------------------------------------

    def _pick(self, things: list):
        return self.chance.choice(things) if things else None

    def _name(self) -> str:
        return self.chance.choice(NAMES)

    def _folder_name(self) -> str:
        self._made += 1
        return f"Folder {self.number}-{self._made}"

    def _content(self) -> bytes:
        return self.contents.fresh(self.chance, self.number, self.chance.random() < 0.3)

    def _affordable(self, entries: int) -> bool:
        if entries > self._left:
            return False
        self._left -= entries
        return True

    def _seen(self) -> tuple[list[Folder], list[File]]:
        """What is this round's in Odoo."""
        with self.stage.doors["odoo"]:
            folders, files = self.office.look()
        mine = {folder.id for folder in folders if self._is_mine("/".join(folder.path))}
        return (
            [folder for folder in folders if folder.id in mine and folder.kind != "rule"],
            [file for file in files if file.folder.id in mine],
        )

    def _is_mine(self, path: str) -> bool:
        return any(f"{kind} {self.number}-" in path for kind in ("Trial", "Folder"))

    def _places(self, paths: list[str]) -> list[str]:
        return [path for path in paths if self._is_mine(path)]

    def _file(self) -> File | None:
        """A file in Odoo, rather one that somebody just touched in the store."""
        if self._same:
            return self._same[0]
        files = self._seen()[1]
        hot = [file for file in files if file.digest in self._hot[-4:]]
        return self._pick(hot if hot and self.chance.random() < 0.6 else files)

    def _stored(self) -> str | None:
        """A file in the store, rather one that somebody just touched in Odoo."""
        if self._same:
            return self._same[1]
        paths = self._places(self.disk.look()[1])
        hot = [path for path in paths if self._digest(path) in self._hot[-4:]]
        return self._pick(hot if hot and self.chance.random() < 0.6 else paths)

    def _digest(self, path: str) -> str:
        return digest(self.disk.store.read(path) or b"")

    def _called(self, known: str) -> str:
        self._hot.append(known)
        return self.contents.name(known)

    # -- in Odoo --------------------------------------------------------------------------

    def _attach(self) -> str:
        folder, name, data = self._pick(self._seen()[0]), self._name(), self._content()
        self.office.attach(folder, name, data)
        self.contents.wrote(data, f"Odoo {'/'.join(folder.path)}/{name}")
        return f"attach {name!r} to {folder.path}: {self._called(digest(data))}"

    def _edit(self) -> str | None:
        if file := self._file():
            data = self._content()
            self.office.edit(file.id, data)
            self.contents.wrote(data, f"Odoo {'/'.join(file.folder.path)}/{file.name}")
            new = self._called(digest(data))
            return f"edit {file.name!r} {self._called(file.digest)} -> {new}"

    def _rename(self) -> str | None:
        if file := self._file():
            name = self._name()
            self.office.rename(file.id, name)
            return f"rename {file.name!r} {self._called(file.digest)} to {name!r}"

    def _move(self) -> str | None:
        if file := self._file():
            folder = self._pick(self._seen()[0])
            self.office.move(file.id, folder)
            return f"move {file.name!r} {self._called(file.digest)} to {folder.path}"

    def _swap(self) -> str | None:
        """Two files of one folder exchange their names."""
        if one := self._file():
            near = [two for two in self._seen()[1] if two.folder == one.folder and two != one]
            if two := self._pick(near):
                self.office.rename(one.id, two.name)
                self.office.rename(two.id, one.name)
                both = [self._called(file.digest) for file in (one, two)]
                return f"exchange the names of {both}: {one.name!r}, {two.name!r}"

    def _trash(self) -> str | None:
        if (file := self._file()) and self._affordable(1):
            self.office.trash(file.id)
            return f"delete {file.name!r} {self._called(file.digest)}"

    def _make_folder(self) -> str:
        folder, name = self._pick(self._seen()[0]), self._folder_name()
        self.office.make_folder(folder.id, name)
        return f"make {name!r} in {folder.path}"

    def _manual(self) -> Folder | None:
        return self._pick([folder for folder in self._seen()[0] if folder.kind == "manual"])

    def _place_folder(self) -> str | None:
        if folder := self._manual():
            if self.chance.random() < 0.5:
                name = self._folder_name()
                self.office.place_folder(folder.id, name=name)
                return f"rename folder {folder.path} to {name!r}"
            parent = self._pick(self._seen()[0])
            self.office.place_folder(folder.id, parent_id=parent.id)
            return f"move folder {folder.path} to {parent.path}"

    def _trash_folder(self) -> str | None:
        if folder := self._manual():
            folders, files = self._seen()
            depth = len(folder.path)
            inside = [one for one in folders if one.path[:depth] == folder.path]
            ids = {one.id for one in inside}
            files = [file for file in files if file.folder.id in ids]
            if self._affordable(len(inside) + len(files)):
                self.office.trash_folder(folder.id)
                return f"delete folder {folder.path} with {len(files)} files"

    def _rename_record(self) -> str | None:
        if folder := self._pick([one for one in self._seen()[0] if one.kind == "record"]):
            letter = folder.path[-1].split("-", 1)[1][0]
            name = self._record(letter)
            self.office.rename_record(folder.model, folder.record, name)
            return f"rename record {folder.path} to {name!r}"

    # -- in the store ---------------------------------------------------------------------

    def _folder_stored(self) -> str:
        return self._pick(self._places(self.disk.look()[0]))

    def _write(self) -> str:
        path = f"{self._folder_stored()}/{self._name().replace('/', '-')}"
        data = self._content()
        self.disk.write(path, data)
        self.contents.wrote(data, f"store {path}")
        return f"write {path!r}: {self._called(digest(data))}"

    def _overwrite(self) -> str | None:
        if path := self._stored():
            data = self._content()
            old = self.disk.edit(path, data)
            self.contents.gave_up(old)
            self.contents.wrote(data, f"store {path}")
            return f"edit {path!r} {self._called(old)} -> {self._called(digest(data))}"

    def _rename_stored(self) -> str | None:
        if path := self._stored():
            known, name = self._digest(path), self._name().replace("/", "-")
            self.disk.move(path, f"{path.rpartition('/')[0]}/{name}")
            return f"rename {path!r} {self._called(known)} to {name!r}"

    def _move_stored(self) -> str | None:
        if path := self._stored():
            known = self._digest(path)
            new = f"{self._folder_stored()}/{path.rpartition('/')[2]}"
            self.disk.move(path, new)
            return f"move {path!r} {self._called(known)} to {new!r}"

    def _swap_stored(self) -> str | None:
        """Two files exchange their places and names."""
        if one := self._stored():
            two = self._pick([path for path in self._places(self.disk.look()[1]) if path != one])
            if two:
                both = [self._called(self._digest(path)) for path in (one, two)]
                self.disk.swap(one, two)
                return f"exchange {one!r} and {two!r}: {both}"

    def _twins(self) -> str:
        """The same bytes under the same name at both ends: they may become one file, or not."""
        folder, name, data = self._pick(self._seen()[0]), self._name(), self._content()
        path = "/".join([*map(legal, folder.path), name.replace("/", "-")])
        self.disk.write(path, data)
        self.contents.wrote(data, f"store {path}")
        known = digest(data)
        with self.stage.doors["odoo"]:
            self.office.attach(folder, name, data)
            self.contents.twins.add(known)
        return f"write {path!r} and attach the same to {folder.path}: {self._called(known)}"

    def _delete(self) -> str | None:
        if (path := self._stored()) and self._affordable(1):
            [old] = self.disk.delete(path)
            self.contents.gave_up(old)
            return f"delete {path!r} {self._called(old)}"

    def _make_stored(self) -> str:
        path = f"{self._folder_stored()}/{self._folder_name()}"
        self.disk.make(path)
        return f"make {path!r}"

    def _manual_stored(self) -> str | None:
        paths = self._places(self.disk.look()[0])
        return self._pick([one for one in paths if one.rpartition("/")[2].startswith("Folder ")])

    def _place_stored(self) -> str | None:
        path = self._manual_stored()
        # A store of paths does not tell a renamed folder from another one that is as empty.
        if path and self._affordable(1 + len(self.disk.below(path))):
            above = path.rpartition("/")[0]
            if self.chance.random() < 0.5:
                new = f"{above}/{self._folder_name()}"
            else:
                new = f"{self._folder_stored()}/{path.rpartition('/')[2]}"
            self.disk.move(path, new)
            return f"move folder {path!r} to {new!r}"

    def _delete_stored(self) -> str | None:
        path = self._manual_stored()
        if path and self._affordable(1 + len(self.disk.below(path))):
            old = self.disk.delete(path)
            self.contents.gave_up(*old)
            return f"delete folder {path!r} with {[self._called(one) for one in old]}"

    def _misname(self) -> str | None:
        """A record's folder gets another name in the store, which its rule takes back."""
        paths = self._places(self.disk.look()[0])
        paths = [path for path in paths if path.rpartition("/")[2].startswith("Trial ")]
        path = self._pick(paths)
        if path and self._affordable(1 + len(self.disk.below(path))):
            self.disk.move(path, f"{path} misnamed")
            return f"rename automatic folder {path!r}"
