"""Files that a browser shows or downloads, with every byte in the cloud only, and with the sidecar
stopped."""

import io
import os
import zipfile

import pytest
import requests
from addon_bed import png, sha1
from flows_bed import encoded, pdf


@pytest.fixture(scope="module")
def partner(flows):
    """A contact with a folder."""
    return flows.make("res.partner", name="Flows of the web")


@pytest.fixture(scope="module")
def picture(flows, partner):
    """(id, bytes) of a released picture of 200 by 100."""
    data = png()
    return flows.attach("seen.png", data, "res.partner", partner, "image/png"), data


def size_of(picture: bytes) -> tuple[int, int]:
    return int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")


def test_flow_01_a_file_is_downloaded_under_its_name(flows, partner):
    data = os.urandom(700_000)
    file = flows.attach("Offer 7.bin", data, "res.partner", partner)
    unique = flows.row(file, "checksum")["checksum"][:8]
    addresses = [
        f"/web/content/{file}?download=true",
        f"/web/content/{file}?download=true&unique={unique}",
        f"/web/content/{file}/Offer%207.bin?download=true",
        f"/web/content/ir.attachment/{file}/datas?download=true&filename_field=name",
    ]
    for address in addresses:
        flows.fails("Offer 7.bin", lambda address=address: flows.get(address))
    for address in addresses:
        answer = flows.get(address)
        assert (answer.status_code, answer.content) == (200, data), address
        assert answer.headers["Content-Length"] == str(len(data))
        assert "Offer 7.bin" in answer.headers["Content-Disposition"]
    assert len(flows.sidecar.asked) == len(addresses)
    renamed = flows.get(f"/web/content/{file}?download=true&filename=mine.bin")
    assert "mine.bin" in renamed.headers["Content-Disposition"] and renamed.content == data
    assert flows.in_cloud_only(file)


def test_flow_02_a_video_plays_goes_on_and_jumps(flows, partner):
    data = os.urandom(900_000)
    file = flows.attach("film.mp4", data, "res.partner", partner, "video/mp4")
    address = f"/web/content/{file}"
    for ranged in ("bytes=0-", "bytes=500000-", "bytes=-1000"):
        flows.fails("film.mp4", lambda r=ranged: flows.get(address, headers={"Range": r}))
    begin = flows.get(address, headers={"Range": "bytes=0-"})
    assert (begin.status_code, begin.content) == (206, data)
    assert (begin.headers["Content-Type"], begin.headers["Accept-Ranges"]) == ("video/mp4", "bytes")
    tag = begin.headers["ETag"]
    parts = {"bytes=500000-": data[500_000:], "bytes=-1000": data[-1000:], "bytes=7-7": data[7:8]}
    for ranged, part in parts.items():
        answer = flows.get(address, headers={"Range": ranged, "If-Range": tag})
        assert (answer.status_code, answer.content) == (206, part), ranged
    changed = flows.get(address, headers={"Range": "bytes=5-", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, data)
    beyond = flows.get(address, headers={"Range": "bytes=900000-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */900000")
    assert flows.in_cloud_only(file)


def test_flow_03_a_picture_is_previewed(flows, picture):
    file, data = picture
    unique = flows.row(file, "checksum")["checksum"][:8]
    addresses = [f"/web/image/{file}", f"/web/image/{file}?unique={unique}", f"/web/image/{file}/x"]
    for address in addresses:
        flows.fails("seen.png", lambda address=address: flows.get(address))  # and no placeholder
    for address in addresses:
        answer = flows.get(address)
        assert (answer.status_code, answer.content) == (200, data), address
        assert answer.headers["Content-Type"] == "image/png"
    assert flows.in_cloud_only(file)


def test_flow_04_a_picture_is_had_in_other_sizes(flows, picture):
    file, data = picture
    sizes = {
        f"/web/image/{file}/64x64": (64, 32),
        f"/web/image/{file}?width=50&height=50&crop=1": (50, 50),
        f"/web/image/ir.attachment/{file}/raw/100x100": (100, 50),
    }
    for address in sizes:
        flows.fails("seen.png", lambda address=address: flows.get(address))
    for address, size in sizes.items():
        answer = flows.get(address)
        assert (answer.status_code, size_of(answer.content)) == (200, size), address
    again = flows.get(f"/web/image/{file}/64x64")
    asked = len(flows.sidecar.asked)
    same = flows.get(f"/web/image/{file}/64x64", headers={"If-None-Match": again.headers["ETag"]})
    assert (same.status_code, len(flows.sidecar.asked)) == (304, asked)
    assert flows.in_cloud_only(file) and size_of(data) == (200, 100)


def test_flow_05_a_pdf_is_previewed(flows, partner):
    data = pdf("one", "two")
    file = flows.attach("plan.pdf", data, "res.partner", partner, "application/pdf")
    address = f"/web/content/{file}?unique=1"
    flows.fails("plan.pdf", lambda: flows.get(address))
    viewer = flows.get(f"/web/static/lib/pdfjs/web/viewer.html?file={address}")
    answer = flows.get(address)
    assert viewer.status_code == 200
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["Content-Type"] == "application/pdf"
    part = flows.get(address, headers={"Range": "bytes=-200"})  # the viewer asks for ends first
    assert (part.status_code, part.content) == (206, data[-200:])
    assert flows.in_cloud_only(file)


def test_flow_06_the_first_page_of_a_pdf_becomes_its_thumbnail(flows, partner):
    file = flows.attach("drawing.pdf", pdf("a", "b"), "res.partner", partner, "application/pdf")
    address = f"/mail/attachment/pdf_first_page/{file}"
    flows.fails("drawing.pdf", lambda: flows.get(address))
    page = flows.get(address)
    assert page.status_code == 200
    assert page.content.startswith(b"%PDF-") and page.content.count(b"/Type /Page\n") == 1
    drawn = png(40, 20)
    flows.rpc("ir.attachment", "write", [file], {"thumbnail": encoded(drawn)})
    with flows.stopped():  # the thumbnail is Odoo's own
        shown = flows.get(f"/web/image/{file}?field=thumbnail")
        assert (shown.status_code, shown.content) == (200, drawn)
    assert flows.in_cloud_only(file)


def test_flow_07_a_text_is_previewed(flows, partner):
    data = "Zeile eins\nрядок два\n".encode()
    file = flows.attach("note.txt", data, "res.partner", partner, "text/plain")
    flows.fails("note.txt", lambda: flows.get(f"/web/content/{file}?unique=1"))
    answer = flows.get(f"/web/content/{file}?unique=1")
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert flows.in_cloud_only(file)


def test_flow_08_the_chatters_files_come_as_a_zip(flows, partner):
    contents = {f"part {number}.bin": os.urandom(20_000) for number in range(3)}
    files = [flows.attach(name, data, "res.partner", partner) for name, data in contents.items()]
    form = {"file_ids": ",".join(map(str, files)), "zip_name": "all.zip"}

    def ask():
        more = {"csrf_token": flows.csrf}
        return flows.browser.post(f"{flows.odoo.url}/mail/attachment/zip", data={**form, **more})

    flows.fails("part 0.bin", ask)
    answer = ask()
    assert answer.status_code == 200
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert {name: packed.read(name) for name in packed.namelist()} == contents
    # One that cannot be had is not left out.
    lost = sha1(contents["part 2.bin"])
    kept = flows.sidecar.contents.pop(lost)
    assert ask().status_code == 503
    flows.sidecar.contents[lost] = kept
    assert flows.in_cloud_only(*files)


def test_flow_09_a_link_with_a_token_opens_without_a_login(flows, partner):
    data = os.urandom(10_000)
    file = flows.attach("shared.bin", data, "res.partner", partner)
    [token] = flows.rpc("ir.attachment", "generate_access_token", [file])
    stranger = requests.Session()
    address = f"/web/content/{file}?access_token={token}"
    flows.fails("shared.bin", lambda: flows.get(address, stranger))
    assert flows.get(address, stranger).content == data
    assert flows.get(f"/web/content/{file}?access_token=wrong", stranger).status_code == 404
    assert flows.in_cloud_only(file)


def test_flow_10_a_file_at_an_address_of_its_own_is_served_there(flows, partner):
    data = png(30, 30)
    file = flows.attach("banner.png", data, "res.partner", partner, "image/png")
    flows.rpc("ir.attachment", "write", [file], {"url": "/flows/banner.png", "public": True})
    flows.fails("banner.png", lambda: flows.get("/flows/banner.png"))
    answer = flows.get("/flows/banner.png")
    assert (answer.status_code, answer.content) == (200, data)
    assert flows.in_cloud_only(file)


def test_flow_11_a_picture_goes_into_a_text(flows, partner):
    data = png(120, 60)
    file = flows.attach("inset.png", data, "res.partner", partner, "image/png")
    names = ["image_width", "image_height"]
    ask = lambda: flows.ask(  # noqa: E731
        f"/html_editor/modify_image/{file}", res_model="res.partner", res_id=partner
    )
    flows.refuses("inset.png", ask)
    with flows.stopped():  # the dialog that lists pictures still opens
        assert flows.row(file, *names) == {"id": file, "image_width": 0, "image_height": 0}
    assert flows.row(file, *names) == {"id": file, "image_width": 120, "image_height": 60}
    shown = flows.get(ask())  # a copy that belongs to the text
    assert (shown.status_code, shown.content) == (200, data)
    assert flows.released(file)


def test_flow_12_pictures_of_records_stay_in_odoo(flows):
    """Rows of a field (avatars, pictures of products) live in no folder: nothing releases them,
    and they need no sidecar."""
    data = png(128, 128)
    partner = flows.make("res.partner", name="Has a face", image_1920=encoded(data))
    domain = [
        ["res_model", "=", "res.partner"],
        ["res_id", "=", partner],
        ["res_field", "!=", False],
    ]
    rows = flows.rpc(
        "ir.attachment", "search_read", domain, ["checksum", "file_size", "attache_folder_id"]
    )
    assert rows and not any(row["attache_folder_id"] for row in rows)
    for row in rows:
        told = flows.service.one(
            {
                "op": "release", "id": row["id"], "expect": row["checksum"],
                "size": row["file_size"],
            }
        )  # fmt: skip
        assert (told["ok"], told["code"]) == (False, "missing")
    template = flows.make("product.template", name="Has a picture", image_1920=encoded(data))
    flows.sidecar.asked.clear()
    with flows.stopped():
        for address in (
            f"/web/image/res.partner/{partner}/image_1920",
            f"/web/image/res.partner/{partner}/avatar_128",
            f"/web/image/product.template/{template}/image_1024",
        ):
            shown = flows.get(address)
            assert (shown.status_code, size_of(shown.content)) == (200, (128, 128)), address
        card = flows.get(f"/web_enterprise/partner/{partner}/vcard")
        assert card.status_code == 200 and "PHOTO" in card.text
        assert flows.sidecar.asked == []
