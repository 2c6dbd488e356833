"""What the tests of the file manager stand on: folders with files, and a browser that drags, drops,
clicks with either button and saves what is downloaded."""

import base64
import contextlib
import json
import uuid
from pathlib import Path

import pytest
from bed import process, until
from browser_bed import Browser

SHIFT, CONTROL = 8, 2
TREE = ".o_attache_side > .o_attache_folders"
TAGS = ".o_attache_tags"
CARD = ".o_attache_cards .o_kanban_record"
MENU = ".o_attache_menu"


class Page(Browser):
    """A browser page in the file manager."""

    def __enter__(self) -> "Page":
        self.events = []
        super().__enter__()
        self.call("Network.enable")
        self.call("Page.setInterceptFileChooserDialog", enabled=True)
        return self

    def call(self, method: str, **params):
        """As the browser's own, and what the browser tells meanwhile is kept."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv())
            if told.get("method") == "Runtime.exceptionThrown":
                self.errors.append(told["params"]["exceptionDetails"])
            if "method" in told:
                self.events.append(told)
            if told.get("id") == number:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                return told["result"]

    def open(self, url: str, session=None) -> None:
        self.home = url.split("/odoo")[0]
        super().open(url, session)

    def told(self, method: str) -> list[dict]:
        """What the browser has told of this kind since `events` was emptied."""
        self.script("return 1;")
        return [event["params"] for event in self.events if event["method"] == method]

    def width(self, width: int, height: int = 900) -> None:
        """As wide as a screen; below 700 it is a phone's."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 700,
        )  # fmt: skip

    def picture(self, path: Path) -> None:
        """Saves what is seen."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def reload(self) -> None:
        """Loads the page anew; what is seen afterwards is the new one's."""
        self.script("window.attacheBefore = true;")
        self.call("Page.reload")
        until(self._is_new, 60, "the new page")

    def _is_new(self) -> bool:
        with contextlib.suppress(RuntimeError):  # between two pages there is none
            return self.script("return !window.attacheBefore && !!document.body;")
        return False

    # -- pointer ---------------------------------------------------------------------------

    def at(self, selector: str, text: str = "", down: float = 0.5) -> tuple[float, float]:
        """A point on the element with this text: in its middle, or so far down."""
        look = (
            f"const e = [...document.querySelectorAll({json.dumps(selector)})]"
            f".find((e) => e.innerText.includes({json.dumps(text)})); if (!e) return null;"
            "e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect();"
            f"return [r.x + r.width / 2, r.y + r.height * {down}];"
        )
        x, y = until(lambda: self.script(look), 60, f"{selector} with {text!r}")
        return x, y

    def mouse(self, kind: str, at: tuple[float, float], **more) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], **more)

    def press_on(self, selector: str, text: str = "", *, button="left", modifiers=0, count=1):
        """Clicks on the element with this text."""
        at = self.at(selector, text)
        for number in range(1, count + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.mouse(kind, at, button=button, clickCount=number, modifiers=modifiers)

    def menu(self, selector: str, text: str = "") -> list[str]:
        """Opens the menu of an element by the right button; the texts of its items."""
        self.press_on(selector, text, button="right")
        self.see(f"{MENU} [role^=menuitem]")
        return self.texts(f"{MENU} .dropdown-item > span")

    def leave_menu(self) -> None:
        """Closes the open menu without choosing."""
        self.press("Escape")
        until(lambda: not self.texts(MENU), 20, "the menu closes")

    def choose(self, item: str) -> None:
        """Chooses an item of the open menu by its id."""
        self.click(f"{MENU} [data-item='{item}']")
        until(lambda: not self.texts(MENU), 20, "the menu closes")

    def drag(self, source: tuple, target: tuple, down: float = 0.5) -> None:
        """Drags one element, (selector, text), onto another; `down`: how far down on it."""
        data = self.lift(source)
        self.drop(target, data, down)

    def lift(self, source: tuple) -> dict:
        """Begins to drag an element; what is dragged."""
        self.call("Input.setInterceptDrags", enabled=True)
        self.events.clear()
        x, y = self.at(*source)
        self.mouse("mouseMoved", (x, y))
        self.mouse("mousePressed", (x, y), button="left", clickCount=1)
        for step in (4, 8, 12):
            self.mouse("mouseMoved", (x + step, y + step), button="left", buttons=1)
        until(lambda: self.told("Input.dragIntercepted"), 20, f"{source} is dragged")
        return self.told("Input.dragIntercepted")[0]["data"]

    def over(self, target: tuple, data: dict, down: float = 0.5) -> tuple[float, float]:
        """Moves what is dragged over an element."""
        x, y = self.at(*target, down=down)
        for kind in ("dragEnter", "dragOver", "dragOver"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)
        return x, y

    def drop(self, target: tuple, data: dict, down: float = 0.5) -> None:
        """Drops on an element what is dragged."""
        x, y = self.over(target, data, down)
        self.call("Input.dispatchDragEvent", type="drop", x=x, y=y, data=data)
        self.mouse("mouseReleased", (x, y), button="left", clickCount=1)
        self.call("Input.setInterceptDrags", enabled=False)

    def drop_files(self, target: tuple, *paths: Path) -> None:
        """Drops files or folders from the desktop on an element."""
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        x, y = self.over(target, data)
        self.call("Input.dispatchDragEvent", type="drop", x=x, y=y, data=data)

    def choose_files(self, *paths: Path) -> None:
        """Answers the question for files that has just been opened."""
        opened = "Page.fileChooserOpened"
        until(lambda: self.told(opened), 20, "a question for files")
        node = self.told(opened)[-1]["backendNodeId"]
        self.call("DOM.setFileInputFiles", backendNodeId=node, files=[str(path) for path in paths])
        self.events.clear()

    # -- what comes out --------------------------------------------------------------------

    @contextlib.contextmanager
    def downloads(self, folder: Path):
        """What is downloaded meanwhile lies below this folder; yields a function that waits for
        it."""
        folder = folder / "saved"
        folder.mkdir()
        process.own(folder)
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

        def saved() -> Path:
            def whole():
                paths = list(folder.iterdir())
                return paths and not any(path.suffix == ".crdownload" for path in paths) and paths

            [path] = until(whole, 60, "a download")
            return path

        yield saved

    def opened(self) -> str:
        """The address that was opened in another tab, which is closed again."""

        def other():
            targets = self.call("Target.getTargets")["targetInfos"]
            pages = [target for target in targets if target["type"] == "page"]
            return next((page for page in pages if not page["url"].startswith(self.home)), None)

        page = until(other, 20, "another tab")
        self.call("Target.closeTarget", targetId=page["targetId"])
        return page["url"]

    def calls(self) -> list[str]:
        """The server's methods that were called since `events` was emptied."""
        sent = self.told("Network.requestWillBeSent")
        urls = [event["request"]["url"] for event in sent]
        return [url.split("#")[0].rsplit("/", 2)[-2:] for url in urls if "/call_kw/" in url]

    def type_keys(self, word: str) -> None:
        """Presses the keys of a text, where no input takes it."""
        for sign in word:
            for kind in ("keyDown", "keyUp"):
                self.call(
                    "Input.dispatchKeyEvent", type=kind, key=sign, text=sign * (kind == "keyDown")
                )

    def button(self, text: str) -> None:
        """Presses the button with this text in the topmost dialog."""
        self.press_on(".modal:not(.o_inactive_modal) .modal-footer button:not(:disabled)", text)

    def name(self, text: str) -> None:
        """Answers the question for a name."""
        self.see(".o_attache_name_input")
        self.script("document.querySelector('.o_attache_name_input').select();")
        self.type(text)
        self.press("Enter")
        until(lambda: not self.script(f"return {DIALOG};"), 30, "the question closes")

    def undo(self) -> None:
        """Takes back what was just done."""
        self.press_on(".o_notification_buttons button", "Undo")


# Texts of the screen whose contrast is below what WCAG AA asks for: [[text, ratio]].
FAINT = """
    const part = (v) => (v <= 10 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const read = (text) => {
        const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = (top, below) => below.map((v, i) => top[i] * top[3] + v * (1 - top[3]));
    const above = (e) => (e ? [e, ...above(e.parentElement)] : []);
    const ground = (e) => above(e).map((one) => read(getComputedStyle(one).backgroundColor))
        .reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    const faint = [];
    const walk = document.createTreeWalker(
        document.querySelector(".o_attache_files"), NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const e = node.parentElement;
        const seen = e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
        if (!node.data.trim() || !seen || e.closest(":disabled, .visually-hidden")) continue;
        const back = ground(e);
        const color = read(getComputedStyle(e).color);
        color[3] *= above(e).reduce((all, one) => all * getComputedStyle(one).opacity, 1);
        const [low, high] = [light(over(color, back)), light(back)].sort((a, b) => a - b);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) faint.push([node.data.trim(), ratio]);
    }
    return faint;
"""

DIALOG = "document.querySelectorAll('.modal').length"


@pytest.fixture
def desk():
    """A person's desk: a folder that the browser reads and writes as well."""
    with process.scratch("desk") as folder:
        yield folder


@pytest.fixture(scope="module")
def archive(odoo, service):
    """A connection with folders, one a module."""
    return Archive(odoo, service)


@pytest.fixture(scope="module")
def page():
    """A browser page that knows its way around the file manager, one a module."""
    with Page() as page:
        yield page


class Archive:
    """A connection with folders: a rule's, in it those of contacts, and manual ones below."""

    def __init__(self, odoo, service):
        self.rpc, self.service = odoo.rpc(), service
        self.connection = service.connection("Archive")
        self.root = self.connection["root"]["id"]
        self.rule = self.rpc(
            "attache.rule", "create",
            {
                "title": "Customers",
                "connection_id": self.connection["id"],
                "model_id": self.rpc.one("ir.model", [["model", "=", "res.partner"]])["id"],
            },
        )  # fmt: skip
        self.customers = self.folder(self.root, "Customers", "rule", rule=self.rule)
        self.partners = {}

    def folder(self, parent, name, kind="manual", **more) -> int:
        item = {
            "op": "create", "key": str(uuid.uuid4()), "name": name, "parent": parent,
            "kind": kind, "rule": None, "model": None, "res_id": None, **more,
        }  # fmt: skip
        return self.service.folders(item)[0]["id"]

    def customer(self, name: str) -> int:
        """The folder of a new contact."""
        partner = self.rpc("res.partner", "create", {"name": name, "is_company": True})
        folder = self.folder(
            self.customers, name, "record", rule=self.rule, model="res.partner", res_id=partner
        )
        self.partners[folder] = partner
        return folder

    def manual(self, parent: int, name: str) -> int:
        return self.rpc("attache.folder", "create", {"name": name, "parent_id": parent})

    def file(self, folder: int, name: str, data: bytes = b"words", **more) -> int:
        vals = {
            "name": name, "datas": base64.b64encode(data).decode(), "attache_folder_id": folder,
            **more,
        }  # fmt: skip
        return self.rpc("ir.attachment", "create", vals)

    def names(self, folder: int) -> list[str]:
        """What lies in a folder."""
        found = self.rpc(
            "ir.attachment", "search_read", [["attache_folder_id", "=", folder]], fields=["name"]
        )
        return sorted(file["name"] for file in found)


def many_folders(odoo, parent: int, count: int) -> None:
    """So many manual folders in one, past the ORM."""
    odoo.database.psql(
        f"""INSERT INTO attache_folder (name, kind, parent_id, connection_id, in_scope, res_model,
                                        res_id, create_uid, write_uid, create_date, write_date)
            SELECT 'Folder ' || lpad(number::text, 6, '0'), 'manual', parent.id,
                   parent.connection_id, true, parent.res_model, parent.res_id, 1, 1, now(), now()
              FROM generate_series(1, {count}) AS number, attache_folder AS parent
             WHERE parent.id = {parent}"""
    )
    odoo.database.psql(
        f"""UPDATE attache_folder AS folder SET parent_path = parent.parent_path || folder.id || '/'
              FROM attache_folder AS parent
             WHERE parent.id = folder.parent_id AND parent.id = {parent}
               AND folder.parent_path IS NULL"""
    )
