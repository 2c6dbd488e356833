"""The file manager as other people have it: by their rights, and on a phone."""

import pytest
from bed import Odoo, until
from files_bed import FAINT, MENU, TREE, Page

NAME = ".o_attache_file_name"
ROW = f"{TREE} .o_attache_folder"
EMPTY = ".o_attache_empty"


@pytest.fixture(scope="module")
def people(archive):
    """Logins of somebody with the file manager, of a plain employee, and of one from outside."""
    rpc = archive.rpc

    def group(name: str) -> int:
        module, _, key = name.partition(".")
        domain = [["module", "=", module], ["name", "=", key]]
        return rpc.one("ir.model.data", domain, "res_id")["res_id"]

    groups = {
        "files_manager": ["base.group_user", "attache.group_file_manager"],
        "files_plain": ["base.group_user"],
        "files_portal": ["base.group_portal"],
    }
    for login, names in groups.items():
        rpc(
            "res.users", "create",
            {
                "name": login, "login": login, "password": login,
                "email": f"{login}@example.com",
                "group_ids": [[6, 0, [group(name) for name in names]]],
            },
        )  # fmt: skip
    return list(groups)


@pytest.fixture(scope="module")
def places(archive, people):
    """A customer's folder, and in it one that the administrator closed to all others."""
    folder = archive.customer("Shared customer")
    closed = archive.manual(folder, "Salaries")
    administrator = archive.rpc.uid
    archive.rpc("attache.folder", "write", [closed], {"user_ids": [[6, 0, [administrator]]]})
    archive.file(folder, "for all.txt")
    archive.file(closed, "salaries.txt")
    return {"folder": folder, "closed": closed}


@pytest.fixture
def browser():
    with Page() as page:
        page.width(1440)
        yield page
        assert not page.errors


def test_a_file_manager_sees_and_changes_what_is_theirs(odoo, browser, archive, places):
    browser.open(f"{odoo.url}/odoo/files/{places['folder']}", odoo.browser("files_manager"))
    browser.see(NAME, "for all.txt")
    browser.see(ROW, "Shared customer")
    assert "Salaries" not in " ".join(browser.texts(ROW) + browser.texts(".o_attache_strip_open"))
    assert "Why it is here" in browser.menu(ROW, "Shared customer")
    browser.choose("refuse")
    browser.see(".o_notification", "made by a rule")
    assert "Open the rule" not in " ".join(browser.texts(".o_notification button"))
    # A search finds no more than the tree shows.
    browser.click(f"{TREE} input")
    browser.type("Salaries")
    browser.see(".o_attache_nothing", "No folder is called that")


def test_a_hidden_folder_is_told_like_one_that_is_gone(odoo, browser, places):
    browser.open(f"{odoo.url}/odoo/files/{places['closed']}", odoo.browser("files_manager"))
    browser.see(EMPTY, "This folder is not here")
    assert "Salaries" not in browser.script("return document.body.innerText;")
    assert not browser.texts(NAME)


def test_a_plain_employee_opens_a_link_and_makes_no_tags(odoo, browser, archive, places):
    archive.rpc("attache.tag", "create", {"name": "Given"})
    browser.open(f"{odoo.url}/odoo/files/{places['folder']}", odoo.browser("files_plain"))
    browser.see(NAME, "for all.txt")
    browser.see(".o_attache_tags", "Given")
    assert not browser.texts(".o_attache_tag_new")
    assert browser.menu(".o_attache_tags .o_attache_folder", "Given") == ["Download as ZIP"]


def test_somebody_from_outside_gets_nothing(odoo, browser, places):
    session = odoo.browser("files_portal")
    browser.open(f"{odoo.url}/odoo/files/{places['folder']}", session)
    until(lambda: browser.script("return location.pathname;") != "about:blank", 30, "a page")
    until(lambda: "/odoo" not in browser.script("return location.pathname;"), 60, "sent away")
    answer = session.post(
        f"{odoo.url}/web/dataset/call_kw",
        json={
            "jsonrpc": "2.0",
            "params": {
                "model": "attache.folder", "method": "read_place", "args": [places["folder"]],
                "kwargs": {},
            },
        },
        timeout=60,
    ).json()  # fmt: skip
    assert "error" in answer or not answer["result"]


def test_a_phone_has_the_tree_in_a_drawer_and_the_details_on_a_page(odoo, browser, places):
    browser.width(390, 844)
    browser.open(f"{odoo.url}/odoo/files/{places['folder']}", odoo.browser())
    browser.see(NAME, "for all.txt")

    def drawer() -> float:
        """Where the drawer begins: at 0 it is open."""
        return browser.script(
            "return document.querySelector('.o_attache_side').getBoundingClientRect().x;"
        )

    assert drawer() < -300
    browser.click(".o_attache_drawer_open")
    until(lambda: drawer() == 0, 20, "the drawer opens")
    browser.press_on(f"{TREE} [data-folder='{places['folder']}'] .o_attache_twist")
    browser.press_on(ROW, "Salaries")
    until(lambda: drawer() < -300, 20, "the drawer closes")
    browser.see(NAME, "salaries.txt")
    browser.press_on(NAME, "salaries.txt", button="right")
    browser.see(f"{MENU}.o_attache_sheet")
    browser.leave_menu()
    browser.click(".o_attache_page_open")
    browser.see(".o_attache_details.o_attache_page", "salaries.txt")
    browser.press_on(".o_attache_details header button")
    until(lambda: not browser.texts(".o_attache_details"), 20, "back to the files")
    wide = browser.script("return document.documentElement.scrollWidth;")
    assert wide <= 390, "nothing sticks out"


def test_nothing_yet_says_what_to_do(odoo_template, browser):
    database = odoo_template.copy()
    with Odoo(database) as odoo:
        browser.open(f"{odoo.url}/odoo/files", odoo.browser())
        browser.see(EMPTY, "There are no folders yet")
        browser.press_on(f"{EMPTY} button", "Choose a preset")
        browser.see(".o_kanban_view, .o_list_view")
    database.drop()


def test_every_text_has_the_contrast_of_wcag_aa(odoo, browser, places):
    browser.open(f"{odoo.url}/odoo/files/{places['folder']}", odoo.browser())
    browser.see(NAME, "for all.txt")
    browser.see(".o_attache_details_title")
    assert browser.script(FAINT) == []
    browser.press_on(NAME, "for all.txt")
    browser.see(".o_attache_selection", "1 selected")
    assert browser.script(FAINT) == []
    browser.click(".o_switch_view.o_list")
    browser.see("tr.o_data_row")
    assert browser.script(FAINT) == []
    browser.press_on(".o_attache_places button", "Trash")
    browser.see(EMPTY)
    assert browser.script(FAINT) == []
