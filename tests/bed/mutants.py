"""Small faults put into the pure parts, one by one: the tests must notice each (cargo-mutants).

Takes hours on two cores; `--shard 3/20` plays the third twentieth. Reports, and the faults that
nobody noticed, lie in target/mutants/mutants.out.
"""

import argparse
import json
import os
import subprocess
import sys

from . import place

VERSION = "27.1.0"
PURE = ("src/planner", "src/rules", "src/tree")
# What notices a fault in them: their own tests, the engine's, and histories.
TESTS = ("planner::", "rules::", "tree::", "engine::", "b51_b55")
SEEDS = 500


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bed.mutants", description=__doc__)
    parser.add_argument("--shard", help="k/n: only the k-th of n parts, from 1 on")
    parser.add_argument("--file", action="append", help="only these instead of all pure parts")
    asked = parser.parse_args()
    folder = place.REPO / "target/mutants"
    words = ["--output", folder, "--no-shuffle", "--timeout", "600"]
    for path in asked.file or [f"{part}/**" for part in PURE]:
        words += ["--file", path]
    if asked.shard:
        part, parts = map(int, asked.shard.split("/"))
        words += ["--shard", f"{part - 1}/{parts}"]
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "mutants.out/outcomes.json"
    report.unlink(missing_ok=True)
    subprocess.run(
        [_tool(), "mutants", *words, "--", "--lib", "--test", "suite", "--", *TESTS],
        cwd=place.REPO,
        env={**os.environ, "ATTACHE_SEEDS": str(SEEDS), "CARGO_PROFILE_DEV_DEBUG": "0"},
    )
    if not report.exists():
        print("mutants: 0 passed, 1 failed")
        return 1
    told = json.loads(report.read_text())
    # One that does not build, or never ends, cannot be overlooked either.
    passed = told["caught"] + told["timeout"] + told["unviable"]
    failed = told["missed"] + (told["total_mutants"] == 0)
    print(f"mutants: {passed} passed, {failed} failed")
    return int(failed > 0)


def _tool():
    """cargo-mutants, built where it is missing."""
    root = place.bed() / "cargo"
    tool = root / "bin/cargo-mutants"
    listed = root / ".crates.toml"
    if not (listed.exists() and f"cargo-mutants {VERSION} " in listed.read_text()):
        print("mutants: building cargo-mutants (some minutes)", flush=True)
        words = ["install", "--locked", "--root", root, f"cargo-mutants@{VERSION}"]
        subprocess.run(["cargo", *words], check=True)
    return tool


if __name__ == "__main__":
    sys.exit(main())
