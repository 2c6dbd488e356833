"""The attachment box of a record in a real browser: its folders, and the files in them."""

import pytest
from bed import until
from box_bed import BOX, FOLDERS, MENU, SAID, Hands, put, record, subfolder


@pytest.fixture(scope="module")
def browser():
    with Hands() as page:
        yield page


@pytest.fixture(scope="module")
def connection(service):
    return service.connection("Archive")


@pytest.fixture
def customer(odoo, service, connection, browser):
    """A contact with a folder and two subfolders: {id, root, contracts, signed}."""
    partner, root = record(odoo, service, connection["root"]["id"], "Customer")
    contracts = subfolder(odoo, root, "Contracts")
    signed = subfolder(odoo, contracts, "Signed")
    yield {"id": partner, "root": root, "contracts": contracts, "signed": signed}
    assert not browser.errors


def place(odoo, file):
    [row] = odoo.rpc()("ir.attachment", "read", [file], ["attache_folder_id"])
    return row["attache_folder_id"] and row["attache_folder_id"][0]


def test_b43_the_box_shows_the_records_folder_and_each_subfolder_its_own(odoo, browser, customer):
    put(odoo, customer["id"], "root.txt")
    put(odoo, customer["id"], "frame.txt", attache_folder_id=customer["contracts"])
    put(odoo, customer["id"], "signed.txt", attache_folder_id=customer["signed"])
    browser.open_box(odoo, customer["id"])
    browser.shows("root.txt")
    browser.shows_folders("Customer", "Contracts")
    # All three are counted at the clip, as Odoo counts them.
    assert browser.texts(".o-mail-Chatter-attachFiles sup") == ["3"]
    browser.press_on(FOLDERS, "Contracts")
    browser.shows("frame.txt")
    browser.press_on(f"{FOLDERS}[aria-selected=true] .o_attache_twist")
    browser.shows_folders("Customer", "Contracts", "Signed")
    browser.press_on(FOLDERS, "Signed")
    browser.shows("signed.txt")
    assert browser.texts(f"{BOX} .o_attache_step") == ["Customer", "Contracts", "Signed"]
    browser.press_on(f"{BOX} .o_attache_step", "Customer")
    browser.shows("root.txt")


def test_b43_the_tree_is_gone_through_by_keyboard(odoo, browser, customer):
    put(odoo, customer["id"], "frame.txt", attache_folder_id=customer["contracts"])
    browser.open_box(odoo, customer["id"])
    browser.shows()
    browser.script(f"document.querySelector('{BOX} [role=tree]').focus();")
    browser.press("ArrowDown")
    browser.press("Enter")
    browser.shows("frame.txt")
    browser.press("ArrowRight")
    browser.shows_folders("Customer", "Contracts", "Signed")
    browser.press("ArrowLeft")
    browser.shows_folders("Customer", "Contracts")


def test_b44_subfolders_are_made_renamed_moved_and_deleted_in_the_box(odoo, browser, customer):
    rpc = odoo.rpc()
    browser.open_box(odoo, customer["id"])
    browser.click(f"{BOX} .o_attache_box_create")
    browser.answer("Offers")
    browser.shows_folders("Customer", "Contracts", "Offers")
    offers = rpc.one(
        "attache.folder", [["parent_id", "=", customer["root"]], ["name", "=", "Offers"]]
    )
    # The new one is chosen; by its menu it gets another name.
    browser.see(f"{BOX} .o_attache_step", "Offers")
    browser.press_on(FOLDERS, "Offers", "right")
    browser.pick("Rename")
    browser.answer("Quotations")
    browser.shows_folders("Customer", "Contracts", "Quotations")
    browser.drag((FOLDERS, "Quotations"), (FOLDERS, "Contracts"))
    parent = lambda: rpc("attache.folder", "read", [offers["id"]], ["parent_id"])[0]["parent_id"][0]  # noqa: E731
    until(lambda: parent() == customer["contracts"], 30, "the folder is moved")
    browser.see(SAID, "moved to Contracts")
    browser.undo()
    until(lambda: parent() == customer["root"], 30, "the folder is back")
    browser.shows_folders("Customer", "Contracts", "Quotations")
    put(odoo, customer["id"], "offer.txt", attache_folder_id=offers["id"])
    browser.press_on(FOLDERS, "Quotations", "right")
    browser.pick("Delete")
    browser.press_on(".modal button", "Delete")
    browser.shows_folders("Customer", "Contracts")
    assert not rpc("attache.folder", "search", [["id", "=", offers["id"]]])
    # Its file is in the trash, from where it comes back.
    browser.click(f"{BOX} .o_attache_box_menu")
    browser.pick("Recently deleted")
    browser.press_on(".o_attache_deleted .o_attache_restore")
    browser.press_on(".modal button", "Close")
    browser.shows("offer.txt")


def test_b44_the_records_own_folder_is_not_moved_and_it_is_said_why(odoo, browser, customer):
    browser.open_box(odoo, customer["id"])
    browser.press_on(FOLDERS, "Customer", "right")
    browser.see(f"{MENU} button")
    assert not any("Rename" in text or "Move" in text for text in browser.texts(f"{MENU} button"))
    browser.pick("Why it is here")
    browser.see(SAID, "made by a rule")
    [row] = odoo.rpc()("attache.folder", "read", [customer["root"]], ["parent_id"])
    assert row["parent_id"]


def test_b45_files_are_uploaded_by_button_and_by_dropping(odoo, browser, customer):
    rpc = odoo.rpc()
    one = browser.file("one.txt", b"one")
    two = browser.file("two.txt", b"two")
    three = browser.file("three.txt", b"three")
    browser.open_box(odoo, customer["id"])
    browser.press_on(FOLDERS, "Contracts")
    browser.see(f"{BOX} .o_attache_step", "Contracts")
    browser.click(f"{BOX} .o_attache_box_upload")
    browser.choose([one])
    browser.shows("one.txt")
    # Dropped onto the box: into the folder that is shown. Onto a folder: into that.
    browser.drop_files([two], (f"{BOX} .o_attache_box_files", ""))
    browser.shows("one.txt", "two.txt")
    browser.drop_files([three], (FOLDERS, "Customer"))
    browser.press_on(FOLDERS, "Customer")
    browser.shows("three.txt")
    mine = [["res_model", "=", "res.partner"], ["res_id", "=", customer["id"]]]
    files = rpc("ir.attachment", "search_read", mine, ["name", "attache_folder_id", "raw"])
    told = {row["name"]: (row["attache_folder_id"][0], row["raw"]) for row in files}
    assert told == {
        "one.txt": (customer["contracts"], "one"),
        "two.txt": (customer["contracts"], "two"),
        "three.txt": (customer["root"], "three"),
    }


def test_b45_a_dropped_folder_brings_its_subfolders(odoo, browser, customer):
    browser.file("Hall/plan.txt", b"plan")
    browser.file("Hall/Photos/wall.txt", b"wall")
    browser.open_box(odoo, customer["id"])
    browser.drop_files([browser.folder / "Hall"], (f"{BOX} .o_attache_box_files", ""))
    browser.shows_folders("Customer", "Contracts", "Hall")
    browser.press_on(FOLDERS, "Hall")
    browser.shows("plan.txt")
    browser.press_on(f"{FOLDERS}[aria-selected=true] .o_attache_twist")
    browser.press_on(FOLDERS, "Photos")
    browser.shows("wall.txt")


def test_b45_an_upload_shows_how_far_it_is_and_can_be_cancelled(odoo, browser, customer):
    big = browser.file("big.bin", bytes(30 * 1024 * 1024))
    browser.open_box(odoo, customer["id"])
    browser.call("Network.enable")
    browser.call(
        "Network.emulateNetworkConditions",
        offline=False, latency=0, downloadThroughput=-1, uploadThroughput=400 * 1024,
    )  # fmt: skip
    try:
        browser.drop_files([big], (f"{BOX} .o_attache_box_files", ""))
        bar = f"{BOX} .o_attache_uploading [role=progressbar]"
        browser.see(bar)
        browser.script_is(f"document.querySelector('{bar}')?.ariaValueNow > 0")
        browser.see(f"{BOX} .o_attache_uploading", "Uploading")
        browser.click(f"{BOX} .o_attache_uploading .o_attache_cancel")
        browser.script_is("!document.querySelector('.o_attache_uploading')")
    finally:
        browser.call(
            "Network.emulateNetworkConditions",
            offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1,
        )  # fmt: skip
        browser.call("Network.disable")
    browser.shows()
    assert not odoo.rpc()("ir.attachment", "search", [["name", "=", "big.bin"]])


def test_b45_files_are_moved_to_folders_by_dragging_and_by_a_dialog(odoo, browser, customer):
    file = put(odoo, customer["id"], "plan.txt")
    browser.open_box(odoo, customer["id"])
    browser.shows("plan.txt")
    browser.drag((browser.row("plan.txt"), ""), (FOLDERS, "Contracts"))
    browser.shows()
    assert place(odoo, file) == customer["contracts"]
    browser.undo()
    browser.shows("plan.txt")
    assert place(odoo, file) == customer["root"]
    browser.menu("plan.txt")
    browser.pick("Move to")
    dialog = ".o_attache_folder_dialog .o_attache_folder"
    browser.press_on(f"{dialog}[aria-selected=true] .o_attache_twist")  # it is where the file is
    browser.press_on(dialog, "Contracts")
    browser.press_on(".modal button:not([disabled])", "Move here")
    browser.shows()
    assert place(odoo, file) == customer["contracts"]
