"""The files that everybody copies: attachments of partners in Odoo, and the same files on disk."""

import os
from dataclasses import dataclass
from pathlib import Path

from ..odoo import Odoo


@dataclass(frozen=True)
class Corpus:
    """`files` random files of `size` bytes each, spread evenly over `folders` partners."""

    name: str
    files: int
    size: int
    folders: int

    @property
    def each(self) -> int:
        """Files in a folder."""
        return self.files // self.folders

    @property
    def mib(self) -> float:
        """All bytes."""
        return self.files * self.size / 2**20

    @property
    def domain(self) -> list:
        """Finds its partners in Odoo."""
        return [("ref", "=", f"bench {self.name}")]

    def fill(self, odoo: Odoo) -> None:
        """Makes its partners with their attachments."""
        odoo.shell(
            _FILL.format(name=self.name, folders=self.folders, each=self.each, size=self.size)
        )

    def write(self, target: Path) -> None:
        """The same tree on disk, with bytes of its own: no program compares the two."""
        for folder in range(self.folders):
            place = target / f"Bench {self.name} {folder:03}"
            place.mkdir(parents=True)
            for number in range(self.each):
                (place / f"Document {number:03}.bin").write_bytes(os.urandom(self.size))


SMALL = Corpus("small", files=2000, size=20 * 1024, folders=400)
LARGE = Corpus("large", files=20, size=25 * 2**20, folders=4)
CORPORA = {corpus.name: corpus for corpus in (SMALL, LARGE)}

_FILL = """
import os
partners = env["res.partner"].create([
    {{"name": f"Bench {name} {{folder:03}}", "ref": "bench {name}"}} for folder in range({folders})
])
env.cr.commit()
for partner in partners:
    env["ir.attachment"].create([
        {{
            "name": f"Document {{number:03}}.bin", "raw": os.urandom({size}),
            "mimetype": "application/octet-stream", "res_model": "res.partner",
            "res_id": partner.id,
        }}
        for number in range({each})
    ])
    env.cr.commit()
    env.invalidate_all()
"""
