"""What people wrote, and what they gave up: the memory that both ends are checked against."""

import hashlib
import random
import unicodedata
from dataclasses import dataclass

REFUSED = str.maketrans(dict.fromkeys("*?\"':<>/+%!@\\,|", "-"))
SIZES = (90, 1_500, 9_000, 9_000, 60_000, 300_000)


def digest(data: bytes) -> str:
    """How contents are known here and in Odoo: SHA-1."""
    return hashlib.sha1(data).hexdigest()


def legal(name: str) -> str:
    """A name of Odoo as the store has it, unless a sibling holds it."""
    return unicodedata.normalize("NFC", name).translate(REFUSED).strip().rstrip(".")


@dataclass(frozen=True)
class Content:
    """One content. `token` names it in what is printed, and stands in its first line."""

    token: str
    data: bytes
    said: str


class Contents:
    """Every content is written once, at one place: no two are alike, but `twins`, which were put
    at both ends. What a person overwrote or deleted is *given up*: it may be anywhere or nowhere,
    but not twice. All others are *alive*."""

    def __init__(self):
        self.written: dict[str, Content] = {}
        self.given_up: set[str] = set()
        self.twins: set[str] = set()
        self._count = 0

    def fresh(self, chance: random.Random, number: int, text: bool = False) -> bytes:
        """Bytes that nobody wrote before; `text` makes them plain ASCII. They count only once
        they are `wrote`."""
        self._count += 1
        head = f"token r{number}-{self._count}\n".encode()
        size = chance.choice(SIZES) + chance.randrange(80)
        noise = chance.randbytes(size // 2).hex().encode() if text else chance.randbytes(size)
        return head + noise

    def wrote(self, data: bytes, said: str) -> None:
        """A person wrote this; `said` tells where, for people."""
        token = data.split(b"\n", 1)[0].decode().removeprefix("token ")
        self.written[digest(data)] = Content(token, data, said)

    def gave_up(self, *digests: str) -> None:
        """A person overwrote or deleted these, seeing them or not."""
        self.given_up.update(digests)

    def alive(self) -> set[str]:
        """What must lie at both ends, once."""
        return self.written.keys() - self.given_up

    def name(self, known: str) -> str:
        """What a content is called in what is printed."""
        found = self.written.get(known)
        return found.token if found else f"sha1 {known[:12]} (nobody wrote that)"

    def count(self) -> str:
        """How many are alive and given up."""
        return f"{len(self.alive())} alive, {len(self.given_up & self.written.keys())} given up"
