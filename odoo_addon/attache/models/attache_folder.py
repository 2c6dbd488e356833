from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..context_mark import OURS

# Set by rules and by the sidecar alone; people set these two of manual folders only.
NEVER_BY_HAND = {
    "kind", "key", "rule_id", "record_model", "record_id", "own_connection_id", "connection_id",
    "res_model", "res_id", "in_scope", "stopped", "trashed_at",
}  # fmt: skip
PLACE = {"name", "parent_id"}
OF_RECORD = ("record", "shortcut")
USED = "attache.folder.record_models"  # its place in the cursor's cache


def without_defaults(model, *names):
    """The model without defaults for these fields in its context: whoever calls sets that, and
    what is refused in values would come in by it."""
    unwanted = {f"default_{name}" for name in names}
    context = {key: value for key, value in model.env.context.items() if key not in unwanted}
    return model.with_env(model.env(context=context))


class AttacheFolder(models.Model):
    """A node of the tree: a connection's root, a rule's, a record's, or a person's folder."""

    _name = "attache.folder"
    _description = "Folder"
    _parent_store = True
    _order = "name, id"

    name = fields.Char(required=True)
    kind = fields.Selection(
        [
            ("root", "Root"),
            ("rule", "Rule"),
            ("record", "Record"),
            ("manual", "Manual"),
            # In Odoo only: it leads to the folder of a record that has its home in another rule.
            ("shortcut", "Shortcut"),
        ],
        default="manual",
        required=True,
    )
    key = fields.Char(readonly=True, copy=False, help="Makes a creation safe to repeat.")
    parent_id = fields.Many2one("attache.folder", index=True, ondelete="cascade")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("attache.folder", "parent_id", "Subfolders")
    file_ids = fields.One2many("ir.attachment", "attache_folder_id", "Files")
    own_connection_id = fields.Many2one(
        "attache.connection", "Connection of the root", ondelete="cascade", readonly=True
    )
    connection_id = fields.Many2one(
        "attache.connection",
        compute="_compute_connection_id",
        store=True,
        recursive=True,
        index=True,
    )
    rule_id = fields.Many2one("attache.rule", readonly=True, index=True)
    # Of a record's folder and of a shortcut to it; of a rule's folder that stands for a value: what
    # that value points to.
    record_model = fields.Char("Model of its own record", readonly=True)
    record_id = fields.Many2oneReference(
        "Its own record", model_field="record_model", readonly=True
    )
    # The record above or at this folder, copied down so that access never walks up.
    res_model = fields.Char("Model", compute="_compute_res", store=True, recursive=True)
    res_id = fields.Many2oneReference(
        "Record", model_field="res_model", compute="_compute_res", store=True, recursive=True
    )
    in_scope = fields.Boolean(default=True, readonly=True, help="Does its rule still want it?")
    stopped = fields.Boolean(
        "No longer synced",
        readonly=True,
        help="Its record matches no rule any more, and its rule says that nothing is synced then.",
    )
    trashed_at = fields.Datetime("In the trash since", readonly=True, copy=False)

    _key_unique = models.UniqueIndex("(key) WHERE key IS NOT NULL")
    _record_index = models.Index("(record_model, record_id) WHERE record_model IS NOT NULL")
    _res_index = models.Index("(res_model, res_id)")

    @api.depends("own_connection_id", "parent_id.connection_id")
    def _compute_connection_id(self):
        for folder in self:
            folder.connection_id = folder.own_connection_id or folder.parent_id.connection_id

    @api.depends("kind", "record_model", "record_id", "parent_id.res_model", "parent_id.res_id")
    def _compute_res(self):
        for folder in self:
            own = folder.kind in OF_RECORD
            folder.res_model = folder.record_model if own else folder.parent_id.res_model
            folder.res_id = folder.record_id if own else folder.parent_id.res_id

    @api.model
    def _copied_down(self, vals):
        """The values that the computations above come to. They run all the same, and mend what
        this gets wrong; what it gets right needs no second write of every row, of which a rule may
        make hundreds."""
        parent = self.sudo().browse(vals.get("parent_id") or ())
        own = vals.get("kind") in OF_RECORD
        above = (parent.res_model, parent.res_id)
        model, res_id = (vals.get("record_model"), vals.get("record_id")) if own else above
        return {
            "connection_id": vals.get("own_connection_id") or parent.connection_id.id,
            "res_model": model,
            "res_id": res_id,
        }

    # -- what is refused ------------------------------------------------------------------

    @api.constrains("parent_id", "kind", "own_connection_id", "record_model", "record_id")
    def _check_place(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A folder cannot be moved below itself."))
        for folder in self:
            root = folder.kind == "root"
            if root == bool(folder.parent_id) or root != bool(folder.own_connection_id):
                raise ValidationError(
                    self.env._("Choose a parent: only a connection's root has none.")
                )
            if folder.kind in OF_RECORD and not (folder.record_model and folder.record_id):
                raise ValidationError(self.env._("A record's folder needs its record."))
            if folder.parent_id.kind == "shortcut":
                raise ValidationError(self.env._("A shortcut holds nothing: open its folder."))

    def _refuse_automatic(self):
        """People may not rename, move or delete what a rule made."""
        if not self.env.su and (automatic := self.filtered(lambda f: f.kind != "manual")):
            raise UserError(
                self.env._(
                    "%s is made by a rule: change the rule instead.", automatic[0].display_name
                )
            )

    def _refuse_by_hand(self, vals):
        if not self.env.su and (vals.keys() & NEVER_BY_HAND - {"kind"}):
            raise UserError(self.env._("Only rules and the sidecar set this of a folder."))
        if not self.env.su and vals.get("kind", "manual") != "manual":
            raise UserError(self.env._("Only manual folders are made by hand."))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self = without_defaults(self, *NEVER_BY_HAND, "restricted")
        for vals in vals_list:
            self._refuse_by_hand(vals)
        folders = super().create([{**vals, **self._copied_down(vals)} for vals in vals_list])
        self.env.cr.cache.pop(USED, None)
        folders._adopt()
        self.env["attache.sidecar"]._nudge()
        return folders

    def write(self, vals):
        self._refuse_by_hand(vals)
        if vals.keys() & PLACE:
            self._refuse_automatic()
        if vals.get("parent_id"):
            self.browse(vals["parent_id"]).check_access("write")
        files = self.sudo()._below()._files() if "parent_id" in vals else None
        clouds = files._attache_clouds() if files else {}
        result = super().write(vals)
        if "record_model" in vals:
            self.env.cr.cache.pop(USED, None)
        if "parent_id" in vals:
            self._reattach()
            self.env["ir.attachment"].sudo()._attache_come_home(clouds)
        self.env["attache.sidecar"]._nudge()
        return result

    def unlink(self):
        """A folder that goes takes its files to the trash; other records' folders stay."""
        self._refuse_automatic()  # not by `ondelete`: a context can keep that from being asked
        self.check_access("unlink")
        # Before anything moves out of a rule's folder: an empty one is seen by few.
        mine = self.browse(self.sudo()._below().ids)._filtered_access("unlink")
        self.sudo()._rescue()
        below = self.sudo()._below()
        # Whoever is kept out of a folder below does not delete it with this one either. What is in
        # the trash is nobody's to see, and goes along.
        alive = below.filtered(lambda folder: not folder.trashed_at)
        (self.browse(alive.ids) - mine).check_access("unlink")
        files = below._files()._attache_without_strays()
        files._attache_refuse_audited()
        files._attache_trash("odoo")
        self.env["attache.trash"].sudo().search([("folder_id", "in", below.ids)])._folders_go(below)
        self.env["attache.sidecar"]._nudge()
        return super().unlink()

    # -- the tree -------------------------------------------------------------------------

    def _below(self):
        """These and every folder below them."""
        return self.search([("id", "child_of", self.ids)]) if self else self

    def _files(self):
        """The files directly in these folders."""
        files = self.env["ir.attachment"].with_context(attache_closed=OURS)
        return files.search([("attache_folder_id", "in", self.ids)])

    def _rescue(self):
        """Folders of other records below these move up before these go: their records live on,
        and the rules will give them their new place."""
        below = self._below()
        others = below.filtered(lambda folder: folder.kind == "record") - self
        for folder in others.filtered(lambda folder: not folder._above() & others):
            folder.parent_id = (folder._above() - below)[-1:]

    def _above(self):
        """The folders above this one, from the root down."""
        return self.browse(int(step) for step in (self.parent_path or "").split("/")[:-2])

    def _holder(self):
        """What a file in this folder is attached to: (model, id)."""
        self.ensure_one()
        return (self.res_model, self.res_id) if self.res_id else (self._name, self.id)

    def _holding(self):
        """Those of these folders whose files are attached to just what `_holder` says. For addons
        whose records stand between a folder and its files."""
        return self

    @api.model
    def _record_models(self):
        """The models of the records that folders stand for. Remembered for this transaction alone:
        one that began before a model's first folder would fill a longer memory with what was."""
        if getattr(self.pool, "attache_uninstalled", False):
            return ()  # the table loses its columns one by one
        if (known := self.env.cr.cache.get(USED)) is None:
            self.env["attache.folder"].flush_model(["record_model"])
            # From one model to the next in the index: Postgres reads all rows for a DISTINCT.
            rows = self.env.execute_query(
                SQL(
                    """WITH RECURSIVE used(model) AS (
                           SELECT min(record_model) FROM attache_folder
                           UNION ALL
                           SELECT (SELECT min(record_model) FROM attache_folder
                                    WHERE record_model > used.model)
                             FROM used WHERE used.model IS NOT NULL)
                       SELECT model FROM used WHERE model IS NOT NULL"""
                )
            )
            known = self.env.cr.cache[USED] = tuple(model for (model,) in rows)
        return known

    @api.model
    def _homes(self, pairs):
        """{(model, id): folder id} of the records among `pairs` that have a folder."""
        pairs = [pair for pair in pairs if pair[0] in self._record_models()]
        if not pairs:
            return {}
        self.flush_model(["kind", "record_model", "record_id", "trashed_at"])
        rows = self.env.execute_query(
            SQL(
                """SELECT record_model, record_id, min(id) FROM attache_folder
                    WHERE kind = 'record' AND trashed_at IS NULL
                      AND (record_model, record_id) IN %s
                    GROUP BY record_model, record_id""",
                tuple(pairs),
            )
        )
        return {(model, res_id): folder for model, res_id, folder in rows}

    def _adopt(self):
        """Takes in the attachments of records whose folders these are."""
        records = self.filtered(lambda folder: folder.kind == "record")
        if not records:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE ir_attachment AS file SET attache_folder_id = folder.id
                     FROM attache_folder AS folder
                    WHERE folder.id IN %s AND folder.kind = 'record'
                      AND folder.trashed_at IS NULL
                      AND file.res_model = folder.record_model AND file.res_id = folder.record_id
                      AND file.res_field IS NULL AND file.type = 'binary'
                      AND file.attache_folder_id IS NULL""",
                tuple(records.ids),
            )
        )
        self.env["ir.attachment"].invalidate_model(["attache_folder_id"])

    def _reattach(self):
        """Files follow their folder to another record."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """UPDATE ir_attachment AS file
                      SET res_model = CASE WHEN folder.res_id > 0 THEN folder.res_model
                                           ELSE 'attache.folder' END,
                          res_id = CASE WHEN folder.res_id > 0 THEN folder.res_id
                                        ELSE folder.id END
                     FROM attache_folder AS folder
                    WHERE file.attache_folder_id = folder.id AND folder.id IN %s
                      AND (file.res_model, file.res_id) IS DISTINCT FROM
                          (CASE WHEN folder.res_id > 0 THEN folder.res_model
                                ELSE 'attache.folder' END,
                           CASE WHEN folder.res_id > 0 THEN folder.res_id ELSE folder.id END)
                RETURNING file.id""",
                tuple(self.sudo()._below()._holding().ids) or (0,),
            )
        )
        moved = self.env["ir.attachment"].browse(row[0] for row in rows)
        moved.invalidate_recordset(["res_model", "res_id"])
        moved.sudo()._attache_leave_messages()

    def _trash(self):
        """These folders, what is below them and their files go to the trash."""
        below = self._below().filtered(lambda folder: not folder.trashed_at)
        files = below._files()
        files._attache_refuse_audited()
        files._attache_trash("cloud")
        below.trashed_at = fields.Datetime.now()

    @api.model
    def _forget_records(self, model, ids):
        """The folders of deleted records go."""
        if model not in self._record_models():
            return
        self.sudo().search(
            [("kind", "in", OF_RECORD), ("record_model", "=", model), ("record_id", "in", ids)]
        ).unlink()
