"""Faults put into the addon's checks on purpose, from outside: the comparison must notice each."""

import contextlib
from unittest.mock import patch

from odoo.tools import SQL


def _ancestors(folder):
    """Nothing above a folder is asked about."""
    from odoo.addons.attache.models.attache_folder_visible import _Asked

    def alone(asked, *_where):
        asked._about()
        everything = asked._open(SQL("TRUE"), asked.folders._record_models())
        return SQL(
            "WITH open_ AS MATERIALIZED (%s) SELECT open_.id FROM open_ WHERE TRUE%s",
            everything,
            asked._and_holds("open_"),
        )

    return [patch.object(_Asked, shape, alone) for shape in ("inside", "below", "all")]


def _holding(folder):
    """A rule's folder is there for everybody."""
    from odoo.addons.attache.models.attache_folder_visible import _Asked

    return [patch.object(_Asked, "_and_holds", lambda *_: SQL(""))]


def _lists(folder):
    """A folder for some people is there for everybody."""
    return [patch.object(folder, "_restricted_sql", lambda *_: SQL("FALSE"))]


def _editors(folder):
    """Everybody is an editor."""
    return [patch.object(folder, "_editable", lambda self: self)]


def _record(folder):
    """Nobody needs the right to change the record."""
    return [patch.object(folder, "_writable", lambda self: self._editable())]


PLANTS = {
    "ancestors": _ancestors,
    "editors": _editors,
    "holding": _holding,
    "lists": _lists,
    "record": _record,
}


@contextlib.contextmanager
def planted(env, name: str | None):
    """The fault of this name, for as long as the context lasts."""
    with contextlib.ExitStack() as stack:
        for one in PLANTS[name](type(env["attache.folder"])) if name else ():
            stack.enter_context(one)
        yield
