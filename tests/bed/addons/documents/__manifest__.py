# Stands in, for tests only, for the module of Odoo Enterprise that has this name. It is our own
# writing from Odoo's public documentation: public names of fields, and what people see happen.
# Nobody installs it beside the real one.
{
    "name": "Documents (stand-in for tests)",
    "summary": "Folders and files with roles, a trash, sharing by link and a signature",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "Attaché contributors",
    "depends": ["mail"],
    "data": ["security/ir.model.access.csv", "security/documents_rules.xml"],
}
