"""The real Odoo: people, records, and trees in it. Runs inside an Odoo process."""

import contextlib
import io
import uuid
import zipfile

from werkzeug.test import Client

from odoo import Command, api, http
from odoo.exceptions import UserError
from odoo.service import security
from odoo.tools import SQL

from .tree import GROUPS, NOBODY, PEOPLE, RECORDS, Tree

BASE = {
    "clerk": "base.group_user",
    "seller": "base.group_user base.group_partner_manager project.group_project_user"
    " sales_team.group_sale_salesman",
    "manager": "attache.group_file_manager base.group_partner_manager"
    " project.group_project_manager",
    "boss": "attache.group_admin base.group_partner_manager",
    "system": "attache.group_admin base.group_system base.group_partner_manager"
    " project.group_project_user sales_team.group_sale_salesman_all_leads",
    "portal": "base.group_portal",
}
QUIET = {"tracking_disable": True, "mail_create_nosubscribe": True, "no_reset_password": True}


class Stage:
    """One connection, the people and the records of `RECORDS`, made once; a tree after the
    other grows below the connection's root and goes again."""

    def __init__(self, env):
        self.env = env = env(context={**env.context, **QUIET})
        self.people = {name: self._person(name) for name in PEOPLE}
        groups = env["res.groups"].create([{"name": f"Rights {name}"} for name in GROUPS])
        self.groups = dict(zip(GROUPS, groups, strict=True))
        self.records = [self._record(*which) for which in RECORDS]
        self._keep_private()
        connection = env["attache.connection"].create({"name": "Cloud", "uuid": str(uuid.uuid4())})
        connection._ensure_root()
        self.root = connection.root_id
        self.members = {}
        self.sessions = {}
        env.cr.commit()

    def _person(self, name):
        groups = [self.env.ref(xmlid).id for xmlid in BASE[name].split()]
        vals = {"name": name, "login": f"rights.{name}", "group_ids": [Command.set(groups)]}
        return self.env["res.users"].create(vals)

    def _record(self, model, how):
        vals = {"name": f"{model} {how}"}
        seller = self.people["seller"]
        if model == "project.project":
            vals["privacy_visibility"] = "followers" if how == "followers" else "employees"
        elif model == "project.task":
            projects = self.env["project.project"].search([("name", "like", "project.project %")])
            named = f"project.project {'followers' if how == 'followers' else 'open'}"
            vals["project_id"] = projects.filtered(lambda one: one.name == named)[:1].id
            vals["user_ids"] = False
        elif model == "crm.lead":
            vals["user_id"] = seller.id if how == "own" else self.people["system"].id
        if how == "company":
            company = self.env["res.company"].create({"name": "Another company"})
            vals["company_id"] = company.id
        elif how == "private":
            vals["ref"] = "private"
        record = self.env[model].create(vals)
        if how == "archived":
            record.active = False
        if "message_partner_ids" in record:
            record.message_unsubscribe(record.message_partner_ids.ids)
        if (model, how) == ("project.project", "followers"):
            record.message_subscribe(seller.partner_id.ids)
        return record

    def _keep_private(self):
        """Some contacts are the manager's alone."""
        self.env["ir.rule"].create(
            {
                "name": "Private contacts",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[] if user.id == {self.people['manager'].id} else"
                " ['|', ('ref', '=', False), ('ref', '!=', 'private')]",
            }
        )

    # -- what Odoo says of records --------------------------------------------------------

    def facts(self):
        """({(person, record)} that may be read, and written)."""
        told = []
        for operation in ("read", "write"):
            told.append(
                {
                    (person, number)
                    for person, user in self.people.items()
                    for number, record in enumerate(self.records)
                    if record.with_user(user).has_access(operation)
                }
            )
        return told

    # -- trees ----------------------------------------------------------------------------

    def gather(self, members):
        """Puts people into groups."""
        for person, user in self.people.items():
            for name, group in self.groups.items():
                inside = person in members[name]
                if inside != (group in user.group_ids):
                    command = Command.link if inside else Command.unlink
                    user.write({"group_ids": [command(group.id)]})
        self.members = members

    @contextlib.contextmanager
    def planted(self, tree: Tree):
        """The tree in Odoo, committed: yields {number: id} of folders and of files."""
        if tree.members != self.members:
            self.gather(tree.members)
        try:
            folders, files = self._grow(tree)
            self.env.cr.commit()
            yield folders, files
        finally:
            self.env.cr.rollback()
            self._clear()
            self.env.cr.commit()
            self.env.invalidate_all()

    def _grow(self, tree):
        folders = {0: self.root.id}
        model = self.env["attache.folder"]
        left = list(tree.folders[1:])
        while left:
            row = [folder for folder in left if folder.parent in folders]
            left = [folder for folder in left if folder.parent not in folders]
            made = model.create([self._vals(folder, folders) for folder in row])
            folders |= zip((folder.number for folder in row), made.ids, strict=True)
        made = self.env["ir.attachment"].create(
            [
                {
                    "name": f"file {file.number}.txt",
                    "raw": f"{file.number}".encode(),
                    "attache_folder_id": folders[file.folder],
                }
                for file in tree.files
            ]
        )
        files = dict(zip((file.number for file in tree.files), made.ids, strict=True))
        made.browse(files[file.number] for file in tree.files if file.trashed)._attache_trash(
            "odoo"
        )
        self.env.flush_all()
        for folder in tree.folders[1:]:
            if folder.trashed:
                model.browse(folders[folder.number])._trash()
        makers = [
            (folders[one.number], self.people[one.maker].id if one.maker != NOBODY else 1)
            for one in tree.folders
        ]
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE attache_folder AS folder SET create_uid = told.maker"
                " FROM (SELECT unnest(%s) AS id, unnest(%s) AS maker) AS told"
                " WHERE told.id = folder.id RETURNING folder.id",
                [one for one, _ in makers],
                [maker for _, maker in makers],
            )
        )
        self.env.invalidate_all()
        return folders, files

    def _vals(self, folder, folders):
        vals = {
            "name": f"{folder.kind} {folder.number}",
            "kind": folder.kind,
            "parent_id": folders[folder.parent],
        }
        if folder.record is not None:
            record = self.records[folder.record]
            vals |= {"record_model": record._name, "record_id": record.id}
        if folder.kind == "manual":
            users, groups = self.people, self.groups
            vals |= {
                "restricted": folder.restricted,
                "user_ids": [Command.set([users[name].id for name in folder.users])],
                "group_ids": [Command.set([groups[name].id for name in folder.groups])],
                "editor_user_ids": [Command.set([users[name].id for name in folder.editors])],
                "editor_group_ids": [
                    Command.set([groups[name].id for name in folder.editor_groups])
                ],
            }
        return vals

    def _clear(self):
        cr = self.env.cr
        cr.execute("DELETE FROM ir_attachment WHERE attache_folder_id IS NOT NULL")
        cr.execute("DELETE FROM ir_attachment WHERE res_model IN ('attache.trash')")
        cr.execute("DELETE FROM attache_trash")
        cr.execute("DELETE FROM attache_folder WHERE id <> %s", [self.root.id])

    # -- acting as somebody ---------------------------------------------------------------

    def env_of(self, person):
        """As a browser's call has it: the person's rights, and nothing remembered."""
        self.env.invalidate_all()
        return api.Environment(self.env.cr, self.people[person].id, {})

    def tries(self, deed) -> str | None:
        """Does it and takes it back: None when it went well, else why it was refused."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        try:
            deed()
            self.env.flush_all()
            return None
        except UserError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def get(self, person, address):
        """A page of the web server, by this person's session: (status, bytes)."""
        if person not in self.sessions:
            self.sessions[person] = self._log_in(self.people[person])
        client = Client(http.root)
        client.set_cookie("session_id", self.sessions[person], domain="localhost")
        answer = client.get(address, base_url="http://localhost")
        return answer.status_code, answer.get_data()

    def zip(self, person, folders):
        """Names of the files in the ZIP of these folders; None when there is none."""
        status, data = self.get(person, f"/attache/zip?folders={','.join(map(str, folders))}")
        if status != 200 or not data.startswith(b"PK"):
            return None
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sorted(name.rpartition("/")[2] for name in archive.namelist())

    def _log_in(self, user):
        session = http.root.session_store.new()
        session.update(http.get_default_session(), db=self.env.cr.dbname, _trace_disable=True)
        env = api.Environment(self.env.cr, user.id, {})
        session.uid, session.login = user.id, user.login
        session.session_token = security.compute_session_token(session, env)
        session.context = dict(env["res.users"].context_get())
        http.root.session_store.save(session)
        return session.sid
