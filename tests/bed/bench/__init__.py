"""The bench: the first sync and a cycle without changes, beside other programs that do the same.

`python -m bed.bench [small] [large] [rules]`. One database of a real Odoo is read by all of them:
by the loop in Odoo's own process, by the sidecar through an Odoo with 2 workers on a copy that has
the addon. One Apache takes the files, one program after the other and round after round, in the
same run on the same machine. Ratios are printed and kept in target/bench/report.json, together with
the goals; nothing fails because of a time.

`rules` is another bench, by name only: five rules over 100,000 records, and the calls and the
memory that the folders of them cost.
"""
