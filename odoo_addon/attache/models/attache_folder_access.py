from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

SECURITY_FIELDS = (
    "kind", "record_model", "record_id", "res_model", "res_id", "trashed_at", "parent_path",
    "create_uid",
)  # fmt: skip


class AttacheFolder(models.Model):
    """Who sees a folder: whoever may see it and every folder above it.

    A record's folder is seen by those who can read the record, a manual folder by those it
    lists (an empty list: everyone).
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
                        OR (step.kind = 'record' AND NOT %s)
                        OR %s))""",
            SQL.identifier(alias, "parent_path"),
            self._readable_record_sql(),
            self._restricted_sql("step"),
        )

    def _readable_record_sql(self):
        """Whether the user can read the record of the folder `step`."""
        readable = []
        for name in self._record_models():
            Model = self.env.get(name)
            if Model is None or not Model.has_access("read"):
                continue
            query = Model.with_context(active_test=False)._search(Domain.TRUE)
            readable.append(
                SQL("(step.record_model = %s AND step.record_id IN %s)", name, query.subselect())
            )
        return SQL("(%s)", SQL(" OR ").join(readable)) if readable else SQL("FALSE")

    # -- manual folders of some people only -----------------------------------------------

    @api.model
    def _restricted_sql(self, alias):
        """Whether `alias` is a manual folder of others. Its maker always belongs."""
        if not self._any_restricted():
            return SQL("FALSE")
        self.flush_model(["kind", "user_ids", "group_ids"])
        users, groups = self._fields["user_ids"], self._fields["group_ids"]
        row, group_ids = SQL.identifier(alias), tuple(self.env.user._get_group_ids()) or (0,)
        lists = [
            SQL(
                "(SELECT bool_or(%s IN %s) FROM %s WHERE %s = %s.id)",
                SQL.identifier(field.column2),
                mine,
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
                row,
            )
            for field, mine in ((users, (self.env.uid,)), (groups, group_ids))
        ]
        return SQL(
            """(%(row)s.kind = 'manual' AND %(row)s.create_uid IS DISTINCT FROM %(uid)s
                AND coalesce(%(users)s OR %(groups)s, %(users)s, %(groups)s) = FALSE)""",
            row=row,
            uid=self.env.uid,
            users=lists[0],
            groups=lists[1],
        )

    @api.model
    def _restricted_files_sql(self, column):
        """Whether the folder in `column` lies at or below a manual folder of others."""
        return SQL(
            """%s IN (SELECT inner_.id FROM attache_folder AS outer_
                        JOIN attache_folder AS inner_
                          ON inner_.parent_path LIKE outer_.parent_path || '%%'
                       WHERE %s)""",
            column,
            self._restricted_sql("outer_"),
        )

    @api.model
    @ormcache()
    def _any_restricted(self):
        """Whether any folder lists people at all: most databases skip the question."""
        self.flush_model(["user_ids", "group_ids"])
        fields_ = (self._fields["user_ids"], self._fields["group_ids"])
        return any(
            self.env.execute_query(
                SQL("SELECT EXISTS (SELECT 1 FROM %s)", SQL.identifier(field.relation))
            )[0][0]
            for field in fields_
        )

    def _note_restrictions(self, vals_list):
        if any(vals.keys() & {"user_ids", "group_ids"} for vals in vals_list):
            self.flush_recordset(["user_ids", "group_ids"])
            self.env.registry.clear_cache()
