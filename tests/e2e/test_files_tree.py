"""The file manager's folder tree in a real browser: what it opens, offers, refuses and moves."""

import zipfile

import pytest
from bed import until
from files_bed import MENU, TREE

ROW = f"{TREE} .o_attache_folder"
CRUMBS = ".o_attache_crumbs"
DETAILS = ".o_attache_details_title"
NOTE = ".o_notification"


@pytest.fixture(scope="module")
def acme(archive):
    """A customer with two folders in each other, and a file in each."""
    folder = archive.customer("Acme")
    scans = archive.manual(folder, "Scans")
    official = archive.manual(scans, "Official")
    for place, name in ((folder, "offer.txt"), (scans, "scan.txt"), (official, "seal.txt")):
        archive.file(place, name, name.encode())
    return {"acme": folder, "scans": scans, "official": official}


@pytest.fixture
def files(odoo, page, archive, acme):
    """The file manager at the customer's folder, freshly opened by the administrator."""
    page.width(1440)
    page.open(f"{odoo.url}/odoo/files/{acme['acme']}", odoo.browser())
    page.see(".o_attache_file_name", "offer.txt")
    page.see(ROW, "Acme")
    page.errors.clear()
    yield page
    assert not page.errors


def row(folder: int) -> str:
    return f"{TREE} [data-folder='{folder}']"


def unfold(page, folder: int) -> None:
    page.press_on(f"{row(folder)} .o_attache_twist")


def shown(page) -> list[str]:
    return page.texts(".o_attache_file_name")


def wait_files(page, *names: str) -> None:
    until(lambda: shown(page) == list(names), 30, f"the files {names}, not {shown(page)}")


def test_b34_a_folder_shows_its_own_files_and_layers_fold(files, acme):
    wait_files(files, "offer.txt")
    unfold(files, acme["acme"])
    files.see(ROW, "Scans")
    unfold(files, acme["scans"])
    files.see(ROW, "Official")
    files.press_on(row(acme["official"]))
    wait_files(files, "seal.txt")
    files.see(CRUMBS, "Official")
    assert files.script("return location.pathname;") == f"/odoo/files/{acme['official']}"
    files.press_on(row(acme["scans"]))
    wait_files(files, "scan.txt")
    unfold(files, acme["acme"])
    until(lambda: "Scans" not in files.texts(ROW), 20, "the layers below are folded away")
    assert files.texts(CRUMBS)[0].endswith("Scans")


def test_back_and_reload_come_to_the_same_folder(files, acme):
    files.press_on(".o_attache_strip_open", "Scans")
    wait_files(files, "scan.txt")
    files.press_on(".o_attache_strip_open", "Official")
    wait_files(files, "seal.txt")
    files.script("history.back();")
    wait_files(files, "scan.txt")
    files.reload()
    files.see(CRUMBS, "Scans")
    wait_files(files, "scan.txt")
    files.script("history.back();")
    wait_files(files, "offer.txt")


def test_b35_the_menu_offers_what_fits_the_folder(files, acme, archive):
    unfold(files, acme["acme"])
    manual = files.menu(ROW, "Scans")
    assert {"New subfolder…", "Settings and access…", "Open its record", "Delete…"} <= {*manual}
    assert "Open in the cloud" not in manual, "nothing says where it lies in the cloud"
    files.leave_menu()
    automatic = files.menu(ROW, "Acme")
    assert "Open its record" in automatic and "New subfolder…" in automatic
    assert not {"Settings and access…", "Rename…", "Delete…"} & {*automatic}
    files.leave_menu()
    of_rule = files.menu(ROW, "Customers")
    assert "Open its record" not in of_rule and "Download as ZIP" in of_rule
    files.leave_menu()


def test_b35_a_subfolder_is_made_renamed_and_deleted(files, acme, archive):
    files.menu(ROW, "Acme")
    files.choose("create")
    files.name("Photos")
    files.see(ROW, "Photos")
    [made] = archive.rpc(
        "attache.folder", "search_read", [["parent_id", "=", acme["acme"]], ["name", "=", "Photos"]]
    )
    files.press_on(row(made["id"]))
    files.see(CRUMBS, "Photos")
    files.press("F2")
    files.name("Pictures")
    files.see(CRUMBS, "Pictures")
    files.press_on(row(made["id"]))
    files.press("Delete")
    files.button("Delete")
    until(lambda: "Pictures" not in files.texts(ROW), 30, "the folder is gone")
    files.see(CRUMBS, "Acme")
    assert not archive.rpc("attache.folder", "search", [["id", "=", made["id"]]])


def test_b35_settings_of_a_manual_folder_say_who_sees_it(files, acme):
    unfold(files, acme["acme"])
    files.menu(ROW, "Scans")
    files.choose("settings")
    files.see(".modal .o_form_view [name=user_ids]")
    files.press("Escape")


def test_b35_a_record_opens_from_its_folder(files, acme):
    files.menu(ROW, "Acme")
    files.choose("openRecord")
    files.see(".o_form_view", "Acme")
    assert files.script("return location.pathname;").startswith("/odoo/files/")
    files.script("history.back();")
    files.see(ROW, "Acme")


def test_b35_a_connection_opens_in_the_cloud(files, archive):
    url = "http://127.0.0.1:9/archive"
    connection = archive.connection["id"]
    archive.rpc("attache.connection", "write", [connection], {"web_url": url})
    files.reload()
    files.see(ROW, "Archive")
    assert "Open in the cloud" in files.menu(ROW, "Archive")
    files.choose("openInCloud")
    assert files.opened() == url


def test_b35_a_folder_downloads_as_an_archive(files, acme, desk):
    with files.downloads(desk) as saved:
        files.menu(ROW, "Acme")
        files.choose("download")
        with zipfile.ZipFile(saved()) as archive:
            held = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(held.values()) == ["offer.txt", "scan.txt", "seal.txt"]
    assert any(name.endswith("Scans/Official/seal.txt") for name in held)


def test_b13_an_automatic_folder_that_is_dragged_stays_and_says_why(files, acme, archive):
    other = archive.customer("Other")
    files.reload()
    files.see(ROW, "Other")
    files.drag((row(acme["acme"]), ""), (row(other), ""))
    files.see(NOTE, "made by a rule")
    folder = archive.rpc("attache.folder", "read", [acme["acme"]], ["parent_id"])[0]
    assert folder["parent_id"][0] == archive.customers
    files.press_on(f"{NOTE} button", "Open the rule")
    files.see(".o_form_view", "Customers")


def test_b13_an_automatic_folder_is_neither_renamed_nor_deleted(files, acme):
    files.press_on(row(acme["acme"]))
    files.press("F2")
    files.see(NOTE, "made by a rule")
    assert not files.texts(".modal")
    files.click(f"{NOTE} .o_notification_close")
    files.press_on(row(acme["acme"]))
    files.press("Delete")
    files.see(NOTE, "made by a rule")
    assert not files.texts(".modal")


def test_b42_manual_folders_are_dragged_into_each_other_and_back(files, archive, acme):
    invoices = archive.manual(acme["acme"], "Invoices")
    paid = archive.manual(acme["acme"], "Paid")
    file = archive.file(paid, "paid.txt")
    files.reload()
    files.see(ROW, "Acme")
    unfold(files, acme["acme"])
    files.see(ROW, "Paid")
    files.drag((row(paid), ""), (row(invoices), ""))
    files.see(NOTE, "Paid moved to Invoices")

    def parent():
        return archive.rpc("attache.folder", "read", [paid], ["parent_id"])[0]["parent_id"][0]

    assert parent() == invoices
    until(lambda: "Paid" not in files.texts(ROW), 30, "it left its old place in the tree")
    files.undo()
    files.see(ROW, "Paid")
    until(lambda: parent() == acme["acme"], 30, "it is back")
    # To another record: its files go along.
    other = archive.customer("Second")
    files.reload()
    files.see(ROW, "Second")
    unfold(files, acme["acme"])
    files.see(ROW, "Paid")
    files.drag((row(paid), ""), (row(other), ""))
    files.see(NOTE, "Paid moved to Second")
    held = archive.rpc("ir.attachment", "read", [file], ["res_id"])[0]
    assert held["res_id"] == archive.partners[other]


def test_b42_a_folder_is_moved_by_the_dialog(files, archive, acme):
    folder = archive.manual(acme["acme"], "Loose")
    target = archive.manual(acme["acme"], "Target")
    files.reload()
    files.see(ROW, "Acme")
    unfold(files, acme["acme"])
    files.menu(ROW, "Loose")
    files.choose("askMove")
    chooser = ".o_attache_folder_dialog"
    files.click(f"{chooser} input")
    files.type("targ")
    files.press_on(f"{chooser} .o_attache_folder", "Target")
    files.button("Move here")
    files.see(NOTE, "Loose moved to Target")
    parent = archive.rpc("attache.folder", "read", [folder], ["parent_id"])[0]["parent_id"][0]
    assert parent == target


def test_the_tree_is_used_by_the_keyboard_alone(files, archive, acme):
    files.script(f"document.querySelector('{TREE} [role=tree]').focus();")

    def active():
        return files.script(
            f"const tree = document.querySelector('{TREE} [role=tree]');"
            "const row = document.getElementById(tree.getAttribute('aria-activedescendant'));"
            "return row && row.querySelector('.o_attache_name').innerText;"
        )

    files.press("Home")
    until(lambda: active() == "Archive", 10, "Home")
    files.type_keys("acme")
    until(lambda: active() == "Acme", 10, "what is typed is found")
    files.press("ArrowRight")
    files.see(ROW, "Scans")
    files.press("ArrowRight")
    until(lambda: active() != "Acme", 10, "into it")
    files.press("ArrowLeft")
    until(lambda: active() == "Acme", 10, "up again")
    files.press("ContextMenu")
    files.see(MENU)
    files.leave_menu()
    files.press("Enter")
    wait_files(files, "offer.txt")


def test_a_star_is_ones_own(files, odoo, acme, archive):
    unfold(files, acme["acme"])
    files.menu(ROW, "Scans")
    files.choose("star")
    files.see(f"{row(acme['scans'])} .o_attache_star")
    files.press_on(".o_attache_places button", "Starred")
    files.see(".o_attache_strip_open", "Scans")
    told = odoo.rpc("demo")("attache.folder", "read_place", acme["scans"])
    assert not told["path"][-1]["starred"]
