"""Two files and a subfolder dropped into a record's folder in the store."""

from .. import documents
from .guide import Guide


def play(guide: Guide) -> None:
    task = guide.task("Dropped")
    files = {
        "Scan.pdf": documents.pdf(f"Scan {guide.run}"),
        "Über uns.txt": f"Grüße {guide.run}\n".encode(),
    }
    inner = documents.csv(f"Measures {guide.run}")
    for name, data in files.items():
        guide.store.write(task / name, data)
    guide.store.make(task / "Scans")
    guide.store.write(task / "Scans/Measures.csv", inner)

    wanted = {**files, "Measures.csv": inner}

    def appeared() -> bool:
        return guide.attached(task).keys() == wanted.keys()

    guide.comes("they are attachments of the record", appeared)
    for name, file in guide.attached(task).items():
        guide.holds(f"{name} has its bytes in Odoo", guide.content(file) == wanted[name])
    subfolder = guide.rpc(
        "attache.folder",
        "search_read",
        [("parent_id", "=", task.folder), ("name", "=", "Scans")],
        ["kind", "file_ids"],
    )
    kept = len(subfolder) == 1 and len(subfolder[0]["file_ids"]) == 1
    guide.holds("the subfolder is there with its file", kept, subfolder)
    guide.settles()
