from odoo import api, fields, models
from odoo.exceptions import UserError

PARAMETER = "attache.trash_days"
KEPT_DAYS = 30


class AttacheTrash(models.Model):
    """One file in the trash. The attachment belongs to this row meanwhile, so nobody who may not
    read this row sees it, and no record lists it."""

    _name = "attache.trash"
    _description = "Trash"
    _order = "id desc"
    _rec_name = "name"

    name = fields.Char(readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", "File", required=True, readonly=True, index=True, ondelete="cascade"
    )
    folder_id = fields.Many2one("attache.folder", readonly=True, index=True, ondelete="set null")
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    messages = fields.Json(readonly=True)
    reason = fields.Selection(
        [
            ("odoo", "Deleted in Odoo"),
            ("cloud", "Deleted in the cloud"),
            ("replaced", "Replaced by a newer version"),
        ],
        readonly=True,
    )

    def action_restore(self):
        """Back to where the file was; where that is gone, as near as there is."""
        self.check_access("unlink")
        self.sudo()._restore()

    def _restore(self):
        for trash in self:
            file, folder = trash.attachment_id, trash.folder_id
            if folder.trashed_at:
                folder = folder._above().filtered(lambda f: not f.trashed_at)[-1:]
            record = self.env.get(trash.res_model)
            alive = record is not None and record.browse(trash.res_id).exists()
            if not folder and not alive:
                raise UserError(
                    self.env._(
                        "Neither the folder nor the record of %s is there any more: download it "
                        "and put it where it belongs.",
                        trash.name,
                    )
                )
            model, res_id = folder._holder() if folder else (trash.res_model, trash.res_id)
            file._attache_write(
                {"res_model": model, "res_id": res_id, "attache_folder_id": folder.id}
            )
            file._attache_go_home()
            if (model, res_id) == (trash.res_model, trash.res_id):
                messages = self.env["mail.message"].browse(trash.messages or []).exists()
                messages.write({"attachment_ids": [fields.Command.link(file.id)]})
        super().unlink()
        self.env["attache.sidecar"]._nudge()

    def unlink(self):
        self.check_access("unlink")
        self.sudo()._forget()
        return True

    def _forget(self):
        """Deletes the files for good: Odoo deletes a row's attachments with it."""
        super(AttacheTrash, self.with_context(attache_for_good=True)).unlink()

    @api.autovacuum
    def _gc_trash(self):
        days = int(self.env["ir.config_parameter"].sudo().get_param(PARAMETER, KEPT_DAYS))
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        old = self.search([("create_date", "<", limit)], limit=1000)
        old._forget()
        self.env["attache.folder"].search(
            [("trashed_at", "<", limit), ("child_ids", "=", False)], limit=1000
        ).unlink()
        return len(old), int(len(old) == 1000)
