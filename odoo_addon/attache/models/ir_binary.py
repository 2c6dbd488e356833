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
            record._attache_refuse_reader()
        return record

    def _record_to_stream(self, record, field_name):
        """Other models show a file's bytes as their own (documents of products). Odoo answers what
        they may not read with a placeholder or as not found: these are there, and cannot be had."""
        from ..released_stream import loud

        return loud(super()._record_to_stream, record, field_name)
