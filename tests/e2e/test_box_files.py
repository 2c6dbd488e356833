"""The files in the attachment box, in a real browser: what one does with each of them, whether its
bytes are in Odoo or only in the cloud."""

import io
import zipfile

import pytest
from addon_bed import attach
from bed import until
from box_bed import BOX, FOLDERS, MENU, PDF, SAID, Hands, png, put, record, subfolder

VIEWER = ".o-FileViewer"


@pytest.fixture(scope="module")
def browser():
    with Hands() as page:
        yield page


@pytest.fixture(scope="module")
def connection(service):
    return service.connection("Archive")


@pytest.fixture
def customer(odoo, service, connection, browser):
    """A contact with a folder: {id, root}."""
    partner, root = record(odoo, service, connection["root"]["id"], "Customer")
    yield {"id": partner, "root": root}
    assert not browser.errors


def read(odoo, file, name):
    [row] = odoo.rpc()("ir.attachment", "read", [file], [name])
    return row[name]


def test_b46_a_click_on_the_picture_previews_local_and_released_files(
    odoo, browser, release, holder, sidecar_files
):
    release("released.png", png(300, 200), "image/png")
    release("released.pdf", PDF, "application/pdf")
    attach(odoo, "res.partner", holder, "local.txt", "words")
    browser.open_box(odoo, holder)
    browser.shows("released.png", "released.pdf", "local.txt")
    sidecar_files.asked.clear()
    browser.click(f"{browser.row('released.png')} .o_attache_picture")
    browser.see(VIEWER)
    browser.script_is(f"document.querySelector('{VIEWER} img.o-FileViewer-viewImage').naturalWidth")
    assert (
        browser.script(
            f"return document.querySelector('{VIEWER} img.o-FileViewer-viewImage').naturalWidth;"
        )
        == 300
    )
    assert sidecar_files.asked
    # From there to the others that can be shown.
    for name in ("local.txt", "released.pdf"):
        browser.press_on(f"{VIEWER} [aria-label=Next]")
        browser.see(f"{VIEWER}-header", name)
    browser.see(f"{VIEWER} iframe")
    browser.press_on(f"{VIEWER} [aria-label=Close]")
    browser.script_is(f"!document.querySelector('{VIEWER}')")
    assert not browser.errors


def test_b46_what_cannot_be_shown_is_offered_for_download(odoo, browser, customer):
    put(odoo, customer["id"], "drawing.dwg", b"lines")
    browser.open_box(odoo, customer["id"])
    browser.click(f"{browser.row('drawing.dwg')} .o_attache_picture")
    browser.see(SAID, "no preview of drawing.dwg")
    browser.press_on(f"{SAID} button", "Download")
    assert browser.got("drawing.dwg") == b"lines"


def test_b47_the_cloud_icon_opens_the_file_in_its_cloud(odoo, service, browser, customer):
    file = put(odoo, customer["id"], "plan.txt")
    put(odoo, customer["id"], "local.txt")
    address = f"{odoo.url}/web/health?in=the-cloud"
    service.files({"op": "link", "id": file, "web_url": address})
    browser.open_box(odoo, customer["id"])
    browser.shows("plan.txt", "local.txt")
    assert browser.texts(f"{browser.row('local.txt')} .o_attache_file_cloud") == []
    browser.click(f"{browser.row('plan.txt')} .o_attache_file_cloud")
    until(lambda: browser.close_tab(address), 30, "the file is opened in a tab of its own")


def test_b47_the_download_icon_gives_the_bytes_without_a_login_to_the_cloud(
    odoo, browser, release, holder, sidecar_files
):
    release("only-in-the-cloud.bin", b"far away" * 1000)
    browser.open_box(odoo, holder)
    browser.click(f"{browser.row('only-in-the-cloud.bin')} .o_attache_file_download")
    assert browser.got("only-in-the-cloud.bin") == b"far away" * 1000
    assert sidecar_files.tokens


def test_u18_a_user_without_a_cloud_account_opens_a_synced_file_through_odoo(
    odoo, browser, release, holder, sidecar_files
):
    release("u18.png", png(120, 80), "image/png")
    browser.open_box(odoo, holder, "demo")
    browser.see(f"{browser.row('u18.png')} .o_attache_state", "In the cloud")
    browser.click(f"{browser.row('u18.png')} .o_attache_picture")
    picture = f"{VIEWER} img.o-FileViewer-viewImage"
    browser.script_is(f"document.querySelector('{picture}')?.naturalWidth")
    source = browser.script(f"return document.querySelector('{picture}').src;")
    assert source.startswith(odoo.url), "the browser asks Odoo alone"
    browser.press_on(f"{VIEWER} [aria-label=Close]")
    browser.click(f"{browser.row('u18.png')} .o_attache_file_download")
    assert browser.got("u18.png")[:4] == b"\x89PNG"
    assert not browser.errors


def test_b48_a_folder_is_downloaded_as_one_archive(odoo, browser, customer):
    contracts = subfolder(odoo, customer["root"], "Contracts")
    put(odoo, customer["id"], "root.txt", b"root")
    put(odoo, customer["id"], "frame.txt", b"frame", attache_folder_id=contracts)
    browser.open_box(odoo, customer["id"])
    browser.click(f"{BOX} .o_attache_box_menu")
    browser.pick("Download as ZIP")
    until(lambda: list(browser.saved.glob("*.zip")), 60, "the archive is saved")
    [archive] = browser.saved.glob("*.zip")
    with zipfile.ZipFile(io.BytesIO(browser.got(archive.name))) as opened:
        inside = {name: opened.read(name) for name in opened.namelist() if name[-1] != "/"}
    archive.unlink()
    assert sorted(data for data in inside.values()) == [b"frame", b"root"]
    assert any(name.endswith("Contracts/frame.txt") for name in inside)


def test_b48_the_chosen_folder_is_opened_in_files(odoo, browser, customer):
    contracts = subfolder(odoo, customer["root"], "Contracts")
    browser.open_box(odoo, customer["id"])
    browser.press_on(FOLDERS, "Contracts")
    browser.see(f"{BOX} .o_attache_step", "Contracts")
    browser.click(f"{BOX} .o_attache_box_menu")
    browser.pick("Open in Files")
    browser.script_is(f"location.pathname.endsWith('/files/{contracts}')")


def test_b49_files_of_messages_are_in_the_box_and_can_the_same(odoo, browser, customer):
    rpc = odoo.rpc()
    file = put(odoo, customer["id"], "sent.txt", b"sent")
    rpc("res.partner", "message_post", [customer["id"]], body="See it", attachment_ids=[file])
    put(odoo, customer["id"], "kept.txt", b"kept")
    browser.open_box(odoo, customer["id"])
    browser.shows("sent.txt", "kept.txt")
    offered = browser.menu("sent.txt")
    browser.press("Escape")
    assert offered == browser.menu("kept.txt")
    browser.press("Escape")
    # And where it stands in the message.
    browser.script(
        "document.querySelector('.o-mail-Message .o-mail-Attachment-hover').style.opacity = 1;"
    )
    browser.click(".o-mail-Message .o_attache_list_menu")
    browser.see(f"{MENU} button")
    assert browser.texts(f"{MENU} button") == offered
    browser.pick("Rename")
    browser.answer("sent again.txt")
    browser.shows("sent again.txt", "kept.txt")
    assert read(odoo, file, "name") == "sent again.txt"


def test_b49_a_file_is_deleted_to_the_trash_and_taken_back(odoo, browser, customer):
    rpc = odoo.rpc()
    file = put(odoo, customer["id"], "gone.txt")
    rpc("res.partner", "message_post", [customer["id"]], body="See it", attachment_ids=[file])
    browser.open_box(odoo, customer["id"])
    browser.shows("gone.txt")
    browser.menu("gone.txt")
    browser.pick("Move to the trash")
    browser.shows()
    browser.see(SAID, "gone.txt moved to the trash")
    assert read(odoo, file, "res_model") == "attache.trash"
    browser.undo()
    browser.shows("gone.txt")
    assert read(odoo, file, "res_id") == customer["id"]
    # Later, without the notification.
    browser.script(f"document.querySelector({browser.row('gone.txt')!r}).focus();")
    browser.press("Delete")
    browser.shows()
    browser.click(f"{BOX} .o_attache_box_menu")
    browser.pick("Recently deleted")
    browser.see(".o_attache_deleted li", "gone.txt")
    browser.press_on(".o_attache_deleted .o_attache_restore")
    browser.press_on(".modal button", "Close")
    browser.shows("gone.txt")


def test_b49_earlier_versions_are_shown_and_restored(odoo, browser, customer):
    rpc = odoo.rpc()
    file = put(odoo, customer["id"], "text.txt", b"first")
    rpc("ir.attachment", "write", [file], {"datas": "c2Vjb25k"})  # second
    browser.open_box(odoo, customer["id"])
    browser.menu("text.txt")
    browser.pick("Earlier versions")
    browser.see(".o_attache_version", "5 B")
    browser.click(".o_attache_version [title=Preview]")
    browser.see(VIEWER)
    browser.press_on(f"{VIEWER} [aria-label=Close]")
    browser.script_is(f"!document.querySelector('{VIEWER}')")
    browser.press_on(".o_attache_version .o_attache_restore")
    browser.see(SAID, "earlier content")
    assert read(odoo, file, "datas") == "Zmlyc3Q="  # first
    # What it had in between is kept in its turn.
    browser.menu("text.txt")
    browser.pick("Earlier versions")
    browser.see(".o_attache_version", "6 B")


def test_b49_a_star_and_a_link(odoo, browser, customer):
    file = put(odoo, customer["id"], "star.txt")
    browser.open_box(odoo, customer["id"])
    star = f"{browser.row('star.txt')} .o_attache_file_star"
    browser.click(star)
    browser.script_is(f"document.querySelector({star!r}).ariaPressed === 'true'")
    assert read(odoo, file, "attache_starred")
    browser.script(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => {"
        " window.copied = text; } } });"
    )
    browser.menu("star.txt")
    browser.pick("Copy link")
    browser.see(SAID, "Link copied")
    assert browser.script("return window.copied;") == f"{odoo.url}/web/content/{file}"
