"""The bed itself: what every other end-to-end test stands on."""

import os
import subprocess
import sys

import pytest
from bed import Odoo, RpcError, until


def test_odoo_answers_with_demo_data(odoo):
    partner = odoo.rpc().one("res.partner", [["name", "=", "Azure Interior"]], "is_company")
    assert partner["is_company"]
    assert odoo.browser("demo").get(f"{odoo.url}/odoo", timeout=60).status_code == 200


def test_odoo_refuses_a_wrong_password(odoo):
    with pytest.raises(RpcError, match="admin cannot log in"):
        odoo.rpc("admin", "wrong")


def test_a_copy_of_the_database_is_apart(odoo_template):
    """A copy has its own rows and its own filestore."""
    original = odoo_template.copy()
    with Odoo(original) as server:
        vals = {"name": "a.txt", "raw": "first"}
        made = server.rpc()("ir.attachment", "create", vals)
    copied = original.copy()
    with Odoo(copied) as server:
        rpc = server.rpc()
        assert rpc("ir.attachment", "read", [made], ["raw"])[0]["raw"] == "first"
        rpc("ir.attachment", "unlink", [made])
    count = f"select count(*) from ir_attachment where id = {made}"
    assert (original.psql(count), copied.psql(count)) == ("1", "0")


def test_apache_keeps_bytes_over_a_restart(apache):
    body = os.urandom(70_000)
    assert apache.request("MKCOL", "folder").status_code == 201
    assert apache.request("PUT", "folder/a b.bin", data=body).status_code == 201
    assert apache.files() == {"folder/a b.bin": body}
    apache.restart()
    assert apache.request("GET", "folder/a b.bin").content == body


def test_apache_wants_its_password(apache):
    apache.password = "wrong"
    assert apache.request("GET").status_code == 401


def test_servers_die_with_the_tests():
    """kill -9 of the tests leaves no server behind."""
    program = (
        "from bed import Postgres; import signal\n"
        "with Postgres() as server: print(server._process.pid, flush=True); signal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    server = int(parent.stdout.readline())
    assert os.path.exists(f"/proc/{server}")
    parent.kill()
    parent.wait()
    until(lambda: not os.path.exists(f"/proc/{server}"), 10, "the server's end")
