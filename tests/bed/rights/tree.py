"""A random tree of folders with files, and the people who look at it. Nothing here knows Odoo: a
case is made from its seed alone, and can be cut down to what matters."""

import random
from dataclasses import dataclass, field, replace

# (model, how it is kept from people); the stage makes them once, in this order.
RECORDS = (
    ("project.project", "open"),
    ("project.project", "followers"),
    ("project.task", "open"),
    ("project.task", "followers"),
    ("project.task", "archived"),
    ("res.partner", "open"),
    ("res.partner", "open"),
    ("res.partner", "private"),
    ("res.partner", "company"),
    ("res.partner", "archived"),
    ("crm.lead", "own"),
    ("crm.lead", "others"),
)
PEOPLE = ("clerk", "seller", "manager", "boss", "system", "portal")
GROUPS = ("a", "b", "c")
ADMINS = {"boss", "system"}
OUTSIDE = {"portal"}
NOBODY = "nobody"  # whoever made what no person of a case made


@dataclass(frozen=True)
class Folder:
    """Folder number `number`; 0 is the connection's root. `parent` is a smaller number."""

    number: int
    parent: int | None
    kind: str
    record: int | None = None  # of RECORDS; of a rule's folder: what it is called by
    maker: str = NOBODY
    trashed: bool = False
    restricted: bool = False
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    editors: frozenset[str] = frozenset()
    editor_groups: frozenset[str] = frozenset()

    def __str__(self) -> str:
        words = [f"{self.number}: {self.kind}"]
        if self.parent is not None:
            words.append(f"in {self.parent}")
        if self.record is not None:
            words.append("of {} {} ({})".format(self.record, *RECORDS[self.record]))
        words += ["in the trash"] * self.trashed
        if self.restricted:
            words.append(f"for {_list(self.users, self.groups)}")
        if self.editors or self.editor_groups:
            words.append(f"changed by {_list(self.editors, self.editor_groups)}")
        if self.maker != NOBODY:
            words.append(f"made by {self.maker}")
        return " ".join(words)


@dataclass(frozen=True)
class File:
    """File number `number` in a folder."""

    number: int
    folder: int
    trashed: bool = False

    def __str__(self) -> str:
        return f"file {self.number} in {self.folder}{' (in the trash)' * self.trashed}"


@dataclass(frozen=True)
class Tree:
    """A case. Folders are in the order of their numbers, which need not be without gaps."""

    folders: tuple[Folder, ...]
    files: tuple[File, ...]
    members: dict[str, frozenset[str]] = field(default_factory=dict)  # {group: people}

    def __str__(self) -> str:
        lines = [str(folder) for folder in self.folders] + [str(file) for file in self.files]
        lines += [f"group {name}: {_list(people)}" for name, people in self.members.items()]
        return "\n".join(f"    {line}" for line in lines)

    def smaller(self):
        """Trees with one thing less, the larger cuts first."""
        for folder in reversed(self.folders[1:]):
            gone = {folder.number}
            for other in self.folders:
                if other.parent in gone:
                    gone.add(other.number)
            yield replace(
                self,
                folders=tuple(one for one in self.folders if one.number not in gone),
                files=tuple(one for one in self.files if one.folder not in gone),
            )
        for file in self.files:
            yield replace(self, files=tuple(one for one in self.files if one != file))
        for folder in self.folders:
            if folder.maker != NOBODY:
                yield self._with(folder, replace(folder, maker=NOBODY))
            for name in ("trashed", "restricted", "editors", "editor_groups", "users", "groups"):
                if getattr(folder, name):
                    plain = replace(folder, **{name: type(getattr(folder, name))()})
                    kept = plain.restricted or not (plain.users or plain.groups)
                    if kept:
                        yield self._with(folder, plain)

    def _with(self, folder, other):
        return replace(self, folders=tuple(other if one == folder else one for one in self.folders))


def _list(*names) -> str:
    return ", ".join(sorted(name for some in names for name in some)) or "nobody"


def members(chance: random.Random) -> dict[str, frozenset[str]]:
    """Who is in which group."""
    return {group: _some(chance, PEOPLE, 0.35) for group in GROUPS}


def grow(chance: random.Random, members: dict[str, frozenset[str]]) -> Tree:
    """A random tree. Rules' folders are more often high up and records in them, as in life, but
    everything may stand anywhere."""
    folders = [Folder(0, None, "root")]
    homes = list(range(len(RECORDS)))
    chance.shuffle(homes)
    for number in range(1, chance.randint(4, 13)):
        parents = [one for one in folders if one.kind != "shortcut"]
        # Deep trees rather than broad ones: what is above is what this is about.
        parent = chance.choice(parents[-4:] if chance.random() < 0.6 else parents)
        usual = {"root": "RRRm", "rule": "Rrrrsm", "record": "Rrmmm", "manual": "Rrsmm"}
        letter = chance.choice(usual[parent.kind])
        if letter == "r" and not homes:
            letter = "m"
        folders.append(_folder(chance, number, parent.number, letter, homes))
    for number, folder in enumerate(folders[1:], 1):
        if chance.random() < 0.07:
            folders[number] = replace(folder, trashed=True)
    there = [one for one in _alive(folders) if one.kind != "shortcut"]
    files = [
        File(number, chance.choice(there).number, chance.random() < 0.1)
        for number in range(chance.randint(2, 6))
    ]
    return Tree(tuple(folders), tuple(files), members)


def _folder(chance, number, parent, letter, homes) -> Folder:
    if letter == "R":
        called_by = chance.randrange(len(RECORDS)) if chance.random() < 0.4 else None
        return Folder(number, parent, "rule", called_by)
    if letter == "r":
        return Folder(number, parent, "record", homes.pop())
    if letter == "s":
        return Folder(number, parent, "shortcut", chance.randrange(len(RECORDS)))
    users = groups = editors = editor_groups = frozenset()
    restricted = chance.random() < 0.4
    if restricted:  # sometimes with nobody left in its lists
        users, groups = _some(chance, PEOPLE, 0.25), _some(chance, GROUPS, 0.25)
    if chance.random() < 0.4:
        editors, editor_groups = _some(chance, PEOPLE, 0.25), _some(chance, GROUPS, 0.25)
    maker = chance.choice(PEOPLE) if chance.random() < 0.25 else NOBODY
    return Folder(
        number, parent, "manual", None, maker, False, restricted, users, groups, editors,
        editor_groups,
    )  # fmt: skip


def _alive(folders):
    gone = set()
    for folder in folders:
        if folder.trashed or folder.parent in gone:
            gone.add(folder.number)
        else:
            yield folder


def _some(chance, things, share) -> frozenset[str]:
    return frozenset(thing for thing in things if chance.random() < share)
