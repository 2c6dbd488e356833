"""What the steps of the tour stand on: counted checks, records with a folder, both ends."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import requests

from ...process import until
from .. import documents
from ..demo import Demo

USUAL = 60.0  # seconds
# A store that can only be listed is listed every 30 s.
LISTED = 150.0
REFUSED = str.maketrans(dict.fromkeys("*?\"':<>/+%!@\\,|", "-"))


class Failed(Exception):
    """A check failed and was counted: the step ends."""


@dataclass(frozen=True)
class Spot:
    """A record and its folder: `folder` in Odoo, `path` in the store."""

    model: str
    id: int
    folder: int
    path: str

    def __truediv__(self, name: str) -> str:
        return f"{self.path}/{name}"


class Guide:
    """`run` is part of each name that the tour makes, so that it can be played again."""

    def __init__(self, demo: Demo):
        self.demo, self.rpc, self.store = demo, demo.rpc, demo.store
        self.odoo, self.sidecar, self.api = demo.odoo, demo.sidecar, demo.api
        self.run = secrets.token_hex(2)
        self.passed = self.failed = 0
        self.patience = USUAL if self.store.kind == "folder" else LISTED
        self._browser: requests.Session | None = None

    # -- checks ---------------------------------------------------------------------------

    def holds(self, what: str, truth: object, found: object = "") -> None:
        """A check of now. `found` is shown when it fails."""
        if not truth:
            self.fail(f"{what}{f': {found}' if found != '' else ''}")
            raise Failed
        self.passed += 1
        print(f"tour:    ok  {what}", flush=True)

    def comes(self, what: str, check: Callable[[], object], seconds: float = 0):
        """A check that becomes true in time; answers what it answered."""
        try:
            answer = until(check, seconds or self.patience, what, every=0.2)
        except TimeoutError as error:
            self.fail(str(error))
            raise Failed from None
        self.holds(what, True)
        return answer

    def fail(self, what: str) -> None:
        self.failed += 1
        print(f"tour:    FAILED  {what}", flush=True)
        try:
            print(f"tour:            {self.demo.progress.look()}", flush=True)
            for row in self.api("operations", which="errors", limit=5):
                told = f"{row['verb']} {row['subject']}: {row['message']}"
                print(f"tour:            {row['state']} {told}", flush=True)
        except requests.ConnectionError as error:
            print(f"tour:            nothing more is told: {error}", flush=True)

    def settles(self, seconds: float = 0) -> None:
        """Both ends and the sidecar tell the same, and nothing is left to do."""
        self.comes("both ends are in step", self._settled, seconds or self.patience * 2)

    def _settled(self) -> bool:
        # Counting everything is dear: first what is cheap.
        row = self.api.connection()
        return not row["open"] and self.demo.progress.look().converged

    # -- records --------------------------------------------------------------------------

    def project(self, name: str) -> int:
        """A new project of Azure Interior."""
        customer = self.rpc.one("res.partner", [("name", "=", "Azure Interior")])["id"]
        values = {"name": f"{name} {self.run}", "partner_id": customer}
        return self.rpc("project.project", "create", values)

    def task(self, name: str, project: int | None = None) -> Spot:
        """A new task, once its folder is in the store."""
        if project is None:
            project = self.rpc.one("project.project", [("name", "=", "Renovations")])["id"]
        values = {"name": f"{name} {self.run}", "project_id": project}
        return self.spot("project.task", self.rpc("project.task", "create", values))

    def order(self) -> Spot:
        """A new order of Azure Interior, once its folder is in the store."""
        customer = self.rpc.one("res.partner", [("name", "=", "Azure Interior")])["id"]
        return self.spot("sale.order", self.rpc("sale.order", "create", {"partner_id": customer}))

    def spot(self, model: str, record: int) -> Spot:
        """A record's folder, once it is in the store."""

        def found() -> Spot | None:
            place = self._place(model, record)
            return place if place and self.store.is_folder(place.path) else None

        return until(found, self.patience, f"the folder of {model} {record} in the store")

    def _place(self, model: str, record: int) -> Spot | None:
        domain = [
            ("kind", "=", "record"),
            ("record_model", "=", model),
            ("record_id", "=", record),
        ]
        rows = self.rpc("attache.folder", "search_read", domain, ["parent_path"])
        if not rows:
            return None
        ids = [int(part) for part in rows[0]["parent_path"].split("/") if part]
        names = {
            row["id"]: row["name"].translate(REFUSED)
            for row in self.rpc("attache.folder", "read", ids[1:], ["name"])
        }
        path = "/".join(names[folder] for folder in ids[1:])
        return Spot(model, record, rows[0]["id"], path)

    # -- Odoo's end -----------------------------------------------------------------------

    def attach(self, spot: Spot, name: str, data: bytes) -> int:
        """Attaches a file to the record as a person does; answers its id."""
        values = documents.attachment(spot.model, spot.id, name, data)
        return self.rpc("ir.attachment", "create", values)

    def attached(self, spot: Spot) -> dict[str, int]:
        """The record's files by name."""
        domain = [("res_model", "=", spot.model), ("res_id", "=", spot.id)]
        rows = self.rpc("ir.attachment", "search_read", domain, ["name"])
        return {row["name"]: row["id"] for row in rows}

    def get(self, path: str, **headers: str) -> requests.Response:
        """A page of Odoo, as the administrator's browser gets it."""
        if self._browser is None:
            self._browser = self.odoo.browser()
        return self._browser.get(f"{self.odoo.url}{path}", headers=headers, timeout=120)

    def content(self, file: int) -> bytes | None:
        """The file's bytes by download; None when Odoo gives none."""
        answer = self.get(f"/web/content/{file}?download=1")
        return answer.content if answer.ok else None

    def released(self, *files: int) -> bool:
        """Whether Odoo itself holds none of these files' bytes."""
        domain = [("id", "in", list(files)), ("store_fname", "=like", "attache://%")]
        return self.rpc("ir.attachment", "search_count", domain) == len(set(files))

    def records(self) -> tuple[int, int]:
        """How many files live in folders, and how many in the trash."""
        return self.demo.progress.look().odoo_files, self.rpc("attache.trash", "search_count", [])

    # -- both -----------------------------------------------------------------------------

    def shows(self, spot: Spot, files: dict[str, bytes]) -> bool:
        """Whether record and folder hold exactly these files, with these bytes."""
        if self.store.inside(spot.path) != files:
            return False
        attached = self.attached(spot)
        if attached.keys() != files.keys():
            return False
        return all(self.content(attached[name]) == data for name, data in files.items())

    def shown(self, what: str, spot: Spot, files: dict[str, bytes], seconds: float = 0) -> None:
        """Waits for `shows`."""
        self.comes(what, lambda: self.shows(spot, files), seconds)
