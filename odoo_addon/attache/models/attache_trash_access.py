from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL


class AttacheTrash(models.Model):
    """Who sees what lies in the trash: administrators of Attaché all of it, everybody else what
    they deleted themselves, as long as they may still see where it lay. Earlier contents of a file
    are for those who may read the file and see the folder in which it had them."""

    _inherit = "attache.trash"  # pylint: disable=consider-merging-classes-inherited

    def _check_access(self, operation):
        result = super()._check_access(operation)
        remaining = self - result[0] if result else self
        if self.env.user.has_group("attache.group_admin"):
            allowed = remaining._not_closed()
        else:
            allowed = remaining._own() if operation in ("read", "unlink") else remaining.browse()
        if operation == "read":
            allowed |= remaining._of_readable_files()
        forbidden = remaining - allowed
        if not forbidden:
            return result

        def error():
            return AccessError(self.env._("This lies in the trash, and was deleted by others."))

        return (forbidden | result[0] if result else forbidden), error

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not self.env.su and not bypass_access:
            admin = self.env.user.has_group("attache.group_admin")
            mine = self._not_closed_domain() if admin else self._own_domain()
            domain = Domain(domain) & mine
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _own(self):
        found = self.sudo().search(Domain("id", "in", self.ids) & self.sudo(False)._own_domain())
        return self & found.sudo(self.env.su)

    def _of_readable_files(self):
        rows = self.sudo().filtered(lambda row: row.replaced_id and row.reason == "replaced")
        files = rows.replaced_id.sudo(False).exists()._filtered_access("read")
        rows = rows.filtered(lambda row: row.replaced_id.sudo(False) in files)
        folders = self.env["attache.folder"].sudo(False)._search(Domain.TRUE)
        nowhere = Domain("folder_id", "=", False) & Domain("restrictions", "=", False)
        there = Domain("folder_id", "in", folders) | nowhere
        return (rows & rows.search(Domain("id", "in", rows.ids) & there)).sudo(self.env.su)

    def _not_closed(self):
        found = self.sudo().search(
            Domain("id", "in", self.ids) & self.sudo(False)._not_closed_domain()
        )
        return self & found.sudo(self.env.su)

    @api.model
    def _not_closed_domain(self):
        """Earlier contents of files that are for other people only are not for administrators
        either."""
        folders = self.env["attache.folder"].sudo(False)

        def shut(_model, alias, _query):
            return folders._restricted_files_sql(SQL.identifier(alias, "folder_id"))

        closed = Domain.custom(to_sql=shut) | Domain("restrictions", "!=", False)
        return Domain("reason", "!=", "replaced") | ~closed

    @api.model
    def _own_domain(self):
        """What this user deleted and would still see: of a record that they may read, and from a
        folder that they see, if there still is one."""
        mine = Domain("create_uid", "=", self.env.uid) & Domain("reason", "=", "odoo")
        folders = self.env["attache.folder"].sudo(False)._search(Domain.TRUE)
        there = Domain("folder_id", "=", False) | Domain("folder_id", "in", folders)
        return mine & there & self._record_domain(folders)

    def _record_domain(self, folders):
        domain = Domain("res_id", "in", (0, False))
        self.flush_model(["create_uid", "res_model"])
        models_ = self.env.execute_query(
            SQL("SELECT DISTINCT res_model FROM attache_trash WHERE create_uid = %s", self.env.uid)
        )
        for (name,) in models_:
            Model = self.env.get(name or "")
            if name == "attache.folder":
                domain |= Domain("res_model", "=", name) & Domain("res_id", "in", folders)
            elif Model is not None and Model.has_access("read"):
                query = Model.sudo(False).with_context(active_test=False)._search(Domain.TRUE)
                domain |= Domain("res_model", "=", name) & Domain("res_id", "in", query)
        return domain
