"""What happens when the addon goes."""


def uninstall_hook(env):
    """Documents and their files stay as they are, with every byte in Odoo: without this addon
    nothing keeps a document and its file together.

    Raises where a byte cannot be fetched: the addon then stays installed.
    """
    env["attache.rule"].sudo()._end_workspaces()
