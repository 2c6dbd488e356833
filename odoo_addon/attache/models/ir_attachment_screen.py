import os

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from odoo.addons.mail.tools.discuss import Store

FOR_CHATTER = (
    "attache_folder_id", "attache_state", "attache_percent", "attache_state_text",
    "attache_web_url", "attache_bytes", "attache_starred",
)  # fmt: skip


class IrAttachment(models.Model):
    """What the screens ask of files and do with them, with the rights of whoever does it."""

    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    attache_bytes = fields.Float(
        "Size", digits=(16, 0), compute="_compute_attache_bytes", help="In bytes."
    )
    attache_starred_user_ids = fields.Many2many(
        "res.users",
        "attache_file_star_rel",
        "file_id",
        "user_id",
        "Starred by",
        copy=False,
        groups="base.group_system",
    )
    attache_starred = fields.Boolean(
        "Starred", compute="_compute_attache_starred", search="_search_attache_starred"
    )
    attache_deletable = fields.Boolean(compute="_compute_attache_deletable")

    @api.depends("file_size", "attache_size", "store_fname")
    def _compute_attache_bytes(self):
        for file in self:
            file.attache_bytes = file.sudo()._attache_bytes()

    @api.depends("attache_starred_user_ids")
    @api.depends_context("uid")
    def _compute_attache_starred(self):
        for file in self:
            file.attache_starred = self.env.user in file.sudo().attache_starred_user_ids

    def _search_attache_starred(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        mine = self.sudo().with_context(skip_res_field_check=True)
        mine = mine.search([("attache_starred_user_ids", "in", self.env.uid)])
        return Domain("id", "in" if (operator == "in") == (True in value) else "not in", mine.ids)

    @api.depends_context("uid")
    def _compute_attache_deletable(self):
        allowed = self._filtered_access("unlink")
        for file in self:
            file.attache_deletable = file in allowed

    # -- what people do -------------------------------------------------------------------

    @api.model
    def set_starred(self, ids, starred):
        """Puts files among one's own starred ones, or takes them out."""
        files = self.browse(ids)
        files.check_access("read")
        # A star is the reader's own: nothing of the file changes, and nobody is told.
        files._attache_star(self._fields["attache_starred_user_ids"], starred)
        return True

    @api.model
    def move_files(self, ids, folder_id):
        """Moves files to a folder, and so to its record. `back` is what undoes it: give it to
        `move_back`."""
        files = self.browse(ids).exists()
        files.check_access("write")
        files.sudo()._attache_refuse_audited()
        stay = files.filtered(lambda file: file.attache_folder_id.id == folder_id)
        moving = files - stay
        back = [[file.id, file.sudo().attache_folder_id.id] for file in moving]
        if moving:
            moving.write({"attache_folder_id": folder_id})
        return {"moved": moving.ids, "back": back}

    @api.model
    def move_back(self, back):
        """Undoes `move_files`."""
        by_folder = {}
        for file, folder in back:
            if folder:
                by_folder.setdefault(folder, []).append(file)
        for folder, ids in by_folder.items():
            self.move_files(ids, folder)
        return True

    @api.model
    def tag_files(self, ids, add=(), remove=()):
        """Gives files tags and takes others from them."""
        files = self.browse(ids)
        files.check_access("write")
        commands = [*map(Command.link, add), *map(Command.unlink, remove)]
        files.write({"attache_tag_ids": commands})
        return True

    @api.model
    def trash_files(self, ids):
        """To the trash, from where whoever deleted them brings them back."""
        files = self.browse(ids).exists()
        files.check_access("unlink")
        trash = files.sudo()._attache_to_trash()
        return {"trash": trash.ids}

    def _attache_to_trash(self):
        """These files go to the trash, and screens that show them are told."""
        if outside := self.filtered(lambda file: not file.attache_folder_id):
            raise UserError(
                self.env._("%s lies in no folder: delete it at its record.", outside[0].name)
            )
        self._attache_refuse_audited()
        for file in self:
            file._bus_send("ir.attachment/delete", {"id": file.id, "message": None})
        trash = self._attache_trash("odoo")
        self.env["attache.sidecar"]._nudge()
        return trash

    def _delete_and_notify(self, message=None):
        """What people delete in the chatter goes to the trash as well, released or not."""
        inside = self.filtered(lambda file: file.attache_folder_id)
        # Odoo comes here with all rights when an author takes files out of a message, whoever's
        # they are.
        others = inside.sudo().filtered(lambda file: file.create_uid != self.env.user)
        others.sudo(False).check_access("unlink")
        if kept := inside.sudo(False)._attache_kept():
            raise kept._attache_not_an_editor()
        if inside:
            if message:
                message.sudo().write({})  # so that its date moves, as Odoo does it
            inside.sudo()._attache_to_trash()
        return super(IrAttachment, self - inside)._delete_and_notify(message)

    # -- earlier contents -----------------------------------------------------------------

    @api.model
    @api.readonly
    def read_history(self, file_id):
        """Contents that a file had before and that are still kept, the newest first."""
        file = self.browse(file_id)
        file.check_access("read")
        return [
            {
                "id": row.attachment_id.id,
                "trash_id": row.id,
                "name": row.name,
                "at": fields.Datetime.to_string(row.create_date),
                "by": row.create_uid.name,
                "bytes": row.attachment_id._attache_bytes(),
                "reason": row.reason,
            }
            for row in file._attache_versions()
        ]

    def _attache_versions(self):
        """Where the contents lie that this file had before, of those that the reader may see."""
        if not self.env.user._is_internal():
            return self.env["attache.trash"].sudo()
        rows = self.env["attache.trash"].sudo()
        rows = rows.search([("replaced_id", "=", self.id), ("reason", "=", "replaced")])
        return rows.sudo(False)._filtered_access("read").sudo()

    @api.model
    def restore_version(self, file_id, version_id):
        """Gives a file a content again that it had before. The present one is kept in its turn; of
        a released file the store keeps it."""
        file = self.browse(file_id)
        file.check_access("write")
        rows = file._attache_versions()
        version = rows.attachment_id.filtered(lambda row: row.id == version_id)
        # Not from under the vacuum that lets an old one go.
        self.env.cr.execute("LOCK TABLE ir_attachment IN ROW EXCLUSIVE MODE")
        ids = tuple(version.ids) or (0,)
        self.env.cr.execute("SELECT id FROM ir_attachment WHERE id IN %s FOR UPDATE", [ids])
        version = version.with_context(bin_size=False, bin_size_db_datas=False)
        fname = version.store_fname
        if not version or (fname and not os.path.isfile(version._full_path(fname))):
            raise UserError(self.env._("This version of %s is not kept any more.", file.name))
        file.sudo()._attache_refuse_audited()
        file.sudo()._attache_keep("replaced")
        file._attache_write(
            {
                "store_fname": version.store_fname,
                "db_datas": version.db_datas,
                "checksum": version.checksum,
                "file_size": version.file_size,
                "mimetype": version.mimetype,
                "attache_size": 0,
            }
        )
        self.env["attache.sidecar"]._nudge()
        return True

    def _attache_star(self, field, starred):
        """A star is the reader's own: nothing of the file is written, not even by whom."""
        columns = (SQL.identifier(field.column1), SQL.identifier(field.column2))
        table = SQL.identifier(field.relation)
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE %s IN %s AND %s = %s",
                table, columns[0], tuple(self.ids) or (0,), columns[1], self.env.uid,
            )
        )  # fmt: skip
        if starred and self:
            rows = SQL(", ").join(SQL("(%s, %s)", file, self.env.uid) for file in self.ids)
            self.env.cr.execute(
                SQL("INSERT INTO %s (%s, %s) VALUES %s", table, *columns, rows)
            )
        self.invalidate_recordset([field.name, "attache_starred"])

    # -- in the chatter -------------------------------------------------------------------

    def _to_store_defaults(self, target):
        shown = super()._to_store_defaults(target)
        if self.env.user._is_internal() and target.is_internal(self.env):
            shown = shown + [Store.Attr(name, _chatter(name)) for name in FOR_CHATTER]
        return shown


def _chatter(name):
    if name == "attache_folder_id":
        return lambda file: file.attache_folder_id.id
    return lambda file: file[name]
