"""The demo: Odoo with demo data, a sidecar and a store, set up, in step and kept for the next run.

`python -m bed.demo [--once | --tour] [--fresh]`; the variable STORE says `folder` (default) or
`webdav`. The Makefile's target of that name runs it.
"""
