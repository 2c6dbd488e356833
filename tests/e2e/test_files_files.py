"""Files in the file manager, in a real browser: selecting, opening, uploading, moving, tagging,
deleting, downloading and finding them."""

import base64
import zipfile

import pytest
from bed import until
from files_bed import CARD, CONTROL, MENU, SHIFT, TAGS, TREE

NAME = ".o_attache_file_name"
NOTE = ".o_notification"
BAR = ".o_attache_selection"
MIDDLE = ".o_attache_middle .o_content"


@pytest.fixture
def place(archive, request):
    """A customer's folder of its own with three files: its id."""
    folder = archive.customer(request.node.name[:40])
    for name in ("one.txt", "two.txt", "three.txt"):
        archive.file(folder, name, name.encode())
    return folder


@pytest.fixture
def files(odoo, page, place):
    """The file manager at that folder, freshly opened by the administrator."""
    page.width(1440)
    page.open(f"{odoo.url}/odoo/files/{place}", odoo.browser())
    page.see(NAME, "three.txt")
    page.see(".o_attache_here")
    page.errors.clear()
    yield page
    assert not page.errors


def shown(page) -> list[str]:
    return page.texts(NAME)


def wait(page, *names: str) -> None:
    until(lambda: sorted(shown(page)) == sorted(names), 30, f"the files {names}")


def selected(page) -> list[str]:
    return sorted(page.texts(f"{CARD}.o_record_selected {NAME}"))


def wait_selected(page, *names: str) -> None:
    until(lambda: selected(page) == sorted(names), 20, f"selected: {names}")


def row(folder: int) -> str:
    return f"{TREE} [data-folder='{folder}']"


def test_files_are_selected_by_click_shift_ctrl_and_keys(files):
    files.press_on(NAME, "one")
    wait_selected(files, "one.txt")
    files.press_on(NAME, "two", modifiers=SHIFT)
    wait_selected(files, "one.txt", "three.txt", "two.txt")  # by name: one, three, two
    files.press_on(NAME, "three", modifiers=CONTROL)
    wait_selected(files, "one.txt", "two.txt")
    files.see(BAR, "2 selected")
    files.press("Escape")
    wait_selected(files)
    files.press_on(NAME, "one")
    files.press("ArrowRight")
    wait_selected(files, "three.txt")
    files.press("ArrowRight", SHIFT)
    wait_selected(files, "three.txt", "two.txt")
    files.press("a", CONTROL)
    wait_selected(files, "one.txt", "three.txt", "two.txt")


def test_a_file_opens_in_odoos_previewer_by_click_and_by_enter(files):
    viewer = ".o-FileViewer"
    files.press_on(f"{CARD} .o_attache_thumb")
    files.see(viewer)
    files.press("Escape")
    until(lambda: not files.texts(viewer), 20, "the previewer closes")
    files.press_on(NAME, "two")
    files.press("Enter")
    files.see(viewer, "two.txt")
    files.press("Escape")


def test_the_details_tell_of_a_file_and_rename_it(files, archive, place):
    files.press_on(NAME, "one")
    details = ".o_attache_details"
    files.see(f"{details} .o_attache_details_title", "one.txt")
    files.see(details, "Mitchell Admin")
    files.see(f"{details} .o_attache_state_box", "Waiting")
    files.press("F2")
    files.name("renamed.txt")
    files.see(f"{details} .o_attache_details_title", "renamed.txt")
    assert "renamed.txt" in archive.names(place)


def test_b37_files_are_uploaded_by_the_button(files, archive, place, desk):
    path = desk / "chosen.txt"
    path.write_text("chosen")
    files.click(".o_attache_new")
    files.choose("upload")
    files.choose_files(path)
    files.see(".o_attache_uploads", "1 file uploaded")
    files.see(NAME, "chosen.txt")
    assert "chosen.txt" in archive.names(place)
    files.click(".o_attache_uploads_close")


def test_b37_files_and_folders_are_dropped_into_the_middle(files, archive, place, desk):
    album = desk / "Album"
    (album / "Inner").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        (album / name).write_text(name)
    (album / "Inner" / "deep.txt").write_text("deep")
    (desk / "loose.txt").write_text("loose")
    files.drop_files((MIDDLE, ""), album, desk / "loose.txt")
    files.see(".o_attache_uploads", "6 files uploaded")
    files.see(NAME, "loose.txt")
    files.see(".o_attache_strip_open", "Album")
    made = archive.rpc("attache.folder", "search_read", [["name", "=", "Album"]], fields=["id"])
    assert len(made) == 1, "uploads at once make a folder once"
    assert archive.names(made[0]["id"]) == ["a.txt", "b.txt", "c.txt", "d.txt"]
    inner = archive.rpc.one("attache.folder", [["name", "=", "Inner"]], "id")["id"]
    assert archive.names(inner) == ["deep.txt"]
    files.click(".o_attache_uploads_close")


def test_b37_files_are_dropped_on_a_folder_of_the_tree(files, archive, desk):
    other = archive.customer("Drop target")
    files.reload()
    files.see(NAME, "one")
    files.see(row(other))
    (desk / "there.txt").write_text("there")
    files.drop_files((row(other), ""), desk / "there.txt")
    files.see(".o_attache_uploads", "1 file uploaded")
    assert archive.names(other) == ["there.txt"]
    files.click(".o_attache_uploads_close")


def test_b37_a_refused_upload_says_why_and_is_tried_again(files, archive, place, desk):
    archive.rpc("ir.config_parameter", "set_param", "attache.max_upload_mib", "1")
    path = desk / "large.bin"
    path.write_bytes(b"x" * 1_500_000)
    files.click(".o_attache_new")
    files.choose("upload")
    files.choose_files(path)
    files.see(".o_attache_uploads", "1 upload failed")
    files.see(".o_attache_upload[data-state=failed]", "Larger than")
    archive.rpc("ir.config_parameter", "set_param", "attache.max_upload_mib", "10")
    files.click(".o_attache_retry")
    files.see(".o_attache_uploads", "1 file uploaded")
    files.see(NAME, "large.bin")
    files.click(".o_attache_uploads_close")


def test_b37_uploads_are_cancelled(files, archive, place, desk):
    path = desk / "slow.bin"
    path.write_bytes(b"x" * 4_000_000)
    files.call(
        "Network.emulateNetworkConditions",
        offline=False, latency=0, downloadThroughput=-1, uploadThroughput=200_000,
    )  # fmt: skip
    files.drop_files((MIDDLE, ""), path)
    files.see(".o_attache_upload[data-state=sending]", "%")
    assert files.script(
        "const e = new Event('beforeunload', {cancelable: true});"
        "window.dispatchEvent(e); return e.defaultPrevented;"
    ), "leaving the page asks first"
    files.click(".o_attache_cancel")
    files.see(".o_attache_upload[data-state=cancelled]")
    files.call(
        "Network.emulateNetworkConditions",
        offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1,
    )  # fmt: skip
    assert "slow.bin" not in archive.names(place)
    files.click(".o_attache_uploads_close")


def test_b38_a_card_leads_to_the_cloud_and_downloads(files, archive, odoo, place, desk):
    url = "http://127.0.0.1:9/one"
    odoo.database.psql(
        f"UPDATE ir_attachment SET attache_web_url = '{url}'"
        f" WHERE name = 'one.txt' AND attache_folder_id = {place}"
    )
    files.reload()
    files.see(NAME, "one")
    files.mouse("mouseMoved", files.at(NAME, "one"))
    files.press_on(".o_attache_cloud")
    assert files.opened() == url
    assert not selected(files), "it opens, and nothing else happens"
    # The others are not in the cloud, and are downloaded all the same.
    with files.downloads(desk) as saved:
        files.mouse("mouseMoved", files.at(NAME, "two"))
        files.press_on(f"{CARD}:hover .o_attache_download")
        assert saved().read_text() == "two.txt"
    assert len(files.texts(".o_attache_cloud")) == 1


def test_b39_several_files_are_one_archive(files, desk):
    files.press_on(NAME, "one")
    files.press_on(NAME, "two", modifiers=CONTROL)
    with files.downloads(desk) as saved:
        files.press_on(f"{BAR} button", "Download")
        with zipfile.ZipFile(saved()) as held:
            assert sorted(held.namelist()) == ["one.txt", "two.txt"]
            assert held.read("two.txt") == b"two.txt"


def test_b40_files_are_dragged_to_another_record_and_back(files, archive, place):
    other = archive.customer("Other record")
    files.reload()
    files.see(NAME, "one")
    files.see(row(other))
    files.press_on(NAME, "one")
    files.press_on(NAME, "two", modifiers=CONTROL)
    wait_selected(files, "one.txt", "two.txt")
    files.drag((NAME, "two"), (row(other), ""))
    files.see(NOTE, "2 files moved to Other record")
    wait(files, "three.txt")
    moved = archive.rpc(
        "ir.attachment", "search_read", [["attache_folder_id", "=", other]], fields=["res_id"]
    )
    assert [file["res_id"] for file in moved] == [archive.partners[other]] * 2
    files.undo()
    wait(files, "one.txt", "three.txt", "two.txt")
    assert archive.names(other) == []


def test_b40_files_are_moved_by_the_dialog(files, archive, place):
    target = archive.manual(place, "Dialog target")
    files.press_on(NAME, "three")
    files.press_on(f"{BAR} button", "Move")
    chooser = ".o_attache_folder_dialog"
    files.click(f"{chooser} input")
    files.type("Dialog target")
    files.press_on(f"{chooser} .o_attache_folder", "Dialog target")
    files.button("Move here")
    files.see(NOTE, "three.txt moved to Dialog target")
    wait(files, "one.txt", "two.txt")
    assert archive.names(target) == ["three.txt"]


def test_b41_files_are_tagged_by_dragging_and_by_the_dialog(files, archive, place):
    blue, red = (
        archive.rpc("attache.tag", "create", {"name": name, "color": 4}) for name in ("Blue", "Red")
    )
    files.reload()
    files.see(NAME, "one")

    def tagged(tag: int) -> list[str]:
        domain = [["attache_tag_ids", "in", [tag]], ["attache_folder_id", "=", place]]
        return sorted(
            file["name"]
            for file in archive.rpc("ir.attachment", "search_read", domain, fields=["name"])
        )

    files.drag((NAME, "one"), (f"{TAGS} .o_attache_folder", "Blue"))
    files.see(NOTE, "tagged Blue")
    until(lambda: tagged(blue) == ["one.txt"], 20, "the tag is there")
    files.see(f"{CARD} .o_attache_tag", "Blue")
    files.press_on(NAME, "two")
    files.press_on(NAME, "three", modifiers=CONTROL)
    files.press_on(f"{BAR} button", "Tags")
    files.press_on(".o_attache_tag_list [role=checkbox]", "Red")
    files.button("Apply")
    until(lambda: tagged(red) == ["three.txt", "two.txt"], 20, "both are tagged")
    # A click on a tag shows what has it, another one all again.
    files.press_on(f"{TAGS} .o_attache_folder", "Blue")
    wait(files, "one.txt")
    files.see(".o_attache_crumbs .o_attache_tag", "Blue")
    files.press_on(f"{TAGS} .o_attache_folder", "Blue")
    wait(files, "one.txt", "three.txt", "two.txt")


def test_b41_files_are_deleted_together_and_come_back(files, archive, place):
    files.press_on(NAME, "one")
    files.press_on(NAME, "two", modifiers=CONTROL)
    wait_selected(files, "one.txt", "two.txt")
    files.press("Delete")
    files.see(NOTE, "2 files moved to the trash")
    wait(files, "three.txt")
    assert archive.names(place) == ["three.txt"]
    files.undo()
    wait(files, "one.txt", "three.txt", "two.txt")
    assert archive.names(place) == ["one.txt", "three.txt", "two.txt"]


def test_b41_odoos_search_finds_files_here_and_below(files, archive, place):
    below = archive.manual(place, "Below")
    archive.file(below, "one below.txt")
    archive.file(archive.customer("Elsewhere"), "one elsewhere.txt")
    files.click(".o_searchview_input")
    files.type("one")
    files.press("Enter")
    wait(files, "one below.txt", "one.txt")
    files.press_on(".o_attache_everywhere")
    until(lambda: "one elsewhere.txt" in shown(files), 30, "the other customer's file")
    files.click(".o_searchview_dropdown_toggler")
    files.press_on(".o_filter_menu .o-dropdown-item", "PDFs")
    files.see(".o_attache_empty", "Nothing found")


def test_the_trash_restores_what_one_deleted(files, archive, place):
    files.press_on(NAME, "one")
    files.press("Delete")
    files.see(NOTE, "one.txt moved to the trash")
    files.press_on(".o_attache_places button", "Trash")
    files.see("tr.o_data_row", "one.txt")
    assert "place=trash" in files.script("return location.search;")
    files.press_on("tr.o_data_row button", "Restore")
    until(lambda: "one.txt" in archive.names(place), 30, "it is back")


def test_earlier_contents_are_looked_at_and_restored(files, archive, place):
    file = archive.rpc.one(
        "ir.attachment", [["name", "=", "one.txt"], ["attache_folder_id", "=", place]], "id"
    )["id"]
    archive.rpc("ir.attachment", "write", [file], {"datas": "bmV3ZXI="})
    files.press_on(NAME, "one")
    versions = ".o_attache_versions"
    files.press_on(f"{versions} button", "Show them")
    files.see(".o_attache_version", "Mitchell Admin")
    files.press_on(".o_attache_restore")
    files.see(NOTE, "earlier content")
    held = archive.rpc("ir.attachment", "read", [file], ["datas"])[0]["datas"]
    assert base64.b64decode(held) == b"one.txt"


def test_a_file_menu_opens_by_the_right_button_and_by_its_key(files):
    items = files.menu(NAME, "one")
    assert {"Preview", "Download", "Rename…", "Move to…", "Move to the trash"} <= {*items}
    files.leave_menu()
    files.press_on(NAME, "two")
    files.press("ContextMenu")
    files.see(f"{MENU} .dropdown-item", "Rename…")
    files.leave_menu()


def test_what_others_change_shows_by_itself(files, odoo, archive, place):
    asked = f"SELECT count(*) FROM attache_news WHERE folder_id = {place}"
    until(lambda: odoo.database.psql(asked).strip() == "1", 60, "the page hears of the folder")
    archive.file(place, "from elsewhere.txt")
    files.see(NAME, "from elsewhere.txt")


def test_the_list_does_what_the_cards_do(files, archive, place):
    files.click(".o_switch_view.o_list")
    name = "tr.o_data_row .o_attache_row_name"
    files.see(name, "one.txt")
    files.press_on("tr.o_data_row td[name=attache_bytes]")
    files.see(BAR, "1 selected")
    files.press("ArrowDown", SHIFT)
    files.see(BAR, "2 selected")
    files.press_on(name, "two.txt")
    files.see(".o-FileViewer", "two.txt")
    files.press("Escape")
    files.click(".o_switch_view.o_kanban")
    files.see(NAME, "one.txt")
