"""Who may do what, written from what is promised about rights, in plain Python.

85. A folder of a rule follows its record: a record's folder and a shortcut are there for those who
    may read the record. A rule's other folders are there for those for whom something is in them,
    and for Attaché's administrators.
86. A folder that a person made is for the people and groups it names, and for its maker; when it
    names none, for everybody. One that named somebody and names nobody any more is for its maker
    and the administrators.
87. Whoever may not see a folder sees nothing below it.
89. People from outside see no folders.

Writing needs the right to change the nearest record at or above, which is not archived, and that
every folder on the way which names editors names this person, who is its maker or an administrator
otherwise. A file of a record is read by those who read the record, unless it lies in a folder for
others; a file without one by those who see its folder. What is in the trash is the administrators'.
"""

from .tree import ADMINS, OUTSIDE, RECORDS, Tree


class Facts:
    """What Odoo says about the records themselves, which is none of Attaché's business."""

    def __init__(self, readable: set[tuple[str, int]], writable: set[tuple[str, int]]):
        self.readable, self.writable = readable, writable


class Expected:
    """What one person may do in a tree."""

    def __init__(self, tree: Tree, facts: Facts, person: str):
        self.tree, self.facts, self.person = tree, facts, person
        self.folders = {folder.number: folder for folder in tree.folders}
        self.mine = {group for group, people in tree.members.items() if person in people}
        self.admin, self.outside = person in ADMINS, person in OUTSIDE
        self.seen = {number for number in self.folders if self._sees(number)}
        self.written = {number for number in self.seen if self._writes(number)}
        alive = [file for file in tree.files if not file.trashed and not self._gone(file.folder)]
        self.read = {file.number for file in alive if self._reads(file)}
        self.changed = {f.number for f in alive if f.number in self.read and self._changes(f)}
        dead = {file.number for file in tree.files if file not in alive}
        self.trash = dead if self.admin else set()

    # -- folders --------------------------------------------------------------------------

    def way(self, number):
        """From the folder up to the root."""
        while number is not None:
            yield self.folders[number]
            number = self.folders[number].parent

    def below(self, number):
        """The folders below one."""
        return [
            folder
            for folder in self.tree.folders
            if folder.number != number
            and number in {step.number for step in self.way(folder.number)}
        ]

    def _gone(self, number):
        return any(step.trashed for step in self.way(number))

    def _named(self, users, groups):
        return self.person in users or bool(self.mine & groups)

    def _open(self, folder):
        """Whether nothing about the folder itself keeps this person out."""
        if folder.trashed:
            return False
        if folder.kind in ("record", "shortcut"):
            return (self.person, folder.record) in self.facts.readable
        return not self._kept_out(folder)

    def _kept_out(self, folder):
        if folder.kind != "manual" or not folder.restricted or folder.maker == self.person:
            return False
        if not folder.users and not folder.groups:
            return not self.admin
        return not self._named(folder.users, folder.groups)

    def _sees(self, number):
        folder = self.folders[number]
        if self.outside or not all(self._open(step) for step in self.way(number)):
            return False
        return folder.kind != "rule" or self.admin or self._holds(number)

    def _holds(self, number):
        """Whether there is something for this person in a rule's folder."""
        # A folder that is in the trash took its files along.
        if any(file.folder == number and not file.trashed for file in self.tree.files):
            return True
        inside = [folder for folder in self.tree.folders if folder.parent == number]
        return any(
            self._holds(folder.number) if folder.kind == "rule" else True
            for folder in inside
            if self._open(folder)
        )

    def record(self, number):
        """The nearest record at or above a folder."""
        for step in self.way(number):
            if step.kind in ("record", "shortcut"):
                return step.record
        return None

    def _writes_record(self, number):
        record = self.record(number)
        if record is None:
            return True
        archived = RECORDS[record][1] == "archived"
        return (self.person, record) in self.facts.writable and not archived

    def _edits(self, number):
        for step in self.way(number):
            limited = step.kind == "manual" and (step.editors or step.editor_groups)
            if limited and not self.admin and step.maker != self.person:
                if not self._named(step.editors, step.editor_groups):
                    return False
        return True

    def _writes(self, number):
        return self._writes_record(number) and self._edits(number)

    # -- files ----------------------------------------------------------------------------

    def _reads(self, file):
        if self.outside:
            return False
        record = self.record(file.folder)
        if record is None:
            return file.folder in self.seen
        others = any(self._kept_out(step) for step in self.way(file.folder))
        return (self.person, record) in self.facts.readable and not others

    def _changes(self, file):
        if self.record(file.folder) is None:
            return file.folder in self.written
        return self._writes(file.folder)

    # -- deeds: whether it must go well ---------------------------------------------------

    def target(self, number):
        """Where what is put into a folder comes to lie: a shortcut leads to its record's."""
        folder = self.folders[number]
        if folder.kind != "shortcut":
            return number
        for other in self.tree.folders:
            home = (other.kind, other.record) == ("record", folder.record)
            if home and not self._gone(other.number):
                return other.number
        return None

    def may_make(self, number):
        return number in self.written and self.folders[number].kind != "shortcut"

    def may_rename(self, number):
        return number in self.written and self.folders[number].kind == "manual"

    def may_move(self, number, to):
        inside = self.below(number)
        return (
            self.may_rename(number)
            and self.may_make(to)
            and to not in {number, *(folder.number for folder in inside)}
            and all(one.number in self.written for one in inside if not self._gone(one.number))
        )

    def may_delete(self, number):
        """Other records' folders below move out of the way, with all that is below them."""
        if not self.may_rename(number):
            return False
        for folder in self.below(number):
            steps = list(self.way(folder.number))
            steps = steps[: [step.number for step in steps].index(number)]
            if any(step.kind == "record" for step in steps) or self._gone(folder.number):
                continue
            if folder.number not in self.written:
                return False
        return True

    def may_upload(self, number):
        return self.target(number) in self.written

    def may_move_file(self, number, to):
        return number in self.changed and self.may_upload(to)
