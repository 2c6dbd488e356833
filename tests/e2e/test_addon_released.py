"""Released files: every way to read them gives the same bytes."""

import base64
import io
import os
import zipfile

import pytest
from addon_bed import csrf, png, sha1
from bed import RpcError


def pdf() -> bytes:
    """One empty page."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 4\n0000000000 65535 f \n" + table
        + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    )  # fmt: skip


def picture_size(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


# -- every path gives the bytes ----------------------------------------------------------------


def test_b60_b71_raw_and_datas_are_whole(odoo, release, sidecar_files):
    data = os.urandom(300_000)
    file = release("a.bin", data)
    [row] = odoo.rpc()("ir.attachment", "read", [file], ["datas", "file_size", "type"])
    assert base64.b64decode(row["datas"]) == data
    assert (row["file_size"], row["type"]) == (len(data), "binary")
    told = sidecar_files.tokens[-1]
    assert (told["v"], told["id"], told["sha1"], told["name"]) == (1, file, sha1(data), "a.bin")
    assert told["user"] == 2


def test_b47_the_browser_downloads_it(odoo, release, sidecar_files):
    data = os.urandom(1_200_000)
    file = release("naïve a.bin", data)
    browser, url = odoo.browser(), f"{odoo.url}/web/content/{file}"
    whole = browser.get(url, params={"download": "true"})
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["Content-Length"] == str(len(data))
    assert whole.headers["Content-Disposition"].startswith("attachment")
    assert "default-src 'none'" in whole.headers["Content-Security-Policy"]
    assert "private" in whole.headers["Cache-Control"]
    etag = whole.headers["ETag"]
    assert sha1(data) in etag
    asked = len(sidecar_files.asked)
    assert browser.get(url, headers={"If-None-Match": etag}).status_code == 304
    head = browser.head(url)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(data)))
    assert len(sidecar_files.asked) == asked  # neither needed the cloud


def test_ranges_pass_through(odoo, release, sidecar_files):
    data = os.urandom(500_000)
    file = release("v.mp4", data, "video/mp4")
    browser, url = odoo.browser(), f"{odoo.url}/web/content/{file}"
    part = browser.get(url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, data[1000:2000])
    assert part.headers["Content-Range"] == "bytes 1000-1999/500000"
    last = browser.get(url, headers={"Range": "bytes=-5", "If-Range": part.headers["ETag"]})
    assert (last.status_code, last.content) == (206, data[-5:])
    stale = browser.get(url, headers={"Range": "bytes=-5", "If-Range": '"other"'})
    assert (stale.status_code, stale.content) == (200, data)
    assert browser.get(url, headers={"Range": "bytes=900000-"}).status_code == 416


def test_pictures_are_shown_and_resized(odoo, release):
    data = png()
    file = release("p.png", data, "image/png")
    browser = odoo.browser()
    whole = browser.get(f"{odoo.url}/web/image/{file}")
    assert (whole.headers["Content-Type"], whole.content) == ("image/png", data)
    small = browser.get(f"{odoo.url}/web/image/{file}", params={"width": 64})
    assert (small.status_code, picture_size(small.content)) == (200, (64, 32))


def test_the_first_page_of_a_pdf(odoo, release):
    file = release("d.pdf", pdf(), "application/pdf")
    page = odoo.browser().get(f"{odoo.url}/mail/attachment/pdf_first_page/{file}")
    assert (page.status_code, page.content[:5]) == (200, b"%PDF-")


def test_the_chatters_zip(odoo, release):
    data = os.urandom(50_000)
    file = release("z.bin", data)
    browser = odoo.browser()
    token = csrf(odoo, browser)
    answer = browser.post(
        f"{odoo.url}/mail/attachment/zip",
        data={"file_ids": str(file), "zip_name": "z.zip", "csrf_token": token},
    )
    assert answer.status_code == 200, answer.text
    assert zipfile.ZipFile(io.BytesIO(answer.content)).read("z.bin") == data


def test_outgoing_mail_carries_it(odoo, release):
    file = release("m.bin", b"mail me" * 100, "application/x-own")
    told = odoo.shell(
        f"""
mail = env['mail.mail'].create({{
    'body_html': 'x', 'email_to': 'a@example.com', 'attachment_ids': [(4, {file})]}})
sent = []
def build(self, *args, **kwargs):
    sent.append(kwargs.get('attachments') or args[9])
    return original(self, *args, **kwargs)
Server = type(env['ir.mail_server'])
original = Server._build_email__
Server._build_email__ = build
Server._connect__ = lambda *args, **kwargs: None
Server.send_email = lambda *args, **kwargs: '<id>'
mail.send(raise_exception=True)
Server._build_email__ = original
print([(name, len(body)) for name, body, mimetype in sent[0]])
"""
    )
    assert told == "[('m.bin', 700)]"


def test_pdfs_merge(odoo, release):
    file = release("r.pdf", pdf(), "application/pdf")
    told = odoo.shell(
        f"""
from odoo.tools.pdf import merge_pdf, PdfFileReader
import io
raw = env['ir.attachment'].browse({file}).raw
print(len(PdfFileReader(io.BytesIO(merge_pdf([raw, raw]))).pages))
"""
    )
    assert told == "2"


def test_a_copy_has_bytes_of_its_own(odoo, service, release, sidecar_files):
    data = os.urandom(400_000)
    file = release("c.bin", data)
    rpc = odoo.rpc()
    [copy] = rpc("ir.attachment", "copy", [file])
    assert len(sidecar_files.asked) == 1
    [told] = service("read", files=[copy])["files"]
    assert (told["released"], told["sha1"], told["size"]) == (False, sha1(data), len(data))
    # The bytes are in the filestore now: the next copy fetches nothing.
    [again] = rpc("ir.attachment", "copy", [file])
    assert len(sidecar_files.asked) == 1
    sidecar_files.status = 503
    for made in (copy, again):
        assert odoo.browser().get(f"{odoo.url}/web/content/{made}").content == data


def test_a_copy_cannot_be_had_of_what_one_may_not_read(odoo, release):
    rpc = odoo.rpc()
    stranger = rpc("ir.attachment", "create", {"name": "s", "raw": "admins own"})
    with pytest.raises(RpcError, match="not allowed"):
        odoo.rpc("demo")("ir.attachment", "create", {"name": "t", "attache_source": stranger})


def test_a_person_writes_new_content(odoo, service, release):
    file = release("w.txt", b"old")
    newer = base64.b64encode(b"newer").decode()
    odoo.rpc()("ir.attachment", "write", [file], {"datas": newer})
    [told] = service("read", files=[file])["files"]
    assert (told["released"], told["sha1"], told["size"]) == (False, sha1(b"newer"), 5)


def test_moving_odoos_storage_leaves_it_alone(odoo, release, sidecar_files):
    file = release("f.bin", b"stay")
    odoo.shell(
        "env['ir.config_parameter'].set_param('ir_attachment.location', 'db')\n"
        f"ids = env['ir.attachment'].search([*env['ir.attachment']._get_storage_domain(), "
        f"('id', '=', {file})])\n"
        "assert not ids, ids"
    )
    assert sidecar_files.asked == []


def test_nobody_sets_what_is_the_sidecars(odoo, release, service):
    file = release("n.bin", b"as told")
    rpc = odoo.rpc()
    vals = {"attache_size": 1, "attache_web_url": "x", "store_fname": "attache://x", "checksum": ""}
    rpc("ir.attachment", "write", [file], vals)
    [told] = service("read", files=[file])["files"]
    assert (told["size"], told["sha1"]) == (7, sha1(b"as told"))
    assert not rpc("ir.attachment", "read", [file], ["attache_web_url"])[0]["attache_web_url"]


def test_b40_a_file_that_leaves_all_folders_takes_its_bytes_along(odoo, release, sidecar_files):
    rpc, data = odoo.rpc(), os.urandom(50_000)
    file = release("goes.bin", data)
    elsewhere = rpc("res.partner", "create", {"name": "Without a folder"})
    # While they cannot be had it stays, whole and where it was.
    sidecar_files.status = 503
    with pytest.raises(RpcError):
        rpc("ir.attachment", "write", [file], {"res_id": elsewhere})
    names = ["res_id", "attache_folder_id", "store_fname", "datas"]
    sidecar_files.status = 0
    [row] = rpc("ir.attachment", "read", [file], names)
    assert row["res_id"] != elsewhere and row["attache_folder_id"]
    rpc("ir.attachment", "write", [file], {"res_id": elsewhere})
    sidecar_files.status = 503
    [row] = rpc("ir.attachment", "read", [file], names)
    assert (row["res_id"], row["attache_folder_id"]) == (elsewhere, False)
    assert not row["store_fname"].startswith("attache://")
    assert base64.b64decode(row["datas"]) == data


def test_b67_a_file_that_goes_to_another_connection_takes_its_bytes_along(
    odoo, release, service, sidecar_files
):
    rpc, data = odoo.rpc(), os.urandom(50_000)
    other = service.connection("Other")["root"]["id"]
    partner = rpc("res.partner", "create", {"name": "Of the other connection"})
    home = service.record_folder(other, "res.partner", partner)
    names = ["attache_folder_id", "store_fname", "datas"]
    file = release("moves.bin", data)
    rpc("ir.attachment", "write", [file], {"res_id": partner})
    # A manual folder that is moved there does as well.
    [row] = rpc("ir.attachment", "read", [release("stays.bin", b"stays")], ["attache_folder_id"])
    manual = rpc(
        "attache.folder", "create", {"name": "Moves", "parent_id": row["attache_folder_id"][0]}
    )
    inside = release("inside.bin", data[::-1])
    rpc("ir.attachment", "write", [inside], {"attache_folder_id": manual})
    assert rpc("ir.attachment", "read", [inside], names)[0]["store_fname"].startswith("attache://")
    rpc("attache.folder", "write", [manual], {"parent_id": home})
    sidecar_files.status = 503
    for moved, folder, whole in ((file, home, data), (inside, manual, data[::-1])):
        [row] = rpc("ir.attachment", "read", [moved], names)
        assert row["attache_folder_id"][0] == folder
        assert not row["store_fname"].startswith("attache://")
        assert base64.b64decode(row["datas"]) == whole
