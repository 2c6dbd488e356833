from odoo import models


class IrBinary(models.AbstractModel):
    _inherit = "ir.binary"

    def _find_record(
        self, xmlid=None, res_model="ir.attachment", res_id=None, access_token=None, field=None
    ):
        """Neither a token nor being public opens a file that its folder hides from this reader, or
        that is in the trash: who shows a message hands out tokens without asking the folder."""
        record = super()._find_record(xmlid, res_model, res_id, access_token, field)
        if record._name == "ir.attachment":
            file = self.env["ir.attachment"].browse(record.id)
            if record.sudo().res_model == "attache.trash":
                self.env["attache.trash"].browse(record.sudo().res_id).check_access("read")
            elif file._attache_hidden():
                file.check_access("read")
        return record
