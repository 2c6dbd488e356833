"""An Odoo without the addon: rules from a file, an ordinary user's key, folders on our side."""

import base64
import contextlib
import os
import subprocess

import pytest
from bed import Odoo, process, until
from bed.sidecar import Sidecar, binary

LOGIN = "clerk"
RULES = """
[[rule]]
name = "customers"
title = "Customers"
model = "res.partner"
domain = [["ref", "=like", "WA%"]]
connection = "Archive"
folder_name = "{{ object.ref }} {{ object.name }}"

[[rule.default]]
path = "Scans/Official"

[[rule]]
name = "projects"
title = "Projects"
model = "project.project"
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
            "user = env['res.users'].create({'name': 'Clerk', 'login': '%s', 'group_ids': "
            "[(6, 0, [env.ref(group).id for group in %r])]})\nenv.cr.commit()" % (LOGIN, groups)
        )
        assert not server.rpc().__call__("ir.module.module", "search", [["name", "=", "attache"], ["state", "=", "installed"]])
        yield server
    database.drop()


@pytest.fixture(scope="module")
def key(plain_odoo):
    """An API key of the user."""
    return plain_odoo.shell(
        "import datetime\n"
        "user = env['res.users'].search([('login', '=', '%s')])\n"
        "env = env(user=user)\n"
        "until = datetime.datetime.now() + datetime.timedelta(days=1)\n"
        "print(env['res.users.apikeys']._generate('rpc', 'attache', until))\n"
        "env.cr.commit()" % LOGIN
    ).splitlines()[-1]


class Attache:
    """A sidecar with a folder as its store."""

    def __init__(self, folder, odoo, key, wire, rules=RULES):
        self.folder, self.odoo, self.wire = folder, odoo, wire
        self.store = folder / "store"
        self.rules = folder / "rules.toml"
        self.rules.write_text(rules)
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
            "ATTACHE_LOG__FILTER": "info,attache=debug",
            "ODOO_API_KEY": key,
        }

    def __call__(self, *words: object, well: bool = True) -> str:
        answer = subprocess.run(
            [binary(), *map(str, words)], env=self.env, cwd=self.folder, capture_output=True,
            text=True, timeout=180,
        )  # fmt: skip
        assert (answer.returncode == 0) == well, answer.stdout + answer.stderr
        return answer.stdout + answer.stderr

    def pair(self, **how) -> str:
        return self(
            "pair", "--without-addon", "--url", self.odoo.url, "--database",
            self.odoo.database.name, "--login", LOGIN, "--wire", self.wire, **how,
        )  # fmt: skip

    def begin(self) -> None:
        self.pair()
        self("connect", "folder", "--name", "Archive", "--path", self.store)

    def sync(self, well: bool = True) -> str:
        return self("sync", "--once", well=well)

    def tree(self) -> dict[str, bytes]:
        """Files of the store by path, and folders with `None`."""
        found = {}
        for path in sorted(self.store.rglob("*")):
            name = str(path.relative_to(self.store))
            if not any(part.startswith(".") for part in path.relative_to(self.store).parts):
                found[name] = path.read_bytes() if path.is_file() else None
        return found

    def files(self) -> dict[str, bytes]:
        return {name: data for name, data in self.tree().items() if data is not None}

    @contextlib.contextmanager
    def serving(self):
        with Sidecar(self.address, env=self.env, folder=self.folder / "log") as sidecar:
            yield sidecar


@pytest.fixture(params=["json2", "xmlrpc"])
def attache(request, plain_odoo, key):
    with process.scratch("plain") as folder:
        made = Attache(folder, plain_odoo, key, request.param)
        made.begin()
        yield made


class People:
    """What people do in Odoo."""

    def __init__(self, odoo):
        self.rpc = odoo.rpc()
        self.number = 0

    def partner(self, name: str, ref: str) -> int:
        return self.rpc("res.partner", "create", {"name": name, "ref": ref})

    def attach(self, partner: int, name: str, data: bytes) -> int:
        vals = {"name": name, "datas": base64.b64encode(data).decode()}
        return self.rpc(
            "ir.attachment", "create", {**vals, "res_model": "res.partner", "res_id": partner}
        )

    def attachments(self, partner: int) -> dict[str, bytes]:
        """By name; a name twice is told."""
        rows = self.rpc(
            "ir.attachment", "search_read",
            [["res_model", "=", "res.partner"], ["res_id", "=", partner], ["res_field", "=", False]],
            ["name", "datas"],
        )  # fmt: skip
        found = {}
        for row in rows:
            assert row["name"] not in found, f"{row['name']} twice"
            found[row["name"]] = base64.b64decode(row["datas"] or "")
        return found

    def trash(self) -> dict[str, bytes]:
        rows = self.rpc(
            "ir.attachment", "search_read", [["name", "=like", "[Trash%"], ["res_id", "=", 0]],
            ["name", "datas"],
        )  # fmt: skip
        return {row["name"].split("] ", 1)[1]: base64.b64decode(row["datas"]) for row in rows}


@pytest.fixture
def people(plain_odoo):
    return People(plain_odoo)


def test_rules_of_a_file_become_folders_with_files(attache, people, plain_odoo):
    ref = f"WA{people.number}-{attache.wire}"
    azure = people.partner("Azure", ref)
    data = os.urandom(700_000)
    people.attach(azure, "offer.pdf", b"%PDF offer")
    people.attach(azure, "plan.bin", data)
    people.attach(azure, "empty.txt", b"")
    people.rpc("project.project", "create", {"name": "Roof", "partner_id": azure})
    said = attache.sync()
    home = f"Customers/{ref} Azure"
    tree = attache.tree()
    assert tree[f"{home}/offer.pdf"] == b"%PDF offer"
    assert tree[f"{home}/plan.bin"] == data
    assert tree[f"{home}/empty.txt"] == b""
    assert f"{home}/Scans/Official" in tree
    assert f"{home}/Projects/Roof" in tree
    assert "released=0" in said and "stuck=0" in said, said
    assert "ok      Odoo" in attache("doctor")
