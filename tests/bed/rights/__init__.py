"""Random trees of folders, and what random people may do in them: Odoo's answer beside that of a
model of the rules which shares no code with the addon. `python -m bed.rights --cases 2000`."""
