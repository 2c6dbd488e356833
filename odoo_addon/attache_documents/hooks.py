"""What happens when the addon comes and goes."""


def post_init_hook(env):
    """Workspaces of an earlier time take in their files again."""
    env["attache.folder"].sudo()._all_workspaces()._adopt()


def uninstall_hook(env):
    """Documents and their files stay as they are, with every byte in Odoo: without this addon
    nothing keeps a document and its file together.

    Raises where a byte cannot be fetched: the addon then stays installed.
    """
    env["attache.rule"].sudo()._end_workspaces()
