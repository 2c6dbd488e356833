"""The trial: rounds of people's deeds at both ends at once, with trouble, and what must hold after.

`python -m bed.trial crash|soak [--rounds N] [--seed S] [--store folder|webdav]`. In a *round*,
seeded people work in a real Odoo and in a real store while a real sidecar syncs them. Then both
ends must be in step, every content that nobody overwrote or deleted must lie at both exactly
once, byte for byte, and nothing else may lie there.

`crash` kills the sidecar (kill -9) one to four times in each round, at seeded moments. `soak`
plays many rounds; the store, Odoo or the sidecar is away for a while now and then, and the
sidecar's memory must not keep growing.
"""
