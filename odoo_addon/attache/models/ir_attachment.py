import base64

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.base.models.ir_attachment import IrAttachment as BaseAttachment
from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from ..context_mark import is_ours
from .attache_folder import without_defaults

# Set by the sidecar alone.
NEVER_BY_HAND = ("attache_key", "attache_size", "attache_web_url", "attache_left_messages")
AUDITED = ("application/pdf", "application/xml", "text/xml")
CONTENT = {"raw", "datas"}
TOLD = {"name", "raw", "datas", "res_model", "res_id", "attache_folder_id", "type", "url"}


class IrAttachment(models.Model):
    """Where a file lives: which folder, or the trash."""

    _inherit = "ir.attachment"

    attache_folder_id = fields.Many2one(
        "attache.folder", "Folder", index="btree_not_null", copy=False, ondelete="set null"
    )
    attache_tag_ids = fields.Many2many("attache.tag", string="Tags", groups="base.group_user")
    attache_key = fields.Char("Key", copy=False, readonly=True, groups="base.group_system")
    attache_web_url = fields.Char("Address in the cloud", copy=False, readonly=True)
    # file_size is a 4-byte integer.
    attache_size = fields.Float("Size in the cloud", digits=(16, 0), copy=False, readonly=True)

    _attache_key_unique = models.UniqueIndex("(attache_key) WHERE attache_key IS NOT NULL")

    def _attache_write(self, vals):
        """Writes what Odoo lets nobody write, past every override."""
        return super(BaseAttachment, self.sudo()).write(vals)

    @api.model
    def _attache_create(self, vals_list):
        return super(BaseAttachment, self.sudo()).create(vals_list)

    # -- place ----------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self = without_defaults(self, "attache_folder_id", *NEVER_BY_HAND)
        vals_list = [self._attache_clean(vals) for vals in vals_list]
        files = super().create(vals_list)
        files._attache_go_home()
        return files

    def write(self, vals):
        vals = self._attache_clean(vals)
        moves = vals.keys() & {"res_model", "res_id", "attache_folder_id"}
        holders = {file: (file.res_model, file.res_id) for file in self.sudo()} if moves else {}
        clouds = self._attache_clouds() if moves else {}
        if vals.keys() & CONTENT and not is_ours(self.env, "attache_sidecar"):
            self.sudo()._attache_keep_other(vals)
        result = super().write(vals)
        if moves:
            moved = self.sudo().filtered(lambda f: holders[f] != (f.res_model, f.res_id))
            if "attache_folder_id" in vals:
                moved._attache_leave_messages()
            else:
                moved._attache_change_home()
            self._attache_go_home()
            self._attache_come_home(clouds)
            self._attache_settle_messages()
        if vals.keys() & TOLD and any(file.attache_folder_id for file in self.sudo()):
            self.env["attache.sidecar"]._nudge()
        return result

    def _attache_clean(self, vals):
        """What a person may set; a folder decides what the file is attached to."""
        vals = {name: value for name, value in vals.items() if name not in NEVER_BY_HAND}
        if vals.get("attache_folder_id"):
            folder = self.env["attache.folder"].browse(vals["attache_folder_id"])
            if folder.sudo().kind == "shortcut":
                folder = folder._home()
                vals["attache_folder_id"] = folder.id
            folder.check_access("write")
            vals["res_model"], vals["res_id"] = folder.sudo()._holder()
        return vals

    def _attache_holder(self, folder):
        """What this file is attached to while it lives in `folder`: (model, id). For addons whose
        records stand between a folder and its files."""
        self.ensure_one()
        return folder._holder()

    def _attache_go_home(self):
        """Files of a record that has a folder live there."""
        folders = self.env["attache.folder"].sudo()
        used = folders._record_models()
        homeless = self.sudo().filtered(
            lambda file: (
                file.res_id
                and file.res_model in used
                and not file.res_field
                and not file.attache_folder_id
                and file.type == "binary"
            )
        )
        homes = folders._homes({(file.res_model, file.res_id) for file in homeless})
        for (model, res_id), folder in homes.items():
            homeless.filtered(
                lambda file, model=model, res_id=res_id: (
                    file.res_model == model and file.res_id == res_id
                )
            )._attache_write({"attache_folder_id": folder})
        if homes:
            self.env["attache.sidecar"]._nudge()

    def _attache_change_home(self):
        """Files that went to another record leave their folder for that record's. Nobody asked
        that those for some people only be shown to more by it: they go to a folder for the same
        people there, or stay where they are hidden."""
        closed = self._attache_closed()
        (self - closed)._attache_write({"attache_folder_id": False})
        for file in closed:
            path = file.attache_folder_id._path()
            homes = path._homes({(file.res_model, file.res_id)})
            for home in path.browse(homes.values()):
                folder = home._closed_below([step._restriction() for step in path._closed()])
                file._attache_write({"attache_folder_id": folder.id})

    def _attache_without_strays(self):
        """These files but for those that Odoo gave to another record past this model, as merging
        contacts does: they go there with it, and not to the trash with the record they left."""
        self.env.flush_all()
        self.invalidate_recordset(["res_model", "res_id"])
        strays = self.filtered(
            lambda file: (
                (file.res_model, file.res_id) != file._attache_holder(file.attache_folder_id)
                and file.res_model in self.env
                and self.env[file.res_model].browse(file.res_id).exists()
            )
        )
        left = {file: file.attache_folder_id for file in strays}
        clouds = strays._attache_clouds()
        strays._attache_change_home()
        strays._attache_go_home()
        strays._attache_come_home(clouds)
        return self - strays.filtered(lambda file: file.attache_folder_id != left[file])

    def _attache_leave_messages(self):
        """A file that went to another record is no longer shown by the messages of the old one.
        Answers {file id: [message ids]}."""
        if not self:
            return {}
        self.env["mail.message"].flush_model(["attachment_ids"])
        rows = self.env.execute_query(
            SQL(
                "DELETE FROM message_attachment_rel WHERE attachment_id IN %s"
                " RETURNING attachment_id, message_id",
                tuple(self.ids),
            )
        )
        self.env["mail.message"].invalidate_model(["attachment_ids"])
        messages = {}
        for file, message in rows:
            messages.setdefault(file, []).append(message)
        return messages

    def _attache_leave_main(self):
        """These files are no record's main attachment any more."""
        for file in self:
            record = self.env.get(file.res_model)
            if record is not None and "message_main_attachment_id" in record._fields:
                record = record.browse(file.res_id).exists()
                if record.message_main_attachment_id == file:
                    record.message_main_attachment_id = False

    # -- trash ----------------------------------------------------------------------------

    def _attache_trash(self, reason):
        """Hides files and keeps their bytes until the trash is emptied. Answers the rows there."""
        if not self:
            return self.env["attache.trash"]
        messages = self._attache_leave_messages()
        self._attache_leave_main()
        rows = self.env["attache.trash"].create(
            [
                {
                    "name": file.name,
                    "attachment_id": file.id,
                    "folder_id": file.attache_folder_id.id,
                    "connection_id": file.attache_folder_id.connection_id.id,
                    "res_model": file.res_model,
                    "res_id": file.res_id,
                    "messages": messages.get(file.id),
                    "reason": reason,
                }
                for file in self
            ]
        )
        for row in rows:
            row.attachment_id._attache_write(
                {"res_model": row._name, "res_id": row.id, "attache_folder_id": False}
            )
        return rows

    def _attache_refuse_audited(self):
        """Accounting's restricted audit trail holds for the trash, for new content and for moves
        too. Its own check reads the bytes, which may be in the cloud: this one does not."""
        if "restrictive_audit_trail" not in self.env["res.company"]._fields:
            return
        for file in self:
            if file.res_model != "account.move" or file.mimetype not in AUDITED:
                continue
            move = self.env["account.move"].browse(file.res_id).exists()
            if move.posted_before and move.company_id.restrictive_audit_trail:
                raise UserError(
                    self.env._("%s is part of a restricted audit trail and stays.", file.name)
                )

    def _attache_keep(self, reason):
        """Copies of these rows in the trash, for bytes that only Odoo has. The bytes on disk are
        shared, not copied."""
        self = self.with_context(bin_size=False, bin_size_db_datas=False)
        local = self.filtered(
            lambda file: (
                file.attache_folder_id
                and (file.store_fname or file.db_datas)
                and not file._attache_is_released()
            )
        )
        kept = self._attache_create(
            [
                {
                    "name": file.name,
                    "type": "binary",
                    "mimetype": file.mimetype,
                    "store_fname": file.store_fname,
                    "db_datas": file.db_datas,
                    "checksum": file.checksum,
                    "file_size": file.file_size,
                    "res_model": file.res_model,
                    "res_id": file.res_id,
                    "attache_folder_id": False,
                }
                for file in local
            ]
        )
        kept._attache_trash(reason)
        for file, copy in zip(local, kept, strict=True):
            trash = self.env["attache.trash"].browse(copy.res_id)
            trash.folder_id = file.attache_folder_id
            if reason == "replaced":
                trash.replaced_id = file
            if reason == "odoo":
                trash.messages = file._attache_messages() or False
        return kept

    def _attache_keep_other(self, vals):
        """Before somebody writes content: copies of what it replaces, unless that is the same."""
        contents = []
        if "raw" in vals:
            raw = vals["raw"] or b""
            contents.append(raw.encode() if isinstance(raw, str) else raw)
        if "datas" in vals:
            contents.append(base64.b64decode(vals["datas"] or b""))
        same = {self._compute_checksum(content) for content in contents}
        other = self.filtered(lambda file: file.file_size and same != {file.checksum})
        other._attache_keep("replaced")

    def _attache_messages(self):
        """Ids of the messages that show this file, or would if it were for everybody."""
        shown = self.env["mail.message"].sudo().search([("attachment_ids", "in", self.ids)])
        return sorted({*shown.ids, *(self.attache_left_messages or [])})

    def unlink(self):
        inside = self.sudo().filtered("attache_folder_id")
        uninstalls = MODULE_UNINSTALL_FLAG in self.env.context and self.env.uid == SUPERUSER_ID
        if inside and not uninstalls and not is_ours(self.env, "attache_for_good"):
            self.check_access("unlink")
            inside._attache_keep("odoo")
        if inside:
            self.env["attache.sidecar"]._nudge()
        return super().unlink()
