from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

OF_TEXT = "rule:%/text:%"
SECURITY_FIELDS = (
    "kind", "key", "record_model", "record_id", "res_model", "res_id", "trashed_at", "parent_path",
    "create_uid", "restricted",
)  # fmt: skip


class AttacheFolder(models.Model):
    """Who sees a folder: whoever may see it and every folder above it.

    A record's folder, a shortcut to it and a folder that stands for a value are seen by those who
    can read the record; a manual folder by everybody, or by some people only
    (`attache_folder_restriction`).
    """

    _inherit = "attache.folder"

    def _check_access(self, operation):
        result = super()._check_access(operation)
        remaining = self - result[0] if result else self
        if not remaining:
            return result
        allowed = remaining._visible()
        if operation != "read":
            allowed = allowed._writable()
        forbidden = remaining - allowed
        if not forbidden:
            return result

        def error():
            return AccessError(
                self.env._(
                    "You may not %(operation)s this folder: it or one above it belongs to a "
                    "record or to people that you have no right to.",
                    operation=operation,
                )
            )

        return (forbidden | result[0] if result else forbidden), error

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not self.env.su and not bypass_access:
            domain = Domain(domain) & Domain.custom(to_sql=self._visible_sql)
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _visible(self):
        """Those of these folders that the user may see."""
        self.flush_model(SECURITY_FIELDS)
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM attache_folder AS folder WHERE id IN %s AND %s",
                tuple(self.ids) or (0,),
                self._visible_sql(self, "folder", None),
            )
        )
        visible = {row[0] for row in rows}
        return self.filtered(lambda folder: folder.id in visible or not folder.id)

    def _writable(self):
        """Those of these folders whose record the user may change."""
        allowed = self.browse()
        for model, folders in self.sudo().grouped("res_model").items():
            if not model:
                allowed |= folders
            elif model in self.env:
                records = self.env[model].browse(folders.mapped("res_id")).exists()
                ids = set(records._filtered_access("write").ids)
                allowed |= folders.filtered(lambda folder, ids=ids: folder.res_id in ids)
        return allowed.sudo(False)

    @api.model
    def _visible_sql(self, model, alias, query):
        """No folder on the path from the root down to this one is forbidden."""
        self.flush_model(SECURITY_FIELDS)
        return SQL(
            """NOT EXISTS (
                SELECT 1 FROM attache_folder AS step
                 WHERE step.id = ANY (
                        string_to_array(rtrim(%s, '/'), '/')::int[])
                   AND (step.trashed_at IS NOT NULL
                        OR (step.record_model IS NOT NULL AND NOT %s)
                        OR (step.key LIKE %s AND NOT EXISTS (
                            SELECT 1 FROM attache_folder AS inside
                             WHERE inside.parent_id = step.id AND %s))
                        OR %s))""",
            SQL.identifier(alias, "parent_path"),
            self._readable_record_sql("step"),
            # Called by what records say in a field: it is seen with one of these records.
            OF_TEXT,
            self._readable_record_sql("inside"),
            self._restricted_sql("step"),
        )

    def _readable_record_sql(self, alias):
        """Whether the user can read the record of the folder `alias`."""
        readable, folder = [], SQL.identifier(alias)
        for name in self._record_models():
            Model = self.env.get(name)
            if Model is None or not Model.has_access("read"):
                continue
            query = Model.with_context(active_test=False)._search(Domain.TRUE)
            readable.append(
                SQL(
                    "(%s.record_model = %s AND %s.record_id IN %s)",
                    folder, name, folder, query.subselect(),
                )
            )
        return SQL("(%s)", SQL(" OR ").join(readable)) if readable else SQL("FALSE")
