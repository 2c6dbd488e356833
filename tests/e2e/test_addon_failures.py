"""When the sidecar or the cloud fails: loud, bounded, and never empty bytes."""

import concurrent.futures
import os
import time

import pytest
import requests
from addon_bed import Files, Service, png, sha1
from bed import Odoo, RpcError


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


def test_without_the_sidecar_only_released_files_fail(odoo, service, release, holder):
    file = release("down.png", png(), "image/png")
    rpc = odoo.rpc()
    here = rpc(
        "ir.attachment", "create",
        {"name": "here", "raw": "local", "res_model": "res.partner", "res_id": holder},
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
