"""A real Odoo, a real sidecar, and a store that is a folder on the disk, for tests of what people
see at both ends."""

import base64
import os
import subprocess
from pathlib import Path

from bed import Odoo, process, until, walk
from bed.sidecar import Sidecar, binary

SETTINGS = """\
listen = "127.0.0.1:{port}"
data_dir = "{data}"
[log]
filter = "info,attache=debug"
[release]
grace_seconds = 0
[poll]
cloud_seconds = 1
"""
SOON = 60


class Office:
    """Odoo, and a sidecar (`serving`, once it is started) that keeps it in step with the folder
    `store`."""

    serving: Sidecar

    def __init__(self, odoo: Odoo, folder: Path):
        self.odoo, self.folder = odoo, folder
        self.port = process.free_port()
        settings = folder / "attache.toml"
        settings.write_text(SETTINGS.format(port=self.port, data=folder / "data"))
        self.env = {"ATTACHE_CONFIG": str(settings)}
        self.rpc = odoo.rpc()
        self.attache(
            "pair", "--url", odoo.url, "--database", odoo.database.name, "--login", "admin",
            ODOO_PASSWORD="admin",
        )  # fmt: skip
        self.store = self.connect("Store")

    def attache(self, *words: str, **more: str) -> str:
        """One command of the sidecar's, by the settings of this office."""
        answer = subprocess.run(
            [binary(), *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.env, **more},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def connect(self, name: str) -> Path:
        """Connects a folder of this name, and answers where it is."""
        store = self.folder / name.lower()
        self.attache("connect", "folder", "--name", name, "--path", str(store))
        return store

    def sidecar(self) -> Sidecar:
        """Not started yet."""
        return Sidecar(f"127.0.0.1:{self.port}", env=self.env, folder=self.folder / "sidecar")

    # -- rules ----------------------------------------------------------------------------

    def field(self, model: str, name: str) -> int:
        return self.rpc.one("ir.model.fields", [["model", "=", model], ["name", "=", name]])["id"]

    def vals(self, model: str, **vals) -> dict:
        """Values of a rule; `parent_field`, `nest_field`, `split_field` and `period_field` are
        names of fields, `connection` the name of one."""
        connection = [["name", "=", vals.pop("connection", "Store")]]
        for name in ("parent_field", "nest_field", "split_field", "period_field"):
            if name in vals:
                vals[f"{name}_id"] = self.field(model, vals.pop(name))
        if "parent_id" not in vals:
            vals["connection_id"] = self.rpc.one("attache.connection", connection)["id"]
        return {"model_id": self.rpc.one("ir.model", [["model", "=", model]])["id"], **vals}

    def rule(self, model: str, **vals) -> int:
        return self.rpc("attache.rule", "create", self.vals(model, **vals))

    def preview(self, vals: dict, rule: int | None = None) -> dict:
        """What the sidecar answers to the rule form."""
        ids = [rule] if rule else []
        asked = self.rpc("attache.rule", "preview", ids, vals)
        if "preview" not in asked:
            return asked
        answer = lambda: self.rpc("attache.preview", "answer", asked["preview"])  # noqa: E731
        return until(answer, SOON, "an answer to the preview")

    # -- what there is --------------------------------------------------------------------

    def attach(self, model: str, res_id: int, name: str, text: str = "text", **vals) -> int:
        vals = {
            "name": name, "datas": base64.b64encode(text.encode()).decode(), "res_model": model,
            "res_id": res_id, **vals,
        }  # fmt: skip
        return self.rpc("ir.attachment", "create", vals)

    def tree(self, top: str, store: Path | None = None) -> list[str]:
        """Paths of everything below a folder of the store, itself included."""
        at = (store or self.store) / top
        found = [at, *walk.below(at)] if at.exists() else []
        return sorted(str(path.relative_to(at.parent)) for path in found)

    def shows(self, top: str, *paths: str, store: Path | None = None) -> None:
        """Waits until the store shows exactly these below `top` (and that)."""
        wanted = sorted([top, *(f"{top}/{path}" for path in paths)])
        try:
            until(lambda: self.tree(top, store) == wanted, SOON, f"what is below {top}")
        except TimeoutError as error:
            raise AssertionError(f"{self.tree(top, store)} is not {wanted}") from error

    def folder_of(self, model: str, res_id: int, kind: str = "record", **more) -> dict | None:
        """A record's folder in Odoo, once it is there."""
        domain = [
            ["record_model", "=", model], ["record_id", "=", res_id], ["kind", "=", kind],
            *([name, "=", value] for name, value in more.items()),
        ]  # fmt: skip
        names = ["name", "parent_id", "in_scope", "stopped", "rule_id", "kind"]
        rows = self.rpc("attache.folder", "search_read", domain, names)
        return rows[0] if rows else None


def named(word: str) -> str:
    return f"[('name', 'ilike', '{word}')]"


def internal(rpc) -> int:
    """The group of all internal users."""
    name = [["module", "=", "base"], ["name", "=", "group_user"]]
    return rpc.one("ir.model.data", name, "res_id")["res_id"]


def released(rpc, file: int) -> bool:
    [row] = rpc("ir.attachment", "read", [file], ["store_fname"])
    return str(row["store_fname"]).startswith("attache://")


def in_odoo(rpc, name: str, partner: int | None = None) -> list:
    domain = [["name", "=", name], ["res_model", "=", "res.partner"]]
    domain += [["res_id", "=", partner]] if partner else []
    return rpc("ir.attachment", "search", domain)
