from odoo import api, fields, models
from odoo.tools import SQL

WATCHED_DAYS = 2
PENDING = "attache.news"


class AttacheNews(models.Model):
    """Which folders somebody has open at present, to tell these screens of changes: a sync touches
    many thousand folders that nobody looks at."""

    _name = "attache.news"
    _description = "Folder that somebody has open"
    _log_access = False

    folder_id = fields.Many2one("attache.folder", required=True, ondelete="cascade")
    at = fields.Datetime("Asked for", required=True)

    _folder_unique = models.Constraint("UNIQUE (folder_id)", "This folder is here already.")

    @api.model
    def _watch(self, folders):
        """Somebody opens these folders."""
        for folder in folders.ids:
            self.env.cr.execute(
                SQL(
                    """INSERT INTO attache_news (folder_id, at)
                       VALUES (%s, now() AT TIME ZONE 'UTC')
                       ON CONFLICT (folder_id) DO UPDATE SET at = EXCLUDED.at
                        WHERE attache_news.at < EXCLUDED.at - interval '1 hour'""",
                    folder,
                )
            )

    @api.model
    def _tell(self, folders, files=()):
        """Once this transaction is about to be committed, tells whoever has these folders open."""
        if not folders:
            return
        data = self.env.cr.precommit.data
        if PENDING not in data:
            data[PENDING] = {}
            self.env.cr.precommit.add(self._send)
        for folder in folders:
            data[PENDING].setdefault(folder, set()).update(files)

    def _send(self):
        told = self.env.cr.precommit.data.pop(PENDING, {})
        since = fields.Datetime.subtract(fields.Datetime.now(), days=WATCHED_DAYS)
        watched = self.sudo().search([("folder_id", "in", list(told)), ("at", ">", since)])
        for folder in watched.folder_id:
            news = {"folders": [folder.id], "files": sorted(told[folder.id])[:1000]}
            self.env["bus.bus"]._sendone(folder, "attache/news", news)

    @api.autovacuum
    def _gc_news(self):
        since = fields.Datetime.subtract(fields.Datetime.now(), days=WATCHED_DAYS)
        self.search([("at", "<", since)], limit=10_000).unlink()
