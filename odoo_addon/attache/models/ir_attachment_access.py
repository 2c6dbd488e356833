from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from ..context_mark import is_ours

IS = ("=", "in")


class IrAttachment(models.Model):
    """Files in a folder for some people only are theirs alone, whatever the record says."""

    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    attache_left_messages = fields.Json(
        "Messages that showed it",
        copy=False,
        readonly=True,
        groups="base.group_system",
        help="The messages that show the file again when everybody may see it.",
    )

    def _check_access(self, operation):
        result = super()._check_access(operation)
        remaining = self - result[0] if result else self
        hidden = remaining._attache_hidden()
        if not hidden:
            return result

        def error():
            return hidden._attache_kept_out()

        return (hidden | result[0] if result else hidden), error

    def _attache_kept_out(self):
        return AccessError(self.env._("This file lies in a folder of other people."))

    def _attache_hidden(self):
        """Those of these files whose folder keeps the user out."""
        folders = self.env["attache.folder"]
        return self._attache_in(folders._restricted_files_sql)

    def _attache_closed(self):
        """Those of these files that are for some people only, whoever asks."""
        folders = self.env["attache.folder"]
        return self._attache_in(folders._closed_files_sql)

    def _attache_in(self, condition):
        if not self or not self.env["attache.folder"]._any_restricted():
            return self.browse()
        self.flush_model(["attache_folder_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM ir_attachment WHERE id IN %s AND %s",
                tuple(self.ids) or (0,),
                condition(SQL.identifier("attache_folder_id")),
            )
        )
        found = {row[0] for row in rows}
        return self.filtered(lambda file: file.id in found)

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        domain = Domain(domain)
        named = any(d.field_expr == "id" and d.operator in IS for d in domain.iter_conditions())
        if not named and not self.env.context.get("attache_trash"):
            domain &= Domain("res_model", "!=", "attache.trash")
        asks = not self.env.su or self._attache_visitor()
        if asks and not bypass_access and self.env["attache.folder"]._any_restricted():
            domain &= Domain.custom(to_sql=self._attache_shown_sql)
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _attache_visitor(self):
        """Whether this searches with all rights for a person from outside. Pages of the portal
        list a record's files that way, and they ask for no file's own rights."""
        ours = is_ours(self.env, "attache_sidecar") or is_ours(self.env, "attache_closed")
        return not ours and bool(self.env.uid) and self.env.user.share

    def _attache_shown_sql(self, model, alias, query):
        self.flush_model(["attache_folder_id"])
        column = SQL.identifier(alias, "attache_folder_id")
        folders = self.env["attache.folder"].with_user(self.env.uid)
        return SQL("(%s IS NULL OR NOT %s)", column, folders._restricted_files_sql(column))

    # -- past the rights: tokens, addresses, messages ---------------------------------------

    def _attache_refuse_reader(self):
        """For what goes out to a browser with more rights than the user has: by a token, by an
        address of the file's own, because it is public. None of them opens what its folder hides
        from this user, or the trash."""
        self.ensure_one()
        if self.env.uid == SUPERUSER_ID:
            return
        if self.sudo().res_model == "attache.trash":
            trash = self.env["attache.trash"].sudo(False).browse(self.sudo().res_id)
            trash.check_access("read")
        elif self._attache_hidden():
            raise self._attache_kept_out()

    def _has_attachments_ownership(self, attachment_tokens):
        """A token that a message once gave its author opens, changes and deletes without asking
        for rights: not what is hidden from them, nor what is in the trash."""
        for file in self.exists():
            trashed = file.sudo().res_model == "attache.trash"
            if trashed or (self.env.uid != SUPERUSER_ID and file._attache_hidden()):
                return False
        return super()._has_attachments_ownership(attachment_tokens)

    def _attache_settle_messages(self):
        """Messages show names and tokens of their files to everybody who reads them, and so do
        other apps' pages that list them: what is for some people only leaves them. They show it
        again once everybody may see it."""
        closed = self.sudo()._attache_closed()
        left = closed._attache_leave_messages()
        closed._attache_leave_main()
        for file in closed.filtered(lambda file: file.id in left):
            known = file.attache_left_messages or []
            file._attache_write({"attache_left_messages": sorted({*known, *left[file.id]})})
        for file in (self.sudo() - closed).filtered("attache_left_messages"):
            messages = self.env["mail.message"].sudo().browse(file.attache_left_messages).exists()
            messages.filtered(
                lambda message, file=file: (
                    (message.model, message.res_id) == (file.res_model, file.res_id)
                )
            ).write({"attachment_ids": [Command.link(file.id)]})
            file._attache_write({"attache_left_messages": False})
