from odoo import models

from odoo.addons.mail.tools.discuss import Store


class MailThread(models.AbstractModel):
    """The chatter learns with the files of a record whether the record has a folder: only then it
    shows folders, and asks about them."""

    _inherit = "mail.thread"

    def _thread_to_store(self, store: Store, fields, *, request_list=None):
        super()._thread_to_store(store, fields, request_list=request_list)
        if not request_list or "attachments" not in request_list:
            return
        if not self.env.user._is_internal():
            return
        folders = self.env["attache.folder"].sudo(False)
        homes = folders._homes({(thread._name, thread.id) for thread in self})
        shown = set(folders.search([("id", "in", list(homes.values()))]).ids) if homes else ()
        for thread in self:
            home = homes.get((thread._name, thread.id))
            told = {"attache_folder_id": home if home in shown else False}
            store.add(thread, told, as_thread=True)
