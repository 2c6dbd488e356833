"""An Odoo without the addon, a sidecar paired with it by an ordinary user's key, and people."""

import base64
import contextlib
import http.client
import http.server
import os
import subprocess
import threading
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests
from bed import Odoo, process, walk
from bed.sidecar import Sidecar, binary

LOGIN = "clerk"
TOKEN = "0123456789abcdef"
RULES = """
[[rule]]
name = "customers"
title = "Customers"
model = "res.partner"
domain = [["ref", "=like", "{mark}%"]]
connection = "Archive"
folder_name = "{{{{ object.ref }}}} {{{{ object.name }}}}"

[[rule.default]]
path = "Scans/Official"

[[rule]]
name = "projects"
title = "Projects"
model = "project.project"
domain = [["name", "=like", "{mark}%"]]
parent = "customers"
parent_field = "partner_id"
"""


@pytest.fixture(scope="module")
def plain_odoo(demo_database):
    """A running Odoo of demo data, without the addon, with a user who is no administrator."""
    database = demo_database.copy()
    with Odoo(database) as server:
        groups = ["base.group_user", "base.group_partner_manager", "project.group_project_manager"]
        server.shell(
            f"groups = [env.ref(name).id for name in {groups!r}]\n"
            f"env['res.users'].create({{'name': 'Clerk', 'login': '{LOGIN}', "
            "'group_ids': [(6, 0, groups)]})\nenv.cr.commit()"
        )
        yield server
    database.drop()


@pytest.fixture(scope="module")
def key(plain_odoo):
    """An API key of the user."""
    made = plain_odoo.shell(
        "import datetime\n"
        f"user = env['res.users'].search([('login', '=', '{LOGIN}')])\n"
        "env = env(user=user)\n"
        "end = datetime.datetime.now() + datetime.timedelta(days=1)\n"
        "print(env['res.users.apikeys']._generate('rpc', 'attache', end))\n"
        "env.cr.commit()"
    )
    return made.splitlines()[-1]


class Plain:
    """A sidecar with a folder as its store, and rules for records of its own (`mark`)."""

    def __init__(self, folder, odoo, key, wire):
        self.folder, self.odoo, self.wire = folder, odoo, wire
        self.url = odoo.url
        self.mark = f"WA{uuid.uuid4().hex[:6]}"
        self.store = folder / "store"
        self.rules = folder / "rules.toml"
        self.rules.write_text(RULES.format(mark=self.mark))
        self.address = f"127.0.0.1:{process.free_port()}"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ATTACHE_DATA_DIR": str(folder / "data"),
            "ATTACHE_LISTEN": self.address,
            "ATTACHE_RULES_FILE": str(self.rules),
            "ATTACHE_WITHOUT_ADDON__POLL_SECONDS": "1",
            "ATTACHE_WITHOUT_ADDON__SCAN_SECONDS": "2",
            "ATTACHE_POLL__CLOUD_SECONDS": "1",
            "ATTACHE_ADMIN_TOKEN": TOKEN,
            "ODOO_API_KEY": key,
        }

    def __call__(self, *words: object, well: bool = True) -> str:
        answer = subprocess.run(
            [binary(), *map(str, words)], env=self.env, cwd=self.folder, capture_output=True,
            text=True, timeout=300,
        )  # fmt: skip
        said = answer.stdout + answer.stderr
        assert (answer.returncode == 0) == well, said
        return said

    def pairing(self) -> list[str]:
        return [
            "pair", "--without-addon", "--url", self.url, "--database",
            self.odoo.database.name, "--login", LOGIN, "--wire", self.wire,
        ]  # fmt: skip

    def pair(self) -> str:
        return self(*self.pairing())

    def begin(self) -> None:
        self.pair()
        self("connect", "folder", "--name", "Archive", "--path", self.store)

    def sync(self, well: bool = True) -> str:
        return self("sync", "--once", well=well)

    def stuck(self) -> list[str]:
        """Why steps wait for a person."""
        with self.serving() as sidecar:
            rows = requests.get(
                f"{sidecar.url}/api/v1/operations",
                params={"which": "errors"},
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=10,
            ).json()
        return [row["message"] for row in rows if row["state"] == "stuck"]

    def tree(self) -> dict[str, bytes | None]:
        """What lies in the store, by path: files with their bytes, folders with None."""
        folders = {path: None for path in walk.below(self.store) if path.is_dir()}
        found = {**folders, **walk.files_below(self.store)}
        named = {str(path.relative_to(self.store)): data for path, data in found.items()}
        return {name: data for name, data in named.items() if "/." not in f"/{name}"}

    def files(self) -> dict[str, bytes]:
        """Files only."""
        return {name: data for name, data in self.tree().items() if data is not None}

    @contextlib.contextmanager
    def serving(self):
        """`attache serve`."""
        with Sidecar(self.address, env=self.env, folder=self.folder / "log") as sidecar:
            yield sidecar


class Unreliable:
    """A way to Odoo that loses creations of attachments. Each of `losses` takes one: it says
    whether the call reaches Odoo, and does something; either way nobody hears the answer.
    `meanwhile` does something once, after Odoo did a method and before its answer is heard."""

    def __init__(self, url: str):
        self.upstream = urlsplit(url).netloc
        self.losses: list[tuple[bool, Callable]] = []
        self.meanwhile: dict[str, Callable] = {}
        handler = type("Handler", (_Handler,), {"way": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Unreliable":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()

    def pass_on(self, method: str, path: str, body: bytes, headers) -> http.client.HTTPResponse:
        upstream = http.client.HTTPConnection(self.upstream, timeout=60)
        upstream.request(method, path, body, headers)
        return upstream.getresponse()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    way: Unreliable

    def log_message(self, *_):
        """Silence."""

    def _pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: self.headers[name] for name in self.headers if name != "Connection"}
        is_create = self.path.endswith("/ir.attachment/create")
        reaches, then = self.way.losses.pop(0) if is_create and self.way.losses else (True, None)
        if reaches:
            answer = self.way.pass_on(self.command, self.path, body, headers)
            told = answer.read()
        if self.path.startswith("/json/2/ir.attachment/"):
            self.way.meanwhile.pop(self.path.rsplit("/", 1)[1], lambda: None)()
        if then:
            then()
            self.send_error(502)
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type", ""))
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = _pass_on
    do_POST = _pass_on


class People:
    """What people do in Odoo, and what they find there."""

    def __init__(self, odoo, mark):
        self.rpc, self.mark = odoo.rpc(), mark
        last = self.rpc("ir.attachment", "search", [["id", "!=", 0]], order="id desc", limit=1)
        self.start = last[0]

    def partner(self, name: str) -> int:
        """A record with a folder."""
        return self.rpc("res.partner", "create", {"name": name, "ref": self.mark})

    def home(self, name: str) -> str:
        """Its folder in the store."""
        return f"Customers/{self.mark} {name}"

    def project(self, name: str, partner: int) -> int:
        vals = {"name": f"{self.mark} {name}", "partner_id": partner}
        return self.rpc("project.project", "create", vals)

    def attach(self, partner: int, name: str, data: bytes) -> int:
        vals = {"name": name, "res_model": "res.partner", "res_id": partner}
        datas = base64.b64encode(data).decode()
        return self.rpc("ir.attachment", "create", {**vals, "datas": datas})

    def edit(self, file: int, data: bytes, **values) -> None:
        datas = base64.b64encode(data).decode()
        self.rpc("ir.attachment", "write", [file], {"datas": datas, **values})

    def _rows(self, partner: int, *fields: str) -> list[dict]:
        domain = [["res_model", "=", "res.partner"], ["res_id", "=", partner]]
        domain += [["res_field", "=", False]]
        return self.rpc("ir.attachment", "search_read", domain, list(fields), order="name")

    def attachments(self, partner: int) -> dict[str, bytes]:
        """Bytes by name; a name that is there twice fails."""
        found = {}
        for row in self._rows(partner, "name", "datas"):
            assert row["name"] not in found, f"{row['name']} is there twice"
            found[row["name"]] = base64.b64decode(row["datas"] or "")
        return found

    def ids(self, partner: int) -> set[int]:
        return {row["id"] for row in self._rows(partner, "name")}

    def named(self, partner: int, name: str) -> list[int]:
        return [row["id"] for row in self._rows(partner, "name") if row["name"] == name]

    def trash(self) -> dict[str, bytes]:
        """What came into the trash in Odoo since this test began, by the name it had."""
        domain = [["name", "=like", "[Trash%"], ["res_id", "=", 0], ["id", ">", self.start]]
        rows = self.rpc("ir.attachment", "search_read", domain, ["name", "datas"])
        return {row["name"].split("] ", 1)[1]: base64.b64decode(row["datas"]) for row in rows}


@pytest.fixture(params=["json2", "xmlrpc"])
def attache(request, plain_odoo, key):
    with process.scratch("plain") as folder:
        made = Plain(folder, plain_odoo, key, request.param)
        made.begin()
        yield made


@pytest.fixture
def people(plain_odoo, attache):
    return People(plain_odoo, attache.mark)
