from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class AttacheFolder(models.Model):
    """What people may do with a folder.

    Whoever sees it (`attache_folder_visible`) reads it. To change it, or to put something into it,
    one must also be allowed to change the record at or above it, if there is one, and be an editor
    of it and of every folder above it (`attache_folder_editors`).
    """

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

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
            domain = Domain(domain)
            asked = domain

            def seen(model, alias, _query):
                return model._visible_sql(alias, asked)

            domain &= Domain.custom(to_sql=seen)
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

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
        return allowed.sudo(self.env.su)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # Before there is anything in it: that alone may show a rule's folder.
            usual = self.default_get(["parent_id"]).get("parent_id")
            parents = {vals.get("parent_id", usual) for vals in vals_list}
            self.browse(filter(None, parents)).check_access("write")
        return super().create(vals_list)

    def write(self, vals):
        if "parent_id" in vals and not self.env.su:
            self._refuse_automatic()
            self.check_access("write")
            # What is below comes along: whoever may not change that does not move it either.
            below = self.sudo()._below().filtered(lambda folder: not folder.trashed_at)
            self.browse(below.ids).check_access("write")
        return super().write(vals)
