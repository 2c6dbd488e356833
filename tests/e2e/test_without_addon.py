"""An Odoo without the addon: rules from a file, an ordinary user's key, folders on our side."""

import os
import random
import shutil
import time

from bed import until, walk
from plain_bed import LOGIN


def test_rules_of_a_file_become_folders_with_files(attache, people):
    azure = people.partner("Azure")
    data = os.urandom(700_000)
    people.attach(azure, "offer.pdf", b"%PDF offer")
    people.attach(azure, "plan.bin", data)
    people.attach(azure, "empty.txt", b"")
    people.project("Roof", azure)
    said = attache.sync()
    home = people.home("Azure")
    tree = attache.tree()
    assert tree[f"{home}/offer.pdf"] == b"%PDF offer"
    assert tree[f"{home}/plan.bin"] == data
    assert tree[f"{home}/empty.txt"] == b""
    assert f"{home}/Scans/Official" in tree
    assert f"{home}/Projects/{people.mark} Roof" in tree
    assert "released=0" in said and "stuck=0" in said, said
    assert "ok      Odoo" in attache("doctor")
    # Made once: what somebody removes is not made again.
    shutil.rmtree(attache.store / home / "Scans")
    attache.sync()
    attache.sync()
    assert f"{home}/Scans" not in attache.tree()


def test_what_people_do_in_odoo_follows_in_the_store(attache, people):
    azure, other = people.partner("Azure"), people.partner("Other")
    file = people.attach(azure, "a.txt", b"one")
    goes = people.attach(azure, "gone.txt", b"goes")
    with attache.serving():
        home = people.home("Azure")
        until(lambda: attache.files().get(f"{home}/a.txt") == b"one", 30, "the first file")
        people.rpc("res.partner", "write", [azure], {"name": "Azur"})
        home = people.home("Azur")
        until(lambda: f"{home}/a.txt" in attache.files(), 30, "the folder's new name")
        people.edit(file, b"two", name="b.txt")
        until(lambda: attache.files().get(f"{home}/b.txt") == b"two", 30, "new bytes and name")
        people.rpc("ir.attachment", "write", [file], {"res_id": other})
        there = f"{people.home('Other')}/b.txt"
        until(lambda: attache.files().get(there) == b"two", 30, "another record")
        until(lambda: f"{home}/b.txt" not in attache.files(), 30, "no longer of the first")
        people.rpc("ir.attachment", "unlink", [goes])
        until(lambda: f"{home}/gone.txt" not in attache.files(), 30, "a deletion")
        left = walk.files_below(attache.store).values()
        assert b"goes" in left, "the store's trash has it"


def test_what_people_do_in_the_store_follows_in_odoo(attache, people):
    azure, other = people.partner("Azure"), people.partner("Other")
    attache.sync()
    home, there = (attache.store / people.home(name) for name in ("Azure", "Other"))
    data = os.urandom(900_000)
    (home / "new.bin").write_bytes(data)
    (home / "empty.txt").write_bytes(b"")
    (home / "Letters/2026").mkdir(parents=True)
    (home / "Letters/2026/letter.txt").write_bytes(b"dear")
    attache.sync()
    assert people.attachments(azure) == {
        "new.bin": data, "empty.txt": b"", "letter.txt": b"dear",
    }  # fmt: skip
    before = people.ids(azure)
    (home / "new.bin").write_bytes(data + b"more")
    (home / "Letters/2026/letter.txt").rename(home / "Letters/2026/dear.txt")
    attache.sync()
    assert people.attachments(azure) == {
        "new.bin": data + b"more", "empty.txt": b"", "dear.txt": b"dear",
    }  # fmt: skip
    assert people.ids(azure) == before, "the same attachments"
    assert people.trash()["new.bin"] == data, "the bytes before the edit are kept"
    # A folder that goes to another record takes its files along.
    (home / "Letters").rename(there / "Letters")
    attache.sync()
    attache.sync()
    assert set(people.attachments(azure)) == {"new.bin", "empty.txt"}
    assert people.attachments(other) == {"dear.txt": b"dear"}
    assert attache.files()[f"{people.home('Other')}/Letters/2026/dear.txt"] == b"dear"
    (there / "Letters/2026/dear.txt").unlink()
    attache.sync()
    assert people.attachments(other) == {}
    assert people.trash()["dear.txt"] == b"dear"
    named = [["name", "=like", "[Trash%dear.txt"], ["id", ">", people.start]]
    mine = people.rpc.one("ir.attachment", named, "description", "create_uid")
    assert mine["create_uid"][1] == "Clerk" and f"res.partner {other}" in mine["description"]


def test_a_file_in_no_records_folder_stays_in_the_store(attache, people):
    azure = people.partner("Azure")
    file = people.attach(azure, "a.txt", b"a")
    attache.sync()
    stray = attache.store / "Customers/stray.txt"
    stray.write_bytes(b"stray")
    said = attache.sync(well=False)
    assert "stuck=1" in said
    [why] = attache.stuck()
    assert "lies in no record's folder" in why
    assert stray.read_bytes() == b"stray"
    home = attache.store / people.home("Azure")
    stray.rename(home / "stray.txt")
    assert "stuck=0" in attache.sync()
    assert people.attachments(azure) == {"a.txt": b"a", "stray.txt": b"stray"}
    # Moved out of every record's folder, it stays an attachment of its last one.
    (home / "a.txt").rename(attache.store / "Customers/a.txt")
    assert "stuck=0" in attache.sync()
    attache.sync()
    assert people.attachments(azure)["a.txt"] == b"a"
    assert attache.files()["Customers/a.txt"] == b"a"
    people.edit(file, b"edited")
    attache.sync()
    assert attache.files()["Customers/a.txt"] == b"edited"


def test_killed_again_and_again_nothing_is_lost_or_doubled(attache, people):
    chance = random.Random(7)
    records = [people.partner(f"Azure {number}") for number in range(4)]
    attache.sync()
    homes = [attache.store / people.home(f"Azure {number}") for number in range(4)]
    wanted = [{} for _ in records]
    with attache.serving() as sidecar:
        for round_ in range(6):
            for number, (record, home) in enumerate(zip(records, homes, strict=True)):
                for side in ("odoo", "store", "deep"):
                    name = f"{side}-{round_}.bin"
                    data = os.urandom(chance.randrange(1, 400_000))
                    wanted[number][name] = data
                    if side == "odoo":
                        people.attach(record, name, data)
                    else:
                        folder = home / "deep" if side == "deep" else home
                        folder.mkdir(exist_ok=True)
                        (folder / f".{name}.part").write_bytes(data)
                        (folder / f".{name}.part").rename(folder / name)
            time.sleep(chance.uniform(0.2, 2.5))  # how far it gets is the point
            sidecar.kill()
            sidecar.start()
        whole = [dict(sorted(files.items())) for files in wanted]

        def there() -> bool:
            return all(people.attachments(record) == whole[n] for n, record in enumerate(records))

        until(there, 120, "all in Odoo", every=1)
        flat = {}
        for number in range(4):
            home = people.home(f"Azure {number}")
            for name, data in wanted[number].items():
                deep = "deep/" if name.startswith("deep") else ""
                flat[f"{home}/{deep}{name}"] = data
        until(lambda: attache.files() == flat, 120, "all in the store, once", every=1)
    assert there()
    assert people.trash() == {}, "nobody deleted anything"


def test_without_rights_nothing_is_trashed_and_it_is_said(attache, people, plain_odoo):
    azure = people.partner("Azure")
    people.attach(azure, "a.txt", b"a")
    attache.sync()
    before = attache.files()
    model = people.rpc.one("ir.model", [["model", "=", "res.partner"]])["id"]
    hide = {"name": "hide", "model_id": model, "domain_force": f"[('ref', '!=', '{people.mark}')]"}
    rule = people.rpc("ir.rule", "create", hide)
    try:
        said = attache.sync()
        said += attache.sync()
        assert f"{LOGIN} may no longer see 1 files in Odoo" in said
        assert f"{LOGIN} may not see 1 records of res.partner that have a folder" in said
        assert attache.files() == before
    finally:
        people.rpc("ir.rule", "unlink", [rule])
    open_ = [["model_id", "=", model], ["active", "=", True]]
    access = people.rpc("ir.model.access", "search", open_)
    people.rpc("ir.model.access", "write", access, {"active": False})
    try:
        said = attache.sync()
        assert "the files of res.partner cannot be seen, they stay as they are" in said
        assert "the rule cannot be read, its folders stay" in said
        assert attache.files() == before
    finally:
        people.rpc("ir.model.access", "write", access, {"active": True})
        plain_odoo.restart()  # it forgets only then that nobody had the right
    attache.sync()
    assert attache.files() == before and people.attachments(azure) == {"a.txt": b"a"}


def test_a_deleted_record_takes_its_folder_along(attache, people):
    azure = people.partner("Azure")
    people.attach(azure, "a.txt", b"a")
    project = people.project("Roof", azure)
    attache.sync()
    home = people.home("Azure")
    assert f"{home}/a.txt" in attache.files()
    people.rpc("project.project", "write", [project], {"partner_id": False})
    people.rpc("res.partner", "unlink", [azure])
    attache.sync()
    attache.sync()
    tree = attache.tree()
    assert not any(name.startswith(home) for name in tree), tree
    assert f"Projects/{people.mark} Roof" in tree
    assert list(walk.files_below(attache.store / ".attache/trash").values()) == [b"a"]


def test_a_restored_backup_stops_it_until_somebody_confirms(attache, people, plain_odoo):
    azure = people.partner("Azure")
    people.attach(azure, "a.txt", b"a")
    attache.sync()
    witness = "description like 'attache-witness%'"
    old = plain_odoo.database.psql(f"select description from ir_attachment where {witness}")
    people.attach(azure, "late.txt", b"late")
    attache.sync()
    attache.sync()
    before = attache.files()
    # The backup knows nothing of the second file.
    plain_odoo.database.psql(f"update ir_attachment set description = '{old}' where {witness}")
    people.rpc("ir.attachment", "unlink", people.named(azure, "late.txt"))
    assert "restored or exchanged" in attache("doctor", well=False)
    said = attache.sync(well=False)
    assert "restored or exchanged" in said and attache.files() == before
    assert "forgotten" in attache.pair()
    attache.sync()
    attache.sync()
    # What only the store has comes back to Odoo; what both have is not doubled.
    assert people.attachments(azure) == {"a.txt": b"a", "late.txt": b"late"}
    assert attache.files() == before
    assert "ok      Odoo" in attache("doctor")
    assert "forgotten" not in attache.pair(), "the same database keeps what was agreed on"


def test_the_trash_in_odoo_is_swept_in_time(attache, people, plain_odoo):
    azure = people.partner("Azure")
    people.attach(azure, "a.txt", b"a")
    people.attach(azure, "b.txt", b"b")
    attache.sync()
    for name in ("a.txt", "b.txt"):
        (attache.store / people.home("Azure") / name).unlink()
    attache.sync()
    assert people.trash() == {"a.txt": b"a", "b.txt": b"b"}
    # A row that somebody dates in the future moves nobody's clock.
    late = people.attach(azure, "late.txt", b"late")
    psql = plain_odoo.database.psql
    psql(f"update ir_attachment set write_date = '2099-01-01' where id = {late}")
    psql(f"update res_partner set write_date = '2099-01-01' where id = {azure}")
    attache.sync()
    attache.sync()
    assert people.trash() == {"a.txt": b"a", "b.txt": b"b"}
    psql(
        "update ir_attachment set create_date = create_date - interval '31 days' "
        "where name like '[Trash%a.txt'"
    )
    attache.sync()
    assert people.trash() == {"b.txt": b"b"}
    assert people.attachments(azure) == {"late.txt": b"late"}
    # An old copy of the same file and bytes serves no later deletion: it is swept soon.
    psql(
        "update ir_attachment set create_date = create_date - interval '29 days', "
        f"description = replace(description, description, 'attache-trash {late}: old'), "
        f"checksum = (select checksum from ir_attachment where id = {late}), "
        f"file_size = (select file_size from ir_attachment where id = {late}) "
        "where name like '[Trash%b.txt'"
    )
    (attache.store / people.home("Azure") / "late.txt").unlink()
    attache.sync()
    assert people.trash()["late.txt"] == b"late", "a copy of its own"


def test_mistakes_in_the_rules_are_told_with_their_line(attache, people):
    people.partner("Azure")
    assert "2 rules, no mistakes" in attache("rules", "check")
    attache.sync()
    before = attache.tree()
    good = attache.rules.read_text()
    attache.rules.write_text(good.replace("folder_name", "folder_nmae"))
    said = attache("rules", "check", well=False)
    assert ":8: there is no key folder_nmae here; write folder_name" in said
    assert "line 8" in attache.sync(well=False)
    assert attache.tree() == before
    attache.rules.write_text(good.replace('"Archive"', '"Elsewhere"'))
    assert "there is no connection" in attache("doctor", well=False)
    attache("connect", "folder", "--name", "Elsewhere", "--path", attache.folder / "two")
    assert "ok      Odoo" in attache("doctor", well=False)  # the last sync went wrong
    split = '[rule.split]\nfield = "contact_address"\n\n[[rule.default]]'
    attache.rules.write_text(good.replace("[[rule.default]]", split))
    assert "contact_address is not possible: Odoo does not store it" in attache(
        "doctor", well=False
    )
    assert "customers: records of res.partner" in attache("rules", "check")
    attache.rules.write_text(good)
    assert "active" in attache.sync()
    attache.env["ODOO_PASSWORD"] = "secret"
    said = attache(*attache.pairing(), well=False)
    assert "nothing is done with --password" in said
    del attache.env["ODOO_PASSWORD"]
    rules = attache.env.pop("ATTACHE_RULES_FILE")
    assert "set rules_file" in attache.sync(well=False)
    attache.env["ATTACHE_RULES_FILE"] = rules
    attache.sync()
    assert attache.tree() == before


def test_large_files_stay_where_they_are_and_it_is_said(attache, people):
    attache.env["ATTACHE_WITHOUT_ADDON__MOST_MIB"] = "1"
    azure = people.partner("Azure")
    people.attach(azure, "large.bin", bytes(1_200_000))
    people.attach(azure, "small.txt", b"s")
    attache.sync(well=False)
    home = attache.store / people.home("Azure")
    huge = os.urandom(1_300_000)
    (home / "huge.bin").write_bytes(huge)
    said = attache.sync(well=False)
    assert "stuck=2" in said
    assert ["larger than the 1 MiB" in why for why in attache.stuck()] == [True, True]
    assert people.attachments(azure) == {"large.bin": bytes(1_200_000), "small.txt": b"s"}
    assert attache.files() == {
        f"{people.home('Azure')}/small.txt": b"s", f"{people.home('Azure')}/huge.bin": huge,
    }  # fmt: skip
