from odoo import api, fields, models
from odoo.exceptions import UserError

from ..context_mark import OURS
from .attache_folder import without_defaults

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
    # Whose trash has the bytes of a released file.
    connection_id = fields.Many2one("attache.connection", readonly=True, ondelete="set null")
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    messages = fields.Json(readonly=True)
    replaced_id = fields.Many2one(
        "ir.attachment",
        "Earlier content of",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    restrictions = fields.Json(
        readonly=True, help="Folders for some people only that it lay in and that are gone."
    )
    reason = fields.Selection(
        [
            ("odoo", "Deleted in Odoo"),
            ("cloud", "Deleted in the cloud"),
            ("replaced", "Replaced by a newer version"),
        ],
        readonly=True,
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super(AttacheTrash, without_defaults(self, *self._fields)).create(vals_list)

    def action_restore(self):
        """Back to where the file was; where that is gone, as near as there is. Whoever may not
        change what is there puts nothing back either."""
        self.check_access("unlink")
        if not self.env.user.has_group("attache.group_admin"):
            for trash in self.sudo():
                home, _restrictions = trash._home()
                record = self.env.get(trash.res_model) if not home else None
                place = home.sudo(False) if home else record and record.browse(trash.res_id)
                if place:
                    place.exists().check_access("write")
        self.sudo()._restore()

    def _restore(self):
        for trash in self:
            file = trash.attachment_id
            folder, restrictions = trash._home()
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
            if restrictions and not folder:
                raise UserError(
                    self.env._(
                        "%s was for some people only, and its record has no folder in which it "
                        "could stay so: download it and put it where it belongs.",
                        trash.name,
                    )
                )
            trash._refuse_elsewhere(folder)
            folder = folder._closed_below(restrictions)
            model, res_id = trash._holder_in(folder)
            vals = {"res_model": model, "res_id": res_id, "attache_folder_id": folder.id}
            if (model, res_id) == (trash.res_model, trash.res_id):
                left = {*(trash.messages or []), *(file.attache_left_messages or [])}
                vals["attache_left_messages"] = sorted(left) or False
            file._attache_write(vals)
            file._attache_go_home()
            file._attache_settle_messages()
        super().unlink()
        self.env["attache.sidecar"]._nudge()

    def _refuse_elsewhere(self, folder):
        """The bytes of a released file lie in the trash of its connection's store, which gives them
        back to its own folders only."""
        mine = self.connection_id
        if mine and mine != folder.connection_id and self.attachment_id._attache_is_released():
            raise UserError(
                self.env._(
                    "The bytes of %(name)s are in the trash of the connection %(connection)s, and "
                    "its folder is no longer there: take them out of that trash.",
                    name=self.name,
                    connection=mine.name,
                )
            )

    def _holder_in(self, folder):
        """What the file is attached to again, (model, id), when it goes back to this folder, if
        there is one."""
        return folder._holder() if folder else (self.res_model, self.res_id)

    def _home(self):
        """The folder that the file goes back to, and for whom folders must be made in it again so
        that nobody sees the file who did not before."""
        folders = self.env["attache.folder"]
        path = self.folder_id._path()
        living = folders
        for step in path:
            if step.trashed_at:
                break
            living += step
        if not path or "record" in (path - living).mapped("kind"):
            # Never up beyond its record: more people see what is above that.
            homes = folders._homes({(self.res_model, self.res_id)})
            home = folders.browse(homes.values())
        else:
            home = living[-1:]
        lost = (path - home._path())._closed()
        return home, [step._restriction() for step in lost] + (self.restrictions or [])

    def _folders_go(self, going):
        """Folders are about to be deleted: what the files below them need to know of them."""
        for trash in self:
            path = trash.folder_id._path()
            gone = path & going
            if "record" in gone.mapped("kind"):
                stays, lost = path.browse(), path
            else:
                stays, lost = (path - going)[-1:], gone
            restrictions = [step._restriction() for step in lost._closed()]
            trash.folder_id = stays
            trash.restrictions = restrictions + (trash.restrictions or [])

    def unlink(self):
        self.check_access("unlink")
        self.sudo()._forget()
        return True

    def _forget(self):
        """Deletes the files for good: Odoo deletes a row's attachments with it."""
        super(AttacheTrash, self.with_context(attache_for_good=OURS)).unlink()

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
