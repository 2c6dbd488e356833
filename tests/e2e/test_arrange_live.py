"""Rules of a real Odoo become folders: the Rust test of tests/arrange_live.rs."""

import os
import re
import subprocess

from bed import REPO, Odoo

TASKS = 10_000

# Copies a task with all its columns: Odoo itself would take minutes for as many.
COPY = """
    do $$ declare columns text; begin
        select string_agg(quote_ident(column_name), ', ') into columns
            from information_schema.columns
            where table_name = 'project_task' and column_name not in ('id', 'name');
        execute 'insert into project_task (name, ' || columns || ') select ''t'' || number, '
            || columns || ' from project_task, generate_series(1, {last}) number '
            || 'where name = ''t0''';
    end $$
"""


RULES = "b1_b7_b12_b16_u2_u4_rules_of_a_real_odoo_become_folders"
EMPLOYEES = "b102_employees_stand_in_their_departments_and_move_with_their_version"


def test_rules_of_a_real_odoo_become_folders(odoo):
    rpc = odoo.rpc()
    partner = rpc("res.partner", "create", {"name": "Azure", "ref": "ATT"})
    project = rpc("project.project", "create", {"name": "X", "partner_id": partner})
    rpc("project.task", "create", {"name": "t0", "project_id": project})
    odoo.database.postgres.psql(COPY.format(last=TASKS - 1), odoo.database.name)
    passes(odoo, RULES)


def test_b102_the_preset_of_employees_makes_its_tree(odoo_template):
    database = odoo_template.copy()
    with Odoo(database) as odoo:
        passes(odoo, EMPLOYEES)
    database.drop()


def passes(odoo, name):
    """Runs one test of tests/arrange_live.rs against an Odoo."""
    run = subprocess.run(
        ["cargo", "test", "--quiet", "--test", "arrange_live", "--", "--nocapture", name],
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
    print(run.stdout[-2000:])
    assert run.returncode == 0 and passed, f"{run.stdout[-8000:]}\n{run.stderr[-8000:]}"
    assert int(passed[1]) == 1
