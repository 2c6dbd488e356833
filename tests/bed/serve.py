"""`make servers NAME=…`: one server of the bed until Ctrl-C, for trying things by hand."""

import contextlib
import signal
import sys

from . import template
from .apache import Apache
from .odoo import ADDONS, Odoo
from .postgres import Postgres


def main(name: str) -> None:
    with contextlib.ExitStack() as stack:
        if name == "apache":
            server = stack.enter_context(Apache())
            print(f"WebDAV at {server.url}, user {server.user}, password {server.password}")
            print(f"its files lie in {server.root}")
        elif name == "postgres":
            server = stack.enter_context(Postgres())
            print(f"PostgreSQL at {server.url('postgres', 'postgres')}, no password")
        elif name == "odoo":
            database = stack.enter_context(template.cluster()).copy()
            server = stack.enter_context(Odoo(database, idle=True, cron_threads=1))
            if (ADDONS / "attache" / "__manifest__.py").exists():
                server.install("attache")
            server.start()
            print(f"Odoo at {server.url}, users admin/admin, demo/demo, portal/portal")
            print(f"database {database.postgres.url(database.name)}, log {server.log}")
        else:
            sys.exit("make servers NAME=odoo, NAME=apache or NAME=postgres")
        print("Ctrl-C stops it", flush=True)
        signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.suppress(KeyboardInterrupt):
        main(sys.argv[1] if len(sys.argv) > 1 else "")
