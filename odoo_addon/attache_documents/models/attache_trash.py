from odoo import models

from .documents_document import DOCUMENT


class AttacheTrash(models.Model):
    """Another record's file that lay in a workspace goes back there as that record's."""

    _inherit = "attache.trash"

    def _holder_in(self, folder):
        if folder._is_workspace() and self.res_model not in (DOCUMENT, folder._name):
            record = self.env.get(self.res_model)
            if record is not None and record.browse(self.res_id).exists():
                return self.res_model, self.res_id
        return super()._holder_in(folder)
