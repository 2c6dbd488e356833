from odoo import api, models

DOCUMENT = "documents.document"
TOLD = {"name", "active", "folder_id", "attachment_id", "raw", "datas"}


class DocumentsDocument(models.Model):
    """What people do in Documents happens to the files and folders of its workspaces."""

    _inherit = DOCUMENT

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        if not self.env.context.get("attache_documents"):
            files = documents.sudo().attachment_id
            files._attache_follow_documents()
            # The folder's workspace may be in the making: no row of theirs tells of it.
            self.env["attache.feed"]._keep_unmet(files)
        return documents

    def write(self, vals):
        if self.env.context.get("attache_documents") or not vals.keys() & TOLD:
            return super().write(vals)
        before = self.sudo().attachment_id
        result = super().write(vals)
        if "active" in vals:
            self.sudo()._attache_folders_follow(vals["active"])
        files = (before | self.sudo().attachment_id).exists()
        files._attache_follow_documents()
        self.env["attache.feed"]._keep_unmet(files)
        if "name" in vals:
            files._attache_take_names()
        return result

    def _attache_quiet(self):
        """These for writing what their files and folders have already."""
        return self.sudo().with_context(
            active_test=False, attache_documents=True, mail_create_nosubscribe=True
        )

    def _attache_set(self, **vals):
        """Writes those of these values that are others."""
        for document in self._attache_quiet():
            now = {name: document._fields[name].convert_to_write(document[name], document)
                   for name in vals}  # fmt: skip
            if changed := {name: vals[name] for name in vals if vals[name] != now[name]}:
                document.write(changed)

    def _attache_folders_follow(self, active):
        """Folders that go to the trash of Documents, or come out of it, do so with theirs."""
        folders = (
            self.env["attache.folder"]
            .sudo()
            .search(
                [
                    ("kind", "=", "record"),
                    ("record_model", "=", DOCUMENT),
                    ("record_id", "in", self.ids),
                ]
            )
        )
        if not folders:
            return
        if active:
            folders._out_of_trash()
        else:
            folders._into_trash()
        self.env["attache.sidecar"]._nudge()

    def _attache_drop(self):
        """These go to the trash without their files, which live outside of Documents now."""
        self._attache_quiet().write({"attachment_id": False, "active": False})
