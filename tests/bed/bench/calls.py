"""A proxy before Odoo that counts calls: what the sidecar asks is seen where it is asked."""

import contextlib
import http.client
import http.server
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

# What is between two servers only.
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}

# The sidecar's question whether there is any news, asked four times a second.
LISTENING = "listening"


@dataclass(frozen=True)
class Call:
    """One call: when its answer was there, how long it took, what it was and how large."""

    at: float
    seconds: float
    method: str
    model: str
    items: int
    sent: int
    received: int


class Calls:
    """Passes everything on to `url`, and remembers each call of JSON-2."""

    def __init__(self, url: str):
        self.upstream = url.removeprefix("http://")
        self.seen: list[Call] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"calls": self})
        self._server = _Server(("127.0.0.1", 0), handler)

    def __enter__(self) -> "Calls":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where the proxy listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def note(self, call: Call) -> None:
        """Remembers one."""
        with self._lock:
            self.seen.append(call)

    def since(self, begin: float, end: float | None = None) -> list[Call]:
        """Those that were answered after `begin`, without the listening ones."""
        with self._lock:
            seen = list(self.seen)
        end = time.monotonic() if end is None else end
        return [call for call in seen if begin < call.at <= end and call.method != LISTENING]

    @property
    def total(self) -> int:
        """All that were answered so far, the listening ones too."""
        with self._lock:
            return len(self.seen)


def counted(calls: Iterable[Call]) -> dict[str, int]:
    """How many of each method."""
    return dict(Counter(call.method for call in calls).most_common())


def only(calls: Iterable[Call], *methods: str) -> list[Call]:
    """Those of these methods."""
    return [call for call in calls if call.method in methods]


class AccessLog:
    """Calls of JSON-2 that Odoo's own log tells, since this was made."""

    def __init__(self, log: Path):
        self._log, self._at = log, log.stat().st_size

    def __call__(self) -> int:
        with open(self._log, "rb") as log:
            log.seek(self._at)
            return sum(b'"POST /json/2/' in line for line in log)


class _Server(http.server.ThreadingHTTPServer):
    """Does not mind that a sidecar which ends waits for no answer."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection of the sidecar."""

    protocol_version = "HTTP/1.1"
    calls: Calls

    def log_message(self, *_):
        """Silence."""

    def _pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        begin = time.monotonic()
        upstream = http.client.HTTPConnection(self.calls.upstream, timeout=600)
        with contextlib.closing(upstream):
            headers = {name: value for name, value in self.headers.items() if _goes_on(name)}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            told = answer.read()
        if self.path.startswith("/json/2/"):
            _, _, _, model, method = self.path.split("/")
            self.calls.note(_call(begin, model, method, body, told))
        self.send_response(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if _goes_on(name):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET: Callable = _pass_on
    do_POST: Callable = _pass_on


def _goes_on(name: str) -> bool:
    return name.lower() not in _HOP


def _call(begin: float, model: str, method: str, body: bytes, told: bytes) -> Call:
    asked = json.loads(body)
    if method == "read_feed" and asked.get("limit") == 1:
        method = LISTENING
    now = time.monotonic()
    return Call(
        at=now, seconds=now - begin, method=method, model=asked.get("model", model),
        items=len(asked.get("items", ())), sent=len(body), received=len(told),
    )  # fmt: skip
