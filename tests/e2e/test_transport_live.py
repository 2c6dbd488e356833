"""The sidecar's client of Odoo, by both wires: the Rust tests of tests/odoo_live.rs."""

import os
import re
import subprocess

from bed import REPO


def test_the_sidecar_speaks_to_odoo_by_both_wires(odoo):
    run = subprocess.run(
        ["cargo", "test", "--quiet", "--test", "odoo_live"],
        cwd=REPO,
        env={
            **os.environ,
            "ATTACHE_TEST_ODOO_URL": odoo.url,
            "ATTACHE_TEST_ODOO_DATABASE": odoo.database.name,
        },
        capture_output=True,
        text=True,
        timeout=900,
    )
    passed = re.search(r"test result: ok\. (\d+) passed; 0 failed", run.stdout)
    assert run.returncode == 0 and passed, f"{run.stdout[-8000:]}\n{run.stderr[-4000:]}"
    assert int(passed[1]) > 0
