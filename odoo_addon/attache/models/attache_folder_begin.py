from odoo import models

CONTENT = (
    "name", "description", "type", "mimetype", "store_fname", "db_datas", "checksum", "file_size",
    "index_content",
)  # fmt: skip


class AttacheFolder(models.Model):
    """What a record's folder begins with: the subfolders and template files of its rule."""

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    def _begin(self):
        """Fills new folders of records as their rules say. For folders that were made this moment
        only: what people take away afterwards, or rules gain, is never made again."""
        records = self.filtered(lambda folder: folder.kind == "record")
        for rule, folders in records.grouped("rule_id").items():
            if rule.default_ids:
                folders._begin_files(rule, folders._begin_subfolders(rule))

    def _begin_subfolders(self, rule):
        """{path: {record's folder: its folder of that path}}, paths without regard to case; the
        empty one is the record's folder itself."""
        made = {"": {folder: folder for folder in self}}
        for path in rule._subfolders():  # each after the one that it lies in
            above, _, name = path.rpartition("/")
            parents = made[above.casefold()]
            vals = [{"name": name, "parent_id": parents[folder].id} for folder in self]
            made[path.casefold()] = dict(zip(self, self.create(vals), strict=True))
        return made

    def _begin_files(self, rule, places):
        """Copies of the template files. Their bytes are neither read nor written again: rows of
        one content share it on disk."""
        for line in rule.default_ids:
            for file in line.attachment_ids:
                vals = {name: file[name] for name in CONTENT}
                self.env["ir.attachment"]._attache_create(
                    [
                        {
                            **vals,
                            **dict(zip(("res_model", "res_id"), place._holder(), strict=True)),
                            "attache_folder_id": place.id,
                        }
                        for place in places[line._folded()].values()
                    ]
                )
