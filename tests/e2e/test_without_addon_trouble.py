"""An Odoo without the addon: what is hidden, kept elsewhere, put back, or not heard of."""

import pytest
from bed import process, until
from plain_bed import People, Plain, Unreliable


def test_what_is_hidden_stays_with_all_that_stands_in_it(attache, people):
    rules = attache.rules.read_text()
    rules = rules.replace('title = "Customers"', 'title = "Customers"\nleave = "archive"')
    attache.rules.write_text(rules)
    azure = people.partner("Azure")
    people.attach(azure, "a.txt", b"a")
    roof = people.project("Roof", azure)
    vals = {"name": "r.txt", "res_model": "project.project", "res_id": roof}
    people.rpc("ir.attachment", "create", {**vals, "datas": "cg=="})
    attache.sync()
    home = people.home("Azure")
    before = attache.tree()
    assert before[f"{home}/Projects/{people.mark} Roof/r.txt"] == b"r"
    model = people.rpc.one("ir.model", [["model", "=", "res.partner"]])["id"]
    hide = {"name": "hide", "model_id": model, "domain_force": f"[('ref', '!=', '{people.mark}')]"}
    rule = people.rpc("ir.rule", "create", hide)
    try:
        assert "1 records of res.partner that have a folder" in attache.sync()
        attache.sync()
        assert attache.tree() == before
        people.project("Shed", azure)
        attache.sync()
        assert f"{home}/Projects/{people.mark} Shed" in attache.tree()
    finally:
        people.rpc("ir.rule", "unlink", [rule])
    before = attache.tree()
    attache.sync()
    assert attache.tree() == before
    # What matches no more for true goes to the archive.
    people.rpc("res.partner", "write", [azure], {"ref": "other"})
    attache.sync()
    attache.sync()
    assert f"Customers/Archive/{people.mark} Azure/a.txt" in attache.tree()


def test_a_file_that_another_addon_keeps_stays_in_the_store(attache, people, plain_odoo):
    azure = people.partner("Azure")
    kept = people.attach(azure, "kept.txt", b"kept")
    link = people.attach(azure, "link.txt", b"link")
    attache.sync()
    home = people.home("Azure")
    assert set(attache.files()) == {f"{home}/kept.txt", f"{home}/link.txt"}
    # As Odoo's own Cloud Storage leaves it, which is not installed here.
    psql = plain_odoo.database.psql
    psql(f"update ir_attachment set type = 'cloud_storage' where id = {kept}")
    psql(f"update ir_attachment set type = 'url', url = 'http://a.example' where id = {link}")
    said = attache.sync()
    assert "1 files are kept outside Odoo by another of its addons" in said
    attache.sync()
    assert attache.files() == {f"{home}/kept.txt": b"kept"}
    # Deleted in the store, it is not deleted in Odoo.
    (attache.store / home / "kept.txt").unlink()
    attache.sync(well=False)
    psql(f"update ir_attachment set type = 'binary' where id = {kept}")
    assert people.attachments(azure)["kept.txt"] == b"kept"


def test_a_restored_backup_keeps_both_contents_of_an_edited_file(attache, people, plain_odoo):
    azure = people.partner("Azure")
    file = people.attach(azure, "a.txt", b"before")
    home = people.home("Azure")
    row = f"from ir_attachment where id = {file}"
    psql = plain_odoo.database.psql
    witness = "description like 'attache-witness%'"
    with attache.serving():
        until(lambda: attache.files().get(f"{home}/a.txt") == b"before", 60, "the first content")
        columns = ("store_fname", "checksum", "file_size", "write_date")
        old = {name: psql(f"select {name} {row}").strip() for name in columns}
        word = psql(f"select description from ir_attachment where {witness}").strip()
        people.edit(file, b"afterwards")
        until(lambda: attache.files().get(f"{home}/a.txt") == b"afterwards", 60, "the edit")
        turned = f"select count(*) from ir_attachment where {witness} and description = '{word}'"
        until(lambda: psql(turned).strip() == "0", 60, "another word")
        second = psql(f"select description from ir_attachment where {witness}").strip()
        turned = f"select count(*) from ir_attachment where {witness} and description = '{second}'"
        until(lambda: psql(turned).strip() == "0", 60, "and one more")
        # The backup has the first content, of an earlier time.
        values = ", ".join(f"{name} = '{value}'" for name, value in old.items())
        psql(
            f"update ir_attachment set {values} where id = {file}; "
            f"update ir_attachment set description = '{word}' where {witness}"
        )
        assert people.attachments(azure) == {"a.txt": b"before"}
        assert "forgotten" in attache.pair()

        def both() -> bool:
            found = attache.files()
            conflict = [name for name in found if "conflict from the cloud" in name]
            return found.get(f"{home}/a.txt") == b"before" and len(conflict) == 1

        until(both, 60, "both contents in the store")
        until(lambda: len(people.attachments(azure)) == 2, 60, "both in Odoo")
        assert sorted(people.attachments(azure).values()) == [b"afterwards", b"before"]
        assert sorted(attache.files().values()) == [b"afterwards", b"before"]


@pytest.fixture
def troubled(plain_odoo, key):
    """A sidecar with an unreliable way to Odoo, and one record."""
    with process.scratch("plain") as folder, Unreliable(plain_odoo.url) as way:
        attache = Plain(folder, plain_odoo, key, "json2")
        attache.url = way.url
        attache.begin()
        people = People(plain_odoo, attache.mark)
        azure = people.partner("Azure")
        attache.sync()
        yield attache, way, people, azure


def test_what_somebody_writes_while_the_trash_copies_is_kept(troubled):
    attache, way, people, azure = troubled
    goes, both = people.attach(azure, "goes.txt", b"old"), people.attach(azure, "both.txt", b"old")
    attache.sync()
    home = attache.store / people.home("Azure")
    (home / "goes.txt").unlink()
    way.meanwhile["copy"] = lambda: people.edit(goes, b"edited")
    attache.sync()
    attache.sync()
    assert not way.meanwhile
    assert people.attachments(azure) == {"goes.txt": b"edited", "both.txt": b"old"}
    assert (home / "goes.txt").read_bytes() == b"edited"
    (home / "both.txt").write_bytes(b"of the store")
    way.meanwhile["copy"] = lambda: people.edit(both, b"of Odoo")
    attache.sync()
    attache.sync()
    assert not way.meanwhile
    wanted = sorted([b"edited", b"of Odoo", b"of the store"])
    assert sorted(people.attachments(azure).values()) == wanted
    assert sorted(attache.files().values()) == wanted


def test_creations_that_nobody_hears_of_are_made_once(troubled):
    attache, way, people, azure = troubled
    home = attache.store / people.home("Azure")

    def lost(reaches: bool, name: str, data: bytes, then) -> None:
        way.losses.append((reaches, then))
        (home / name).write_bytes(data)
        until(lambda: name in people.attachments(azure), 60, name, every=1)
        assert not way.losses

    def saved_anew() -> None:
        (home / "saved.txt").write_bytes(b"second")

    with attache.serving():
        lost(True, "whole.txt", b"whole", lambda: None)
        lost(True, "empty.txt", b"", lambda: None)
        # It never came to Odoo, and is another one when it is tried again.
        lost(False, "saved.txt", b"first", saved_anew)
        until(lambda: people.attachments(azure)["saved.txt"] == b"second", 60, "the second")
    wanted = {"whole.txt": b"whole", "empty.txt": b"", "saved.txt": b"second"}
    assert people.attachments(azure) == wanted
    assert "stuck=0" in attache.sync()
    assert people.attachments(azure) == wanted
    assert {name.rsplit("/")[-1]: data for name, data in attache.files().items()} == wanted
