"""What a program without pages does: every record, and every record on the way of its name, by a
call of its own."""

import datetime
import time

import requests

from ..odoo import Database, Odoo
from .records import DOMAIN, Records, Rule

_KEY = """
at = {at!r}
user = env.ref("base.user_admin")
print(env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "bench", at))
env.cr.commit()
"""


def key(odoo: Odoo) -> str:
    """A key of the administrator for JSON-2."""
    at = datetime.datetime.now() + datetime.timedelta(days=1)
    return odoo.shell(_KEY.format(at=at.strftime("%Y-%m-%d %H:%M:%S"))).splitlines()[-1]


class Naive:
    """Reads over one kept connection, and counts its calls."""

    def __init__(self, url: str, database: Database, secret: str):
        self.url, self.calls = url, 0
        self._session = requests.Session()
        self._session.headers.update(
            {"Authorization": f"Bearer {secret}", "X-Odoo-Database": database.name}
        )

    def __call__(self, model: str, method: str, **arguments) -> list:
        self.calls += 1
        answer = self._session.post(
            f"{self.url}/json/2/{model}/{method}", json=arguments, timeout=120
        )
        answer.raise_for_status()
        return answer.json()

    def read(self, model: str, record: int, field: str):
        """One field of one record; a relation is answered as an identity."""
        [row] = self(model, "read", ids=[record], fields=[field])
        value = row[field]
        return value[0] if isinstance(value, list) else value

    def sample(self, records: Records, share: float) -> dict:
        """Names a part of the records of each rule: {names: {(model, id): name}, records, calls,
        seconds}. Looking for them is not counted, reading is."""
        found = {
            rule: self(rule.model, "search", domain=DOMAIN, order="id", limit=count)
            for rule, count in records.part(share).items()
        }
        # Its model's fields, as it would know them.
        relations = {
            (model, name): about.get("relation")
            for model in {rule.model for rule in found} | {"crm.team"}
            for name, about in self(model, "fields_get", attributes=["relation"]).items()
        }
        self.calls = 0
        begin = time.monotonic()
        names = {
            (rule.model, record): self._name(rule, record, relations)
            for rule, ids in found.items()
            for record in ids
        }
        return {
            "names": names,
            "records": len(names),
            "calls": self.calls,
            "seconds": time.monotonic() - begin,
        }

    def _name(self, rule: Rule, record: int, relations: dict) -> str:
        """The record is read once with all that its name and its place need; then what lies on the
        way, step by step."""
        firsts = {path[0] for path in rule.paths} | {rule.field} - {""}
        [row] = self(rule.model, "read", ids=[record], fields=sorted(firsts))
        values = []
        for first, *steps in rule.paths:
            value, model = row[first], relations[rule.model, first]
            for step in steps:
                value = value[0] if isinstance(value, list) else value
                value, model = self.read(model, value, step), relations[model, step]
            values.append(value)
        return rule.called(values)
