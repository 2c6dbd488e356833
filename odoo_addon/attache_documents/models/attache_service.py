from odoo import api, models
from odoo.fields import Domain

from .attache_rule import ONLY_FOLDERS
from .documents_document import DOCUMENT


class AttacheService(models.AbstractModel):
    """Workspaces as the sidecar sees and changes them."""

    _inherit = "attache.service"

    @api.model
    def search_read(self, model, domain, fields, after_id=0, limit=None, with_archived=False):
        """Of Documents the sidecar reads folders alone: what is below a workspace comes along
        whatever its rule says, and a file is none."""
        if model == DOCUMENT:
            domain = list(Domain(domain) & ONLY_FOLDERS)
        return super().search_read(model, domain, fields, after_id, limit, with_archived)

    def _folders(self, where, limit=None):
        """A workspace below another is the cloud's to rename, move and delete as well."""
        rows = super()._folders(where, limit)
        workspaces = [row["id"] for row in rows if row["model"] == DOCUMENT]
        inner = set(self.env["attache.folder"].browse(workspaces)._inner_workspaces().ids)
        for row in rows:
            row["free"] = row["id"] in inner
        return rows

    def _folders_by_key(self, keys):
        there = super()._folders_by_key(keys)
        born = self.env["attache.folder"].search([("attache_born_key", "in", list(keys))])
        return {folder.attache_born_key: folder for folder in born} | there

    def _bring(self, folder, item, parents):
        """A folder that became a workspace is one still when the call that made it is repeated."""
        if folder._is_workspace() and item["kind"] == "manual":
            folder._document()._attache_set(active=True)
            folder._out_of_trash()
            place = self._folder_vals(item, parents)
            place = {name: place[name] for name in ("name", "parent_id")}
            folder.with_context(attache_documents_follow=True).write(place)
        else:
            super()._bring(folder, item, parents)
            folder._out_of_trash()

    def _folders_place(self, items):
        """What the cloud did to a workspace happens to its folder of Documents. Rename and move
        alone come from the rules, which follow Documents."""
        if items[0]["op"] == "place":
            self = self.with_context(attache_documents_follow=True)
        return super()._folders_place(items)
