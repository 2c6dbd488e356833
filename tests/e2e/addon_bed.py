"""What the tests of the addon stand on: the sidecar's calls, and a server in its place."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import re
import secrets
import struct
import threading
import time
import uuid
import zlib

import requests
from bed import process

JSON = dict[str, object]


class Refused(RuntimeError):
    """Odoo refused a call; `status` is the HTTP status."""

    def __init__(self, status: int, message: str):
        super().__init__(f"{status}: {message}")
        self.status = status


class Service:
    """Calls of `attache.service` over JSON-2 and of the byte routes, with the key that pairing
    gave: `service("hello")`."""

    def __init__(self, odoo, sidecar_url: str):
        self.odoo, self.secret = odoo, secrets.token_hex(32)
        paired = odoo.rpc()(
            "attache.service", "pair",
            secret=self.secret, sidecar_url=sidecar_url, public_url="https://files.example",
        )  # fmt: skip
        self.user, self.login, self.key = paired["user"], paired["login"], paired["key"]
        self.headers = {
            "Authorization": f"Bearer {self.key}",
            "X-Odoo-Database": odoo.database.name,
        }

    def __call__(self, method: str, on: str = "attache.service", **arguments):
        answer = requests.post(
            f"{self.odoo.url}/json/2/{on}/{method}",
            json=arguments,
            headers=self.headers,
            timeout=120,
        )
        if not answer.ok:
            body = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
            raise Refused(answer.status_code, body.get("message", answer.text[-2000:]))
        return answer.json()

    def get(self, path: str, **kwargs) -> requests.Response:
        headers = {**self.headers, **kwargs.pop("headers", {})}
        return requests.get(f"{self.odoo.url}{path}", headers=headers, timeout=60, **kwargs)

    def bytes(self, files: list[tuple[int, str]]) -> tuple[dict, list]:
        """The frames of one framed request: ({id: (status, bytes)}, heads in order)."""
        answer = requests.post(
            f"{self.odoo.url}/attache/v1/bytes",
            json={"files": [{"id": file, "sha1": sha1} for file, sha1 in files]},
            headers=self.headers,
            timeout=60,
        )
        answer.raise_for_status()
        data, found, heads = answer.content, {}, []
        while data:
            (length,) = struct.unpack(">I", data[:4])
            head = json.loads(data[4 : 4 + length])
            heads.append(head)
            size = head.get("size", 0)
            body, data = data[4 + length : 4 + length + size], data[4 + length + size :]
            if "id" in head:
                found[head["id"]] = (head["status"], body)
        return found, heads

    # -- what many tests need -------------------------------------------------------------

    def connection(self, name: str = "Cloud") -> JSON:
        """A connection with its root folder: {id, uuid, root}."""
        identity = str(uuid.uuid4())
        answer = self(
            "put_connection",
            connection={
                "uuid": identity, "name": name, "provider": "memory", "root_label": "Odoo",
                "web_url": None,
            },
        )  # fmt: skip
        return {**answer, "uuid": identity}

    def folders(self, *items: JSON) -> list[JSON]:
        return [_row(result) for result in self("apply_folders", items=list(items))]

    def files(self, *items: JSON) -> list[JSON]:
        return [_row(result) for result in self("apply_files", items=list(items))]

    def record_folder(self, parent: int, model: str, res_id: int, name: str = "Record") -> int:
        [row] = self.folders(
            {
                "op": "create", "key": str(uuid.uuid4()), "name": name, "parent": parent,
                "kind": "record", "rule": None, "model": model, "res_id": res_id,
            }
        )  # fmt: skip
        return row["id"]

    def manual_folder(self, parent: int, name: str = "Scans") -> int:
        [row] = self.folders(
            {
                "op": "create", "key": str(uuid.uuid4()), "name": name, "parent": parent,
                "kind": "manual", "rule": None, "model": None, "res_id": None,
            }
        )  # fmt: skip
        return row["id"]

    def end(self) -> str:
        return self("read_feed", cursor=None, limit=1)["cursor"]

    def lines(self, cursor: str) -> set[tuple]:
        """The feed's lines since a cursor, each once."""
        rows = []
        while True:
            answer = self("read_feed", cursor=cursor, limit=100)
            assert not answer["expired"]
            rows += answer["rows"]
            cursor = answer["cursor"]
            if not answer["more"]:
                return {tuple(row) for row in rows}

    def one(self, item: JSON, call: str = "apply_files") -> JSON:
        """The Result of one item."""
        [result] = self(call, items=[item])
        return result

    def file(self, file: int) -> JSON | None:
        """A file as the sidecar sees it; None when it is in no folder."""
        found = self("read", files=[file])["files"]
        return found[0] if found else None


def attach(odoo, model: str, res_id: int, name: str = "a.txt", raw: str = "local") -> int:
    """A person's attachment on a record."""
    vals = {"name": name, "raw": raw, "res_model": model, "res_id": res_id}
    return odoo.rpc()("ir.attachment", "create", vals)


def file_item(folder: int, name: str = "a.txt", data: bytes = b"cloud", **more) -> JSON:
    """What makes a file whose bytes are in the cloud."""
    return {
        "op": "create", "key": str(uuid.uuid4()), "folder": folder, "name": name,
        "size": len(data), "sha1": sha1(data), "mimetype": "text/plain", "web_url": None, **more,
    }  # fmt: skip


def png(width=200, height=100) -> bytes:
    """A picture that Odoo can resize."""

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    rows = b"".join(b"\x00" + os.urandom(3 * width) for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )  # fmt: skip


def csrf(odoo, session: requests.Session) -> str:
    """The token that a form of the web client carries."""
    return re.search(r'csrf_token: "([^"]+)"', session.get(f"{odoo.url}/odoo").text)[1]


def _row(result: JSON) -> JSON:
    assert result["ok"], result
    return result["row"]


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


class Files:
    """A server in the sidecar's place: it verifies each token and serves `Range`.

    `contents` maps sha1 to bytes. `delay` seconds pass before each piece of 64 KiB; `status`
    answers everything with that status; `cut` ends the body after so many bytes. `nudges` are
    the bodies that came to /hooks/odoo with a right signature.
    """

    def __init__(self):
        self.contents: dict[str, bytes] = {}
        self.secret = ""
        self.delay, self.status, self.cut = 0.0, 0, 0
        self.asked: list[tuple[str, str | None]] = []
        self.nudges: list[JSON] = []
        self.tokens: list[JSON] = []
        self._listen(process.free_port())

    def __enter__(self) -> "Files":
        self._serve()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def _listen(self, port: int) -> None:
        handler = type("Handler", (_Handler,), {"files": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True

    def _serve(self) -> None:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def start(self) -> None:
        """Listens again where it did before `stop`."""
        self._listen(self._server.server_port)
        self._serve()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def add(self, data: bytes) -> str:
        self.contents[sha1(data)] = data
        return sha1(data)

    def verify(self, token: str) -> JSON | None:
        """What the token says, when the secret signed it and it has not expired."""
        payload, _, signature = token.partition(".")
        mac = hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).digest()
        if base64.urlsafe_b64encode(mac).decode().rstrip("=") != signature:
            return None
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return told if time.time() < told["exp"] <= time.time() + 121 else None


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request to `Files`."""

    protocol_version = "HTTP/1.1"
    files: Files

    def log_message(self, *_):
        """Silence."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mac = hmac.new(self.files.secret.encode(), body, hashlib.sha256).hexdigest()
        if self.path == "/hooks/odoo" and self.headers["X-Attache-Signature"] == mac:
            self.files.nudges.append(json.loads(body))
        self._answer(204)

    def do_GET(self):
        files = self.files
        if self.path == "/healthz":
            return self._answer(200)
        told = files.verify(self.path.removeprefix("/files/"))
        files.asked.append((self.path, self.headers["Range"]))
        if files.status:
            return self._answer(files.status, {"Retry-After": "7"})
        if not told or told["kind"] != "file":
            return self._answer(403)
        files.tokens.append(told)
        data = files.contents.get(told["sha1"])
        return self._answer(404) if data is None else self._serve(data)

    def _serve(self, data: bytes):
        size, status, headers = len(data), 200, {"ETag": '"cloud"'}
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers["Range"] or "")
        if match:
            first, last = match.groups()
            start = int(first) if first else max(0, size - int(last))
            end = min(int(last), size - 1) if first and last else size - 1
            if start >= size:
                return self._answer(416, {"Content-Range": f"bytes */{size}"})
            data, status = data[start : end + 1], 206
            headers["Content-Range"] = f"bytes {start}-{end}/{size}"
        self._head(status, len(data), headers)
        for place in range(0, len(data), 65536):
            if self.files.cut and place >= self.files.cut:
                self.close_connection = True
                return
            if self.files.delay:
                time.sleep(self.files.delay)  # the cloud is slow
            self.wfile.write(data[place : place + 65536])

    def _head(self, status: int, length: int, headers: dict):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _answer(self, status: int, headers: dict | None = None):
        self._head(status, 0, headers or {})
