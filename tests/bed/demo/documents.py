"""Documents for the demo's records, each valid for what it claims to be, and for the tour."""

import base64
import random
import struct
import zlib

from ..rpc import Rpc


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text on each page."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {count}/Kids[{kids}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, text in enumerate(pages):
        safe = text.encode("ascii", "replace").decode().translate({40: 91, 41: 93, 92: 47})
        drawn = f"BT /F1 24 Tf 72 720 Td ({safe}) Tj ET"
        objects.append(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
            f"/Contents {5 + 2 * number} 0 R>>"
        )
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    data, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{at:010} 00000 n \n" for at in places)
    return (
        data
        + (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF\n"
        ).encode()
    )


def png(width: int, height: int, seed: object) -> bytes:
    """A picture of coloured stripes."""
    chance = random.Random(str(seed))
    stripes = [bytes(chance.randrange(256) for _ in range(3)) for _ in range(8)]
    row = b"\0" + b"".join(stripes[column * 8 // width] for column in range(width))

    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = part(b"IHDR", head) + part(b"IDAT", zlib.compress(row * height)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def csv(title: str) -> bytes:
    """A small table."""
    chance = random.Random(title)
    rows = "".join(f"{n},{title},{chance.randrange(1, 500)}\r\n" for n in range(1, 21))
    return f"number,about,amount\r\n{rows}".encode()


def noise(size: int, seed: object) -> bytes:
    """Bytes that no compression and no other file shares."""
    return random.Random(str(seed)).randbytes(size)


# Model, what is searched, and the documents that each record gets.
_SETS = [
    ("sale.order", [], lambda name: {f"Quotation {name}.pdf": pdf(f"Quotation {name}")}),
    ("project.project", [], lambda name: {"Plan.csv": csv(name)}),
    (
        "project.task",
        [("project_id", "!=", False)],
        lambda name: {"Notes.txt": f"Notes on {name}\n".encode()},
    ),
    ("crm.lead", [], lambda name: {"Request.pdf": pdf(f"Request: {name}")}),
    ("hr.employee", [], lambda name: {"Contract.pdf": pdf(f"Contract of {name}", "Signatures")}),
    (
        "res.partner",
        [("parent_id", "=", False), ("is_company", "=", True)],
        lambda name: {"Logo.png": png(320, 200, name), "Terms.pdf": pdf(f"Terms for {name}")},
    ),
]


def dress(rpc: Rpc) -> int:
    """Gives Azure Interior a project and two orders, and each record its documents; done once.
    Answers how many documents there are."""
    customer = rpc.one("res.partner", [("name", "=", "Azure Interior")])["id"]
    project = rpc.one("project.project", [("name", "=", "Renovations")])["id"]
    rpc("project.project", "write", [project], {"partner_id": customer})
    products = rpc("product.product", "search", [("sale_ok", "=", True)], limit=2)
    for product in products:
        lines = [(0, 0, {"product_id": product, "product_uom_qty": 3})]
        rpc("sale.order", "create", {"partner_id": customer, "order_line": lines})
    files = []
    for model, domain, documents in _SETS:
        for row in rpc(model, "search_read", domain, ["display_name"], order="id"):
            for name, data in documents(row["display_name"]).items():
                files.append(attachment(model, row["id"], name, data))
    for place in range(0, len(files), 50):
        rpc("ir.attachment", "create", files[place : place + 50])
    return len(files)


def attachment(model: str, record: int, name: str, data: bytes) -> dict:
    """Values of an attachment of a record."""
    coded = base64.b64encode(data).decode()
    return {"name": name, "datas": coded, "res_model": model, "res_id": record}
