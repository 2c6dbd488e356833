"""The program under test as a process: start, kill -9, restart, wait until it is ready."""

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import requests

from . import place, process


def binary() -> Path:
    """ATTACHE_BIN, else the newer of the debug and the release build of this clone."""
    if given := os.environ.get("ATTACHE_BIN"):
        return Path(given)
    target = Path(os.environ.get("CARGO_TARGET_DIR", place.REPO / "target"))
    built = [path for kind in ("debug", "release") if (path := target / kind / "attache").exists()]
    if not built:
        raise RuntimeError("no target/*/attache: run cargo build")
    return max(built, key=lambda path: path.stat().st_mtime)


class Sidecar:
    """`attache ARGS` with settings from `env`, running as the caller.

    `args` defaults to `serve`. `address` is where its HTTP side will listen: the caller puts
    it into `env` or a configuration file too. Ready means that `/readyz` answers 200. `folder`
    keeps the log in a folder of the caller's.
    """

    def __init__(
        self,
        address: str,
        *,
        args: Iterable[str] = ("serve",),
        env: dict[str, str] | None = None,
        ready_path: str = "/readyz",
        idle: bool = False,
        folder: Path | None = None,
    ):
        self.address, self.args, self.idle = address, list(args), idle
        self.env, self.ready_path, self.folder = env or {}, ready_path, folder
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Sidecar":
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(process.room("sidecar", self.folder))
            self.log = self.folder / "sidecar.log"
            self._process = process.Process(
                lambda: [str(binary()), *self.args],
                self.log,
                self._ready,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.env},
                death=signal.SIGTERM,
                user=False,
                cwd=self.folder,
            )
            stack.callback(self.stop)
            if not self.idle:
                self.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """Where its HTTP side listens."""
        return f"http://{self.address}"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process.running

    def _ready(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}{self.ready_path}", timeout=5).status_code == 200
        return False

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        self._process.start()

    def stop(self) -> None:
        """Asks it to end (SIGTERM); after 15 s it is killed."""
        self._process.stop()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()

    def restart(self) -> None:
        """Stops and starts it."""
        self.stop()
        self.start()
