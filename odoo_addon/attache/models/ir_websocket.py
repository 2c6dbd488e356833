import re

from odoo import models

CHANNEL = re.compile(r"attache\.folder_(\d+)")

class IrWebsocket(models.AbstractModel):
    """Whoever may see a folder may be told of changes in it."""

    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        asked = {channel: CHANNEL.fullmatch(channel) for channel in channels}
        ids = {channel: int(match[1]) for channel, match in asked.items() if match}
        channels = [channel for channel in channels if channel not in ids]
        if ids and self.env.user._is_internal():
            folders = self.env["attache.folder"].search([("id", "in", list(ids.values()))])
            self.env["attache.news"].sudo()._watch(folders)
            channels.extend(folders)
        return super()._build_bus_channel_list(channels)
