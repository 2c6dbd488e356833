"""What the flows that read attachments stand on: files whose bytes are in the cloud only, a sidecar
that can be stopped, and a mail server that keeps what it is sent."""

import base64
import contextlib
import email
import email.policy
import functools
import os
import re
import shutil
import socketserver
import stat
import threading
from pathlib import Path

import pytest
import requests
from addon_bed import Files, Service
from bed import Odoo, RpcError, process

MODULES = ["attachment_indexation", "mass_mailing"]
REASON = "kept in the cloud and cannot be read now"
PRINTER = Path(__file__).parent / "flows" / "wkhtmltopdf"


def pdf(*pages: str) -> bytes:
    """Pages of text, as a PDF like no other."""
    pages = pages or ("",)
    kids = " ".join(f"{number} 0 R" for number in range(3, 3 + 2 * len(pages), 2))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
    ]
    for number, text in enumerate(pages):
        lines = f"BT /F1 12 Tf 9 40 Td ({text}) Tj ET".encode()
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 72]/Contents %d 0 R"
            b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>"
            % (4 + 2 * number),
            b"<</Length %d>>stream\n%s\nendstream" % (len(lines), lines),
        ]
    body, places = b"%%PDF-1.4\n%%%s\n" % os.urandom(8).hex().encode(), []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    )  # fmt: skip


def encoded(data: bytes) -> str:
    """As RPC carries bytes."""
    return base64.b64encode(data).decode()


class _Mailman(socketserver.StreamRequestHandler):
    """One connection of a sender."""

    def handle(self):
        self.say("220 mailbox")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.say("354 go on")
                letter = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    letter += line.removeprefix(b".") if line.startswith(b"..") else line
                self.server.letters.append(
                    email.message_from_bytes(letter, policy=email.policy.default)
                )
            self.say("221 bye" if word == b"QUIT" else "250 fine")
            if word == b"QUIT":
                return

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server; `letters` are what it was sent."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Mailman)
        self.letters = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server(self) -> dict:
        """Values of the mail server that Odoo sends by."""
        return {
            "name": "Mailbox", "smtp_host": "127.0.0.1", "smtp_port": self.server_address[1],
            "smtp_encryption": "none", "smtp_authentication": "login",
        }  # fmt: skip

    def files(self, subject: str) -> list[dict[str, bytes]]:
        """The attachments {name: bytes} of each letter with this subject, in order."""
        return [
            {part.get_filename(): part.get_payload(decode=True) for part in _attached(letter)}
            for letter in self.letters
            if subject in letter["Subject"]
        ]

    def text(self, subject: str) -> str:
        """The page that the only letter with this subject shows."""
        [letter] = [letter for letter in self.letters if subject in letter["Subject"]]
        return letter.get_body(("html",)).get_content()


def _attached(letter):
    return [part for part in letter.walk() if part.get_filename()]


class Flows:
    """An Odoo with released files. Everything acts as its administrator."""

    def __init__(self, odoo: Odoo, service: Service, sidecar: Files, mailbox: Mailbox):
        self.odoo, self.service, self.sidecar, self.mailbox = odoo, service, sidecar, mailbox
        self.rpc, self.browser = odoo.rpc(), odoo.browser()
        self.root = service.connection()["root"]["id"]
        self._folders = {}

    # -- files ----------------------------------------------------------------------------

    def make(self, model: str, /, **vals) -> int:
        """A record with a folder."""
        record = self.rpc(model, "create", vals)
        self.folder(model, record)
        return record

    def folder(self, model: str, record: int) -> int:
        """The record's folder."""
        if (model, record) not in self._folders:
            made = self.service.record_folder(self.root, model, record)
            self._folders[model, record] = made
        return self._folders[model, record]

    def attach(self, name: str, data: bytes, model: str, record: int, mimetype: str = "") -> int:
        """A released file of a record, which gets a folder."""
        self.folder(model, record)
        vals = {
            "name": name, "datas": encoded(data), "res_model": model,
            "res_id": record, **({"mimetype": mimetype} if mimetype else {}),
        }  # fmt: skip
        return self.release(self.rpc("ir.attachment", "create", vals))

    def release(self, file: int) -> int:
        """Leaves the bytes of a file to the cloud."""
        row = self.row(file, "checksum", "file_size")
        stored = self.stored(row["checksum"])
        self.sidecar.add(stored.read_bytes())
        self.service.files(
            {"op": "release", "id": file, "expect": row["checksum"], "size": row["file_size"]}
        )
        stored.unlink()  # Odoo's cleaner does this within a day
        return file

    def stored(self, checksum: str) -> Path:
        """Where Odoo's filestore has a content, if it has."""
        database = self.odoo.database
        return database.data / "filestore" / database.name / checksum[:2] / checksum

    def row(self, file: int, *names: str) -> dict:
        [row] = self.rpc("ir.attachment", "read", [file], names)
        return row

    def released(self, file: int) -> bool:
        """Whether Odoo left its bytes to the cloud, whatever it has of copies."""
        return str(self.row(file, "store_fname")["store_fname"]).startswith("attache://")

    def in_cloud_only(self, *files: int) -> bool:
        """Whether Odoo has the bytes of none of these."""
        rows = self.rpc("ir.attachment", "read", files, ["store_fname", "db_datas", "checksum"])
        return all(
            str(row["store_fname"]).startswith("attache://")
            and not row["db_datas"]
            and not self.stored(row["checksum"]).exists()
            for row in rows
        )

    # -- the sidecar stopped --------------------------------------------------------------

    @contextlib.contextmanager
    def stopped(self):
        """Nobody listens where the sidecar was."""
        self.sidecar.stop()
        try:
            yield
        finally:
            self.sidecar.start()
            self.sidecar.asked.clear()

    def refuses(self, name: str, call) -> None:
        """With the sidecar stopped the call is refused, and whoever made it is told which file
        cannot be read."""
        with self.stopped(), pytest.raises(RpcError, match=REASON) as told:
            call()
        assert name in str(told.value)

    def fails(self, name: str, ask) -> requests.Response:
        """With the sidecar stopped the page is an error that names the file."""
        with self.stopped():
            answer = ask()
        assert answer.status_code == 503, answer.text[:2000]
        assert name in answer.text and REASON in answer.text
        return answer

    # -- what people do -------------------------------------------------------------------

    def get(self, path: str, browser: requests.Session | None = None, **kwargs):
        return (browser or self.browser).get(f"{self.odoo.url}{path}", timeout=60, **kwargs)

    def ask(self, path: str, browser: requests.Session | None = None, **params):
        """A call of the web client's; RpcError when it is refused."""
        url, body = f"{self.odoo.url}{path}", {"jsonrpc": "2.0", "params": params}
        answer = (browser or self.browser).post(url, json=body, timeout=60)
        body = answer.json()
        if "error" in body:
            raise RpcError(body["error"]["data"]["name"], body["error"]["data"]["message"])
        return body["result"]

    @functools.cached_property
    def csrf(self) -> str:
        """The token that a form of the web client carries."""
        page = self.get("/odoo").text
        return re.search(r'csrf_token: "([^"]+)"', page)[1]

    def action(self, code: str, model: str = "res.partner", record: int = 1):
        """Runs the code of a server action on a record; what it says in `answer` comes back."""
        made = self.rpc(
            "ir.actions.server", "create",
            {
                "name": "Flow", "state": "code",
                "model_id": self.rpc("ir.model", "search", [["model", "=", model]])[0],
                "code": f"{code}\naction = {{'type': 'ir.actions.client', 'params': answer}}",
            },
        )  # fmt: skip
        context = {"active_model": model, "active_id": record, "active_ids": [record]}
        return self.rpc("ir.actions.server", "run", [made], context=context)["params"]

    def person(self, login: str, *groups: str, **vals) -> int:
        """A user with these groups only."""
        ids = [self.id(group) for group in groups]
        user = {"name": login, "login": login, "password": login, "group_ids": [(6, 0, ids)]}
        return self.rpc("res.users", "create", {**user, **vals})

    def id(self, name: str) -> int:
        """The id of a record that Odoo's own data made."""
        module, name = name.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        return self.rpc.one("ir.model.data", domain, "res_id")["res_id"]

    # -- mail -----------------------------------------------------------------------------

    def mails(self, subject: str) -> list[dict]:
        """The mails of the queue."""
        names = ["state", "failure_reason", "attachment_ids"]
        return self.rpc("mail.mail", "search_read", [["subject", "like", subject]], names)

    def stuck(self, name: str, subject: str) -> list[int]:
        """Mails that wait in the queue and say which file cannot be read. Nothing went out."""
        mails = self.mails(subject)
        assert mails and not self.mailbox.files(subject)
        for mail in mails:
            assert mail["state"] == "exception", mail
            assert name in mail["failure_reason"] and REASON in mail["failure_reason"]
        return [mail["id"] for mail in mails]

    def resend(self, mails: list[int]) -> None:
        """What the button Retry of a mail does, and the queue after it."""
        self.rpc("mail.mail", "mark_outgoing", mails)
        self.rpc("mail.mail", "send", mails)


@contextlib.contextmanager
def opened(template):
    """Flows on a copy of this database."""
    database = template.copy()
    with process.scratch("printer") as printer:
        shutil.copy(PRINTER, printer)
        printer.joinpath(PRINTER.name).chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | 0o5)
        path = f"{printer}:/usr/local/bin:/usr/bin:/bin"
        with Files() as files, Odoo(database, env={"PATH": path}, idle=True) as odoo:
            odoo.install(*MODULES)
            odoo.start()
            service = Service(odoo, files.url)
            files.secret = service.secret
            with Mailbox() as mailbox:
                odoo.rpc()("ir.mail_server", "create", mailbox.server())
                yield Flows(odoo, service, files, mailbox)
                mailbox.shutdown()
            odoo.kill()  # a stop would wait for the connections that are open
    database.drop()


@pytest.fixture(scope="session")
def flows(odoo_template):
    """One Odoo for all flows: what they need is installed once."""
    with opened(odoo_template) as flows:
        yield flows


__all__ = ["Flows", "Mailbox", "encoded", "flows", "opened", "pdf"]
