"""How far a sync is: the sidecar's own numbers beside both ends', and a bar of them."""

import ast
import re
import shutil
import sys
import time
from dataclasses import dataclass

import requests

from ..odoo import Odoo
from ..process import until
from .stores import Store


class Api:
    """The sidecar's read API."""

    def __init__(self, url: str, token: str):
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, what: str, **asked) -> list[dict]:
        answer = requests.get(
            f"{self.url}/api/v1/{what}", params=asked, headers=self._headers, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def connection(self) -> dict:
        """The one connection."""
        [row] = self("connections")
        return row

    def looked(self) -> bool:
        """Whether the sidecar has read both ends since it was started, and did all it could."""
        return self.metric('attache_drains_done{cloud="looked"}') > 0

    def metric(self, name: str) -> int:
        """A count of this run of the sidecar, over all labels; 0 while nothing was counted."""
        answer = requests.get(f"{self.url}/metrics", timeout=30)
        answer.raise_for_status()
        found = re.findall(rf"^{re.escape(name)}(?:{{.*}})? (\d+)$", answer.text, re.MULTILINE)
        return sum(map(int, found))


@dataclass(frozen=True)
class Far:
    """One look at everything. `wanted` counts the records that have or should have a folder,
    `looked` says whether the sidecar has read both ends since its start."""

    looked: bool
    state: str
    reason: str
    folders: int
    files: int
    proved: int
    released: int
    open: int
    stuck: int
    wanted: int
    odoo_records: int
    odoo_folders: int
    odoo_files: int
    odoo_released: int
    store_folders: int
    store_files: int

    @property
    def converged(self) -> bool:
        """Both ends and the sidecar tell the same, and nothing is left to do."""
        return (
            self.looked
            and self.state == "active"
            and not self.open
            and not self.stuck
            and self.odoo_records >= self.wanted
            # The sidecar and Odoo count the root as well.
            and self.folders == self.odoo_folders == self.store_folders + 1
            and self.files == self.odoo_files == self.store_files
            and self.files == self.proved == self.released == self.odoo_released
        )

    @property
    def share(self) -> float:
        """About how much is done, 0 to 1."""
        folders = max(self.odoo_folders, self.wanted, 1)
        files = max(self.odoo_files, self.store_files)
        done = min(self.odoo_folders, folders) + min(self.folders, folders)
        done += min(self.files, files) + min(self.released, files)
        return min(done / (2 * folders + 2 * files), 1.0)

    def __str__(self) -> str:
        text = (
            f"folders {self.odoo_folders} in Odoo, {self.store_folders} in the store; "
            f"files {self.store_files}/{self.odoo_files}, proved {self.proved}, "
            f"released {self.released}, open {self.open}"
        )
        if self.stuck:
            text += f", stuck {self.stuck}"
        return text if self.state == "active" else f"{text}; {self.state}: {self.reason}"


# Past the ORM: even an administrator sees no folder of a record that he may not read.
_COUNTS = """
select count(*) filter (where kind = 'record'), count(*) from attache_folder
 where trashed_at is null and kind <> 'shortcut';
select count(*), count(*) filter (where store_fname like 'attache://%') from ir_attachment
 where attache_folder_id is not null and res_model <> 'attache.trash';
"""


class Progress:
    """Looks at a running demo."""

    def __init__(self, api: Api, odoo: Odoo, store: Store):
        self.api, self.odoo, self.store = api, odoo, store
        self._rpc = odoo.rpc()

    def look(self) -> Far:
        """What is true now."""
        files, folders = self.store.files(), self.store.folders()
        looked, row = self.api.looked(), self.api.connection()
        counts = re.findall(r"\d+", self.odoo.database.psql(_COUNTS))
        records, odoo_folders, odoo_files, odoo_released = map(int, counts)
        return Far(
            looked=looked,
            state=row["state"],
            reason=row["reason"] or "",
            **{name: row[name] for name in "folders files proved released open stuck".split()},
            wanted=self._wanted(),
            odoo_records=records,
            odoo_folders=odoo_folders,
            odoo_files=odoo_files,
            odoo_released=odoo_released,
            store_folders=len(folders),
            store_files=len(files),
        )

    def _wanted(self) -> int:
        """The records that match a rule, as far as an administrator sees them."""
        found: dict[str, set[int]] = {}
        for rule in self._rpc("attache.rule", "search_read", [], ["model", "domain"]):
            # The demo's rules are its presets': their domains are plain lists.
            domain = ast.literal_eval(rule["domain"] or "[]")
            records = self._rpc(rule["model"], "search", domain)
            found.setdefault(rule["model"], set()).update(records)
        return sum(map(len, found.values()))

    def wait(self, seconds: float, what: str = "both ends in step") -> Far:
        """Shows how far it is until everything has converged."""
        bar = Bar()
        try:
            return until(lambda: self._at_rest(bar), seconds, what, every=0.3)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; {bar.last}") from None
        finally:
            bar.end()

    def _at_rest(self, bar: "Bar") -> Far | None:
        """How far it is, once all has converged and two more drains found nothing to do: rules
        match records that an administrator does not see, so that nobody else can count them."""
        far = bar.show(self.look())
        if far is None:
            return None
        drains = self._drains()
        until(lambda: self._drains() > drains + 1, 60, "two more drains", every=0.3)
        again = self.look()
        return again if again == far else None

    def _drains(self) -> int:
        return self.api.metric("attache_drains_done")


class Bar:
    """A bar in a terminal, else a line whenever the numbers have changed and 2 s have passed."""

    def __init__(self):
        self.last: Far | None = None
        self._terminal = sys.stdout.isatty()
        self._said, self._at = "", 0.0

    def show(self, far: Far) -> Far | None:
        """Answers `far` when it has converged."""
        self.last = far
        if self._terminal:
            width = shutil.get_terminal_size().columns
            full = round(20 * far.share)
            text = f"[{'#' * full}{'.' * (20 - full)}] {far.share:4.0%} {far}"
            print(f"\r{text[: width - 1]:{width - 1}}", end="", flush=True)
        elif str(far) != self._said and (far.converged or time.monotonic() - self._at > 2):
            self._said, self._at = str(far), time.monotonic()
            print(f"demo: {far.share:4.0%} {far}", flush=True)
        return far if far.converged else None

    def end(self) -> None:
        """Leaves the bar's line."""
        if self._terminal and self.last:
            print(flush=True)
