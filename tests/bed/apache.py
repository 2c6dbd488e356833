"""Apache with mod_dav and Basic authentication: a real WebDAV store on 127.0.0.1."""

import contextlib
import subprocess
import uuid
from pathlib import Path

import requests

from . import process, walk

_MODULES = """mpm_event authn_core authn_file authz_core authz_user auth_basic
dav dav_fs dav_lock""".split()

_CONFIG = """
ServerName 127.0.0.1
ServerRoot "{folder}"
Listen 127.0.0.1:{port}
PidFile "{folder}/httpd.pid"
DefaultRuntimeDir "{folder}"
Mutex file:{folder} default
ErrorLog "{folder}/apache.log"
LogLevel warn
LogFormat "%m %U %s" request
CustomLog "{folder}/requests.log" request
{modules}
DocumentRoot "{root}"
DavLockDB "{folder}/locks"
FileETag MTime Size
ServerTokens Minimal
<Directory "/">
  Require all denied
</Directory>
<Directory "{root}">
  Dav On
  DavDepthInfinity On
  Options None
  AllowOverride None
  AuthType Basic
  AuthName "bed"
  AuthUserFile "{folder}/users"
  Require valid-user
</Directory>
"""


class Apache:
    """A WebDAV server. `url` is its root, `root` the folder on disk, readable by the tests;
    `user` and `password` are its one account. `requests` is the log of what was asked: method,
    path and status. `folder` keeps its files in a folder of the caller's; `port` 0 takes a free
    one."""

    def __init__(self, *, folder: Path | None = None, password: str | None = None, port: int = 0):
        self.user = "attache"
        self.password = password or uuid.uuid4().hex
        self.folder, self.port = folder, port
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Apache":
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(process.room("apache", self.folder))
            self.root = self.folder / "dav"
            self.root.mkdir(exist_ok=True)
            self.log = self.folder / "apache.log"
            self.requests = self.folder / "requests.log"
            subprocess.run(
                ["htpasswd", "-i", "-c", self.folder / "users", self.user],
                input=self.password, text=True, check=True, capture_output=True,
            )  # fmt: skip
            process.own(self.folder)
            self._process = process.Process(self._command, self.log, self._answers)
            stack.callback(self.stop)
            self.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def _command(self) -> list[str]:
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _MODULES
        )
        config = self.folder / "httpd.conf"
        config.write_text(
            _CONFIG.format(folder=self.folder, port=self.port, root=self.root, modules=modules)
        )
        return ["/usr/sbin/apache2", "-f", str(config), "-DFOREGROUND"]

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return self.request("OPTIONS").ok
        return False

    @property
    def url(self) -> str:
        """The address of the store's root, without a last slash."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts the server; the port and the files stay over restarts."""
        self.port = self.port or process.free_port()
        self._process.start()

    def stop(self) -> None:
        """Stops the server; the files stay."""
        self._process.stop()

    def restart(self) -> None:
        """Stops and starts it."""
        self.stop()
        self.start()

    def request(self, method: str, path: str = "", **options) -> requests.Response:
        """One request as the store's user, for acting as a person on the cloud's side."""
        return requests.request(
            method,
            f"{self.url}/{path}",
            auth=(self.user, self.password),
            timeout=30,
            **options,
        )

    def files(self) -> dict[str, bytes]:
        """Every file of the store by its path below the root, without mod_dav's own folders."""
        found = walk.files_below(self.root)
        named = {path.relative_to(self.root): data for path, data in found.items()}
        return {str(path): data for path, data in named.items() if ".DAV" not in path.parts}
