"""The rules under the clock: five of them over 100,000 records of a real Odoo.

Everything is measured in one run: the first evaluation, a cycle in which nothing changed, one
changed record, a complete check, and beside it a program that reads record by record. Calls are
counted by a proxy before Odoo, and must be those that Odoo's own log tells.
"""

import contextlib
import os
import re
import time
from pathlib import Path

import requests

from .. import process
from ..odoo import Odoo
from ..sidecar import Sidecar
from .attache import LONGEST, Attache, peak
from .calls import AccessLog, Call, Calls, counted, only
from .records import DOMAIN, RULES, Records

# What reads records, what learns about rules and fields, what changes folders.
READING = ("search_read",)
LEARNING = ("hello", "settings", "fields_get", "watch", "scan", "read_feed")
WRITING = ("apply_folders",)

# Drains of an idle cycle that are counted.
CYCLES = 6


class Rules(Attache):
    """A sidecar with a folder for its store, and the rules of the bench in `odoo`."""

    def __init__(self, odoo: Odoo, records: Records, folder: Path, calls: Calls):
        super().__init__(odoo, None, folder, url=calls.url)
        self.records, self.calls = records, calls
        self.store = folder / "store"

    def __enter__(self) -> "Rules":
        super().__enter__()
        self._run("connect", "folder", "--name", "Bench", "--path", str(self.store))
        self.rpc = self.odoo.rpc()
        self.rules = self._rules()
        self.sidecar = self._stack.enter_context(
            Sidecar(f"127.0.0.1:{self.port}", env=self.env, folder=self.folder)
        )
        process.until(lambda: self.metric("drains_done") > 1, 60, "the sidecar has looked")
        return self

    def _rules(self) -> list[int]:
        """The rules, archived: they begin all at once."""
        connection = self.rpc.one("attache.connection", [("name", "=", "Bench")])["id"]
        made: dict[str, int] = {}
        for rule in RULES:
            values = {
                "title": rule.title,
                "active": False,
                "model_id": self.rpc.one("ir.model", [("model", "=", rule.model)])["id"],
                "domain": str(DOMAIN),
                "name_expression": rule.name,
                "connection_id": connection,
            }
            if rule.parent:
                field = [("model", "=", rule.model), ("name", "=", rule.field)]
                values["parent_id"] = made[rule.parent]
                values["parent_field_id"] = self.rpc.one("ir.model.fields", field)["id"]
            made[rule.title] = self.rpc("attache.rule", "create", values)
        return list(made.values())

    # -- what is looked at ----------------------------------------------------------------

    def metric(self, name: str) -> int:
        """A counter of the sidecar, over all its labels."""
        answer = requests.get(f"{self.sidecar.url}/metrics", timeout=60)
        answer.raise_for_status()
        found = re.findall(rf"^attache_{name}(?:{{.*}})? (\d+)$", answer.text, re.MULTILINE)
        return sum(map(int, found))

    def own_count(self) -> int:
        """Calls that the sidecar itself counts; 0 when it tells none."""
        return self.metric("odoo_calls")

    def in_odoo(self, where: str = "true") -> int:
        """Automatic folders in Odoo."""
        sql = f"select count(*) from attache_folder where kind <> 'root' and ({where})"
        return int(self.odoo.database.psql(sql))

    def names(self) -> dict[tuple[str, int], str]:
        """What the records' folders are called."""
        rows = self.odoo.database.psql(
            "select record_model, record_id, name from attache_folder where kind = 'record'"
        )
        parts = (line.split("|", 2) for line in rows.splitlines())
        return {(model, int(record)): name for model, record, name in parts}

    def in_store(self) -> int:
        """Folders in the store."""
        return folders(self.store)

    def rest(self, seconds: float = LONGEST) -> None:
        """Waits until nothing is open, and two more drains found nothing to do."""
        process.until(self._is_done, seconds, "the sidecar has nothing left to do", 1)
        done = self.metric("drains_done")
        process.until(lambda: self.metric("drains_done") > done + 1, 120, "two more drains", 0.5)

    def _is_done(self) -> bool:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.sidecar.url}/api/v1/connections"
        [row] = requests.get(url, headers=headers, timeout=60).json()
        if row["state"] != "active":
            raise RuntimeError(f"the connection is {row['state']}: {row['reason']}")
        return row["open"] == 0 and row["folders"] == self.records.folders + 1

    # -- what is measured -----------------------------------------------------------------

    def first(self, seconds: float = LONGEST) -> dict:
        """The first evaluation: from making the rules active to the last folder in Odoo, then on
        to the last one in the store."""
        wanted = self.records.folders
        log, before = AccessLog(self.odoo.log), self.calls.total
        begin = time.monotonic()
        self.rpc("attache.rule", "write", self.rules, {"active": True})
        process.until(lambda: self.in_odoo() >= wanted, seconds, "all folders in Odoo", 0.5)
        arranged = peak(self.sidecar.pid)
        writes = only(self.calls.since(begin), *WRITING)
        calls = self.calls.since(begin, writes[-1].at)
        # Odoo writes its line once the answer is on its way.
        process.until(lambda: log() >= self.calls.total - before, 10, "Odoo's log")
        told = (log(), self.calls.total - before)
        read = only(calls, *READING)
        figures = {
            "seconds": writes[-1].at - begin,
            "reading_seconds": writes[0].at - writes[0].seconds - begin,
            "calls": counted(calls),
            "read": len(only(calls, *READING, *LEARNING)),
            "all": len(calls),
            "reads_of": by_model(read),
            "mib_read": sum(call.received for call in read) / 2**20,
            "log": told,
            "memory_arranged": arranged,
        }
        process.until(lambda: self.in_store() >= wanted, seconds, "all folders in the store", 1)
        figures["store_seconds"] = time.monotonic() - begin
        self.rest(seconds)
        figures["memory"] = peak(self.sidecar.pid)
        return figures

    def idle(self) -> dict:
        """Cycles in which nothing changed."""
        drains, begin = self.metric("drains_done"), time.monotonic()
        process.until(
            lambda: self.metric("drains_done") >= drains + CYCLES, 300, "some idle cycles", 0.5
        )
        cycles = self.metric("drains_done") - drains
        calls = self.calls.since(begin)
        return {"cycles": cycles, "calls": counted(calls), "each": len(calls) / cycles}

    def changed(self, model: str, domain: list, values: dict, expected: str) -> dict:
        """One record is written; from then until the last folder in Odoo is called like that."""
        [record] = self.rpc(model, "search", domain)
        begin = time.monotonic()
        self.rpc(model, "write", [record], values)
        where = f"name like '{expected}'"
        process.until(lambda: self.in_odoo(where), 300, f"a folder {expected}", 0.1)
        self.rest()
        writes = only(self.calls.since(begin), *WRITING)
        calls = self.calls.since(begin, writes[-1].at)
        return {
            "seconds": writes[-1].at - begin,
            "calls": counted(calls),
            "all": len(calls),
            "folders": self.in_odoo(where),
        }

    def whole(self) -> dict:
        """A complete check by a sidecar that has just started: everything is read anew."""
        self.sidecar.stop()
        begin = time.monotonic()
        self._run("sync", "--once", seconds=LONGEST)
        calls = self.calls.since(begin)
        return {"seconds": time.monotonic() - begin, "calls": counted(calls), "all": len(calls)}


def by_model(calls: list[Call]) -> dict[str, int]:
    """How many calls read each model."""
    found: dict[str, int] = {}
    for call in calls:
        found[call.model] = found.get(call.model, 0) + 1
    return found


def folders(root: Path) -> int:
    """Folders below `root`, the sidecar's own left out."""
    found, waiting = 0, [root]
    while waiting:
        with contextlib.suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False) and entry.name != ".attache":
                    found += 1
                    waiting.append(Path(entry.path))
    return found
