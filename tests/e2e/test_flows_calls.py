"""Bytes that programs and Odoo's own tools read: calls, exports, imports, copies, mergers and
searches, with every byte in the cloud only and with the sidecar stopped."""

import base64
import contextlib
import io
import json
import os
import xmlrpc.client
import zipfile

import pytest
import requests
from flows_bed import REASON, encoded, pdf

HIDDEN = "quarterly-hippopotamus"


@pytest.fixture(scope="module")
def partner(flows):
    """A contact with a folder."""
    return flows.make("res.partner", name="Flows of calls")


@pytest.fixture(scope="module")
def key(flows):
    """An API key of the administrator."""
    made = flows.action(
        "key = env['res.users.apikeys']._generate('rpc', 'flows', "
        "datetime.datetime.now() + datetime.timedelta(days=1))\nanswer = {'key': key}"
    )
    return made["key"]


def test_flow_13_raw_and_datas_are_read_by_json_rpc(flows, partner):
    data = os.urandom(60_000)
    file = flows.attach("calls.bin", data, "res.partner", partner)
    read = lambda *names: flows.rpc("ir.attachment", "read", [file], names)[0]  # noqa: E731
    flows.refuses("calls.bin", lambda: read("datas"))
    flows.refuses("calls.bin", lambda: read("raw"))
    flows.refuses(
        "calls.bin", lambda: flows.rpc("ir.attachment", "web_read", [file], {"datas": {}})
    )
    assert base64.b64decode(read("datas")["datas"]) == data
    # Lists ask for sizes only, and need no cloud.
    with flows.stopped():
        sized = flows.rpc("ir.attachment", "read", [file], ["datas"], context={"bin_size": True})
        assert sized[0]["datas"] == "58.59 Kb"
    assert flows.in_cloud_only(file)


def test_flow_14_datas_is_read_by_json_2(flows, partner, key):
    data = os.urandom(40_000)
    file = flows.attach("json2.bin", data, "res.partner", partner)

    def ask():
        return requests.post(
            f"{flows.odoo.url}/json/2/ir.attachment/read",
            json={"ids": [file], "fields": ["datas"]},
            headers={
                "Authorization": f"Bearer {key}",
                "X-Odoo-Database": flows.odoo.database.name,
            },
            timeout=60,
        )

    with flows.stopped():
        answer = ask()
        assert answer.status_code == 503
        assert "json2.bin" in answer.json()["message"] and REASON in answer.json()["message"]
    assert base64.b64decode(ask().json()[0]["datas"]) == data
    assert flows.in_cloud_only(file)


def test_flow_15_datas_is_read_by_xml_rpc(flows, partner):
    data = os.urandom(40_000)
    file = flows.attach("xmlrpc.bin", data, "res.partner", partner)
    database, uid = flows.odoo.database.name, flows.rpc.uid
    models = xmlrpc.client.ServerProxy(f"{flows.odoo.url}/xmlrpc/2/object")

    def ask():
        return models.execute_kw(
            database, uid, "admin", "ir.attachment", "read", [[file]], {"fields": ["datas"]}
        )

    with flows.stopped(), pytest.raises(xmlrpc.client.Fault, match=REASON) as told:
        ask()
    assert "xmlrpc.bin" in told.value.faultString
    assert base64.b64decode(ask()[0]["datas"]) == data
    assert flows.in_cloud_only(file)


def exported(flows, kind: str, ids: list[int], model="ir.attachment", field="datas"):
    """What the button Export answers for a field of these records."""
    asked = {
        "model": model, "ids": ids, "domain": [], "import_compat": True,
        "fields": [{"name": "id", "label": "ID"}, {"name": field, "label": "Field"}],
    }  # fmt: skip
    form = {"data": json.dumps(asked), "csrf_token": flows.csrf}
    return flows.browser.post(f"{flows.odoo.url}/web/export/{kind}", data=form, timeout=60)


@contextlib.contextmanager
def broken(flows):
    """With the sidecar stopped an export is an error that names the file."""
    with flows.stopped():
        yield
    # Whatever is asked next finds Odoo as it was.
    assert flows.rpc("res.users", "search_count", [["id", "=", flows.rpc.uid]]) == 1


def test_flow_16_contents_are_exported_as_csv(flows, partner):
    data = os.urandom(9_000)
    file = flows.attach("export.bin", data, "res.partner", partner)
    with broken(flows):
        answer = exported(flows, "csv", [file])
        assert answer.status_code >= 500
        assert "export.bin" in answer.text and REASON in answer.text
    answer = exported(flows, "csv", [file])
    assert answer.status_code == 200 and encoded(data) in answer.text
    assert flows.in_cloud_only(file)


def test_flow_17_contents_are_exported_as_a_workbook(flows, partner):
    data = os.urandom(9_000)
    file = flows.attach("sheet.bin", data, "res.partner", partner)
    with broken(flows):
        answer = exported(flows, "xlsx", [file])
        assert answer.status_code >= 500
        assert "sheet.bin" in answer.text and REASON in answer.text
    book = zipfile.ZipFile(io.BytesIO(exported(flows, "xlsx", [file]).content))
    assert encoded(data) in book.read("xl/sharedStrings.xml").decode()
    assert flows.in_cloud_only(file)


def test_flow_18_a_server_action_reads_raw_and_datas(flows, partner):
    data = b"amount;12\nsum;24\n" + os.urandom(8).hex().encode()
    file = flows.attach("numbers.csv", data, "res.partner", partner, "text/csv")
    code = (
        "files = env['ir.attachment'].search([('res_model', '=', model._name), "
        "('res_id', '=', record.id), ('name', '=', 'numbers.csv')])\n"
        "answer = {'raw': files.raw.decode(), 'datas': files.datas.decode()}"
    )
    act = lambda: flows.action(code, "res.partner", partner)  # noqa: E731
    flows.refuses("numbers.csv", act)
    assert act() == {"raw": data.decode(), "datas": encoded(data)}
    # What Odoo has it reads, whatever was found with it.
    beside = {"name": "beside.txt", "raw": "here", "res_model": "res.partner", "res_id": partner}
    flows.rpc("ir.attachment", "create", beside)
    code = (
        "files = env['ir.attachment'].search([('res_model', '=', model._name), "
        "('res_id', '=', record.id)])\n"
        "texts = [file.raw.decode() for file in files if file.name == 'beside.txt']\n"
        "answer = {'raw': texts[0], 'found': len(files)}"
    )
    flows.sidecar.asked.clear()
    with flows.stopped():
        told = act()
    assert told["raw"] == "here" and told["found"] > 1
    assert act()["raw"] == "here" and not flows.sidecar.asked
    assert flows.in_cloud_only(file)


def test_flow_19_a_file_is_duplicated(flows, partner):
    data = os.urandom(50_000)
    file = flows.attach("twice.bin", data, "res.partner", partner)
    elsewhere = flows.rpc("res.partner", "create", {"name": "Without a folder"})
    copy = lambda: flows.rpc("ir.attachment", "copy", [file], {"res_id": elsewhere})  # noqa: E731
    flows.refuses("twice.bin", copy)
    assert not flows.rpc("ir.attachment", "search_count", [["res_id", "=", elsewhere]])
    [made] = copy()
    assert flows.released(file) and not flows.released(made)
    with flows.stopped():
        assert flows.get(f"/web/content/{made}").content == data


def test_flow_20_a_record_is_copied_with_its_files(flows):
    data = os.urandom(30_000)
    template = flows.make(
        "mail.template", name="Copied", model_id=flows.id("base.model_res_partner")
    )
    file = flows.attach("terms.bin", data, "mail.template", template)
    flows.rpc("mail.template", "write", [template], {"attachment_ids": [(4, file)]})
    domain = [["name", "=", "Copied (copy)"]]
    flows.refuses("terms.bin", lambda: flows.rpc("mail.template", "copy", [template]))
    assert not flows.rpc("mail.template", "search_count", domain)
    [made] = flows.rpc("mail.template", "copy", [template])
    [row] = flows.rpc("mail.template", "read", [made], ["attachment_ids"])
    assert file not in row["attachment_ids"] and len(row["attachment_ids"]) == 1
    with flows.stopped():
        assert flows.get(f"/web/content/{row['attachment_ids'][0]}").content == data


def test_flow_21_files_are_found_by_their_words(flows, partner):
    """Odoo indexed them while it had the bytes; the words stay, and searching needs no cloud."""
    text = flows.attach(
        "hidden.txt", f"a {HIDDEN} b".encode(), "res.partner", partner, "text/plain"
    )
    flows.rpc("res.partner", "create", {"name": HIDDEN})
    named = flows.rpc("res.partner", "search", [["name", "=", HIDDEN]])
    book = exported(flows, "xlsx", named, "res.partner", "name").content
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    table = flows.attach("hidden.xlsx", book, "res.partner", partner, kind)
    domain = [["index_content", "ilike", HIDDEN]]
    assert sorted(flows.rpc("ir.attachment", "search", domain)) == sorted([text, table])
    with flows.stopped():
        assert sorted(flows.rpc("ir.attachment", "search", domain)) == sorted([text, table])
    # New content from the cloud has not these words.
    newer = b"other words"
    digest = flows.sidecar.add(newer)
    old = flows.row(text, "checksum")["checksum"]
    flows.service.files(
        {"op": "content", "id": text, "expect": old, "sha1": digest, "size": len(newer)}
    )
    assert flows.rpc("ir.attachment", "search", domain) == [table]
    assert flows.get(f"/web/content/{text}").content == newer


def test_flow_22_a_table_is_imported_from_a_file(flows, partner):
    rows = b"name,email\nImported One,one@imported.example\nImported Two,two@imported.example\n"
    file = flows.attach("people.csv", rows, "res.partner", partner, "text/csv")
    code = (
        "wizard = env['base_import.import'].create({'res_model': 'res.partner', "
        f"'file': env['ir.attachment'].browse({file}).raw, 'file_name': 'people.csv', "
        "'file_type': 'text/csv'})\n"
        "options = {'has_headers': True, 'quoting': '\"', 'separator': ',', 'encoding': 'utf-8'}\n"
        "answer = wizard.execute_import(['name', 'email'], ['name', 'email'], options)"
    )
    domain = [["email", "like", "@imported.example"]]
    flows.refuses("people.csv", lambda: flows.action(code))
    assert not flows.rpc("res.partner", "search_count", domain)
    flows.action(code)
    found = flows.rpc("res.partner", "search_read", domain, ["name"], order="name")
    assert [row["name"] for row in found] == ["Imported One", "Imported Two"]
    assert flows.in_cloud_only(file)


def test_flow_23_merged_leads_keep_their_files(flows):
    data = os.urandom(20_000)
    kept = flows.rpc("crm.lead", "create", {"name": "Kept", "type": "opportunity"})
    gone = flows.make("crm.lead", name="Gone", type="lead")
    file = flows.attach("lead.bin", data, "crm.lead", gone)
    merge = lambda: flows.rpc("crm.lead", "merge_opportunity", [kept, gone])  # noqa: E731
    flows.refuses("lead.bin", merge)
    assert flows.row(file, "res_id")["res_id"] == gone
    with contextlib.suppress(TypeError):
        merge()
    assert flows.row(file, "res_id")["res_id"] == kept
    with flows.stopped():  # its new record has no folder: the bytes went along
        assert flows.get(f"/web/content/{file}").content == data


def test_flow_24_a_discussion_shows_its_files(flows):
    data = pdf("talk")
    channel = flows.make("discuss.channel", name="Flows")
    file = flows.attach("talk.pdf", data, "discuss.channel", channel, "application/pdf")
    address = f"/web/content/{file}?unique=1"
    flows.fails("talk.pdf", lambda: flows.get(address))
    assert flows.get(address).content == data
    flows.fails("talk.pdf", lambda: flows.get(f"/mail/attachment/pdf_first_page/{file}"))
    assert flows.get(f"/mail/attachment/pdf_first_page/{file}").content.startswith(b"%PDF-")
    assert flows.in_cloud_only(file)
