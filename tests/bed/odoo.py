"""A real Odoo 19 on a copy of a database: start, restart, install addons, run their tests."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import requests

from . import place, process
from .postgres import ROLE, Postgres
from .rpc import Rpc

ADDONS = place.REPO / "odoo_addon"
TEST_ADDONS = place.REPO / "tests" / "bed" / "addons"
_SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


@dataclass(frozen=True)
class Database:
    """An Odoo database with its filestore, which lies in `data`/filestore/`name`."""

    postgres: Postgres
    name: str
    data: Path

    def copy(self, name: str | None = None) -> "Database":
        """A copy with its own filestore, made in about a second. Stop the Odoo of `self` first:
        its connections are cut."""
        name = name or f"odoo_{uuid.uuid4().hex[:8]}"
        self.postgres.create_database(name, template=self.name)
        data = self.postgres.folder / f"data-{name}"
        target = data / "filestore" / name
        if (source := self.data / "filestore" / self.name).exists():
            process.copy(source, target)
        target.mkdir(parents=True, exist_ok=True)
        process.own(data)
        return Database(self.postgres, name, data)

    def drop(self) -> None:
        """Removes the database; the filestore goes with the cluster's folder."""
        self.postgres.drop_database(self.name)

    def psql(self, sql: str) -> str:
        """Runs SQL in this database, past the ORM."""
        return self.postgres.psql(sql, self.name, ROLE)


@dataclass(frozen=True)
class Result:
    """The end of a run of Odoo's test runner."""

    failed: int
    errors: int
    tests: int
    log: str


class Odoo:
    """An Odoo server of one database.

    `workers` 0 is the threaded server, more is prefork. `cron_threads` 0 lets no scheduled
    action run by itself. `addons` are further folders of addons; the product's and the test
    bed's own are always there. `options` are further words of the command line.
    Entering the context starts the server; `idle` leaves it stopped, for `install` or `test`
    to come first. `folder` keeps the logs in a folder of the caller's; `port` 0 takes a free one.
    """

    def __init__(
        self,
        database: Database,
        *,
        workers: int = 0,
        cron_threads: int = 0,
        addons: Iterable[Path] = (),
        options: Iterable[str] = (),
        env: dict[str, str] | None = None,
        idle: bool = False,
        folder: Path | None = None,
        port: int = 0,
    ):
        self.database, self.folder = database, folder
        self.workers, self.cron_threads = workers, cron_threads
        self.addons, self.options, self.idle = list(addons), list(options), idle
        self.extra_env = env or {}
        self.port = port
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Odoo":
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(process.room("odoo", self.folder))
            for old in self.folder.glob("addons-*"):
                shutil.rmtree(old)
            self.log = self.folder / "odoo.log"
            self._process = process.Process(
                self._server, self.log, self._healthy, env=self._env(), death=signal.SIGTERM
            )
            stack.callback(self.stop)
            if not self.idle:
                self.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    # -- the server -----------------------------------------------------------------------

    def start(self) -> None:
        """Starts the server and waits until it answers; the port stays over restarts."""
        self.port = self.port or process.free_port()
        self.gevent_port = process.free_port()
        self._process.start(120)

    def stop(self) -> None:
        """Stops the server; a stopped one is left alone."""
        self._process.stop()

    def restart(self) -> None:
        """Stops and starts it."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """kill -9 of the server with its workers."""
        self._process.kill()

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self.port}"

    def _healthy(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/web/health", timeout=5).ok
        return False

    def _server(self) -> list[str]:
        return [
            *self._base(),
            f"--workers={self.workers}",
            f"--max-cron-threads={self.cron_threads}",
            "--http-interface=127.0.0.1",
            f"--http-port={self.port}",
            f"--gevent-port={self.gevent_port}",
            *self.options,
        ]

    def _base(self) -> list[str]:
        postgres = self.database.postgres
        return [
            *_program(),
            f"--db_host={postgres.host}",
            f"--db_port={postgres.port}",
            f"--db_user={ROLE}",
            f"--db_password={ROLE}",
            f"--database={self.database.name}",
            f"--db-filter=^{self.database.name}$",
            f"--data-dir={self.database.data}",
            f"--addons-path={','.join(map(str, self._addons()))}",
            "--config=/dev/null",
        ]

    def _addons(self) -> list[Path]:
        """The folders of addons, as copies where the bed's user cannot reach the originals."""
        folders = []
        for number, source in enumerate([ADDONS, TEST_ADDONS, *self.addons]):
            if not any(source.glob("*/__manifest__.py")):
                continue
            if os.geteuid() == 0 and not process.readable(source):
                target = self.folder / f"addons-{number}"
                if not target.exists():
                    process.copy(source, target)
                    process.own(target)
                source = target
            folders.append(source)
        return folders

    def _env(self) -> dict[str, str]:
        return environment(self.folder) | self.extra_env

    # -- one-off runs ---------------------------------------------------------------------

    def install(self, *modules: str, demo: bool = False) -> None:
        """Installs addons in a run of its own, with the server stopped and restarted around.
        `demo` counts only for the first install in an empty database."""
        self._around(f"--init={','.join(modules)}", *(["--with-demo"] if demo else []))

    def upgrade(self, *modules: str) -> None:
        """Upgrades installed addons, like `install`."""
        self._around(f"--update={','.join(modules)}")

    def test(self, tags: str, *options: str, seconds: float = 1200) -> Result:
        """Runs Odoo's own test runner on `tags`, say "/attache", and counts. `options` say
        what is installed or upgraded for it, say "--init=attache"."""
        self.stop()
        code, log = self._run(
            f"--test-tags={tags}",
            f"--http-port={process.free_port()}",
            "--http-interface=127.0.0.1",
            f"--screenshots={self.folder}",
            *options,
            seconds=seconds,
        )
        counts = _SUMMARY.findall(log)
        if not counts:
            raise RuntimeError(f"odoo ended with status {code} and no test summary\n{log[-6000:]}")
        failed, errors, tests = map(int, counts[-1])
        if code and not failed + errors:
            errors = 1
        return Result(failed, errors, tests, log)

    def shell(self, code: str, seconds: float = 120) -> str:
        """Runs Python with `env` in `odoo shell` and returns what it printed. Commit by
        `env.cr.commit()`."""
        python, program, *options = self._base()
        answer = subprocess.run(
            [python, program, "shell", *options, "--no-http", "--log-level=error"],
            input=code, text=True, capture_output=True, timeout=seconds, cwd=self.folder,
            env=self._env(), **process.as_user(),
        )  # fmt: skip
        if answer.returncode or "Traceback" in answer.stderr:
            raise RuntimeError(f"odoo shell: {answer.stderr[-4000:]}")
        return answer.stdout.strip()

    def _around(self, *options: str) -> None:
        running = self._process.running
        self.stop()
        code, log = self._run(*options, "--no-http")
        # Odoo may load on past a broken addon and end well; its log tells.
        broken = [line for line in log.splitlines() if " CRITICAL " in line or " ERROR " in line]
        if code or broken:
            raise RuntimeError(
                f"odoo {options[0]}: status {code}\n" + "\n".join(broken) + log[-4000:]
            )
        if running:
            self.start()

    def _run(self, *options: str, seconds: float = 900) -> tuple[int, str]:
        log = self.folder / f"run-{uuid.uuid4().hex[:6]}.log"
        once = process.Process(
            lambda: [*self._base(), "--stop-after-init", "--max-cron-threads=0", *options],
            log,
            lambda: True,
            env=self._env(),
        )
        once.spawn()
        try:
            code = once.child.wait(seconds)
        finally:
            once.kill()
        return code, log.read_text(errors="replace")

    # -- people ---------------------------------------------------------------------------

    def rpc(self, login: str = "admin", password: str | None = None) -> Rpc:
        """A client that acts as this user; the demo users' passwords are their logins."""
        return Rpc(self.url, self.database.name, login, password or login)

    def browser(self, login: str = "admin", password: str | None = None) -> requests.Session:
        """A logged-in web session, for /web and /my pages: its cookie is `session_id`."""
        session = requests.Session()
        answer = session.post(
            f"{self.url}/web/session/authenticate",
            json={
                "jsonrpc": "2.0",
                "params": {"db": self.database.name, "login": login, "password": password or login},
            },
            timeout=60,
        ).json()
        if not answer.get("result", {}).get("uid"):
            raise RuntimeError(f"{login} cannot log in: {answer.get('error', answer)}")
        return session


def _program() -> list[str]:
    bed = place.bed()
    if not (bed / "odoo/usr/bin/odoo").exists():
        raise RuntimeError(f"no Odoo in {bed}: run tests/bed/setup.sh")
    return [str(bed / "venv/bin/python"), str(bed / "odoo/usr/bin/odoo")]


def environment(home: Path) -> dict[str, str]:
    """The environment of an Odoo process: compiled files go to a folder of the bed's user."""
    bed = place.bed()
    return {
        "PATH": f"{bed}/venv/bin:/usr/local/bin:/usr/bin:/bin:{Path(sys.executable).parent}",
        "PYTHONPATH": str(bed / "odoo/usr/lib/python3/dist-packages"),
        "PYTHONPYCACHEPREFIX": str(bed / "run" / "pycache"),
        "PYTHONUNBUFFERED": "1",
        "HOME": str(home),
        "LANG": "C.UTF-8",
    }
