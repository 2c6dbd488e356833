"""The addon's unit tests of its screens, in HOOT as Odoo brings it: its page in a real browser."""

import json
import re
import time

import pytest
import websocket
from browser_bed import Browser

SUITE = "@attache"
END = re.compile(r"no end within|did not find job|Some tests failed|Test suite succeeded")
STYLE = re.compile(r"%c|\s*(?:color|font-weight|background-color):[^;\s]+;?")
SIZES = {"desktop": (1366, 768), "mobile": (375, 667)}
PATIENCE = 240  # s


def number(suite: str) -> str:
    """What HOOT calls a suite in its addresses: the hash of its name, as it makes it."""
    value = 0
    for sign in suite:
        value = ((value << 5) - value + ord(sign)) & 0xFFFFFFFF
    return f"{value:08x}"


def messages(browser, seconds):
    """What the page writes to its console, (kind, text), as it comes."""
    browser._socket.settimeout(1)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            told = json.loads(browser._socket.recv())
        except websocket.WebSocketTimeoutException:
            continue
        params = told.get("params", {})
        if told.get("method") == "Runtime.exceptionThrown":
            yield "error", json.dumps(params["exceptionDetails"])
        if told.get("method") == "Runtime.consoleAPICalled":
            parts = [str(arg.get("value", arg.get("description", ""))) for arg in params["args"]]
            yield params["type"], STYLE.sub("", " ".join(parts)).strip()
    yield "error", f"no end within {seconds} s"


def run(odoo, preset, suite=SUITE):
    """Runs a suite: (how many passed, what failed)."""
    width, height = SIZES[preset]
    passed, failed = 0, []
    with Browser() as browser:
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=preset == "mobile",
        )  # fmt: skip
        address = f"/web/tests?headless&loglevel=2&timeout=15000&preset={preset}"
        tags = "&tag=-headless" if preset == "mobile" else ""  # those have no size: once is enough
        browser.open(f"{odoo.url}{address}{tags}&id={number(suite)}", odoo.browser())
        for kind, text in messages(browser, PATIENCE):
            passed += f'[HOOT] Test "{suite}' in text and " passed (" in text
            # Without a job of that name the page would run all of Odoo's.
            if kind == "error" or "did not find job" in text:
                failed.append(text)
                print(text)
            if END.search(text):
                break
    return passed, failed


@pytest.mark.parametrize("preset", SIZES)
def test_every_unit_test_of_the_screens_passes(odoo, preset):
    passed, failed = run(odoo, preset)
    print(f"{preset}: {passed} passed, {len(failed)} complaints")
    assert not failed, "\n\n".join(failed)
    assert passed, "no unit test ran"


def test_a_suite_that_is_not_there_does_not_pass(odoo):
    passed, failed = run(odoo, "desktop", "@attache/nowhere")
    assert not passed
    assert "did not find job" in failed[0]
