"""Tags in the file manager, and its search over very many folders, in a real browser."""

import pytest
from bed import until
from files_bed import TAGS, TREE, many_folders

COUNT = 20_000
TAG = f"{TAGS} .o_attache_folder"
ROW = f"{TREE} .o_attache_folder"


@pytest.fixture(scope="module")
def crowd(odoo, archive):
    """A customer with very many folders."""
    folder = archive.customer("Crowd")
    many_folders(odoo, folder, COUNT)
    return folder


@pytest.fixture
def files(odoo, page, archive):
    page.width(1440)
    page.open(f"{odoo.url}/odoo/files/{archive.customers}", odoo.browser())
    page.press_on(f"{TREE} [data-folder='{archive.customers}'] .o_attache_twist")
    page.see(".o_attache_tags")
    page.errors.clear()
    yield page
    assert not page.errors


def tag(archive, name: str) -> dict:
    return archive.rpc.one("attache.tag", [["name", "=", name]], "parent_id", "color", "sequence")


def test_b36_tags_are_made_renamed_coloured_and_deleted(files, archive):
    files.click(".o_attache_tag_new")
    files.name("Contract")
    files.see(TAG, "Contract")
    files.menu(TAG, "Contract")
    files.choose("create")
    files.name("Signed")
    files.see(TAG, "Signed")
    assert tag(archive, "Signed")["parent_id"][1] == "Contract"
    files.menu(TAG, "Signed")
    files.choose("rename")
    files.name("Signed by both")
    files.see(TAG, "Signed by both")
    files.menu(TAG, "Contract")
    files.click(".o_attache_menu [data-color='3']")
    until(lambda: tag(archive, "Contract")["color"] == 3, 20, "the colour")
    files.menu(TAG, "Contract")
    files.choose("remove")
    files.button("Delete")
    until(lambda: not files.texts(TAG), 30, "both tags are gone")
    assert archive.rpc("attache.tag", "search_count", []) == 0


def test_b36_tags_are_dragged_into_each_other_and_into_another_order(files, archive):
    for number, name in enumerate(("Apple", "Berry", "Cherry")):
        archive.rpc("attache.tag", "create", {"name": name, "sequence": number})
    files.reload()
    files.see(TAG, "Cherry")
    files.drag((TAG, "Cherry"), (TAG, "Apple"), down=0.08)
    until(lambda: files.texts(TAG) == ["Cherry", "Apple", "Berry"], 30, "another order")
    orders = [tag(archive, name)["sequence"] for name in ("Cherry", "Apple", "Berry")]
    assert orders == sorted(orders)
    files.drag((TAG, "Berry"), (TAG, "Apple"))
    until(lambda: tag(archive, "Berry")["parent_id"], 30, "it lies in the other")
    assert tag(archive, "Berry")["parent_id"][1] == "Apple"
    files.undo()
    until(lambda: not tag(archive, "Berry")["parent_id"], 30, "it is back")


def test_b36_folders_are_found_and_marked_among_very_many(files, crowd):
    files.click(f"{TREE} input")
    files.type("019999")
    files.see(ROW, "Folder 019999")
    assert files.texts(f"{ROW} mark") == ["019999"]
    files.see(f"{ROW} .o_attache_path", "Customers / Crowd")
    files.press("Enter")
    files.see(".o_attache_crumbs", "Folder 019999")
    files.press_on(f"{TREE} .o_attache_folder_search button")
    files.see(ROW, "Crowd")


def test_b36_the_tree_draws_only_what_is_seen_of_very_many(files, crowd):
    files.press_on(f"{TREE} [data-folder='{crowd}'] .o_attache_twist")
    files.see(ROW, "Folder 000001")
    assert len(files.texts(ROW)) < 100
    scroller = f"document.querySelector('{TREE} [role=tree]')"
    assert files.script(f"return {scroller}.scrollHeight;") > COUNT * 20
    files.script(f"{scroller}.scrollTop = {scroller}.scrollHeight;")
    files.see(ROW, f"Folder {COUNT:06}")
    assert len(files.texts(ROW)) < 100
    files.press_on(ROW, f"Folder {COUNT:06}")
    files.see(".o_attache_crumbs", f"Folder {COUNT:06}")


def test_opening_a_folder_takes_three_calls_among_few_and_very_many(files, archive, crowd):
    few = archive.customer("Few")
    archive.manual(few, "Inside")
    files.reload()
    files.press_on(f"{TREE} [data-folder='{archive.customers}'] .o_attache_twist")
    files.see(ROW, "Few")
    counts = {}
    for name, folder, inside in (("Few", few, "Inside"), ("Crowd", crowd, "Folder 000001")):
        files.script("return 1;")
        files.events.clear()
        files.press_on(f"{TREE} [data-folder='{folder}']")
        files.see(".o_attache_strip_open", inside)
        files.see(".o_attache_empty")
        until(lambda: len(files.calls()) >= 3, 20, "the calls")
        counts[name] = sorted("/".join(call) for call in files.calls())
    assert counts["Few"] == counts["Crowd"]
    assert counts["Few"] == [
        "attache.folder/read_children",
        "attache.folder/read_place",
        "ir.attachment/web_search_read",
    ]
