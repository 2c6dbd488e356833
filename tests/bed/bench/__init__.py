"""The bench: the first sync and a cycle without changes, beside other programs that do the same.

`python -m bed.bench [small] [large]`. One real Odoo with 2 workers and one Apache serve them all,
one after the other and round after round, in the same run on the same machine. Ratios are printed
and kept in target/bench/report.json, together with the goals; nothing fails because of a time.
"""
