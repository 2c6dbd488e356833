"""Starts and stops everything that a demo consists of."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import time

from .. import place, template
from ..odoo import ADDONS, Database, Odoo
from ..postgres import Postgres
from ..sidecar import Sidecar, binary
from . import documents, home
from .mailbox import Mailbox
from .progress import Api, Far, Progress
from .stores import KINDS, Store

DATABASE = "demo"
FIRST_SYNC = 600  # seconds

SETTINGS = """\
# Written by the demo at each start.
listen = "127.0.0.1:{port}"
data_dir = "{data}"

[release]
# For the demo only: bytes leave Odoo as soon as the store's copy is proved, so that it can be
# watched. The default waits a day.
grace_seconds = 0
"""

# Prints an API key of the administrator, for programs that look at Odoo.
_KEY = """
keys = env["res.users.apikeys"].with_user(env.ref("base.user_admin")).sudo()
print(keys._generate(None, "Demo", False))
env.cr.commit()
"""


class Trouble(RuntimeError):
    """The demo cannot be set up; the message says why."""


class Demo:
    """Odoo with the addon, a store and a sidecar between them, started in that order.

    Data of an earlier run is used again; what is missing is made.
    """

    store: Store

    def __init__(self, where: home.Home):
        self.home = where
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Demo":
        with contextlib.ExitStack() as stack:
            self._build()
            self.mailbox = stack.enter_context(Mailbox(self.home.port("mail")))
            self._start_odoo(stack)
            self.store = stack.enter_context(KINDS[self.home.kind](self.home))
            self._start_sidecar(stack)
            self._use_presets()
            self.progress = Progress(self.api, self.odoo, self.store)
            self._stack = stack.pop_all()
        self._write_endpoints()
        return self

    def __exit__(self, *_) -> None:
        say("stopping")
        self._stack.close()

    def first_sync(self) -> str:
        """Waits until both ends are in step; answers the line that says so, with the seconds since
        the sidecar's start."""
        say("syncing: rules make folders in Odoo, folders go to the store, then files")
        far: Far = self.progress.wait(FIRST_SYNC)
        seconds = time.monotonic() - self._begin
        return (
            f"demo: converged folders={far.folders} files={far.files} proved={far.proved} "
            f"released={far.released} seconds={seconds:.0f}"
        )

    # -- Odoo -----------------------------------------------------------------------------

    def _build(self) -> None:
        say("building the sidecar")
        built = subprocess.run(["cargo", "build", "--quiet"], cwd=place.REPO)
        if built.returncode:
            raise Trouble("the sidecar does not build")

    def _start_odoo(self, stack: contextlib.ExitStack) -> None:
        ready = "addon" in self.home.known
        folder = self.home.data / "postgres"
        if not ready:
            shutil.rmtree(folder, ignore_errors=True)
        postgres = stack.enter_context(
            Postgres(seed=template.folder() / "cluster", folder=folder, port=self.home.port("db"))
        )
        if ready:
            database = Database(postgres, DATABASE, folder / f"data-{DATABASE}")
        else:
            say("copying Odoo's demo database")
            seed = Database(postgres, template.NAME, template.folder() / "data")
            database = seed.copy(DATABASE)
        self.odoo = stack.enter_context(
            Odoo(
                database,
                workers=2,
                cron_threads=1,
                options=["--smtp=127.0.0.1", f"--smtp-port={self.mailbox.port}"],
                idle=True,
                folder=self.home.data / "odoo",
                port=self.home.port("odoo"),
            )
        )
        addon = _digest_of_addon()
        if not ready:
            say("installing the addon in Odoo")
            self.odoo.install("attache")
            self.home.remember(odoo_key=self.odoo.shell(_KEY))
        elif self.home.known["addon"] != addon:
            say("upgrading the addon in Odoo")
            self.odoo.upgrade("attache")
        self.home.remember(addon=addon)
        self.odoo.start()
        self.rpc = self.odoo.rpc()
        if not self.home.known.get("dressed"):
            say(f"attached {documents.dress(self.rpc)} documents to customers, orders, tasks, …")
            self.home.remember(dressed=True)

    # -- the sidecar ----------------------------------------------------------------------

    def _start_sidecar(self, stack: contextlib.ExitStack) -> None:
        folder = self.home.data / "sidecar"
        folder.mkdir(exist_ok=True)
        settings = folder / "attache.toml"
        port = self.home.port("sidecar")
        settings.write_text(SETTINGS.format(port=port, data=folder / "data"))
        self.token = self.home.secret("admin_token")
        self.env = {"ATTACHE_CONFIG": str(settings), "ATTACHE_ADMIN_TOKEN": self.token}
        self._introduce()
        self._begin = time.monotonic()
        self.sidecar = stack.enter_context(
            Sidecar(f"127.0.0.1:{port}", env=self.env, folder=folder)
        )
        self.api = Api(self.sidecar.url, self.token)
        say("its settings release Odoo's bytes at once (grace 0); by default that takes a day")

    def _introduce(self) -> None:
        """Pairs and connects, unless it was done at the same addresses before."""
        words, secrets = self.store.words()
        known = {"odoo": self.odoo.url, "sidecar": self.home.port("sidecar"), "store": words}
        if self.home.known.get("introduced") == known:
            return
        self.attache(
            "pair", "--url", self.odoo.url, "--database", DATABASE, "--login", "admin",
            ODOO_PASSWORD="admin",
        )  # fmt: skip
        self.attache("connect", *words, **secrets)
        self.home.remember(introduced=known)

    def attache(self, *words: str, **env: str) -> str:
        """Runs a command of the sidecar and shows what it says."""
        say(f"attache {' '.join(words)}")
        answer = subprocess.run(
            [binary(), *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home.data), **self.env, **env},
            cwd=self.home.data,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if answer.returncode:
            raise Trouble(f"attache {words[0]}: {answer.stdout}{answer.stderr}")
        print(answer.stdout, end="", flush=True)
        return answer.stdout

    def _use_presets(self) -> None:
        """Switches every preset on whose apps are there; those that are on stay as they are."""
        connection = self.rpc.one("attache.connection", [("name", "=", "Demo")])["id"]
        if self.home.known.get("presets") == connection:
            return
        presets = self.rpc("attache.preset", "search_read", [], ["name", "missing"])
        presets = [preset for preset in presets if not preset["missing"]]
        for preset in presets:
            self.rpc("attache.preset", "write", [preset["id"]], {"connection_id": connection})
            self.rpc("attache.preset", "action_use", [preset["id"]])
        say(f"presets on: {', '.join(preset['name'] for preset in presets)}")
        self.home.remember(presets=connection)

    # -- ways in --------------------------------------------------------------------------

    def _write_endpoints(self) -> None:
        self.endpoints = {
            "odoo": {
                "url": self.odoo.url,
                "database": DATABASE,
                "database_url": self.odoo.database.postgres.url(DATABASE),
                "logins": {login: login for login in ("admin", "demo", "portal")},
                "key": self.home.known["odoo_key"],
                "log": str(self.odoo.log),
            },
            "store": self.store.ways_in(),
            "sidecar": {
                "url": self.sidecar.url,
                "admin": f"{self.sidecar.url}/admin",
                "admin_token": self.token,
                "log": str(self.sidecar.log),
            },
        }
        home.write_private(self.home.endpoints, self.endpoints)


def say(text: str) -> None:
    """One line of progress."""
    print(f"demo: {text}", flush=True)


def _digest_of_addon() -> str:
    digest = hashlib.sha256()
    for path in sorted((ADDONS / "attache").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(ADDONS)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
