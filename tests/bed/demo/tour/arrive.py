"""Files attached to an order: they arrive, leave Odoo after the proof, and work as before."""

import struct
import urllib.parse

from .. import documents
from .guide import Guide, Spot

HOSTILE = 'a/b:*?"<>|+%é .pdf'
LARGE = 60 * 1024 * 1024


def play(guide: Guide) -> None:
    order = guide.order()
    files = {
        "Recording.bin": documents.noise(LARGE, guide.run),
        HOSTILE: documents.pdf("First page", f"Second page {guide.run}"),
        "Photo.png": documents.png(1200, 800, guide.run),
    }
    ids = {name: guide.attach(order, name, data) for name, data in files.items()}
    _arrive(guide, order, files, ids)
    _download(guide, files, ids)
    _preview(guide, files, ids)
    _mail(guide, files, ids)


def _arrive(guide: Guide, order: Spot, files: dict[str, bytes], ids: dict[str, int]) -> None:
    def arrived() -> bool:
        found = guide.store.inside(order.path)
        return sorted(found.values()) == sorted(files.values())

    guide.comes("three files are in the store, byte for byte", arrived, 180)
    [safe] = set(guide.store.inside(order.path)) - set(files)
    legal = safe.endswith(".pdf") and not set(safe) & set('/:*?"<>|+%')
    guide.holds("the hostile name is legal in the store", legal, safe)
    guide.holds("Odoo keeps the true name", guide.attached(order) == ids, guide.attached(order))
    guide.comes(
        "the copies are proved and Odoo's bytes released", lambda: guide.released(*ids.values())
    )


def _download(guide: Guide, files: dict[str, bytes], ids: dict[str, int]) -> None:
    for name, data in files.items():
        guide.holds(f"{name} downloads whole", guide.content(ids[name]) == data)
    middle = LARGE // 2
    cases = {
        f"bytes={middle}-{middle + 99}": files["Recording.bin"][middle : middle + 100],
        "bytes=-1000": files["Recording.bin"][-1000:],
        f"bytes={LARGE - 10}-": files["Recording.bin"][-10:],
    }
    for asked, data in cases.items():
        answer = guide.get(f"/web/content/{ids['Recording.bin']}", Range=asked)
        right = (answer.status_code, answer.content) == (206, data)
        guide.holds(f"Range: {asked}", right, answer.status_code)


def _preview(guide: Guide, files: dict[str, bytes], ids: dict[str, int]) -> None:
    page = guide.get(f"/mail/attachment/pdf_first_page/{ids[HOSTILE]}").content
    one = page.startswith(b"%PDF") and page.count(b"/Type /Page\n") == 1
    guide.holds("the PDF's first page is shown", one, page[:200])
    source = urllib.parse.quote(f"/web/content/{ids[HOSTILE]}")
    viewer = guide.get(f"/web/static/lib/pdfjs/web/viewer.html?file={source}")
    guide.holds("Odoo's viewer opens", viewer.ok and b"viewer" in viewer.content)
    picture = guide.get(f"/web/image/{ids['Photo.png']}?width=300&height=300").content
    size = struct.unpack(">II", picture[16:24]) if picture[1:4] == b"PNG" else ()
    guide.holds("the picture is resized", size == (300, 200), size)


def _mail(guide: Guide, files: dict[str, bytes], ids: dict[str, int]) -> None:
    subject = f"Your documents {guide.run}"
    sent = [HOSTILE, "Photo.png"]
    mail = guide.rpc(
        "mail.mail",
        "create",
        {
            "subject": subject,
            "body_html": "<p>Attached.</p>",
            "email_from": "demo@example.com",
            "email_to": "customer@example.com",
            "attachment_ids": [(6, 0, [ids[name] for name in sent])],
        },
    )
    guide.rpc("mail.mail", "send", [mail])
    mailbox = guide.demo.mailbox
    message = guide.comes("a mail with them goes out", lambda: mailbox.about(subject))
    carried = sorted(part.get_content() for part in message.iter_attachments())
    right = carried == sorted(files[name] for name in sent)
    guide.holds("the mail carries their bytes", right, [len(data) for data in carried])
