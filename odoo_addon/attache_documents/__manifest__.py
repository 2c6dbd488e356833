{
    "name": "Attaché for Documents",
    "summary": "Keeps folders of Odoo's Documents in two-way sync with clouds",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "license": "LGPL-3",
    "author": "Attaché contributors",
    "depends": ["attache", "documents"],
    "auto_install": True,
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
