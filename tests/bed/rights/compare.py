"""One tree, one person: what Odoo answers beside what must be."""

import random

from .expected import Expected
from .stage import Stage

SOME = 2  # pages opened; rights are asked of all folders and files


class Compared:
    """Collects what differs as sentences. The ids of Odoo are told as numbers of the tree."""

    def __init__(self, stage: Stage, expected: Expected, folders: dict, files: dict, seed: int):
        self.stage, self.expected, self.person = stage, expected, expected.person
        self.folder_ids, self.file_ids = folders, files
        self.folder_numbers = {id_: number for number, id_ in folders.items()}
        self.file_numbers = {id_: number for number, id_ in files.items()}
        self.env = stage.env_of(self.person)
        self.chance = random.Random(f"{seed}/{self.person}")
        self.wrong: list[str] = []

    def run(self, web: bool) -> list[str]:
        """`web` asks the web server too."""
        if self.expected.outside:
            self.outside()
        else:
            self.folders()
            self.files()
            self.screens()
            self.deeds()
        if web:
            self.pages()
        return self.wrong

    def same(self, what, got, wanted):
        if got != wanted:
            more = f"too much: {sorted(got - wanted)}" if got - wanted else ""
            less = f"missing: {sorted(wanted - got)}" if wanted - got else ""
            self.wrong.append(f"{self.person}, {what}: {', '.join(filter(None, (more, less)))}")

    def numbers(self, folders):
        return {self.folder_numbers[id_] for id_ in folders.ids if id_ in self.folder_numbers}

    # -- asking ---------------------------------------------------------------------------

    def folders(self):
        Folder, seen = self.env["attache.folder"], self.expected.seen
        ids = list(self.folder_ids.values())
        root = self.folder_ids[0]
        self.same("search of all", self.numbers(Folder.search([])), seen)
        self.same("search by id", self.numbers(Folder.search([("id", "in", ids)])), seen)
        below = Folder.search([("id", "child_of", root)])
        self.same("search below the root", self.numbers(below), seen)
        top = self.chance.choice(ids)
        tree = {self.folder_numbers[top]}
        tree |= {one.number for one in self.expected.below(self.folder_numbers[top])}
        below = Folder.search([("id", "child_of", top)])
        self.same(f"search below {self.folder_numbers[top]}", self.numbers(below), seen & tree)
        listed = Folder.search([("parent_id", "in", ids)])
        self.same("search by parent", self.numbers(listed), seen - {0})
        # In a shape that tells nothing of where they are.
        named = Folder.search(["|", ("name", "like", "%"), ("parent_id", "=", False)])
        self.same("search by name", self.numbers(named), seen)
        found = {self.folder_numbers.get(id_) for id_, _ in Folder.name_search("", limit=None)}
        self.same("name search", found - {None}, seen)
        groups = Folder._read_group([("id", "in", ids)], ["kind"], ["id:recordset"])
        grouped = {one for _, some in groups for one in self.numbers(some)}
        self.same("read_group", grouped, seen)
        all_ = Folder.browse(ids)
        for operation, wanted in (
            ("read", seen), ("write", self.expected.written), ("unlink", self.expected.written),
        ):  # fmt: skip
            allowed = self.numbers(all_._filtered_access(operation))
            self.same(f"right to {operation}", allowed, wanted)
        for id_ in self.chance.sample(ids, min(SOME, len(ids))):
            number = self.folder_numbers[id_]
            refused = self.stage.tries(lambda id_=id_: Folder.browse(id_).read(["name"]))
            self.tried(f"reads {number}", refused, number in seen)
            inside = {one for one in seen if self.expected.folders[one].parent == number}
            if number in seen:
                children = self.numbers(Folder.browse(id_).child_ids)
                self.same(f"subfolders of {number}", children, inside)

    def files(self):
        File, read = self.env["ir.attachment"], self.expected.read | self.expected.trash
        ids = list(self.file_ids.values())

        def numbers(files):
            return {self.file_numbers[id_] for id_ in files.ids if id_ in self.file_numbers}

        self.same("search of files", numbers(File.search([("id", "in", ids)])), read)
        inside = [("attache_folder_id", "in", list(self.folder_ids.values()))]
        self.same("search of files by folder", numbers(File.search(inside)), self.expected.read)
        models = {record._name for record in self.stage.records} | {"attache.folder"}
        # Named, few models are asked for in another way, which takes those alone that one reads.
        models = [name for name in sorted(models) if self.env[name].has_access("read")][:5]
        some = File.search([("res_model", "in", models), ("id", "in", ids)])
        stored = File.sudo().browse(ids).filtered(lambda one: one.res_model in models)
        self.same("search of files by model", numbers(some), read & numbers(stored))
        for operation, wanted in (
            ("read", read), ("write", self.expected.changed), ("unlink", self.expected.changed),
        ):  # fmt: skip
            allowed = File.browse(ids).exists()._filtered_access(operation)
            self.same(f"files, right to {operation}", numbers(allowed), wanted)
        for number in self.some(self.file_ids):
            id_ = self.file_ids[number]
            binary = self.env["ir.binary"]
            refused = self.stage.tries(lambda id_=id_, of=binary: of._find_record(res_id=id_))
            self.tried(f"opens file {number}", refused, number in read)

    def screens(self):
        """What the client asks, where there is a method for it."""
        Folder, expected = self.env["attache.folder"], self.expected
        for number in self.some(self.folder_ids):
            place = Folder.read_place(self.folder_ids[number])
            way = {self.folder_numbers[step["id"]] for step in place["path"]} if place else set()
            wanted = {step.number for step in expected.way(number)}
            self.same(f"place of {number}", way, wanted if number in expected.seen else set())
        told = Folder.read_children(self.folder_ids[0])["folders"]
        shown = {self.folder_numbers[one["id"]]: one for one in told}
        inside = {one for one in expected.seen if expected.folders[one].parent == 0}
        self.same("folders in the root", set(shown), inside)
        may = {number for number, one in shown.items() if one["can_change"]}
        self.same("to be changed in the root", may, set(filter(expected.may_rename, inside)))
        opened = {number for number, one in shown.items() if one["has_children"]}
        held = {expected.folders[one].parent for one in expected.seen}
        self.same("with subfolders in the root", opened, inside & held)

    def outside(self):
        Folder, File = self.env["attache.folder"], self.env["ir.attachment"]
        for what, ask in (
            ("search", lambda: Folder.search([])),
            ("count", lambda: Folder.search_count([])),
            ("group", lambda: Folder._read_group([], ["kind"])),
            ("children", lambda: Folder.read_children(False)),
        ):
            self.tried(f"asks for {what}", self.stage.tries(ask), False)
        files = File.search([("attache_folder_id", "!=", False)])
        self.same("search of files", {*files.ids}, set())
        ids = list(self.folder_ids.values())
        for operation in ("read", "write", "unlink"):
            allowed = self.numbers(Folder.browse(ids)._filtered_access(operation))
            self.same(f"right to {operation}", allowed, set())

    def pages(self):
        """What the web server gives: files by their address, and folders as ZIP."""
        expected = self.expected
        for number in self.some(self.file_ids):
            status, data = self.stage.get(self.person, f"/web/content/{self.file_ids[number]}")
            got = {number} if (status, data) == (200, f"{number}".encode()) else set()
            wanted = {number} & (expected.read | expected.trash)
            self.same(f"address of file {number} ({status})", got, wanted)
        for number in self.some(self.folder_ids):
            tree = {number, *(one.number for one in expected.below(number))}
            files = {
                f"file {file.number}.txt"
                for file in expected.tree.files
                if file.folder in tree & expected.seen and file.number in expected.read
            }
            names = self.stage.zip(self.person, [self.folder_ids[number]])
            shown = number in expected.seen
            self.same(f"ZIP of {number}", set(names or ()), files if shown else set())

    # -- doing ----------------------------------------------------------------------------

    def deeds(self):
        Folder, File, expected = (
            self.env["attache.folder"],
            self.env["ir.attachment"],
            self.expected,
        )
        ids, files = self.folder_ids, self.file_ids
        for one in self.some(ids, 1):
            vals = {"name": "new", "parent_id": ids[one]}
            self.deed(f"makes a folder in {one}", expected.may_make(one), Folder.create, vals)
            vals = {"name": "new.txt", "raw": b"x", "attache_folder_id": ids[one]}
            self.deed(f"uploads into {one}", expected.may_upload(one), File.create, vals)
        manual = [number for number in ids if expected.folders[number].kind == "manual"]
        for one in self.some(manual, 1) or self.some(ids, 1):
            to, folder = self.chance.choice(list(ids)), Folder.browse(ids[one])
            renamed, moved = {"name": "renamed"}, {"parent_id": ids[to]}
            self.deed(f"renames {one}", expected.may_rename(one), folder.write, renamed)
            self.deed(f"moves {one} to {to}", expected.may_move(one, to), folder.write, moved)
            self.deed(f"deletes {one}", expected.may_delete(one), folder.unlink)
        for one in self.some(files, 1):
            to, file = self.chance.choice(list(ids)), File.browse(files[one])
            may, may_move = one in expected.changed, expected.may_move_file(one, to)
            moved = {"attache_folder_id": ids[to]}
            self.deed(f"renames file {one}", may, file.write, {"name": "renamed"})
            self.deed(f"moves file {one} to {to}", may_move, file.write, moved)
            self.deed(f"deletes file {one}", may, file.unlink)

    def some(self, numbers, count=SOME):
        numbers = sorted(numbers)
        return self.chance.sample(numbers, min(count, len(numbers)))

    def deed(self, what, wanted, act, *words):
        self.tried(what, self.stage.tries(lambda: act(*words)), wanted)

    def tried(self, what, refused, wanted):
        if (refused is None) != wanted:
            told = "refused" if refused else "allowed"
            self.wrong.append(f"{self.person} {what}: {told} {refused or ''}".rstrip())
