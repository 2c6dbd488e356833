from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class AttacheFolder(models.Model):
    """Folders of archived records: people read them and change nothing."""

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    record_archived = fields.Boolean(
        "Archived",
        compute="_compute_record_archived",
        search="_search_record_archived",
        help="Its record is archived: people change nothing in this folder.",
    )

    @api.depends("res_model", "res_id")
    def _compute_record_archived(self):
        archived = self._archived()
        for folder in self:
            folder.record_archived = folder in archived

    def _search_record_archived(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        archived = Domain.FALSE
        for name in self._record_models():
            Model = self.env.get(name)
            if Model is not None and Model._active_name:
                query = Model.sudo().with_context(active_test=False)
                query = query._search([(Model._active_name, "=", False)])
                archived |= Domain("res_model", "=", name) & Domain("res_id", "in", query)
        return archived if (operator == "in") == (True in value) else ~archived

    def _archived(self):
        """Those of these folders whose record is archived."""
        archived = self.browse()
        for name, folders in self.sudo().grouped("res_model").items():
            Model = self.env.get(name or "")
            if Model is None or not Model._active_name:
                continue
            records = Model.sudo().browse(folders.mapped("res_id")).exists()
            ids = set(records.filtered(lambda record: not record[record._active_name]).ids)
            archived |= folders.filtered(lambda folder, ids=ids: folder.res_id in ids)
        return archived.sudo(self.env.su)

    def _read_only(self):
        return AccessError(
            self.env._(
                "The record is archived, and so its folder is read-only: unarchive it first."
            )
        )

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if operation == "read":
            return result
        remaining = self - result[0] if result else self
        archived = remaining._archived()
        if not archived:
            return result
        return (archived | result[0] if result else archived), archived._read_only
