"""What people are told of files on their way: their state, why, and what happens next; in a real
Odoo, with a real sidecar and a store."""

import base64
import hashlib

from bed import until
from office import SOON, named


def state(rpc, file):
    names = ["attache_state", "attache_state_text", "attache_percent"]
    [row] = rpc("ir.attachment", "read", [file], names)
    return row["attache_state"], row["attache_state_text"]


def steps(rpc, file):
    names = ["state", "kind", "subject", "message"]
    return rpc("attache.operation", "search_read", [["file_id", "=", file]], names)


def test_b72_b73_what_was_done_and_what_comes_next_is_told(office, rpc):
    partner = rpc("res.partner", "create", {"name": "Stately"})
    plain = office.attach("res.partner", partner, "plain.txt")
    assert state(rpc, plain) == ("local", False)
    office.rule("res.partner", title="States", domain=named("Stately"))
    office.shows("States", "Stately", "Stately/plain.txt")
    until(lambda: state(rpc, plain) == ("cloud", False), SOON, "the file is in the cloud")
    office.serving.stop()
    waiting = office.attach("res.partner", partner, "waiting.txt", "not yet")
    lost = office.attach("res.partner", partner, "lost.txt", "soon without bytes")
    assert state(rpc, waiting) == ("waiting", False)
    digest = hashlib.sha1(b"soon without bytes").hexdigest()
    database = office.odoo.database
    (database.data / "filestore" / database.name / digest[:2] / digest).unlink()
    office.serving.start()
    until(lambda: state(rpc, waiting)[0] == "cloud", SOON, "the one with bytes goes on")
    until(lambda: state(rpc, lost)[0] == "stuck", SOON, "the other one needs a person")
    [step] = steps(rpc, lost)
    assert step["state"] == "stuck" and step["subject"].endswith("lost.txt")
    assert state(rpc, lost)[1] == step["message"] and "bytes" in step["message"]
    found = rpc("ir.attachment", "search", [["attache_state", "=", "stuck"]])
    assert found == [lost]
    # A person gives it content again, and it goes on without anybody asking.
    content = base64.b64encode(b"found again").decode()
    rpc("ir.attachment", "write", [lost], {"datas": content})
    until(lambda: state(rpc, lost) == ("cloud", False), SOON, "it has come")
    until(lambda: not steps(rpc, lost), SOON, "nothing is said of it any more")
    done = [["file_id", "=", lost], ["kind", "=", "create"], ["outcome", "=like", "done%"]]
    until(lambda: rpc("attache.log", "search", done), SOON, "the log says that it is done")
    assert rpc("attache.log", "search", [["failed", "=", True], ["file_id", "=", lost]])
    assert rpc("attache.log", "export_data", rpc("attache.log", "search", done), ["subject"])
