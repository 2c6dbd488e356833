"""The feed: nothing that was committed is ever passed over."""

import contextlib
import json
import re

import psycopg2
import pytest
from addon_bed import Service


@contextlib.contextmanager
def transaction(odoo):
    """A transaction of another writer, rolled back unless it commits."""
    connection = psycopg2.connect(odoo.database.postgres.url(odoo.database.name))
    try:
        yield connection, connection.cursor()
    finally:
        connection.close()


@pytest.fixture
def partner(odoo, service):
    """A partner with a folder: (partner id, folder id)."""
    root = service.connection()["root"]["id"]
    partner = odoo.rpc()("res.partner", "create", {"name": "Fed"})
    return partner, service.record_folder(root, "res.partner", partner)


def attach(odoo, partner, name="a.txt", raw="first"):
    vals = {"name": name, "raw": raw, "res_model": "res.partner", "res_id": partner}
    return odoo.rpc()("ir.attachment", "create", vals)


def test_a_late_commit_is_not_passed_over(odoo, service, partner):
    first, second = attach(odoo, partner[0], "a"), attach(odoo, partner[0], "b")
    cursor = service.end()
    with transaction(odoo) as (slow, slow_cr), transaction(odoo) as (quick, quick_cr):
        slow_cr.execute("update ir_attachment set name = 'slow' where id = %s", [first])
        quick_cr.execute("update ir_attachment set name = 'quick' where id = %s", [second])
        quick.commit()
        held = service("read_feed", cursor=cursor, limit=100)
        assert held["rows"] == []
        assert held["lag"] > 0
        slow.commit()
    answer = service("read_feed", cursor=held["cursor"], limit=100)
    assert {row[1] for row in answer["rows"]} == {first, second}
    assert answer["lag"] == 0


def test_the_present_end_forgets_nothing_that_is_still_open(odoo, service, partner):
    file = attach(odoo, partner[0])
    with transaction(odoo) as (slow, slow_cr):
        slow_cr.execute("update ir_attachment set name = 'slow' where id = %s", [file])
        cursor = service.end()
        slow.commit()
    assert ("ir.attachment", file, "w", None) in service.lines(cursor)


def test_a_page_ends_within_a_transaction_and_goes_on(odoo, service, partner):
    files = [attach(odoo, partner[0], f"{n}") for n in range(3)]
    cursor = service.end()
    odoo.rpc()("ir.attachment", "write", files, {"name": "renamed"})
    seen = []
    for _ in files:
        answer = service("read_feed", cursor=cursor, limit=1)
        seen += [row[1] for row in answer["rows"]]
        cursor = answer["cursor"]
    assert sorted(seen) == files
    assert not answer["more"]


def test_a_deletion_leaves_a_tombstone(odoo, service, partner):
    file = attach(odoo, partner[0])
    cursor = service.end()
    odoo.rpc()("ir.attachment", "unlink", [file])
    assert ("ir.attachment", file, "d", None) in service.lines(cursor)
    assert service("read", files=[file])["files"] == []


def test_only_what_counts_is_told(odoo, service, partner):
    """Not fields' own attachments, not what lies in no folder, not a new description."""
    file = attach(odoo, partner[0])
    cursor = service.end()
    rpc = odoo.rpc()
    avatar = rpc("res.users", "read", [2], ["image_1920"])[0]["image_1920"]
    rpc("res.partner", "write", [partner[0]], {"image_1920": avatar})
    rpc("ir.attachment", "create", {"name": "elsewhere", "raw": "x"})
    rpc("ir.attachment", "write", [file], {"description": "new"})
    assert service.lines(cursor) == set()


def test_sql_past_the_orm_is_told(odoo, service, partner):
    file = attach(odoo, partner[0])
    cursor = service.end()
    odoo.database.psql(f"update ir_attachment set name = 'by hand' where id = {file}")
    assert service.lines(cursor) == {("ir.attachment", file, "w", None)}


def test_an_echo_is_marked(odoo, service, partner):
    file = attach(odoo, partner[0])
    cursor = service.end()
    [row] = service("read", files=[file])["files"]
    service.files(
        {"op": "place", "id": file, "expect": row["revision"], "folder": row["folder"], "name": "b"}
    )
    assert service.lines(cursor) == {("ir.attachment", file, "w", "sidecar")}


def test_a_moved_attachment_is_told(odoo, service, partner):
    """Another record's attachment leaves the folder, and the one of this record comes in."""
    file = attach(odoo, partner[0])
    other = odoo.rpc()("res.partner", "create", {"name": "No folder"})
    cursor = service.end()
    odoo.rpc()("ir.attachment", "write", [file], {"res_id": other})
    assert ("ir.attachment", file, "w", None) in service.lines(cursor)
    assert service("read", files=[file])["files"] == []


def test_a_folder_in_another_connection_brings_its_files(odoo, service, partner):
    file = attach(odoo, partner[0])
    other = service.connection("Other")
    cursor = service.end()
    service.folders({"op": "move", "id": partner[1], "parent": other["root"]["id"]})
    assert ("attache.folder", partner[1], "f", "sidecar") in service.lines(cursor)
    [told] = service("read", files_of=[partner[1]])["files"]
    assert (told["id"], told["connection"]) == (file, other["uuid"])


def test_a_folder_back_from_the_trash_brings_its_files(odoo, service, partner):
    file = attach(odoo, partner[0])
    where = f"where id = {partner[1]}"
    odoo.database.psql(f"update attache_folder set trashed_at = now() {where}")
    assert service("read", files=[file])["files"] == []
    cursor = service.end()
    odoo.database.psql(f"update attache_folder set trashed_at = null {where}")
    assert service.lines(cursor) == {("attache.folder", partner[1], "f", None)}
    assert service("read", files_of=[partner[1]])["files"]


INSERT_FILE = """insert into ir_attachment (name, type, res_model, res_id, create_uid)
    values ('a.txt', 'binary', 'res.partner', %s, 1) returning id"""


def place(service, file):
    """The folder that a file lives in, by the protocol."""
    return [row["folder"] for row in service("read", files=[file])["files"]]


def test_a_file_attached_while_its_folder_is_made_comes_into_it(odoo, service):
    root = service.connection()["root"]["id"]
    partner = odoo.rpc()("res.partner", "create", {"name": "Both at once"})
    cursor = service.end()
    with transaction(odoo) as (slow, slow_cr):
        slow_cr.execute(INSERT_FILE, [partner])
        [[file]] = slow_cr.fetchall()
        folder = service.record_folder(root, "res.partner", partner)
        slow.commit()
    assert place(service, file) == []
    met = service("read_feed", cursor=cursor, limit=100)
    assert {tuple(row[:3]) for row in met["rows"]} == {("attache.folder", folder, "w")}
    assert service.lines(met["cursor"]) == {("ir.attachment", file, "w", None)}
    assert place(service, file) == [folder]


def test_a_folder_made_while_a_file_is_attached_takes_it_in(odoo, service, partner):
    other = odoo.rpc()("res.partner", "create", {"name": "Both at once"})
    cursor = service.end()
    with transaction(odoo) as (slow, slow_cr):
        # The whole row of another record's folder: what Odoo writes in a transaction of its own.
        slow_cr.execute(
            """insert into attache_folder (name, kind, parent_id, parent_path, connection_id,
                   record_model, record_id, res_model, res_id, in_scope)
               select 'Record', 'record', parent_id, parent_path, connection_id, record_model, %s,
                   res_model, %s, true from attache_folder where id = %s returning id""",
            [other, other, partner[1]],
        )
        [[folder]] = slow_cr.fetchall()
        file = attach(odoo, other)
        assert place(service, file) == []
        slow.commit()
    service.lines(cursor)
    assert place(service, file) == [folder]


def test_a_file_given_to_a_record_while_its_folder_is_made_comes_into_it(odoo, service, partner):
    root = service.connection()["root"]["id"]
    file = attach(odoo, partner[0])
    other = odoo.rpc()("res.partner", "create", {"name": "Both at once"})
    cursor = service.end()
    with transaction(odoo) as (slow, slow_cr):
        # As Odoo does it: from the one folder into none, since the other is not there yet.
        slow_cr.execute(
            "update ir_attachment set res_id = %s, attache_folder_id = null where id = %s",
            [other, file],
        )
        folder = service.record_folder(root, "res.partner", other)
        cursor = service("read_feed", cursor=cursor, limit=100)["cursor"]
        slow.commit()
    service.lines(cursor)
    assert place(service, file) == [folder]


def test_a_file_that_is_being_written_to_keeps_no_reading_waiting(odoo, service, partner):
    with transaction(odoo) as (made, made_cr):
        made_cr.execute(INSERT_FILE, [partner[0]])
        [[file]] = made_cr.fetchall()
        made.commit()
    with transaction(odoo) as (slow, slow_cr):
        slow_cr.execute("update ir_attachment set name = 'slow' where id = %s", [file])
        service.end()
        assert place(service, file) == []
        slow.commit()
    service.end()
    assert place(service, file) == [partner[1]]


def test_a_file_that_came_past_odoo_comes_into_its_folder(odoo, service, partner):
    with transaction(odoo) as (other, other_cr):
        other_cr.execute(INSERT_FILE, [partner[0]])
        [[file]] = other_cr.fetchall()
        other.commit()
    service.end()
    assert place(service, file) == [partner[1]]
    assert odoo.database.psql("select count(*) from attache_unmet").strip() == "0"


def test_a_file_of_no_record_is_not_looked_at(odoo, service):
    cursor = service.end()
    service.lines(cursor)
    service.odoo.rpc()("ir.attachment", "create", {"name": "asset.css", "raw": "x"})
    assert odoo.database.psql("select count(*) from attache_unmet").strip() == "0"
    assert service.lines(cursor) == set()


def test_a_new_folder_is_told_once_with_what_it_takes_in(odoo, service):
    root = service.connection()["root"]["id"]
    partner = odoo.rpc()("res.partner", "create", {"name": "Fed late"})
    file = attach(odoo, partner)
    cursor = service.end()
    folder = service.record_folder(root, "res.partner", partner)
    assert service("read_feed", cursor=cursor)["rows"] == [
        ["attache.folder", folder, "w", "sidecar"],
        ["ir.attachment", file, "w", "sidecar"],
    ]


def test_watched_fields_are_told_and_others_are_not(odoo, service):
    rpc = odoo.rpc()
    project = rpc("project.project", "create", {"name": "P"})
    task = rpc("project.task", "create", {"name": "T", "project_id": project})
    wanted = {
        "project.task": ["display_name", "project_id.name", "no_such_field"],
        "res.partner": ["category_id.name"],
    }
    watched = service("watch", fields=wanted)
    assert watched == {
        "project.task": ["display_name", "project_id.name"],
        "res.partner": ["category_id.name"],
    }
    cursor = service.end()
    rpc("project.task", "write", [task], {"priority": "1"})
    assert service.lines(cursor) == set()
    rpc("project.task", "write", [task], {"name": "T2"})
    rpc("project.project", "write", [project], {"name": "P2"})
    category = rpc("res.partner.category", "create", {"name": "C"})
    partner = rpc("res.partner", "create", {"name": "M", "category_id": [[4, category]]})
    rpc("project.task", "unlink", [task])
    assert service.lines(cursor) == {
        ("project.task", task, "w", None),
        ("project.project", project, "w", None),
        ("res.partner.category", category, "w", None),
        ("res.partner", partner, "w", None),
        ("project.task", task, "d", None),
    }
    service("watch", fields={})
    cursor = service.end()
    rpc("project.project", "write", [project], {"name": "P3"})
    assert service.lines(cursor) == set()


def test_the_same_watch_again_takes_no_lock(odoo, service):
    """A long transaction of somebody else must not hold up the sidecar's start."""
    wanted = {"res.partner": ["name"]}
    service("watch", fields=wanted)
    with transaction(odoo) as (_writer, cr):
        cr.execute("update res_partner set comment = 'busy' where id = 1")
        assert service("watch", fields=wanted) == wanted
    service("watch", fields={})


def test_old_lines_are_vacuumed_and_an_old_cursor_is_told_so(odoo, service, partner):
    file = attach(odoo, partner[0])
    old = service("read_feed", cursor=service.end(), limit=1)["cursor"]
    odoo.rpc()("ir.attachment", "write", [file], {"name": "b"})
    read = service("read_feed", cursor=old, limit=100)
    odoo.database.psql("update attache_feed set at = now() - interval '31 days'")
    odoo.shell("env['attache.feed']._gc_feed(); env.cr.commit()")
    assert odoo.database.psql("select count(*) from attache_feed") == "0"
    answer = service("read_feed", cursor=old, limit=100)
    assert answer["expired"]
    assert answer["epoch"] == read["epoch"]
    # Who had read everything goes on.
    assert not service("read_feed", cursor=read["cursor"], limit=100)["expired"]


def test_a_wrong_cursor_is_refused(service):
    with pytest.raises(RuntimeError, match="is not one of this feed"):
        service("read_feed", cursor="nonsense", limit=1)


def test_a_database_put_back_gets_a_new_epoch(odoo, service, partner):
    """The reader knows lines that are not there: the database was restored from a backup."""
    file = attach(odoo, partner[0])
    cursor = service.end()
    odoo.rpc()("ir.attachment", "write", [file], {"name": "b"})
    read = service("read_feed", cursor=cursor, limit=100)
    odoo.database.psql("delete from attache_feed")
    answer = service("read_feed", cursor=read["cursor"], limit=100)
    assert answer["expired"]
    assert answer["epoch"] != read["epoch"]
    assert service("hello")["epoch"] == answer["epoch"]


def test_a_transaction_of_the_future_gets_a_new_epoch(service):
    before = service("read_feed", cursor=None, limit=1)
    future = re.sub(r":\d+:", ":99999999:", before["cursor"])
    assert service("read_feed", cursor=future, limit=1)["epoch"] != before["epoch"]


def test_u16_a_copied_database_gets_a_new_epoch(odoo_template):
    from bed import Odoo

    original = odoo_template.copy()
    with Odoo(original) as server:
        service = Service(server, "http://127.0.0.1:9")
        before, cursor = service("hello"), service.end()
    with Odoo(original.copy()) as server:
        twin = Service(server, "http://127.0.0.1:9")
        after = twin("hello")
        assert after["uuid"] == before["uuid"]
        assert after["epoch"] != before["epoch"]
        assert twin("hello")["epoch"] == after["epoch"]
        assert twin("read_feed", cursor=cursor, limit=1)["expired"]
    with Odoo(original) as server:
        service = Service(server, "http://127.0.0.1:9")
        assert service("hello")["epoch"] == before["epoch"]
    original.drop()


def test_the_triggers_survive_an_upgrade(odoo, service, partner):
    service("watch", fields={"res.partner": ["name"]})
    odoo.upgrade("attache")
    count = "select count(*) from pg_trigger where tgname in ('attache_note', 'attache_watch')"
    assert odoo.database.psql(count) == "8"
    cursor = service.end()
    file = attach(odoo, partner[0], raw=json.dumps("x"))
    assert ("ir.attachment", file, "w", None) in service.lines(cursor)
