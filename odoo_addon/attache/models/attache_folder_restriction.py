from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import SQL

RIGHTS = {"user_ids", "group_ids", "restricted"}


class AttacheFolder(models.Model):
    """Manual folders for some people only: those who are listed, and whoever made the folder."""

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    user_ids = fields.Many2many(
        "res.users",
        string="Users",
        help="Who is listed here sees the folder, and nobody else does who is not listed.",
    )
    group_ids = fields.Many2many(
        "res.groups",
        string="Groups",
        help="Who is in a group that is listed here sees the folder, and nobody else does who is "
        "not listed.",
    )
    # Remembered and not read off the lists: a user or group that is deleted leaves them without
    # a trace, and the last one to go must not open the folder to everybody.
    restricted = fields.Boolean(
        "For some people only",
        compute="_compute_restricted",
        store=True,
        readonly=False,
        copy=True,
        help="Only those who are listed and whoever made the folder see it and what is in it. "
        "When nobody is listed any more it stays closed, to all but its maker and the "
        "administrators of Attaché, until one of these opens it.",
    )
    deserted = fields.Boolean(
        "Nobody is listed",
        compute="_compute_deserted",
        help="For some people only, and nobody is listed any more.",
    )

    _restricted_index = models.Index("(id) WHERE restricted")

    @api.depends("user_ids", "group_ids")
    def _compute_restricted(self):
        for folder in self:
            folder.restricted = folder.restricted or bool(folder.user_ids or folder.group_ids)

    @api.depends("restricted", "user_ids", "group_ids")
    def _compute_deserted(self):
        for folder in self:
            listed = folder.sudo().user_ids or folder.sudo().group_ids
            folder.deserted = folder.restricted and not listed

    @api.model_create_multi
    def create(self, vals_list):
        folders = super().create([_without_denial(vals) for vals in vals_list])
        folders._note_restrictions({name for vals in vals_list for name in vals})
        return folders

    def write(self, vals):
        if "restricted" in vals and not vals["restricted"]:
            vals = self._opening(vals)
        result = super().write(vals)
        self._note_restrictions(vals.keys())
        return result

    def action_open(self):
        """Opens folders to everybody who sees what is above them."""
        self.write({"restricted": False})

    def _opening(self, vals):
        """Opening a folder empties its lists, and only administrators do it."""
        if not self.sudo().filtered("restricted"):
            return _without_denial(vals)
        if not self.env.su and not self.env.user.has_group("attache.group_admin"):
            raise AccessError(
                self.env._(
                    "Only members of Attaché / Administration open a folder to everybody that was "
                    "for some people only. List more people instead."
                )
            )
        return {**vals, "user_ids": [Command.clear()], "group_ids": [Command.clear()]}

    def _note_restrictions(self, names):
        """After a write of these fields: what is kept elsewhere about who sees what follows."""
        if not names & RIGHTS and ("parent_id" not in names or not self._any_restricted()):
            return
        self.sudo()._below()._files()._attache_settle_messages()

    # -- who is kept out ------------------------------------------------------------------

    @api.model
    def _restricted_sql(self, alias):
        """Whether `alias` is a folder for some people of whom the user is none."""
        self.flush_model(["kind", *RIGHTS])
        listed = self._listed_sql
        groups = tuple(self.env.user._get_group_ids()) or (0,)
        deserted = SQL("FALSE")
        if self.env.user.has_group("attache.group_admin"):
            nobody = (listed("user_ids", alias), listed("group_ids", alias))
            deserted = SQL("(NOT %s AND NOT %s)", *nobody)
        return SQL(
            """(%s AND %s IS DISTINCT FROM %s AND NOT %s AND NOT %s AND NOT %s)""",
            self._closed_sql(alias),
            SQL.identifier(alias, "create_uid"),
            self.env.uid,
            listed("user_ids", alias, (self.env.uid,)),
            listed("group_ids", alias, groups),
            deserted,
        )

    def _listed_sql(self, name, alias, among=None):
        """Whether somebody, or one of `among`, is in the list `name` of the folder `alias`."""
        field = self._fields[name]
        return SQL(
            "EXISTS (SELECT 1 FROM %s AS listed WHERE listed.%s = %s%s)",
            SQL.identifier(field.relation),
            SQL.identifier(field.column1),
            SQL.identifier(alias, "id"),
            SQL(" AND listed.%s IN %s", SQL.identifier(field.column2), among) if among else SQL(),
        )

    @api.model
    def _closed_sql(self, alias):
        """Whether `alias` is a folder for some people only, whoever asks."""
        row = SQL.identifier(alias)
        return SQL("(%(row)s.kind = 'manual' AND %(row)s.restricted)", row=row)

    @api.model
    def _restricted_files_sql(self, column):
        """Whether the folder in `column` lies at or below one that keeps the user out."""
        return self._at_or_below_sql(column, self._restricted_sql("outer_"))

    @api.model
    def _closed_files_sql(self, column):
        """Whether the folder in `column` lies at or below one for some people only."""
        self.flush_model(["kind", "restricted", "parent_path"])
        return self._at_or_below_sql(column, self._closed_sql("outer_"))

    def _at_or_below_sql(self, column, condition):
        return SQL(
            """%s IN (WITH RECURSIVE below_ AS (
                          SELECT outer_.id FROM attache_folder AS outer_ WHERE %s
                           UNION
                          SELECT inner_.id FROM below_ JOIN attache_folder AS inner_
                              ON inner_.parent_id = below_.id)
                      SELECT DISTINCT id FROM below_)""",
            column,
            condition,
        )

    @api.model
    def _any_restricted(self):
        """Whether any folder is for some people only: most databases skip the question. Asked
        each time: a thread that asks while another makes the first one would keep a wrong no."""
        return self._any_restricted_and()[0]

    @api.model
    def _any_restricted_and(self, *asked):
        """The same, with the answers to more that is asked, in one query."""
        if getattr(self.pool, "attache_uninstalled", False):
            return [False, *[()] * len(asked)]  # the table loses its columns one by one
        self.flush_model(["restricted"])
        restricted = SQL("EXISTS (SELECT 1 FROM attache_folder WHERE restricted)")
        query = SQL("SELECT %s", SQL(", ").join((restricted, *asked)))
        return list(self.env.execute_query(query)[0])

    def _refuse_end_of_restrictions(self):
        """Without this addon nothing is known of folders: whoever reads a record sees its files."""
        closed = self.search([("kind", "=", "manual"), ("restricted", "=", True)])
        count = len(closed._below()._files())
        if count:
            raise UserError(
                self.env._(
                    "%s files are for some people only, and without Attaché everybody who reads "
                    "their records would see them. Open their folders to everybody first, or move "
                    "the files away. Attaché stays installed.",
                    count,
                )
            )

    # -- what outlives a folder -----------------------------------------------------------

    def _path(self):
        """From the root down to this folder."""
        return self._above() + self

    def _closed(self):
        """Those of these folders that are for some people only."""
        return self.filtered(lambda folder: folder.kind == "manual" and folder.restricted)

    def _restriction(self):
        """For whom this folder is, to be remembered beyond it. Its maker belongs to them."""
        self.ensure_one()
        folder = self.sudo().with_context(active_test=False)
        maker = folder.create_uid.filtered(lambda user: user._is_internal())
        users = folder.user_ids | maker
        people = {"users": users.ids, "groups": folder.group_ids.ids}
        return {"name": folder.name, **people, **folder._editors_told()}

    def _closed_below(self, restrictions):
        """The folder below this one that is for the people of folders that are gone, from the
        outer to the inner."""
        folder = self
        for restriction in restrictions:
            folder = folder._closed_again(restriction)
        return folder

    def _closed_again(self, restriction):
        """The folder in this one for the people of one that is gone: made once, then found."""
        self.ensure_one()
        users, _groups = self._people(restriction)
        for folder in self.with_context(active_test=False).child_ids._closed():
            same = folder.name == restriction["name"] and not folder.trashed_at
            # Whoever made a folder sees it: one that somebody else made beforehand is another.
            ours = folder.create_uid.id == SUPERUSER_ID or folder.create_uid in users
            if same and ours and folder._for_the_same(restriction):
                return folder
        # Nor does a new one belong to whoever merges records or restores files.
        maker = self.with_user(SUPERUSER_ID)
        return maker.create(maker._restricted_vals(restriction)).with_env(self.env)

    def _people(self, told):
        """Those of the users and groups that are told who are still there."""
        users = self.env["res.users"].browse(told.get("users", ())).exists()
        return users, self.env["res.groups"].browse(told.get("groups", ())).exists()

    def _for_the_same(self, restriction):
        """Whether this folder is for just the people of one that is gone."""
        same = (self.user_ids, self.group_ids) == self._people(restriction)
        return same and self._changed_by_the_same(restriction)

    def _restricted_vals(self, restriction):
        """What makes a folder in this one for the people of one that is gone."""
        users, groups = self._people(restriction)
        return {
            "name": restriction["name"],
            "parent_id": self.id,
            "restricted": True,
            "user_ids": [Command.set(users.ids)],
            "group_ids": [Command.set(groups.ids)],
            **self._editor_vals(restriction),
        }


def _without_denial(vals):
    """Values in which `restricted` is not denied: the lists tell it then."""
    return {name: value for name, value in vals.items() if name != "restricted" or value}
