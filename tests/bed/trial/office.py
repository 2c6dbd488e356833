"""People at Odoo's end, by RPC as an administrator.

A trigger in Odoo's database notes each content that a person overwrites or deletes, in that very
transaction. So nothing that a sync writes at the same moment is blamed on a person.
"""

import base64
from dataclasses import dataclass

import requests

from ..odoo import Odoo

# Whatever the administrator's deeds do away with; the sidecar acts under another user.
_JOURNAL = """
create table trial_given_up (checksum text);
create function trial_note() returns trigger language plpgsql as $$
begin
  insert into trial_given_up values (old.checksum);
  return null;
end $$;
create trigger trial_edit after update on ir_attachment for each row
  when (new.write_uid = {person}
        and (old.checksum is distinct from new.checksum
             or (new.res_model = 'attache.trash'
                 and old.res_model is distinct from 'attache.trash')))
  execute function trial_note();
create trigger trial_delete after delete on ir_attachment for each row
  when (old.res_model is distinct from 'attache.trash')
  execute function trial_note();
"""


@dataclass(frozen=True)
class Folder:
    """A folder of the tree; `path` are the names from the root down, the root's left out."""

    id: int
    kind: str
    path: tuple[str, ...]
    model: str
    record: int


@dataclass(frozen=True)
class File:
    """An attachment in a folder."""

    id: int
    name: str
    folder: Folder
    digest: str
    size: int


class Office:
    """`odoo` with the addon. RpcError means that a deed was refused and changed nothing."""

    def __init__(self, odoo: Odoo):
        self.odoo, self.rpc = odoo, odoo.rpc()
        self._browser: requests.Session | None = None

    def prepare(self) -> None:
        """Makes the rules, customers and their projects, and the journal."""
        self.odoo.database.psql(_JOURNAL.format(person=self.rpc.uid))
        self.root = self.rpc.one("attache.connection", [("name", "=", "Demo")], "root_id")
        self.connection, self.root = self.root["id"], self.root["root_id"][0]
        above = {}
        for model, title in (("res.partner", "Customers"), ("project.project", "Projects")):
            rule = {
                "title": title,
                "model_id": self.rpc.one("ir.model", [("model", "=", model)])["id"],
                "domain": "[('name', '=like', 'Trial %')]",
                "name_expression": "{{ object.name }}",
                "connection_id": self.connection,
                **above,
            }
            rule = self.rpc("attache.rule", "create", rule)
            field = [("model", "=", "project.project"), ("name", "=", "partner_id")]
            above = {
                "parent_id": rule,
                "parent_field_id": self.rpc.one("ir.model.fields", field)["id"],
            }

    # -- looking --------------------------------------------------------------------------

    def look(self) -> tuple[list[Folder], list[File]]:
        """The tree, in order of identity."""
        fields = ["name", "kind", "parent_id", "record_model", "record_id"]
        rows = self._all("attache.folder", [("trashed_at", "=", False)], fields)
        known = {row["id"]: row for row in rows}
        folders = {}
        for row in rows:
            path, at = [], row
            while at and at["kind"] != "root":
                path.insert(0, at["name"])
                at = known.get(at["parent_id"])
            if at and at["id"] == self.root:
                folders[row["id"]] = Folder(
                    row["id"], row["kind"], tuple(path), row["record_model"], row["record_id"]
                )
        fields = ["name", "attache_folder_id", "checksum", "attache_size", "file_size"]
        rows = self._all("ir.attachment", [("attache_folder_id", "in", list(folders))], fields)
        files = [
            File(
                row["id"],
                row["name"],
                folders[row["attache_folder_id"]],
                row["checksum"],
                int(row["attache_size"] or row["file_size"]),
            )
            for row in rows
        ]
        return list(folders.values()), files

    def _all(self, model: str, domain: list, fields: list[str]) -> list[dict]:
        return self.rpc(model, "search_read", domain, fields, order="id", load="")

    def given_up(self) -> set[str]:
        """The contents that people overwrote or deleted here."""
        found = self.odoo.database.psql("select distinct checksum from trial_given_up")
        return set(found.split())

    def trashed(self) -> dict[str, str]:
        """Why contents lie in the trash, by digest."""
        told = self.odoo.database.psql(
            "select file.checksum, trash.reason from attache_trash trash"
            " join ir_attachment file on file.id = trash.attachment_id"
        )
        return dict(line.split("|") for line in told.splitlines())

    def told(self) -> list[str]:
        """The lines of the sync log, oldest first."""
        fields = ["at", "kind", "side", "subject", "reason", "outcome", "file_id"]
        rows = self._all("attache.log", [], fields)
        return [" ".join(str(row[name]) for name in fields) for row in rows]

    def download(self, file: int) -> bytes | None:
        """A file's bytes as a browser gets them; None when Odoo gives none."""
        if self._browser is None:
            self._browser = self.odoo.browser()
        page = f"{self.odoo.url}/web/content/{file}?download=1"
        answer = self._browser.get(page, timeout=60)
        return answer.content if answer.ok else None

    # -- deeds ----------------------------------------------------------------------------

    def attach(self, folder: Folder, name: str, data: bytes) -> int:
        """A new file: attached to the record if the folder is a record's own, else put there. Plain
        text goes as `raw`."""
        if folder.kind == "record":
            where = {"res_model": folder.model, "res_id": folder.record}
        else:
            where = {"attache_folder_id": folder.id}
        data = {"raw": data.decode()} if data.isascii() else {"datas": _coded(data)}
        return self.rpc("ir.attachment", "create", {"name": name, **data, **where})

    def edit(self, file: int, data: bytes) -> None:
        """Other bytes for a file."""
        self.rpc("ir.attachment", "write", [file], {"datas": _coded(data)})

    def rename(self, file: int, name: str) -> None:
        """Another name for a file."""
        self.rpc("ir.attachment", "write", [file], {"name": name})

    def move(self, file: int, folder: Folder) -> None:
        """A file goes to another folder; to a record's own by attaching it there."""
        if folder.kind == "record":
            where = {"res_model": folder.model, "res_id": folder.record}
        else:
            where = {"attache_folder_id": folder.id}
        self.rpc("ir.attachment", "write", [file], where)

    def trash(self, file: int) -> None:
        """Deletes a file."""
        self.rpc("ir.attachment", "unlink", [file])

    def make_folder(self, parent: int, name: str) -> int:
        """A manual folder."""
        return self.rpc("attache.folder", "create", {"name": name, "parent_id": parent})

    def place_folder(self, folder: int, **values) -> None:
        """Another name or parent for a manual folder."""
        self.rpc("attache.folder", "write", [folder], values)

    def trash_folder(self, folder: int) -> None:
        """Deletes a manual folder with all there is in it."""
        self.rpc("attache.folder", "unlink", [folder])

    def make_record(self, model: str, name: str, **values) -> int:
        """A record that the rules make a folder for."""
        return self.rpc(model, "create", {"name": name, **values})

    def rename_record(self, model: str, record: int, name: str) -> None:
        """Another name for a record, and so for its folder."""
        self.rpc(model, "write", [record], {"name": name})

    def trash_record(self, model: str, record: int) -> None:
        """Deletes a record, whose files go to the trash."""
        self.rpc(model, "unlink", [record])


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()
