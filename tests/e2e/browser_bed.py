"""A headless Chromium that tests drive as a person would: it clicks, types and looks."""

import contextlib
import itertools
import json
import shutil
from pathlib import Path

import requests
import websocket
from bed import process, until

KEYS = {
    "Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "ArrowRight": 39,
    "ArrowLeft": 37, "Home": 36, "End": 35, " ": 32,
}  # fmt: skip
CONTROL = 2


class Browser:
    """One page. `errors` are what scripts complained of."""

    def __enter__(self) -> "Browser":
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(process.scratch("browser"))
            self.port = process.free_port()
            self._process = process.Process(
                lambda: self._command(folder), folder / "browser.log", self._pages, cwd=folder,
                env={"HOME": str(folder), "PATH": "/usr/local/bin:/usr/bin:/bin"},
            )  # fmt: skip
            stack.callback(self._process.kill)
            self._process.start()
            address = self._pages()[0]["webSocketDebuggerUrl"]
            self._socket = websocket.create_connection(address, timeout=60)
            stack.callback(self._socket.close)
            self._numbers, self.errors = itertools.count(1), []
            for domain in ("Page", "Runtime"):
                self.call(f"{domain}.enable")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def _command(self, folder: Path) -> list[str]:
        program = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
        return [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--remote-debugging-port={self.port}", "--remote-allow-origins=*",
            f"--user-data-dir={folder}/profile", "--window-size=1440,1000", "about:blank",
        ]  # fmt: skip

    def _pages(self) -> list[dict]:
        with contextlib.suppress(requests.RequestException):
            pages = requests.get(f"http://127.0.0.1:{self.port}/json", timeout=5).json()
            return [page for page in pages if page["type"] == "page"]
        return []

    def call(self, method: str, **params):
        """One call of the browser's protocol."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv())
            if told.get("method") == "Runtime.exceptionThrown":
                self.errors.append(told["params"]["exceptionDetails"])
            if told.get("id") == number:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                return told["result"]

    # -- what a person does ----------------------------------------------------------------

    def open(self, url: str, session: requests.Session | None = None) -> None:
        """Goes to an address, logged in as the session is."""
        if session:
            cookie = session.cookies["session_id"]
            self.call("Network.setCookie", name="session_id", value=cookie, url=url)
        self.call("Page.navigate", url=url)

    def click(self, selector: str) -> None:
        """Clicks on the middle of the first element."""
        self.see(selector)
        at = self.script(
            f"const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2];"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind, x=at[0], y=at[1], button="left", clickCount=1,
            )  # fmt: skip

    def type(self, text: str) -> None:
        """Types where the caret is, sign by sign."""
        for sign in text:
            self.call("Input.insertText", text=sign)

    def press(self, key: str, modifiers: int = 0) -> None:
        """Presses one key."""
        event = {
            "key": key, "code": "Space" if key == " " else key, "modifiers": modifiers,
            "windowsVirtualKeyCode": KEYS.get(key, 0),
        }  # fmt: skip
        self.call("Input.dispatchKeyEvent", type="rawKeyDown", **event)
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    # -- what a person sees ----------------------------------------------------------------

    def script(self, body: str):
        """What a function of this body returns in the page."""
        answer = self.call(
            "Runtime.evaluate",
            expression=f"(() => {{ {body} }})()",
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{body}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def see(self, selector: str, text: str = "") -> None:
        """Waits until an element is there, with this text in it."""
        find = json.dumps(selector), json.dumps(text)
        until(
            lambda: self.script(
                f"return [...document.querySelectorAll({find[0]})]"
                f".some((e) => e.innerText.includes({find[1]}));"
            ),
            60,
            f"{selector} with {text!r}; errors: {self.errors}",
        )

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements, without their line breaks."""
        return self.script(
            f"return [...document.querySelectorAll({json.dumps(selector)})]"
            ".map((e) => e.innerText.replace(/\\s+/g, ' ').trim());"
        )

    def value(self, selector: str) -> str:
        """What stands in an input."""
        return self.script(f"return document.querySelector({json.dumps(selector)}).value;")
