"""The attachment box where things are not as usual: records without a folder, readers, archived
records, a sidecar that is down, news from others, very many files."""

import uuid

import pytest
from bed import until
from box_bed import BOX, CLIP, FOLDERS, MENU, PDF, SAID, Hands, listens, put, record, subfolder

PLAIN = ".o-mail-AttachmentBox"


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


@pytest.fixture(scope="module")
def reader(odoo):
    """The login of somebody who may read contacts and not change them."""
    name = [["module", "=", "base"], ["name", "=", "group_user"]]
    group = odoo.rpc().one("ir.model.data", name, "res_id")["res_id"]
    login = f"reader-{uuid.uuid4().hex[:6]}"
    vals = {"name": "Reader", "login": login, "password": login, "group_ids": [(6, 0, [group])]}
    odoo.rpc()("res.users", "create", vals)
    return login


def asked(browser):
    """Calls of Attaché's models since this was last asked."""
    told = browser.heard("Network.requestWillBeSent")
    return [one["request"]["url"] for one in told if "/attache." in one["request"]["url"]]


def operation(file, state, **more):
    return {
        "id": str(uuid.uuid4()), "kind": "upload", "side": "cloud", "subject": "file",
        "reason": "new", "state": state, "percent": 0, "message": None, "next_at": None,
        "file": file, "folder": None, **more,
    }  # fmt: skip


def test_b50_records_without_a_folder_have_odoos_own_box(odoo, service, browser):
    partner = odoo.rpc()("res.partner", "create", {"name": "Plain"})
    put(odoo, partner, "plain.txt")
    browser.call("Network.enable")
    browser.open_record(odoo, partner)
    browser.see(f"{CLIP} sup", "1")
    browser.click(CLIP)
    browser.see(f"{PLAIN} .o-mail-AttachmentContainer", "plain.txt")
    browser.press_on(f"{PLAIN} .o-mail-AttachmentCard-image")
    browser.see(".o-FileViewer", "plain.txt")
    assert not browser.texts(BOX)
    assert asked(browser) == []
    browser.call("Network.disable")
    assert not browser.errors


def test_b50_new_records_have_odoos_own_box(odoo, service, browser):
    browser.call("Network.enable")
    browser.open(f"{odoo.url}/odoo/contacts/new", odoo.browser())
    browser.see(".o-mail-Chatter", "")
    browser.see(CLIP)
    assert not browser.texts(BOX)
    assert asked(browser) == []
    browser.call("Network.disable")
    assert not browser.errors


@pytest.mark.parametrize("down", [False, True], ids=["before_the_first_sync", "sidecar_down"])
def test_b50_until_a_file_is_synced_it_can_what_it_can_in_odoo(
    odoo, browser, sidecar_files, customer, down
):
    new = browser.file("new.txt", b"new words")
    put(odoo, customer["id"], "there.pdf", PDF)
    if down:
        sidecar_files.stop()
    try:
        browser.open_box(odoo, customer["id"])
        browser.shows("there.pdf")
        browser.see(f"{browser.row('there.pdf')} .o_attache_state", "Waiting")
        browser.click(f"{BOX} .o_attache_box_upload")
        browser.choose([new])
        browser.shows("there.pdf", "new.txt")
        browser.click(f"{browser.row('there.pdf')} .o_attache_picture")
        browser.see(".o-FileViewer", "there.pdf")
        browser.click(".o-FileViewer [aria-label=Close]")
        browser.click(f"{browser.row('new.txt')} .o_attache_file_download")
        assert browser.got("new.txt") == b"new words"
        (browser.saved / "new.txt").unlink()
        browser.menu("new.txt")
        browser.pick("Move to the trash")
        browser.shows("there.pdf")
        assert not browser.texts(f"{SAID} .bg-danger")
    finally:
        if down:
            sidecar_files.start()


def test_b47_the_state_of_each_file_is_told_in_words(odoo, service, browser, connection, customer):
    rpc = odoo.rpc()
    stuck = put(odoo, customer["id"], "stuck.txt")
    moving = put(odoo, customer["id"], "moving.txt")
    proved = put(odoo, customer["id"], "proved.txt")
    put(odoo, customer["id"], "waits.txt")
    [row] = rpc("ir.attachment", "read", [proved], ["checksum"])
    reason = "The cloud refuses this name. Give the file another one."
    steps = [
        operation(stuck, "stuck", message=reason), operation(moving, "intended", percent=45),
    ]  # fmt: skip
    service(
        "report_operations",
        uuid=connection["uuid"], proved=[[proved, row["checksum"]]], operations=steps,
    )  # fmt: skip
    browser.open_box(odoo, customer["id"])
    state = lambda name: browser.texts(f"{browser.row(name)} .o_attache_state")  # noqa: E731
    browser.shows("stuck.txt", "moving.txt", "proved.txt", "waits.txt")
    assert state("stuck.txt") == ["Stuck"]
    assert browser.texts(f"{browser.row('stuck.txt')} .o_attache_reason") == [reason]
    assert state("moving.txt") == ["Syncing, 45 %"]
    assert state("proved.txt") == ["In the cloud"]
    assert state("waits.txt") == ["Waiting"]
    # What becomes of it is shown without being asked for.
    listens(odoo, customer["root"])
    service("report_operations", uuid=connection["uuid"], proved=[], operations=[
        operation(moving, "intended", percent=90),
    ])  # fmt: skip
    until(lambda: state("moving.txt") == ["Syncing, 90 %"], 30, "it goes on")
    until(lambda: state("stuck.txt") == ["Waiting"], 30, "it is not stuck any more")


def test_b43_what_others_do_is_shown_by_itself(odoo, browser, customer):
    rpc = odoo.rpc("demo")
    file = put(odoo, customer["id"], "first.txt")
    browser.open_box(odoo, customer["id"])
    browser.shows("first.txt")
    browser.script("window.stays = true;")
    listens(odoo, customer["root"])
    rpc("ir.attachment", "write", [file], {"name": "renamed.txt"})
    browser.shows("renamed.txt")
    put(odoo, customer["id"], "second.txt")
    browser.shows("renamed.txt", "second.txt")
    folder = subfolder(odoo, customer["root"], "Made elsewhere")
    browser.shows_folders("Customer", "Made elsewhere")
    rpc("ir.attachment", "move_files", [file], folder)
    browser.shows("second.txt")
    browser.press_on(FOLDERS, "Made elsewhere")
    browser.shows("renamed.txt")
    rpc("ir.attachment", "trash_files", [file])
    browser.shows()
    assert browser.script("return window.stays;")


def test_b44_readers_are_offered_nothing_that_they_may_not_do(odoo, browser, customer, reader):
    folder = subfolder(odoo, customer["root"], "Contracts")
    file = put(odoo, customer["id"], "read.txt", b"readable")
    browser.open_box(odoo, customer["id"], reader)
    browser.shows("read.txt")
    browser.see(f"{BOX} .o_attache_box_notice", "not change them")
    assert not browser.texts(f"{BOX} .o_attache_box_upload, {BOX} .o_attache_box_create")
    offered = browser.menu("read.txt")
    assert "Download" in offered
    assert not [text for text in offered if text.split("…")[0] in ("Rename", "Move to", "Delete")]
    assert not any("trash" in text for text in offered)
    browser.press("Escape")
    browser.press_on(FOLDERS, "Contracts", "right")
    browser.see(f"{MENU} button", "Download as ZIP")
    offered = browser.texts(f"{MENU} button")
    assert not [text for text in offered if text.split("…")[0] in ("Rename", "Move to", "New subfolder", "Delete")]  # noqa: E501  # fmt: skip
    browser.press("Escape")
    # Neither by keyboard nor by dropping.
    browser.script(f"document.querySelector({browser.row('read.txt')!r}).focus();")
    browser.press("Delete")
    dropped = browser.file("dropped.txt", b"dropped")
    browser.drop_files([dropped], (f"{BOX} .o_attache_box_files", ""))
    assert browser.script(f"return document.querySelector({browser.row('read.txt')!r}).draggable;") is False  # noqa: E501  # fmt: skip
    browser.click(f"{browser.row('read.txt')} .o_attache_file_download")
    assert browser.got("read.txt") == b"readable"
    rpc = odoo.rpc()
    mine = [["res_model", "=", "res.partner"], ["res_id", "=", customer["id"]]]
    assert rpc("ir.attachment", "search", mine) == [file]
    assert rpc("attache.folder", "search", [["parent_id", "=", customer["root"]]]) == [folder]


def test_b43_a_record_with_nothing_in_its_folder_opens_too(odoo, browser, customer, reader):
    for login in ("admin", reader):
        browser.open_box(odoo, customer["id"], login)
        browser.see(f"{BOX} .o_attache_box_nothing", "No files here")
        browser.click(CLIP)
        browser.script_is(f"!document.querySelector('{BOX}')")


def test_b44_an_archived_record_is_read_only_and_it_is_said_why(odoo, browser, customer):
    put(odoo, customer["id"], "old.txt")
    odoo.rpc()("res.partner", "write", [customer["id"]], {"active": False})
    browser.open_box(odoo, customer["id"])
    browser.shows("old.txt")
    browser.see(f"{BOX} .o_attache_box_notice", "The record is archived")
    assert not browser.texts(f"{BOX} .o_attache_box_upload")
    assert not any("Rename" in text for text in browser.menu("old.txt"))
    browser.press("Escape")


def test_b43_a_record_that_has_shortcuts_shows_its_home(odoo, service, browser, connection):
    partner, _ = record(odoo, service, connection["root"]["id"], "Twice")
    other = service.connection("Elsewhere")["root"]["id"]
    [shortcut] = service.folders(
        {
            "op": "create", "key": str(uuid.uuid4()), "name": "Twice", "parent": other,
            "kind": "shortcut", "rule": None, "model": "res.partner", "res_id": partner,
        }
    )  # fmt: skip
    put(odoo, partner, "once.txt")
    browser.open_box(odoo, partner)
    browser.shows("once.txt")
    assert shortcut["id"] != browser.script(
        f"return Number(document.querySelector('{FOLDERS}')?.dataset.folder || 0);"
    )


def test_b43_very_many_files_are_shown_in_pages(odoo, browser, customer):
    vals = {"res_model": "res.partner", "res_id": customer["id"], "raw": "x"}
    files = [{**vals, "name": f"file {number:03}.txt"} for number in range(520)]
    odoo.rpc()("ir.attachment", "create", files)
    browser.open_box(odoo, customer["id"])
    browser.see(f"{BOX} .o_attache_box_count", "50 of 520 files")
    assert len(browser.names()) == 50
    browser.click(f"{BOX} .o_attache_box_more")
    browser.see(f"{BOX} .o_attache_box_count", "100 of 520 files")
    assert len(browser.names()) == 100
    browser.click(f"{BOX} .o_attache_box_count input")
    browser.type("file 007")
    browser.shows("file 007.txt")


def test_b46_the_files_are_gone_through_by_keyboard(odoo, browser, customer):
    for name in ("a.txt", "b.txt", "c.txt"):
        put(odoo, customer["id"], name)
    browser.open_box(odoo, customer["id"])
    browser.shows("a.txt", "b.txt", "c.txt")
    here = lambda: browser.script("return document.activeElement.dataset.name;")  # noqa: E731
    browser.script(f"document.querySelector({browser.row('c.txt')!r}).focus();")
    browser.press("ArrowDown")
    assert here() == "b.txt"
    browser.press("End")
    assert here() == "a.txt"
    browser.press("Home")
    assert here() == "c.txt"
    browser.press("Enter")
    browser.see(".o-FileViewer", "c.txt")
    browser.click(".o-FileViewer [aria-label=Close]")
    browser.script(f"document.querySelector({browser.row('b.txt')!r}).focus();")
    browser.press("F2")
    browser.answer("bee.txt")
    browser.shows("a.txt", "bee.txt", "c.txt")
    browser.script(f"document.querySelector({browser.row('bee.txt')!r}).focus();")
    browser.press("Delete")
    browser.shows("a.txt", "c.txt")
    until(lambda: here() == "a.txt", 10, "the next one has the keyboard")
