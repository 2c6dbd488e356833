from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

EDITORS = {"editor_user_ids", "editor_group_ids"}


class AttacheFolder(models.Model):
    """Manual folders that only some of those who see them change: their editors, whoever made the
    folder, and the administrators of Attaché."""

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    editor_user_ids = fields.Many2many(
        "res.users",
        "attache_folder_editor_user_rel",
        "folder_id",
        "user_id",
        string="Editing users",
        help="Who is listed here changes the folder and what is in it, and nobody else does who "
        "is not listed. They must also see it, and be allowed to change its record.",
    )
    editor_group_ids = fields.Many2many(
        "res.groups",
        "attache_folder_editor_group_rel",
        "folder_id",
        "group_id",
        string="Editing groups",
        help="Who is in a group that is listed here changes the folder and what is in it, and "
        "nobody else does who is not listed.",
    )
    # Remembered, like `restricted`: a user or group that is deleted leaves the lists without a
    # trace, and the last one to go must not let everybody change what is in the folder. People
    # who empty the lists themselves mean just that.
    editors_only = fields.Boolean(
        "Changed by some people only",
        readonly=True,
        copy=True,
        help="Only those who are listed, whoever made the folder and the administrators of "
        "Attaché change it and what is in it.",
    )

    _editors_only_index = models.Index("(id) WHERE editors_only")

    @api.model_create_multi
    def create(self, vals_list):
        folders = super().create([self._as_told(vals) for vals in vals_list])
        # One that is made again for its people keeps its own word, should they be gone.
        folders.filtered(lambda folder: not folder.editors_only)._note_editors()
        return folders

    def write(self, vals):
        result = super().write(self._as_told(vals))
        if vals.keys() & EDITORS:
            self._note_editors()
        return result

    def _as_told(self, vals):
        """Values in which people do not say themselves what the lists tell."""
        if self.env.su:
            return vals
        return {name: value for name, value in vals.items() if name != "editors_only"}

    def _note_editors(self):
        """Remembers for which of these folders editors are listed."""
        self.flush_model(["editors_only", *EDITORS])
        rows = self.env.execute_query(
            SQL(
                """SELECT id, listed FROM (
                       SELECT folder.id, coalesce(folder.editors_only, FALSE) AS noted,
                              %s OR %s AS listed
                         FROM attache_folder AS folder WHERE folder.id IN %s) AS folder
                    WHERE noted <> listed""",
                self._listed_sql("editor_user_ids", "folder"),
                self._listed_sql("editor_group_ids", "folder"),
                tuple(self.ids) or (0,),
            )
        )
        for folder, listed in rows:
            super(AttacheFolder, self.sudo().browse(folder)).write({"editors_only": listed})

    # -- who is kept from changes ---------------------------------------------------------

    def _writable(self):
        return super()._writable()._editable()

    def _editable(self):
        """Those of these folders of which, and of all folders above them, the user is an
        editor."""
        if not self or self.env.user.has_group("attache.group_admin"):
            return self
        self.flush_model(["kind", "parent_path", "create_uid", "editors_only", *EDITORS])
        groups = tuple(self.env.user._get_group_ids()) or (0,)
        rows = self.env.execute_query(
            SQL(
                """SELECT folder.id FROM attache_folder AS folder
                    WHERE folder.id IN %(ids)s AND EXISTS (
                        SELECT 1 FROM attache_folder AS step
                         WHERE step.id = ANY (
                                string_to_array(rtrim(folder.parent_path, '/'), '/')::int[])
                           AND step.kind = 'manual' AND step.editors_only
                           AND step.create_uid IS DISTINCT FROM %(uid)s
                           AND NOT %(users)s AND NOT %(groups)s)""",
                ids=tuple(self.ids) or (0,),
                uid=self.env.uid,
                users=self._listed_sql("editor_user_ids", "step", (self.env.uid,)),
                groups=self._listed_sql("editor_group_ids", "step", groups),
            )
        )
        kept_out = {row[0] for row in rows}
        return self.filtered(lambda folder: folder.id not in kept_out)

    # -- what outlives a folder -----------------------------------------------------------

    def _editors_told(self):
        """Who changes this folder, to be remembered beyond it. Its maker belongs to them."""
        folder = self.sudo().with_context(active_test=False)
        if not folder.editors_only:
            return {}
        maker = folder.create_uid.filtered(lambda user: user._is_internal())
        users, groups = folder.editor_user_ids | maker, folder.editor_group_ids
        return {"editors": {"users": users.ids, "groups": groups.ids}}

    def _changed_by_the_same(self, restriction):
        mine = (self.editors_only, self.editor_user_ids, self.editor_group_ids)
        theirs = self._people(restriction.get("editors", {}))
        return mine == ("editors" in restriction, *theirs)

    def _editor_vals(self, restriction):
        if "editors" not in restriction:
            return {}
        users, groups = self._people(restriction["editors"])
        return {
            "editors_only": True,  # also when none of them is there any more
            "editor_user_ids": [Command.set(users.ids)],
            "editor_group_ids": [Command.set(groups.ids)],
        }
