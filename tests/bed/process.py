"""Starting and stopping the bed's servers, and the scratch folders they live in.

A server started here cannot outlive the tests: it is stopped on leaving its context, and
the kernel signals it when the process that started it dies, however that happens. A
scratch folder left behind by a killed run is swept by the next one.
"""

import contextlib
import ctypes
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import place

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Dead(RuntimeError):
    """A server ended on its own, or was not ready in time. The message ends with its log."""


def as_user() -> dict:
    """Arguments of `subprocess` that make a child run as the bed's user."""
    if os.geteuid() != 0:
        return {}
    user = place.user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def own(path: Path) -> Path:
    """Gives `path` and what is in it to the bed's user."""
    if os.geteuid() == 0:
        user = place.user()
        subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", path], check=True)
    return path


def die_with_parent(death: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` by which the kernel sends `death` to the child when its parent dies."""
    parent, number = os.getpid(), int(death)

    def before_exec() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def readable(folder: Path) -> bool:
    """Whether the bed's user can read `folder`."""
    answer = subprocess.run(["test", "-r", folder, "-a", "-x", folder], cwd="/", **as_user())
    return answer.returncode == 0


def copy(source: Path, target: Path) -> None:
    """Copies a folder with owners and times; `target` must not exist."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def free_port() -> int:
    """A free port of 127.0.0.1, below those that the kernel gives to outgoing connections."""
    for port in random.SystemRandom().sample(range(20000, 32000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port of 127.0.0.1 between 20000 and 32000")


@contextlib.contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder of the bed's user, removed at the end."""
    run = place.bed() / "run"
    run.mkdir(parents=True, exist_ok=True)
    _sweep(run)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run))
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.chmod(0o755)
        own(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def room(name: str, folder: Path | None) -> Iterator[Path]:
    """`folder`, made where it is missing and kept at the end; without one a scratch folder."""
    if folder is None:
        with scratch(name) as made:
            yield made
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, place.user().pw_uid, place.user().pw_gid)
    yield folder


def _sweep(run: Path) -> None:
    """Removes scratch folders whose owner is gone, told by the lock it no longer holds."""
    for lock in run.glob("*/.lock"):
        with contextlib.suppress(OSError), open(lock) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


def until(check: Callable[[], object], seconds: float, what: str, every: float = 0.05) -> object:
    """Asks `check` until its answer is true and returns it; after `seconds`: TimeoutError.
    `every` is longer where asking is dear."""
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(every)


class Process:
    """One server: `start` returns once `ready()` is true; `stop` and `kill` may be repeated.

    `command` is asked anew for each start. Output goes to `log`, appended over restarts.
    `death` is the signal sent when the tests die. `user=False` keeps the caller's user.
    """

    def __init__(
        self,
        command: Callable[[], list[str]],
        log: Path,
        ready: Callable[[], object],
        *,
        env: dict[str, str] | None = None,
        stop: signal.Signals = signal.SIGTERM,
        death: signal.Signals = signal.SIGKILL,
        user: bool = True,
        cwd: Path | None = None,
    ):
        self.command, self.log, self.ready, self.env = command, log, ready, env
        self.stop_signal, self.death, self.user, self.cwd = stop, death, user, cwd
        self.child: subprocess.Popen | None = None

    def start(self, seconds: float = 60) -> None:
        """Starts the server and waits until it is ready, else raises Dead with its log."""
        if self.running:
            return
        self.spawn()
        try:
            until(self._alive_and_ready, seconds, f"{self.log.stem} ready")
        except TimeoutError as error:
            self.kill()
            raise Dead(f"{error}\n{self.tail()}") from None

    def spawn(self) -> None:
        """Starts the server without waiting."""
        command = [str(word) for word in self.command()]
        with open(self.log, "ab") as log:
            if self.user:
                own(self.log)
            self.child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,
                preexec_fn=die_with_parent(self.death),
                **(as_user() if self.user else {}),
            )

    def _alive_and_ready(self) -> object:
        if not self.running:
            code = self.child.returncode if self.child else None
            raise Dead(f"{self.log.stem} ended with status {code}\n{self.tail()}")
        return self.ready()

    @property
    def running(self) -> bool:
        """Whether the server's first process lives."""
        return self.child is not None and self.child.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the started server."""
        if self.child is None:
            raise RuntimeError(f"{self.log.stem} was not started")
        return self.child.pid

    def stop(self, seconds: float = 15) -> None:
        """Asks the server to end; after `seconds` it is killed with all its children."""
        if self.running:
            self.child.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """kill -9 of the server and all its children."""
        if self.child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def tail(self, lines: int = 40) -> str:
        """The end of the log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"
