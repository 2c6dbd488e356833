"""Documents of products, offers and tasks, on screens, in prints and in the portal, with every byte
in the cloud only and with the sidecar stopped."""

import html
import os
import re

import pytest
import requests
from addon_bed import png, sha1
from flows_bed import encoded, pdf


@pytest.fixture(scope="module")
def product(flows):
    """A product with a folder: {template, variant}."""
    template = flows.make("product.template", name="Flow product", list_price=10)
    [row] = flows.rpc("product.template", "read", [template], ["product_variant_id"])
    return {"template": template, "variant": row["product_variant_id"][0]}


def document(flows, product, name: str, data: bytes, **vals) -> tuple[int, int]:
    """A released document of the product: (its id, the id of its file)."""
    made = flows.rpc(
        "product.document", "create",
        {
            "name": name, "datas": encoded(data), "res_model": "product.template",
            "res_id": product["template"], **vals,
        },
    )  # fmt: skip
    [row] = flows.rpc("product.document", "read", [made], ["ir_attachment_id"])
    return made, flows.release(row["ir_attachment_id"][0])


def order(flows, product, **vals) -> dict:
    """An offer of the product, with its token for the portal."""
    customer = flows.rpc("res.partner", "create", {"name": "Buyer", "email": "buyer@flows.example"})
    line = {"product_id": product["variant"], "product_uom_qty": 1}
    made = flows.rpc(
        "sale.order", "create",
        {"partner_id": customer, "order_line": [(0, 0, line)], **vals},
    )  # fmt: skip
    flows.rpc("sale.order", "get_portal_url", [made])
    [row] = flows.rpc("sale.order", "read", [made], ["access_token", "order_line", "name"])
    return row


def pages(data: bytes) -> int:
    assert data.startswith(b"%PDF-")
    return len(re.findall(rb"/Type\s*/Page\b", data))


def test_flow_37_a_products_documents_are_shown_and_downloaded(flows, product):
    data = png(300, 150)
    made, file = document(flows, product, "look.png", data)
    addresses = [
        f"/web/content/product.document/{made}/datas?download=true",
        f"/web/image/product.document/{made}/datas",
        f"/web/content/{file}",
    ]
    for address in [*addresses, f"/web/image/{file}/100x100"]:
        flows.fails("look.png", lambda address=address: flows.get(address))
    for address in addresses:
        answer = flows.get(address)
        assert (answer.status_code, answer.content) == (200, data), address
    small = flows.get(f"/web/image/{file}/100x100")  # its card
    assert (small.status_code, small.content[16:24]) == (200, b"\0\0\0\x64\0\0\0\x32")
    # A form shows the size only, and opens without the cloud.
    with flows.stopped():
        [form] = flows.rpc(
            "product.document", "web_read", [made], {"name": {}, "datas": {}},
            context={"bin_size": True},
        )  # fmt: skip
        assert form["datas"].endswith("Kb") and form["name"] == "look.png"
        asked = {"name": {}, "datas": {}}
        fresh = flows.rpc(
            "product.document", "onchange", [], {}, [], asked, context={"bin_size": True}
        )
        assert fresh["value"]["datas"] is False
    assert flows.in_cloud_only(file)


def test_flow_38_a_document_of_a_product_is_duplicated(flows, product):
    data = os.urandom(20_000)
    made, file = document(flows, product, "manual.bin", data)
    copy = lambda: flows.rpc("product.document", "copy", [made])  # noqa: E731
    flows.refuses("manual.bin", copy)
    [again] = copy()
    with flows.stopped():
        answer = flows.get(f"/web/content/product.document/{again}/datas")
        assert (answer.status_code, answer.content) == (200, data)
    assert flows.released(file)


def test_flow_39_a_customer_downloads_a_products_document_from_the_offer(flows, product):
    data = os.urandom(20_000)
    made, file = document(flows, product, "datasheet.bin", data, attached_on_sale="quotation")
    offer = order(flows, product)
    stranger = requests.Session()
    address = f"/my/orders/{offer['id']}/document/{made}?access_token={offer['access_token']}"
    flows.fails("datasheet.bin", lambda: flows.get(address, stranger))
    answer = flows.get(address, stranger)
    assert (answer.status_code, answer.content) == (200, data)
    assert "datasheet.bin" in answer.headers["Content-Disposition"]
    assert flows.in_cloud_only(file)


@pytest.fixture(scope="module")
def offer(flows, product):
    """An offer whose print has a header of two pages, a document of its product and a footer."""
    inside, file = document(
        flows, product, "inside.pdf", pdf("product inside"), attached_on_sale="inside"
    )
    around, files = {}, {"inside.pdf": file}
    for kind, texts in {"header": ("cover", "contents"), "footer": ("terms",)}.items():
        vals = {"name": f"{kind}.pdf", "datas": encoded(pdf(*texts)), "document_type": kind}
        around[kind] = flows.rpc("quotation.document", "create", vals)
        [row] = flows.rpc("quotation.document", "read", [around[kind]], ["ir_attachment_id"])
        flows.folder("quotation.document", around[kind])
        files[f"{kind}.pdf"] = flows.release(row["ir_attachment_id"][0])
    offer = order(flows, product, quotation_document_ids=[(6, 0, list(around.values()))])
    vals = {"product_document_ids": [(6, 0, [inside])]}
    flows.rpc("sale.order.line", "write", offer["order_line"], vals)
    return {**offer, "files": files, "around": around}


@pytest.mark.parametrize("who", ["customer", "seller"])
def test_flow_40_an_offer_is_printed_with_its_pdfs(flows, offer, who):
    stranger = requests.Session()
    address = f"/my/orders/{offer['id']}?report_type=pdf&access_token={offer['access_token']}"
    ask = lambda: flows.get(address, stranger)  # noqa: E731
    if who == "seller":
        ask = lambda: flows.get(f"/report/pdf/sale.report_saleorder/{offer['id']}")  # noqa: E731
    flows.fails("header.pdf", ask)
    # Not one of them is left out.
    for lost in offer["files"].values():
        digest = flows.row(lost, "checksum")["checksum"]
        kept = flows.sidecar.contents.pop(digest)
        assert ask().status_code == 503
        flows.sidecar.contents[digest] = kept
    answer = ask()
    assert answer.status_code == 200, answer.text
    assert pages(answer.content) == 5
    for text in (b"(cover)", b"(contents)", b"(product inside)", b"(terms)"):
        assert text in answer.content
    assert flows.in_cloud_only(*offer["files"].values())


def test_flow_41_a_header_that_was_edited_in_the_cloud_is_printed(flows, offer):
    file, newer = offer["files"]["header.pdf"], pdf("newer cover")
    digest = flows.sidecar.add(newer)
    flows.service.files(
        {
            "op": "content", "id": file, "expect": flows.row(file, "checksum")["checksum"],
            "sha1": digest, "size": len(newer),
        }
    )  # fmt: skip
    ask = lambda: flows.get(f"/report/pdf/sale.report_saleorder/{offer['id']}")  # noqa: E731
    flows.fails("header.pdf", ask)
    answer = ask()
    assert (answer.status_code, pages(answer.content)) == (200, 4)
    assert b"(newer cover)" in answer.content and b"(contents)" not in answer.content


def test_flow_42_a_print_shows_the_pictures_of_its_text(flows, product):
    data = png(90, 90)
    partner = flows.make("res.partner", name="Drawn")
    file = flows.attach("sketch.png", data, "res.partner", partner, "image/png")
    note = f'<p>See</p><img src="/web/image/{file}-{sha1(data)[:8]}/sketch.png"/>'
    offer = order(flows, product, note=note)
    ask = lambda: flows.get(f"/report/pdf/sale.report_saleorder/{offer['id']}")  # noqa: E731
    flows.fails("sketch.png", ask)
    answer = ask()
    assert answer.status_code == 200
    assert f"(picture {sha1(data)})".encode() in answer.content
    assert flows.in_cloud_only(file)


def test_flow_43_a_print_that_is_kept_is_given_again_and_prints_are_merged(flows):
    partners, files = [], []
    for text in ("first", "second"):
        partner = flows.make("res.partner", name=f"Printed {text}")
        file = flows.attach(f"print-{partner}.pdf", pdf(text), "res.partner", partner)
        partners.append(partner)
        files.append(file)
    report = {
        "name": "Kept", "model": "res.partner", "report_type": "qweb-pdf", "attachment_use": True,
        "report_name": "flows.kept", "attachment": "'print-%s.pdf' % object.id",
    }  # fmt: skip
    flows.rpc("ir.actions.report", "create", report)
    one = lambda: flows.get(f"/report/pdf/flows.kept/{partners[0]}")  # noqa: E731
    both = lambda: flows.get("/report/pdf/flows.kept/" + ",".join(map(str, partners)))  # noqa: E731
    for ask in (one, both):
        flows.fails(f"print-{partners[0]}.pdf", ask)
    assert (one().status_code, pages(one().content)) == (200, 1)
    merged = both().content
    assert pages(merged) == 2 and b"(first)" in merged and b"(second)" in merged
    assert flows.in_cloud_only(*files)


# -- the portal --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def task(flows):
    """A task that a user of the portal follows: {task, browser}."""
    flows.person("flow-customer", "base.group_portal", email="flow-customer@flows.example")
    user = flows.rpc.one("res.users", [["login", "=", "flow-customer"]], "partner_id")
    project = flows.rpc(
        "project.project", "create", {"name": "Shared", "privacy_visibility": "portal"}
    )
    task = flows.make("project.task", name="Shared task", project_id=project)
    for model, record in (("project.project", project), ("project.task", task)):
        flows.rpc(model, "message_subscribe", [record], [user["partner_id"][0]])
    return {"task": task, "project": project, "browser": flows.odoo.browser("flow-customer")}


def test_flow_44_a_customer_downloads_what_a_message_of_the_portal_shows(flows, task):
    data = os.urandom(20_000)
    file = flows.attach("progress.bin", data, "project.task", task["task"])
    flows.rpc(
        "project.task", "message_post", [task["task"]], body="Done so far", attachment_ids=[file],
        message_type="comment", subtype_xmlid="mail.mt_comment",
    )  # fmt: skip
    told = flows.ask(
        "/mail/chatter_fetch", browser=task["browser"], thread_model="project.task",
        thread_id=task["task"],
    )  # fmt: skip
    shown = {
        row["id"]: row
        for message in told["data"]["mail.message"]
        for row in message["attachment_ids"]
    }
    address = f"/web/content/{file}?download=true&access_token={shown[file]['raw_access_token']}"
    for browser in (task["browser"], requests.Session()):
        flows.fails("progress.bin", lambda browser=browser: flows.get(address, browser))
        assert flows.get(address, browser).content == data
    assert flows.in_cloud_only(file)


def test_flow_45_a_customer_downloads_the_files_of_a_task(flows, task):
    data = pdf("shared")
    file = flows.attach("shared.pdf", data, "project.task", task["task"], "application/pdf")
    page = flows.get(f"/my/tasks/{task['task']}", task["browser"]).text
    [address] = set(re.findall(rf'href="(/web/content/{file}[?][^"]+)"', page))
    ask = lambda: flows.get(html.unescape(address), task["browser"])  # noqa: E731
    flows.fails("shared.pdf", ask)
    assert ask().content == data
    assert flows.in_cloud_only(file)


def test_flow_46_the_papers_of_an_employee_are_read_by_who_may(flows):
    data = pdf("contract")
    employee = flows.make("hr.employee", name="Has papers")
    file = flows.attach("contract.pdf", data, "hr.employee", employee, "application/pdf")
    officer = flows.odoo.browser("admin")
    address = f"/web/content/{file}?unique=1"
    flows.fails("contract.pdf", lambda: flows.get(address, officer))
    assert flows.get(address, officer).content == data
    flows.person("flow-colleague", "base.group_user", email="flow-colleague@flows.example")
    assert flows.get(address, flows.odoo.browser("flow-colleague")).status_code in (403, 404)
    assert flows.in_cloud_only(file)
