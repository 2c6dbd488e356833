"""What the tests of the attachment box stand on: a person's hands in the browser, and a record
whose folder has something in it."""

import base64
import contextlib
import json
from pathlib import Path

from addon_bed import attach, png
from bed import process, until
from browser_bed import Browser

CLIP = ".o-mail-Chatter-attachFiles"
BOX = ".o_attache_box"
ROWS = f"{BOX} [data-file]"
FOLDERS = f"{BOX} .o_attache_folder"
MENU = ".o_attache_menu"
SAID = ".o_notification"
ALL = 19  # a drag may copy, link and move
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>"
)


class _Ears:
    """A socket of the browser's protocol that keeps what is told without being asked."""

    def __init__(self, socket):
        self.socket, self.heard = socket, []

    def send(self, text):
        return self.socket.send(text)

    def recv(self):
        text = self.socket.recv()
        told = json.loads(text)
        if "method" in told:
            self.heard.append((told["method"], told["params"]))
        return text

    def close(self):
        self.socket.close()


class Hands(Browser):
    """A browser in which one also drags and drops, chooses files, and saves them to `saved`."""

    def __enter__(self) -> "Hands":
        with contextlib.ExitStack() as stack:
            super().__enter__()
            stack.callback(super().__exit__)
            self._socket = _Ears(self._socket)
            self.folder = stack.enter_context(process.scratch("hands"))
            self.saved = self.folder / "saved"
            self.saved.mkdir()
            process.own(self.saved)
            saved = str(self.saved)
            self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=saved)
            self.call("Page.setInterceptFileChooserDialog", enabled=True)
            self.call("Input.setInterceptDrags", enabled=True)
            self._hands = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._hands.close()

    def heard(self, method: str) -> list[dict]:
        """What the browser told of this kind, since it was last asked; it is told once."""
        self.script("return 1;")  # so that what came meanwhile is read
        ears = self._socket
        found = [params for name, params in ears.heard if name == method]
        ears.heard = [told for told in ears.heard if told[0] != method]
        return found

    def at(self, selector: str, text: str = "") -> tuple[float, float]:
        """The middle of the first element that has this text in it, once it stands still."""
        self.see(selector, text)
        find = (
            f"const e = [...document.querySelectorAll({json.dumps(selector)})]"
            f".find((e) => e.innerText.includes({json.dumps(text)}));"
            "e?.scrollIntoView({block: 'center'}); const r = e?.getBoundingClientRect();"
            "return r && [r.x + r.width / 2, r.y + r.height / 2];"
        )
        places = [None]

        def still():
            places.append(self.script(find))
            return places[-1] and places[-1] == places[-2]

        until(still, 10, f"{selector} with {text!r} stands still")
        return places[-1]

    def mouse(self, kind: str, at, **more) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], **more)

    def click(self, selector: str) -> None:
        self.press_on(selector)

    def press_on(self, selector: str, text: str = "", button: str = "left") -> None:
        """Clicks on the first element that has this text in it."""
        at = self.at(selector, text)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, at, button=button, clickCount=1)

    def drag(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        """Drags one element onto another; each is (selector, text)."""
        begin = self.at(*source)
        self.heard("Input.dragIntercepted")
        self.mouse("mousePressed", begin, button="left", clickCount=1)
        for step in (4, 8, 16):
            at = (begin[0] + step, begin[1] + step)
            self.mouse("mouseMoved", at, button="left", buttons=1)
        data = until(lambda: self.heard("Input.dragIntercepted"), 10, f"{source} is dragged")
        self._drop(data[0]["data"], target)
        self.mouse("mouseReleased", self.at(*target), button="left", clickCount=1)

    def drop_files(self, paths: list[Path], target: tuple[str, str], end: bool = True) -> None:
        """Drops files from outside onto an element; without `end` they stay above it."""
        data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": ALL}
        self._drop(data, target, end)

    def _drop(self, data, target, end: bool = True) -> None:
        at = self.at(*target)
        for kind in ("dragEnter", "dragOver", "dragOver", *(["drop"] if end else [])):
            self.call("Input.dispatchDragEvent", type=kind, x=at[0], y=at[1], data=data)

    def choose(self, paths: list[Path]) -> None:
        """Gives the files to the page that asks for some."""
        find = "document.querySelector('.o_attache_choose_files')"
        self.script_is(f"{find} !== null")
        element = self.call("Runtime.evaluate", expression=find)["result"]["objectId"]
        self.call("DOM.setFileInputFiles", files=list(map(str, paths)), objectId=element)

    def script_is(self, expression: str, seconds: float = 30) -> None:
        """Waits until an expression is true."""
        until(lambda: self.script(f"return Boolean({expression});"), seconds, expression)

    def close_tab(self, address: str) -> bool:
        """Closes the tab that was opened for an address, if there is one."""
        tabs = [page["id"] for page in self._pages() if page["url"] == address]
        for tab in tabs:
            self.call("Target.closeTarget", targetId=tab)
            self.call("Page.bringToFront")
        return bool(tabs)

    def file(self, name: str, data: bytes) -> Path:
        """A file on this machine that the browser may read."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        process.own(self.folder)
        return path

    def got(self, name: str) -> bytes:
        """What was saved under this name, once it is there."""
        until((self.saved / name).exists, 60, f"{name} is saved")
        return (self.saved / name).read_bytes()

    def resize(self, width: int, height: int, mobile: bool = False) -> None:
        """The size of a desktop's window, or of a phone."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=2 if mobile else 1, mobile=mobile,
        )  # fmt: skip

    # -- the box --------------------------------------------------------------------------

    def open_record(self, odoo, res_id: int, login: str = "admin", path: str = "contacts") -> None:
        """The form of a record, with its chatter."""
        self.open(f"{odoo.url}/odoo/{path}/{res_id}", odoo.browser(login))
        self.see(CLIP)
        self.script_is("!document.querySelector('.o-mail-Chatter .fa-circle-o-notch')")
        self.errors.clear()

    def open_box(self, odoo, res_id: int, login: str = "admin", path: str = "contacts") -> None:
        """The form of a record with its box open."""
        self.open_record(odoo, res_id, login, path)
        self.script_is(f"document.querySelector('{CLIP}').hasAttribute('aria-expanded')")
        self.click(CLIP)
        self.see(f"{BOX} .o_attache_box_files")

    def names(self) -> list[str]:
        """The files in the box, as they stand there."""
        return self.script(
            f"return [...document.querySelectorAll('{ROWS}')].map((e) => e.dataset.name);"
        )

    def shows(self, *names: str) -> None:
        """Waits until the box shows just these files."""
        try:
            until(lambda: sorted(self.names()) == sorted(names), 30, "the files")
        except TimeoutError as error:
            raise AssertionError(f"the box shows {self.names()}, not {names}") from error

    def folders(self) -> list[str]:
        """The folders in the tree, as they stand there."""
        return self.texts(f"{FOLDERS} .o_attache_name")

    def shows_folders(self, *names: str) -> None:
        try:
            until(lambda: self.folders() == list(names), 30, "the folders")
        except TimeoutError as error:
            raise AssertionError(f"the tree shows {self.folders()}, not {names}") from error

    def row(self, name: str) -> str:
        """Selector of a file's row."""
        return f"{BOX} [data-file][data-name={json.dumps(name)}]"

    def menu(self, name: str) -> list[str]:
        """Opens the menu of a file, and what is offered in it."""
        self.click(f"{self.row(name)} .o_attache_file_menu")
        self.see(f"{MENU} button")
        return self.texts(f"{MENU} button")

    def pick(self, text: str) -> None:
        """Takes an item of the open menu."""
        self.press_on(f"{MENU} button", text)

    def answer(self, text: str) -> None:
        """Types into the dialog that asks for a name, and confirms."""
        self.see(".modal input")
        self.script("document.querySelector('.modal input').select();")
        self.type(text)
        self.click(".modal .btn-primary")
        self.script_is("!document.querySelector('.modal')")

    def undo(self) -> None:
        """Takes back what was done last."""
        self.press_on(f"{SAID} button", "Undo")


def record(odoo, service, root: int, name: str, **vals) -> tuple[int, int]:
    """A contact with a folder: its id, and the folder's."""
    partner = odoo.rpc()("res.partner", "create", {"name": name, **vals})
    return partner, service.record_folder(root, "res.partner", partner, name)


def subfolder(odoo, parent: int, name: str) -> int:
    return odoo.rpc()("attache.folder", "create", {"name": name, "parent_id": parent})


def put(odoo, partner: int, name: str, data: bytes = b"text", **vals) -> int:
    """A file of a contact, with bytes of any kind."""
    vals = {
        "name": name, "datas": base64.b64encode(data).decode(), "res_model": "res.partner",
        "res_id": partner, **vals,
    }  # fmt: skip
    return odoo.rpc()("ir.attachment", "create", vals)


def listens(odoo, folder: int) -> None:
    """Waits until somebody's screen hears of what changes in a folder."""
    row = f"select 1 from attache_news where folder_id = {folder}"
    until(lambda: odoo.database.psql(row).strip(), 30, "the screen listens")


__all__ = [
    "BOX", "CLIP", "FOLDERS", "MENU", "PDF", "ROWS", "SAID", "Hands", "attach", "listens", "png",
    "put", "record", "subfolder",
]  # fmt: skip
