"""The sidecar under the clock: the first sync of a corpus, and a look that finds nothing new."""

import contextlib
import os
import secrets
import subprocess
import time
from pathlib import Path

from .. import process
from ..apache import Apache
from ..demo.progress import Api
from ..odoo import Odoo
from ..sidecar import Sidecar, binary
from .corpus import Corpus

LONGEST = 900  # seconds

SETTINGS = """\
listen = "127.0.0.1:{port}"
data_dir = "{data}"
"""


class Attache:
    """A sidecar with default settings, paired with `odoo`; one connection for each corpus. `url`
    is where it reaches that Odoo, if not directly."""

    def __init__(self, odoo: Odoo, apache: Apache | None, folder: Path, url: str = ""):
        self.odoo, self.apache, self.folder = odoo, apache, folder
        self.url = url or odoo.url
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Attache":
        self.folder.mkdir()
        settings = self.folder / "attache.toml"
        self.port = process.free_port()
        settings.write_text(SETTINGS.format(port=self.port, data=self.folder / "data"))
        self.token = secrets.token_hex(32)
        self.env = {"ATTACHE_CONFIG": str(settings), "ATTACHE_ADMIN_TOKEN": self.token}
        database = self.odoo.database.name
        self._run(
            "pair", "--url", self.url, "--database", database, "--login", "admin",
            ODOO_PASSWORD="admin",
        )  # fmt: skip
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def _run(self, *words: str, seconds: float = 300, **env: str) -> None:
        answer = subprocess.run(
            [binary(), *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.env, **env},
            cwd=self.folder, capture_output=True, text=True, timeout=seconds,
        )  # fmt: skip
        if answer.returncode:
            raise RuntimeError(f"attache {words[0]}: {answer.stdout}{answer.stderr}")

    # -- the first sync -------------------------------------------------------------------

    def measure(self, corpus: Corpus, name: str) -> dict:
        """The first sync of a corpus by a new connection `name`. The clock starts when an
        administrator saves the rule, and runs while the rule makes the folders; the sidecar runs
        already, as it does in life."""
        self._run(
            "connect", "webdav", "--name", name, "--url", f"{self.apache.url}/{name}",
            "--user", self.apache.user, WEBDAV_PASSWORD=self.apache.password,
        )  # fmt: skip
        rpc = self.odoo.rpc()
        rule = {
            "title": "Bench",
            "model_id": rpc.one("ir.model", [("model", "=", "res.partner")])["id"],
            "domain": str(corpus.domain),
            "name_expression": "{{ object.name }}",
            "connection_id": rpc.one("attache.connection", [("name", "=", name)])["id"],
        }
        page = self.odoo.browser()
        with Sidecar(f"127.0.0.1:{self.port}", env=self.env, folder=self.folder) as sidecar:
            self._api = Api(sidecar.url, self.token)
            self._wait(name, lambda row: row["folders"] == 1 and row["state"] == "active")
            process.until(Quiet(Requests(self.apache, name), 1.0), 60, "the store is left alone")
            os.sync()
            asked = self._asked(name)
            used = self._used(sidecar)
            begin = time.monotonic()
            self._save(page, rule)
            root = self.apache.root / name
            process.until(
                lambda: count(root) >= corpus.files, LONGEST, f"{corpus.name} in the store", 0.1
            )
            arrival = time.monotonic() - begin
            row = self._wait(name, lambda row: row["proved"] == corpus.files)
            proof = time.monotonic() - begin
            used = {who: now - used[who] for who, now in self._used(sidecar).items()}
            asked = {verb: n - asked.get(verb, 0) for verb, n in self._asked(name).items()}
            self._wait(name, lambda row: row["open"] == 0)
            cycle = self._cycle(name)
            memory = peak(sidecar.pid)
        return {
            "arrival": arrival,
            "proof": proof,
            "rss_mib": memory,
            "cpu": used,
            "requests": {verb: n for verb, n in asked.items() if n},
            "stuck": row["stuck"],
            "cycle": cycle,
        }

    def _save(self, page, rule: dict) -> None:
        """As the web client does it, in a session that is logged in already."""
        answer = page.post(
            f"{self.odoo.url}/web/dataset/call_kw/attache.rule/create",
            json={
                "jsonrpc": "2.0",
                "params": {
                    "model": "attache.rule", "method": "create", "args": [[rule]], "kwargs": {},
                },
            },
            timeout=60,
        ).json()  # fmt: skip
        if "error" in answer:
            raise RuntimeError(f"the rule cannot be saved: {answer['error']}")

    def _used(self, sidecar: Sidecar) -> dict[str, float]:
        """Seconds of processor time so far: what waiting for a busy machine does not change."""
        of = {
            "sidecar": sidecar.pid,
            "odoo": self.odoo._process.pid,
            "store": self.apache._process.pid,
        }
        return {who: cpu(pid) for who, pid in of.items()}

    def _wait(self, name: str, good) -> dict:
        """The row of the connection as soon as `good` says so."""

        def look() -> dict | None:
            [row] = [row for row in self._api("connections") if row["name"] == name]
            if row["state"] in ("held", "error"):
                raise RuntimeError(f"the connection is {row['state']}: {row['reason']}")
            return row if good(row) else None

        return process.until(look, LONGEST, f"{name} as wanted", 0.1)

    # -- a cycle without changes ----------------------------------------------------------

    def _cycle(self, name: str) -> dict:
        """One scheduled look of the running sidecar at the store, seen from the store: the time
        between its first and its last request, and how many there were."""
        requests = Requests(self.apache, name)
        process.until(Quiet(requests, 2.0), 60, "the store is left alone")
        before = requests()
        process.until(lambda: requests() != before, 120, "a look at the store", 0.002)
        begin = time.monotonic()
        quiet = Quiet(requests, 2.0)
        process.until(quiet, 120, "the end of the look", 0.005)
        return {"seconds": quiet.since - begin, "requests": requests() - before}

    def _asked(self, name: str) -> dict[str, int]:
        """Requests below a folder of the store so far, by method."""
        counts: dict[str, int] = {}
        with open(self.apache.requests, errors="replace") as log:
            for line in log:
                verb, path = line.split(" ")[:2]
                if path.split("/")[1] == name:
                    counts[verb] = counts.get(verb, 0) + 1
        return counts


class Requests:
    """How many requests below a folder of the store were answered since this was made."""

    def __init__(self, apache: Apache, name: str):
        self._log, self._mark = apache.requests, f" /{name}".encode()
        self._at, self._count = self._log.stat().st_size, 0

    def __call__(self) -> int:
        with open(self._log, "rb") as log:
            log.seek(self._at)
            news = log.read()
        whole = news[: news.rfind(b"\n") + 1]
        self._at += len(whole)
        self._count += sum(self._mark in line for line in whole.splitlines())
        return self._count


class Quiet:
    """True once a number has not changed for `seconds`; `since` is when it last did."""

    def __init__(self, number, seconds: float):
        self._number, self._seconds = number, seconds
        self._last, self.since = number(), time.monotonic()

    def __call__(self) -> bool:
        now = self._number()
        if now != self._last:
            self._last, self.since = now, time.monotonic()
        return time.monotonic() - self.since > self._seconds


def count(root: Path) -> int:
    """Files below `root`, those on their way and the sidecar's own left out."""
    found, waiting = 0, [root]
    while waiting:
        with contextlib.suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                else:
                    found += 1
    return found


def cpu(leader: int) -> float:
    """Seconds of processor time of a server with all processes of its session."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # After the name, which may hold blanks: state, parent, group, session, …
            facts = stat.read_text().rpartition(")")[2].split()
            if int(facts[3]) == leader:
                ticks += int(facts[11]) + int(facts[12])
                ticks += int(facts[13]) + int(facts[14]) if stat.parent.name == str(leader) else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def peak(pid: int) -> float:
    """The most memory that a process ever had resident, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} is gone")
