"""What happens when the addon goes."""


def uninstall_hook(env):
    """Brings every released file's bytes home, then takes the triggers down.

    Raises where a byte cannot be fetched: the addon then stays installed.
    """
    env["attache.folder"].sudo()._refuse_end_of_restrictions()
    env["attache.trash"].sudo().search([])._forget()
    env["ir.attachment"].sudo()._attache_all_home()
    env["attache.feed"]._drop()
