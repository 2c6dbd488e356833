"""Where the bed lies and under which user its servers run.

Facts of this module decide for the shell (`python3 place.py bed` prints the folder) and
for the Python package alike, so that both always agree.

PostgreSQL refuses to run as root, and Odoo should not. When the tests are run by root,
every server therefore runs as the system user `attache-bed`; that user must be able to
reach the folder. A clone under /root is out of its reach, so the bed then moves to
/var/lib/attache/bed.
"""

import os
import pwd
import stat
import sys
from pathlib import Path

USER = "attache-bed"
REPO = Path(__file__).resolve().parents[2]
FALLBACK = Path("/var/lib/attache/bed")


def reachable(path: Path) -> bool:
    """Whether any user may enter `path` and the folders above it (those that exist)."""
    path = path.resolve()
    return all(
        part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents) if part.exists()
    )


def bed() -> Path:
    """The folder of installed things: ATTACHE_BED, else `<clone>/.bed`, else the fallback."""
    given = os.environ.get("ATTACHE_BED")
    if given:
        return Path(given).resolve()
    if os.geteuid() == 0 and not reachable(REPO):
        return FALLBACK
    return REPO / ".bed"


def user() -> pwd.struct_passwd:
    """The user that servers run as: `attache-bed` for root, else whoever runs the tests."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        raise RuntimeError(f"no user {USER}: run tests/bed/setup.sh first") from None


if __name__ == "__main__":
    if sys.argv[1:] == ["bed"]:
        print(bed())
    else:
        sys.exit("usage: place.py bed")
