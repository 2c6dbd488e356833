"""The tiers of `tests/run`, in order; each counts what passed and what failed.

A tier whose folder is not in the tree is left out. A failed tier stops only those that need
what it makes.
"""

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bed import place, process

REPO = place.REPO
ADDON = REPO / "odoo_addon"
DOCUMENTS = REPO / "tests" / "bed" / "addons" / "documents"
E2E = REPO / "tests" / "e2e"
BED = place.bed()


@dataclass
class Count:
    """How many tests passed and failed."""

    passed: int = 0
    failed: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed)


def run(*command: str | Path, cwd: Path = REPO, show: bool = True) -> tuple[bool, str]:
    """Runs a command, shows its output as it comes, and returns (ended well, output)."""
    child = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=process.die_with_parent(signal.SIGTERM),
    )
    lines = []
    for line in child.stdout:
        lines.append(line)
        if show:
            print(line, end="", flush=True)
    return child.wait() == 0, "".join(lines)


def check(name: str, *command: str | Path, cwd: Path = REPO) -> Count:
    """A linter counts as one test; its output is shown when it objects."""
    well, output = run(*command, cwd=cwd, show=False)
    if not well:
        print(f"--- {name}\n{output}", flush=True)
    return Count(int(well), int(not well))


def lint_rust() -> Count:
    return check("rustfmt", "cargo", "fmt", "--check") + check(
        "clippy",
        "cargo",
        "clippy",
        "--quiet",
        "--all-targets",
        "--test=odoo_live",
        "--test=arrange_live",
        "--",
        "-D",
        "warnings",
    )


def deny() -> Count:
    os.environ["PATH"] = f"{BED}/tools/bin:{os.environ['PATH']}"
    return check("cargo-deny", "cargo", "deny", "check", "bans", "licenses", "sources")


def lint_addon() -> Count:
    tools, lint = BED / "tools" / "bin", BED / "lint"
    modules = [*(path.parent for path in ADDON.glob("*/__manifest__.py")), DOCUMENTS]
    count = check("ruff", tools / "ruff", "check", "--no-cache", ".")
    count += check("ruff format", tools / "ruff", "format", "--no-cache", "--check", "tests")
    if not modules:
        return count
    count += check(
        "pylint-odoo", tools / "pylint", "--rcfile=.pylintrc", f"--disable={PYLINT_FALSE}", *modules
    )
    files = [
        path
        for kind in ("js", "xml", "scss", "css")
        for root in (ADDON, DOCUMENTS)
        for path in sorted(root.rglob(f"*.{kind}"))
        if "/static/lib/" not in str(path)
    ]
    if files:
        count += check(
            "prettier", tools / "node", lint / "node_modules/prettier/bin/prettier.cjs",
            f"--plugin={lint}/node_modules/@prettier/plugin-xml/src/plugin.js",
            f"--config={REPO}/.prettierrc", "--check", *files,
        )  # fmt: skip
    scripts = [path for path in files if path.suffix == ".js"]
    if scripts:
        # ESLint resolves a configuration's imports from where it lies: beside node_modules.
        config = lint / "eslint.config.js"
        config.write_text((REPO / "tests/bed/lint/eslint.config.js").read_text())
        eslint = lint / "node_modules/eslint/bin/eslint.js"
        count += check("eslint", tools / "node", eslint, "--config", config, *scripts)
    return count


# W8106 takes any method called read for the ORM's, W8110 misses the super() inside a branch,
# W8164 objects to a base class's write called on purpose, C8101 wants the OCA as an author.
PYLINT_FALSE = "W8106,W8110,W8164,C8101"


def rust() -> Count:
    well, output = run("cargo", "test", "--no-fail-fast", "--color=never")
    count = Count()
    pattern = r"^test result: \w+\. (\d+) passed; (\d+) failed;"
    for passed, failed in re.findall(pattern, output, re.MULTILINE):
        count += Count(int(passed), int(failed))
    if not well and not count.failed:
        count.failed = 1
    return count


def addon() -> Count:
    from bed import Odoo, template

    count = Count()
    with template.cluster() as database:
        # Documents (a stand-in) is in a database of its own.
        for tags, modules in (
            ("/attache", "attache"),
            ("/attache_documents", "attache,documents,attache_documents"),
        ):
            with Odoo(database.copy(), idle=True) as odoo:
                result = odoo.test(tags, f"--init={modules}")
            broken = result.failed + result.errors
            broken = min(broken, result.tests) or broken
            if broken or not result.tests:
                print(result.log[-20000:], flush=True)
            failed = broken if result.tests else max(broken, 1)
            count += Count(max(result.tests - broken, 0), failed)
    return count


def e2e() -> Count:
    well, _ = run("cargo", "build", "--quiet")
    if not well:
        return Count(failed=1)
    with process.scratch("pytest") as folder:
        report = folder / "report.xml"
        well, _ = run(sys.executable, "-m", "pytest", "--color=no", f"--junit-xml={report}", E2E)
        if not report.exists():
            return Count(failed=1)
        suite = ElementTree.parse(report).getroot().find("testsuite")
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    passed = int(suite.get("tests")) - failed - int(suite.get("skipped"))
    return Count(max(passed, 0), failed if well else max(failed, 1))


TIERS: dict[str, tuple[Callable[[], Count], Callable[[], bool]]] = {
    "lint-rust": (lint_rust, lambda: True),
    "lint-addon": (lint_addon, lambda: True),
    "rust": (rust, lambda: True),
    "addon": (addon, (ADDON / "attache" / "__manifest__.py").exists),
    "e2e": (e2e, E2E.exists),
    "deny": (deny, lambda: True),
}
BY_NAME_ONLY = {"deny"}


def main(names: list[str]) -> int:
    if unknown := set(names) - set(TIERS):
        print(f"no tier {', '.join(sorted(unknown))}; there are {', '.join(TIERS)}")
        print("0 passed, 1 failed")
        return 2
    total = Count()
    for name, (tier, exists) in TIERS.items():
        if name not in (names or TIERS.keys() - BY_NAME_ONLY) or not exists():
            continue
        begin = time.monotonic()
        print(f"=== {name}", flush=True)
        try:
            count = tier()
        except Exception as error:  # one broken tier must not hide the others' outcome
            print(f"{type(error).__name__}: {error}", flush=True)
            count = Count(failed=1)
        total += count
        seconds = time.monotonic() - begin
        print(f"tier {name}: {count.passed} passed, {count.failed} failed, {seconds:.0f} s")
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
