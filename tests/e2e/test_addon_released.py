"""Released files: every way to read them gives the same bytes, or a clear failure."""

import base64
import io
import os
import time
import zipfile
import zlib

import pytest
import requests
from addon_bed import Files, Service, sha1
from bed import Odoo, RpcError


@pytest.fixture(scope="module")
def partner(odoo, service):
    root = service.connection()["root"]["id"]
    partner = odoo.rpc()("res.partner", "create", {"name": "Released"})
    service.record_folder(root, "res.partner", partner)
    return partner


@pytest.fixture(autouse=True)
def _well(request):
    """The server in the sidecar's place is in order again after each test."""
    yield
    if "sidecar_files" in request.fixturenames:
        files = request.getfixturevalue("sidecar_files")
        files.delay, files.status, files.cut = 0.0, 0, 0


@pytest.fixture
def release(odoo, service, sidecar_files, partner):
    """Makes an attachment of `partner`, releases it, and answers its id."""

    def make(name: str, data: bytes, mimetype: str | None = None) -> int:
        vals = {
            "name": name, "datas": base64.b64encode(data).decode(), "res_model": "res.partner",
            "res_id": partner,
        }  # fmt: skip
        if mimetype:
            vals["mimetype"] = mimetype
        file = odoo.rpc()("ir.attachment", "create", vals)
        digest = sidecar_files.add(data)
        service.files({"op": "release", "id": file, "expect": digest, "size": len(data)})
        # Odoo's cleaner does this within a day.
        (odoo.database.data / "filestore" / odoo.database.name / digest[:2] / digest).unlink()
        sidecar_files.asked.clear()
        return file

    return make


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


def test_b69_raw_and_datas_are_whole(odoo, release, sidecar_files):
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


def csrf(odoo, session):
    import re

    return re.search(r'csrf_token: "([^"]+)"', session.get(f"{odoo.url}/odoo").text)[1]


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


# -- failures are loud -------------------------------------------------------------------------


def failing(odoo, file):
    """(status of /web/content, status of a resized picture) and how long both took."""
    browser, begin = odoo.browser(), time.monotonic()
    content = browser.get(f"{odoo.url}/web/content/{file}")
    image = browser.get(f"{odoo.url}/web/image/{file}", params={"width": 64})
    return content, image, time.monotonic() - begin


@pytest.mark.parametrize("status", [403, 404, 503, 500])
def test_a_failing_cloud_is_an_error(odoo, release, sidecar_files, status):
    file = release("e.png", png(), "image/png")
    sidecar_files.status = status
    content, image, _seconds = failing(odoo, file)
    assert (content.status_code, image.status_code) == (503, 503)
    assert content.headers["Retry-After"]
    with pytest.raises(RpcError, match="kept in the cloud and cannot be read now"):
        odoo.rpc()("ir.attachment", "read", [file], ["raw"])
    assert odoo.browser().get(
        f"{odoo.url}/mail/attachment/pdf_first_page/{file}"
    ).status_code == 503  # fmt: skip


def test_a_cut_or_wrong_body_is_never_taken_for_the_file(odoo, release, sidecar_files):
    data = os.urandom(1_500_000)
    file = release("cut.bin", data)
    sidecar_files.cut = 100_000
    with pytest.raises(RpcError, match="broke off or was damaged"):
        odoo.rpc()("ir.attachment", "read", [file], ["raw"])
    url = f"{odoo.url}/web/content/{file}"
    assert odoo.browser().get(url).status_code == 503  # cut within the first piece
    sidecar_files.cut = 900_000
    with pytest.raises(requests.exceptions.RequestException):
        odoo.browser().get(url)  # cut later
    with pytest.raises(requests.exceptions.RequestException):
        odoo.browser().get(url, headers={"Range": "bytes=1-"})
    sidecar_files.cut = 0
    sidecar_files.contents[sha1(data)] = bytes(len(data))
    with pytest.raises(RpcError, match="broke off or was damaged"):
        odoo.rpc()("ir.attachment", "read", [file], ["raw"])
    with pytest.raises(requests.exceptions.RequestException):
        odoo.browser().get(url)
    sidecar_files.contents[sha1(data)] = b"short"
    assert odoo.browser().get(url).status_code == 503


def test_a_file_too_large_for_memory_is_refused_whole_and_streams(odoo, release):
    data = os.urandom(70_000)
    file = release("big.bin", data)
    rpc = odoo.rpc()
    rpc("ir.config_parameter", "set_param", "attache.max_in_memory", "50000")
    try:
        with pytest.raises(RpcError, match="too large to be read at once"):
            rpc("ir.attachment", "read", [file], ["raw"])
        assert odoo.browser().get(f"{odoo.url}/web/content/{file}").content == data
        [copy] = rpc("ir.attachment", "copy", [file])  # piece by piece
        assert odoo.browser().get(f"{odoo.url}/web/content/{copy}").content == data
    finally:
        rpc("ir.config_parameter", "set_param", "attache.max_in_memory", "0")


def test_without_the_sidecar_only_released_files_fail(odoo, service, release, partner):
    file = release("down.png", png(), "image/png")
    rpc = odoo.rpc()
    here = rpc(
        "ir.attachment", "create",
        {"name": "here", "raw": "local", "res_model": "res.partner", "res_id": partner},
    )  # fmt: skip
    url = rpc("ir.config_parameter", "get_param", "attache.sidecar_url")
    rpc("ir.config_parameter", "set_param", "attache.sidecar_url", "http://127.0.0.1:9")
    try:
        content, image, seconds = failing(odoo, file)
        assert (content.status_code, image.status_code) == (503, 503)
        assert seconds < 10
        assert odoo.browser().get(f"{odoo.url}/web/content/{here}").text == "local"
        rpc("ir.attachment", "write", [here], {"name": "still works"})
        begin = time.monotonic()
        with pytest.raises(RpcError, match="Attaché does not answer"):
            rpc("ir.attachment", "copy", [file])
        assert time.monotonic() - begin < 10
        with pytest.raises(RpcError, match="cannot be brought home"):
            module = rpc.one("ir.module.module", [["name", "=", "attache"]])["id"]
            rpc("ir.module.module", "button_uninstall", [module])
    finally:
        rpc("ir.config_parameter", "set_param", "attache.sidecar_url", url)


# -- load, and the end -------------------------------------------------------------------------


def test_two_workers_both_downloading_do_not_block_the_sidecar(odoo_template):
    """Both prefork workers stream slow files while the sidecar calls: all come to an end."""
    import concurrent.futures

    database = odoo_template.copy()
    with Files() as files, Odoo(database, workers=2) as server:
        service = Service(server, files.url)
        files.secret = service.secret
        root = service.connection()["root"]["id"]
        data = os.urandom(1_000_000)
        [file] = service.files(
            {
                "op": "create", "key": "k", "folder": root, "name": "a.bin", "size": len(data),
                "sha1": files.add(data), "mimetype": None, "web_url": None,
            }
        )  # fmt: skip
        files.delay = 0.05
        session = server.browser()
        url = f"{server.url}/web/content/{file['id']}"
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            downloads = [pool.submit(session.get, url, timeout=60) for _ in range(6)]
            calls = [pool.submit(service, "read", files=[file["id"]]) for _ in range(8)]
            assert all(done.result(60).content == data for done in downloads)
            assert all(done.result(60)["files"] == [file] for done in calls)
    database.drop()


def test_uninstalling_brings_the_bytes_home(odoo_template):
    database = odoo_template.copy()
    with Files() as files, Odoo(database) as server:
        service = Service(server, files.url)
        files.secret = service.secret
        rpc = server.rpc()
        root = service.connection()["root"]["id"]
        partner = rpc("res.partner", "create", {"name": "Home"})
        service.record_folder(root, "res.partner", partner)
        service("watch", fields={"res.partner": ["name"]})
        vals = {"name": "a", "raw": "come home", "res_model": "res.partner", "res_id": partner}
        file = rpc("ir.attachment", "create", vals)
        digest = files.add(b"come home")
        service.files({"op": "release", "id": file, "expect": digest, "size": 9})
        server.shell("env['ir.attachment']._gc_file_store_unsafe()")
        server.stop()
        uninstall = (
            "env['ir.module.module'].search([('name', '=', 'attache')])"
            ".button_immediate_uninstall()"
        )
        files.status = 503
        with pytest.raises(RuntimeError, match="kept in the cloud and cannot be read now"):
            server.shell(uninstall)
        state = "select state from ir_module_module where name = 'attache'"
        assert database.psql(state) == "installed"
        files.status = 0
        server.shell(uninstall)
        assert database.psql(state) == "uninstalled"
        server.start()
        assert server.rpc()("ir.attachment", "read", [file], ["raw"])[0]["raw"] == "come home"
        left = database.psql(
            "select (select count(*) from pg_trigger where tgname like 'attache_%'), "
            "(select count(*) from pg_class where relname like 'attache_%'), "
            "(select count(*) from ir_config_parameter where key like 'attache.%')"
        )
        assert left == "0|0|0"
    database.drop()
