"""Some of the flows with a real sidecar before a real store: what was released comes from there,
and while the sidecar is stopped nothing comes."""

import base64
import contextlib
import io
import os
import zipfile

import pytest
from addon_bed import csrf, png
from bed import RpcError, until
from flows_bed import REASON, Mailbox, pdf
from office import SOON, released


class Cloud:
    """Files of one contact, released by the sidecar."""

    def __init__(self, office):
        self.office, self.rpc = office, office.rpc
        self.browser = office.odoo.browser()
        self.partner = self.rpc("res.partner", "create", {"name": "Real flows"})
        office.rule("res.partner", title="Real", domain="[('name', '=', 'Real flows')]")

    def attach(self, name: str, data: bytes, mimetype: str) -> int:
        """A file that the sidecar brought to the store and Odoo let go, cleaned as within a day."""
        vals = {
            "name": name, "datas": base64.b64encode(data).decode(), "mimetype": mimetype,
            "res_model": "res.partner", "res_id": self.partner,
        }  # fmt: skip
        file = self.rpc("ir.attachment", "create", vals)
        until(lambda: released(self.rpc, file), SOON, f"{name} released")
        [row] = self.rpc("ir.attachment", "read", [file], ["checksum"])
        database = self.office.odoo.database
        digest = row["checksum"]
        stored = database.data / "filestore" / database.name / digest[:2] / digest
        stored.unlink(missing_ok=True)
        assert [path for path in self.office.store.rglob(name) if path.read_bytes() == data]
        return file

    @contextlib.contextmanager
    def stopped(self):
        """The sidecar is stopped, and back at the end."""
        self.office.serving.stop()
        try:
            yield
        finally:
            self.office.serving.start()

    def get(self, path: str, **kwargs):
        return self.browser.get(f"{self.office.odoo.url}{path}", timeout=60, **kwargs)

    def fails(self, name: str, *asks) -> None:
        """While it is stopped each of these is an error that names the file."""
        with self.stopped():
            for ask in asks:
                answer = ask()
                assert answer.status_code == 503, answer.text[:2000]
                assert name in answer.text and REASON in answer.text


@pytest.fixture(scope="module")
def cloud(office):
    return Cloud(office)


def test_flow_57_a_real_sidecar_gives_a_video_whole_and_in_parts(cloud):
    data = os.urandom(3_000_000)
    file = cloud.attach("real film.mp4", data, "video/mp4")
    address = f"/web/content/{file}"
    part = {"Range": "bytes=2000000-2000999"}
    cloud.fails(
        "real film.mp4", lambda: cloud.get(address), lambda: cloud.get(address, headers=part)
    )
    whole, some = cloud.get(address), cloud.get(address, headers=part)
    assert (whole.status_code, whole.content) == (200, data)
    assert (some.status_code, some.content) == (206, data[2_000_000:2_001_000])
    last = cloud.get(address, headers={"Range": "bytes=-9", "If-Range": whole.headers["ETag"]})
    assert (last.status_code, last.content) == (206, data[-9:])


def test_flow_58_a_real_sidecar_gives_pictures_and_pdfs(cloud):
    data = png()
    file = cloud.attach("real.png", data, "image/png")
    paper = cloud.attach("real.pdf", pdf("one", "two"), "application/pdf")
    small = f"/web/image/{file}/64x64"
    cloud.fails("real.", lambda: cloud.get(f"/web/image/{file}"), lambda: cloud.get(small))
    assert cloud.get(f"/web/image/{file}").content == data
    assert cloud.get(small).content[16:24] == b"\0\0\0\x40\0\0\0\x20"
    assert cloud.get(f"/mail/attachment/pdf_first_page/{paper}").content.startswith(b"%PDF-")


def test_flow_59_a_real_sidecar_gives_what_a_zip_and_a_copy_need(cloud):
    data = os.urandom(400_000)
    file = cloud.attach("real zip.bin", data, "application/x-own")
    token = csrf(cloud.office.odoo, cloud.browser)
    form = {"file_ids": str(file), "zip_name": "z.zip", "csrf_token": token}
    address = f"{cloud.office.odoo.url}/mail/attachment/zip"
    ask = lambda: cloud.browser.post(address, data=form, timeout=60)  # noqa: E731
    with cloud.stopped():
        answer = ask()
        assert answer.status_code == 503 and "real zip.bin" in answer.text
        with pytest.raises(RpcError, match=f"real zip.bin.*{REASON}"):
            cloud.rpc("ir.attachment", "copy", [file], {"res_id": False})
    packed = zipfile.ZipFile(io.BytesIO(ask().content))
    assert packed.read("real zip.bin") == data
    [copy] = cloud.rpc("ir.attachment", "copy", [file], {"res_id": False})
    [row] = cloud.rpc("ir.attachment", "read", [copy], ["datas"])
    assert base64.b64decode(row["datas"]) == data


def test_flow_60_a_real_sidecar_gives_what_a_mail_carries(cloud):
    data = os.urandom(200_000)
    file = cloud.attach("real mail.bin", data, "application/x-own")
    with Mailbox() as mailbox:
        cloud.rpc("ir.mail_server", "create", mailbox.server())
        letter = {
            "subject": "Flow 60",
            "email_to": "a@flows.example",
            "attachment_ids": [(4, file)],
        }
        mail = cloud.rpc("mail.mail", "create", {**letter, "body_html": "x"})
        names = ["state", "failure_reason"]
        with cloud.stopped():
            cloud.rpc("mail.mail", "send", [mail])
            [row] = cloud.rpc("mail.mail", "read", [mail], names)
            assert row["state"] == "exception" and not mailbox.letters
            assert "real mail.bin" in row["failure_reason"] and REASON in row["failure_reason"]
        cloud.rpc("mail.mail", "mark_outgoing", [mail])
        cloud.rpc("mail.mail", "send", [mail])
        assert mailbox.files("Flow 60") == [{"real mail.bin": data}]
        mailbox.shutdown()
