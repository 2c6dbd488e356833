"""The test bed: real servers for the tests, each a context manager.

`Postgres` a private cluster, `Odoo` an Odoo 19 on a copy of a template database with demo
data, `Apache` a WebDAV store, `Sidecar` the program under test. Everything that is started
here ends with its context, with Ctrl-C, and with the death of the tests.
"""

from .apache import Apache
from .odoo import Database, Odoo, Result
from .place import REPO, bed
from .postgres import Postgres
from .process import Dead, until
from .rpc import Rpc, RpcError
from .sidecar import Sidecar

__all__ = [
    "REPO",
    "Apache",
    "Database",
    "Dead",
    "Odoo",
    "Postgres",
    "Result",
    "Rpc",
    "RpcError",
    "Sidecar",
    "bed",
    "until",
]
