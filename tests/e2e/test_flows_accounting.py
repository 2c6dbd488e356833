"""Invoices and bills with their papers, with every byte in the cloud only and with the sidecar
stopped."""

import base64
import io
import re
import zipfile

import pytest
import requests
from flows_bed import encoded, pdf


@pytest.fixture(scope="module")
def customer(flows):
    """A Belgian customer, who gets invoices as XML."""
    vals = {
        "name": "Belgian customer", "email": "belgian@flows.example", "street": "Rue 1",
        "zip": "1000", "city": "Brussels", "country_id": flows.id("base.be"), "is_company": True,
        "invoice_edi_format": "ubl_bis3", "invoice_sending_method": "email",
    }  # fmt: skip
    return flows.rpc("res.partner", "create", vals)


def moved(flows, kind: str, partner: int, **more) -> int:
    """A posted invoice (`out_invoice`) or bill (`in_invoice`) with a folder."""
    use = {"out_invoice": "sale", "in_invoice": "purchase"}[kind]
    tax = flows.rpc("account.tax", "search", [["type_tax_use", "=", use]], limit=1)
    line = {"name": "Work", "quantity": 1, "price_unit": 100, "tax_ids": [(6, 0, tax)]}
    move = flows.make(
        "account.move", move_type=kind, partner_id=partner, invoice_date="2026-01-15",
        invoice_line_ids=[(0, 0, line)], **more,
    )  # fmt: skip
    flows.rpc("account.move", "action_post", [move])
    return move


@pytest.fixture(scope="module")
def bills(flows, customer):
    """[(bill, its main file)] of two bills that came as PDFs: {bill: (file, bytes)}."""
    made = {}
    for text in ("bill one", "bill two"):
        bill, data = moved(flows, "in_invoice", customer, ref=text), pdf(text)
        file = flows.attach(f"{text}.pdf", data, "account.move", bill, "application/pdf")
        flows.rpc("account.move", "write", [bill], {"message_main_attachment_id": file})
        made[bill] = (file, data)
    return made


def pages(data: bytes) -> int:
    assert data.startswith(b"%PDF-")
    return len(re.findall(rb"/Type\s*/Page\b", data))


def test_flow_47_a_bill_is_shown_beside_its_form(flows, bills):
    bill, (file, data) = next(iter(bills.items()))
    asked = {"message_main_attachment_id": {}}
    with flows.stopped():  # the form opens, and the viewer beside it tells what is wrong
        [row] = flows.rpc("account.move", "web_read", [bill], asked)
    assert row["message_main_attachment_id"] == file
    flows.fails("bill one.pdf", lambda: flows.get(f"/web/content/{file}?unique=1"))
    assert flows.get(f"/web/content/{file}?unique=1").content == data
    assert flows.in_cloud_only(file)


def test_flow_48_original_bills_are_printed_and_merged(flows, bills):
    numbers = ",".join(map(str, bills))
    ask = lambda: flows.get(f"/report/pdf/account.report_original_vendor_bill/{numbers}")  # noqa: E731
    flows.fails("bill one.pdf", ask)
    lost = next(reversed(bills.values()))[0]
    digest = flows.row(lost, "checksum")["checksum"]
    kept = flows.sidecar.contents.pop(digest)
    assert ask().status_code == 503  # the other bill alone would be half of it
    flows.sidecar.contents[digest] = kept
    answer = ask()
    assert (answer.status_code, pages(answer.content)) == (200, 2)
    assert b"(bill one)" in answer.content and b"(bill two)" in answer.content
    assert flows.in_cloud_only(*(file for file, _data in bills.values()))


def test_flow_49_files_of_bills_are_downloaded_alone_and_as_a_zip(flows, bills):
    files = {file: data for file, data in bills.values()}
    numbers = ",".join(map(str, files))
    one, data = next(iter(files.items()))
    flows.fails("bill one.pdf", lambda: flows.get(f"/account/download_invoice_attachments/{one}"))
    assert flows.get(f"/account/download_invoice_attachments/{one}").content == data
    both = f"/account/download_invoice_attachments/{numbers}"
    flows.fails("bill one.pdf", lambda: flows.get(both))
    packed = zipfile.ZipFile(io.BytesIO(flows.get(both).content))
    assert [packed.read(name) for name in packed.namelist()] == list(files.values())
    assert flows.in_cloud_only(*files)


def test_flow_50_bills_are_exported_as_a_zip(flows, bills):
    address = f"/account/download_move_attachments/{','.join(map(str, bills))}"
    flows.fails("bill one.pdf", lambda: flows.get(address))
    packed = zipfile.ZipFile(io.BytesIO(flows.get(address).content))
    assert {packed.read(name) for name in packed.namelist()} == {
        data for _file, data in bills.values()
    }
    assert flows.in_cloud_only(*(file for file, _data in bills.values()))


class Invoice:
    """A posted invoice, the window that sends it, and one more file of somebody's in that."""

    def __init__(self, flows, customer: int, extra: str):
        self.flows, self.move, self.data = flows, moved(flows, "out_invoice", customer), pdf(extra)
        kind = "application/pdf"
        self.file = flows.attach(extra, self.data, "account.move", self.move, kind)
        [row] = flows.rpc("account.move", "read", [self.move], ["name"])
        self.name = row["name"]
        wizard = "account.move.send.wizard"
        self.window = flows.rpc(wizard, "create", {"move_id": self.move})
        [row] = flows.rpc(wizard, "read", [self.window], ["mail_attachments_widget"])
        more = {
            "id": self.file, "name": extra, "mimetype": kind, "placeholder": False,
            "manual": True,
        }  # fmt: skip
        vals = {"mail_attachments_widget": [*row["mail_attachments_widget"], more]}
        flows.rpc(wizard, "write", [self.window], vals)

    def send(self):
        self.flows.rpc("account.move.send.wizard", "action_send_and_print", [self.window])

    def field(self, name: str) -> list[dict]:
        """The row that holds a binary field of the invoice, if there is one."""
        domain = [
            ["res_model", "=", "account.move"], ["res_id", "=", self.move],
            ["res_field", "=", name],
        ]  # fmt: skip
        names = ["checksum", "file_size", "attache_folder_id", "datas"]
        return self.flows.rpc("ir.attachment", "search_read", domain, names)

    def xml(self) -> bytes:
        [row] = self.field("ubl_cii_xml_file")
        return base64.b64decode(row["datas"])


def test_flow_51_an_invoice_is_sent_with_more_files(flows, customer):
    invoice = Invoice(flows, customer, "timesheet.pdf")
    flows.refuses("timesheet.pdf", invoice.send)
    assert not flows.mailbox.files(invoice.name)
    invoice.send()
    [files] = flows.mailbox.files(invoice.name)
    assert files["timesheet.pdf"] == invoice.data
    assert any(name.endswith(".xml") for name in files), files.keys()
    assert flows.released(invoice.file)


def test_flow_52_the_xml_of_an_invoice_embeds_more_files(flows, customer):
    invoice = Invoice(flows, customer, "drawing.pdf")
    flows.refuses("drawing.pdf", invoice.send)
    assert not invoice.field("ubl_cii_xml_file")
    invoice.send()
    embedded = re.findall(r'filename="([^"]+)"[^>]*>([^<]+)<', invoice.xml().decode())
    told = {name: base64.b64decode(text) for name, text in embedded}
    assert told["drawing.pdf"] == invoice.data
    assert flows.released(invoice.file)


@pytest.fixture(scope="module")
def invoice(flows, customer):
    """One that was sent, with its PDF and XML."""
    invoice = Invoice(flows, customer, "annex.pdf")
    invoice.send()
    return invoice


def test_flow_53_an_invoices_own_pdf_and_xml_stay_in_odoo(flows, invoice):
    """Rows of fields of the invoice live in no folder; the portal gives them without the cloud."""
    move = invoice.move
    rows = [*invoice.field("invoice_pdf_report_file"), *invoice.field("ubl_cii_xml_file")]
    assert len(rows) == 2
    for row in rows:
        assert not row["attache_folder_id"]
        told = flows.service.one(
            {
                "op": "release", "id": row["id"], "expect": row["checksum"],
                "size": row["file_size"],
            }
        )  # fmt: skip
        assert (told["ok"], told["code"]) == (False, "missing")
    flows.rpc("account.move", "get_portal_url", [move])
    [token] = flows.rpc("account.move", "read", [move], ["access_token"])
    stranger = requests.Session()
    with flows.stopped():
        address = f"/my/invoices/{move}?report_type=pdf&download=true"
        papers = flows.get(f"{address}&access_token={token['access_token']}", stranger)
        packed = zipfile.ZipFile(io.BytesIO(papers.content))
        assert {packed.read(name) for name in packed.namelist()} == {
            base64.b64decode(row["datas"]) for row in rows
        }
        every = flows.get(f"/account/download_invoice_documents/{move}/all")
        assert every.status_code == 200


def test_flow_54_a_bill_is_made_of_an_xml(flows, invoice, customer):
    xml = invoice.xml()
    [like] = flows.rpc("account.move", "read", [invoice.move], ["amount_total", "invoice_date"])
    desk = flows.make("res.partner", name="In-tray")
    file = flows.attach("incoming.xml", xml, "res.partner", desk, "application/xml")
    journal = flows.rpc("account.journal", "search", [["type", "=", "purchase"]], limit=1)
    before = flows.rpc("account.move", "search_count", [["move_type", "=", "in_invoice"]])
    make = lambda: flows.rpc(  # noqa: E731
        "account.journal", "create_document_from_attachment", journal, [file],
        context={"default_move_type": "in_invoice"},
    )  # fmt: skip
    flows.refuses("incoming.xml", make)
    after = flows.rpc("account.move", "search_count", [["move_type", "=", "in_invoice"]])
    assert before == after
    bill = make()["res_id"]
    [row] = flows.rpc("account.move", "read", [bill], ["amount_total", "ref", "invoice_date"])
    assert (row["amount_total"], row["invoice_date"]) == (
        like["amount_total"], like["invoice_date"],
    )  # fmt: skip
    with flows.stopped():  # the bill has no folder: the bytes went along
        assert flows.get(f"/web/content/{file}").content == xml


def test_flow_55_an_order_is_made_of_a_file(flows):
    data = pdf("we order")
    desk = flows.make("res.partner", name="Orders come here")
    file = flows.attach("order.pdf", data, "res.partner", desk, "application/pdf")
    make = lambda: flows.rpc(  # noqa: E731
        "sale.order", "create_document_from_attachment", [], [file]
    )
    flows.refuses("order.pdf", make)
    order = make()["res_id"]
    assert flows.row(file, "res_model", "res_id") == {
        "id": file, "res_model": "sale.order", "res_id": order,
    }  # fmt: skip
    with flows.stopped():
        assert flows.get(f"/web/content/{file}").content == data


def test_flow_56_a_letter_by_post_carries_its_pdf(flows, customer):
    data = pdf("letter")
    letter = flows.make(
        "snailmail.letter", partner_id=customer, model="res.partner", res_id=customer,
        company_id=1, report_template=flows.id("account.account_invoices"),
    )  # fmt: skip
    file = flows.attach("letter.pdf", data, "snailmail.letter", letter, "application/pdf")
    flows.rpc("snailmail.letter", "write", [letter], {"attachment_id": file})
    names = ["attachment_datas", "state"]
    read = lambda: flows.rpc("snailmail.letter", "read", [letter], names)[0]  # noqa: E731
    flows.refuses("letter.pdf", read)
    flows.refuses("letter.pdf", lambda: flows.rpc("snailmail.letter", "snailmail_print", [letter]))
    assert read()["state"] == "pending" and read()["attachment_datas"] == encoded(data)
    assert flows.in_cloud_only(file)
