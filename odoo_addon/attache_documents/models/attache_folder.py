from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .documents_document import DOCUMENT


class AttacheFolder(models.Model):
    """The folder of a folder of Documents is a workspace. In it, a file belongs to a document,
    and a new subfolder becomes a folder of Documents."""

    _inherit = "attache.folder"

    attache_born_key = fields.Char(
        "Key that it was made with",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_system",
        help="A subfolder takes the key of its folder of Documents; the call that made it may be "
        "repeated with this one.",
    )

    def _is_workspace(self):
        return bool(self) and self.kind == "record" and self.record_model == DOCUMENT

    def _workspaces(self):
        return self.filtered(lambda folder: folder._is_workspace())

    @api.model
    def _all_workspaces(self):
        return self.search([("kind", "=", "record"), ("record_model", "=", DOCUMENT)])

    def _inner_workspaces(self):
        return self._workspaces().filtered(lambda folder: folder.parent_id._is_workspace())

    def _document(self):
        return self.env[DOCUMENT].browse(self._workspaces().mapped("record_id"))

    def _holding(self):
        return super()._holding() - self._workspaces()

    def _refuse_automatic(self):
        if not self.env.su and (folders := self._workspaces()):
            raise UserError(
                self.env._("%s is a folder of Documents: change it there.", folders[0].display_name)
            )
        return super()._refuse_automatic()

    # -- subfolders -----------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        folders = super().create(vals_list)
        folders.sudo()._become_workspaces()
        return folders

    def write(self, vals):
        result = super().write(vals)
        if self.env.context.get("attache_documents_follow"):
            self.sudo()._documents_follow(vals)
        if vals.keys() & {"parent_id", "restricted", "trashed_at"}:
            self.sudo()._become_workspaces()
        return result

    def _documents_follow(self, vals):
        """The folder of Documents takes name and place of its own folder."""
        for folder in self._workspaces():
            document, parent = folder._document(), folder.parent_id
            if "name" in vals:
                document._attache_set(name=folder.name)
            if "parent_id" in vals and parent._is_workspace():
                document._attache_set(folder_id=parent.record_id)

    def _become_workspaces(self):
        """Folders that a person, or the cloud, made in a workspace are ones themselves. One for
        some people only stays Attaché's own: Documents would show it to others."""
        for folder in self.sorted(lambda folder: folder.parent_path or ""):
            inside = folder.kind == "manual" and folder.parent_id._is_workspace()
            if not inside or folder.restricted or folder.trashed_at:
                continue
            document = self.env[DOCUMENT]._attache_quiet().create(folder._document_vals())
            folder.write(
                {
                    "kind": "record",
                    "attache_born_key": folder.key,
                    "key": f"record:{DOCUMENT}:{document.id}",
                    "rule_id": folder.parent_id.rule_id.id,
                    "record_model": DOCUMENT,
                    "record_id": document.id,
                }
            )
            folder._files()._attache_settle_documents()
            folder.child_ids._become_workspaces()

    def _document_vals(self):
        """Its folder of Documents: for nobody but those who have the one above."""
        above = self.parent_id._document().sudo()
        return {
            "name": self.name,
            "type": "folder",
            "folder_id": above.id,
            "owner_id": above.owner_id.id,
            "company_id": above.company_id.id,
            "access_internal": above.access_internal,
            "access_via_link": above.access_via_link,
        }

    # -- files ----------------------------------------------------------------------------

    def _adopt(self):
        """A new workspace takes in its documents' files, and the folder of a record the files of
        it that lay in a workspace for want of it."""
        super()._adopt()
        workspaces = self._workspaces()
        others = self.filtered(lambda folder: folder.kind == "record") - workspaces
        self.env.flush_all()
        if workspaces:
            self.env.cr.execute(
                SQL(
                    """UPDATE ir_attachment AS file
                          SET attache_folder_id = folder.id,
                              name = CASE WHEN file.res_model = %(model)s
                                          THEN coalesce(document.name, file.name)
                                          ELSE file.name END
                         FROM attache_folder AS folder
                         JOIN documents_document AS document
                           ON document.folder_id = folder.record_id
                        WHERE folder.id IN %(ids)s AND folder.trashed_at IS NULL
                          AND file.id = document.attachment_id
                          AND document.active AND file.attache_folder_id IS NULL
                          AND file.res_field IS NULL AND file.type = 'binary'
                          AND file.res_model IS DISTINCT FROM 'attache.trash'""",
                    model=DOCUMENT,
                    ids=tuple(workspaces.ids),
                )
            )
        if others:
            self.env.cr.execute(
                SQL(
                    """UPDATE ir_attachment AS file SET attache_folder_id = home.id
                         FROM attache_folder AS home, attache_folder AS workspace
                        WHERE home.id IN %s AND file.res_model = home.record_model
                          AND file.res_id = home.record_id
                          AND home.trashed_at IS NULL
                          AND file.attache_folder_id = workspace.id
                          AND workspace.kind = 'record' AND workspace.record_model = %s""",
                    tuple(others.ids),
                    DOCUMENT,
                )
            )
        if workspaces or others:
            self.env["ir.attachment"].invalidate_model(["attache_folder_id", "name"])

    # -- the trash ------------------------------------------------------------------------

    def _trash(self):
        """A workspace that the cloud deleted is in the trash of Documents."""
        below = self._below()
        result = super()._trash()
        below._document()._attache_set(active=False)
        return result

    def _into_trash(self):
        """The folders of Documents of these went to its trash, with all that is in them."""
        trashed = (self._below()._workspaces() - self).filtered(
            lambda folder: not folder._document().active
        )
        going = (self | trashed).filtered(lambda folder: not folder.trashed_at)
        content = self.env[DOCUMENT].search([("folder_id", "in", going.mapped("record_id"))])
        content.write({"active": False})
        going._rescue()
        going._own_trees().trashed_at = fields.Datetime.now()

    def _out_of_trash(self):
        """Out of the trash again, as far as that above is."""
        for folder in self._workspaces().sorted("parent_path"):
            if not folder.parent_id.trashed_at:
                folder._own_trees().filtered("trashed_at").trashed_at = False
                folder._adopt()

    def _own_trees(self):
        """These folders and those below them that are no other record's."""
        below = self.child_ids.filtered(lambda folder: folder.kind != "record")
        return self + (below and below._own_trees())
