"""A private PostgreSQL cluster on 127.0.0.1 and a socket, for data that may be thrown away."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from . import process

ROLE = "odoo"


def programs() -> Path:
    """The folder of the newest PostgreSQL programs that Debian installed."""
    found = [
        path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()
    ]
    if not found:
        raise RuntimeError("no PostgreSQL server programs: run tests/bed/setup.sh")
    return max(found, key=lambda path: int(path.parent.name))


class Postgres:
    """A cluster of its own, deleted at the end of the context.

    `seed` is a stopped cluster folder to start from a copy of. `durable` keeps fsync on, for
    tests that kill the database. Roles: `postgres` (superuser) and `odoo` (may create
    databases); 127.0.0.1 needs no password. `folder` keeps the cluster in a folder of the
    caller's instead of a scratch folder; the one that is there is started again. `port` 0
    takes a free one.
    """

    def __init__(
        self,
        *,
        seed: Path | None = None,
        durable: bool = False,
        folder: Path | None = None,
        port: int = 0,
    ):
        self.seed, self.durable, self.folder = seed, durable, folder
        self.port = port
        self.host = "127.0.0.1"
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Postgres":
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(process.room("postgres", self.folder))
            self.cluster = self.folder / "cluster"
            # A socket's path may be 107 bytes long at most, so it cannot lie in a deep clone.
            self.sockets = Path(tempfile.mkdtemp(prefix="bed-pg-"))
            stack.callback(shutil.rmtree, self.sockets, ignore_errors=True)
            self.sockets.chmod(0o755)
            process.own(self.sockets)
            self._process = process.Process(
                self._command,
                self.folder / "postgres.log",
                self._accepts,
                stop=signal.SIGINT,
                death=signal.SIGQUIT,
            )
            self._make()
            stack.callback(self.stop)
            self.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def _make(self) -> None:
        if (self.cluster / "PG_VERSION").exists():
            return
        if self.seed is not None:
            process.copy(self.seed, self.cluster)
            return
        subprocess.run(
            [programs() / "initdb", "-D", self.cluster, "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd="/", **process.as_user(),
        )  # fmt: skip

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": self.host,
            "port": self.port,
            "unix_socket_directories": self.sockets,
            "max_connections": 200,
            "shared_buffers": "128MB",
            "min_wal_size": "32MB",
            "max_wal_size": "512MB",
            "logging_collector": "off",
            "log_min_messages": "warning",
            "timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [str(programs() / "postgres"), "-D", str(self.cluster), *options]

    def _accepts(self) -> bool:
        answer = subprocess.run(
            [programs() / "pg_isready", "-q", "-h", self.host, "-p", str(self.port)]
        )
        return answer.returncode == 0

    def start(self) -> None:
        """Starts the server again after `stop` or `kill`, on the same port."""
        self.port = self.port or process.free_port()
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        self._process.start()
        if self.psql(f"select 1 from pg_roles where rolname = '{ROLE}'") != "1":
            self.psql(f"create role {ROLE} login createdb")

    def stop(self) -> None:
        """A clean shutdown; connections are cut."""
        self._process.stop()

    def kill(self) -> None:
        """A crash: kill -9 of every server process."""
        self._process.kill()

    def url(self, database: str, role: str = ROLE) -> str:
        """The connection URL of a database."""
        return f"postgresql://{role}@{self.host}:{self.port}/{database}"

    def psql(self, sql: str, database: str = "postgres", role: str = "postgres") -> str:
        """Runs SQL (semicolons may part statements) and returns the bare result rows."""
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        answer = subprocess.run(
            ["psql", *options, "-d", self.url(database, role)],
            input=sql,
            text=True,
            capture_output=True,
            env={**os.environ, "PGCONNECT_TIMEOUT": "10"},
        )
        if answer.returncode:
            raise RuntimeError(f"psql: {answer.stderr.strip()}\n{sql}")
        return answer.stdout.strip()

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Makes a database owned by `odoo`, empty or as a copy; returns its URL.

        Connections to the template are cut, since PostgreSQL copies no database in use.
        """
        source = ""
        if template:
            self._cut(template)
            source = f'template "{template}" strategy file_copy'
        self.psql(f'create database "{name}" owner {ROLE} {source}')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Removes a database, in use or not; a missing one is no error."""
        self.psql(f'drop database if exists "{name}" with (force)')

    def _cut(self, database: str) -> None:
        self.psql(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            f"where datname = '{database}' and pid <> pg_backend_pid()"
        )
