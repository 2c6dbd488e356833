"""Rules as a TOML file: what may stand in it, how it is written, and where something stands.

The sidecar reads the same file where there is no addon; tests/rules holds files that both are
tested with. Written by hand here, since Python reads TOML and does not write it.
"""

import ast
import math
import re
import unicodedata

# What a rule may say, in the order it is written. A dict is a table, a list of one dict many.
SHAPE = {
    "name": str,
    "title": str,
    "model": str,
    "domain": (list, str),
    "connection": str,
    "company": str,
    "sequence": int,
    "active": bool,
    "parent": str,
    "parent_field": str,
    "nest_field": str,
    "below": bool,
    "folder_name": str,
    "leave": str,
    "period": {"field": str, "direction": str, "count": int, "unit": str},
    "split": {"field": str, "unit": str, "folder": [{"name": str, "values": list}]},
    "default": [{"path": str}],
}
# What a key says that is not there. The fields of `attache.rule` have the same defaults. Without
# one here a key must be there; an empty text counts as none.
DEFAULTS = {
    "title": "",
    "domain": [],
    "connection": "",
    "company": "",
    "sequence": 10,
    "active": True,
    "parent": "",
    "parent_field": "",
    "nest_field": "",
    "below": False,
    "folder_name": "",
    "leave": "keep",
    "period": {"direction": "last", "count": 1, "unit": "month"},
    "split": {"unit": "", "folder": []},
    "default": [],
}
# Texts that count as not there when they are empty.
EMPTY = [key for key, default in DEFAULTS.items() if default == ""]
HEAD = re.compile(r"^\s*\[\[?\s*([\w.\-\"' \t]*[\w\"'])[ \t]*\]\]?")
KEY = re.compile(r"^\s*([\w\-.\"']+(?:\s*\.\s*[\w\-\"']+)*)\s*=")
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def keys(shape=None):
    """Every key of any table."""
    named = set()
    for key, kind in (SHAPE if shape is None else shape).items():
        named.add(key)
        if isinstance(kind, list | dict):
            named |= keys(kind[0] if isinstance(kind, list) else kind)
    return named


def sparse(entry):
    """The entry as it is exported: without what is the default anyway. A period is told whole,
    since people read it so. Equal rules have equal entries."""
    entry = {**entry, "domain": domain_of(entry.get("domain") or [])}
    if period := entry.get("period"):
        entry["period"] = {**DEFAULTS["period"], **period}
    if split := entry.get("split"):
        entry["split"] = _without(split, DEFAULTS["split"])
    return _without(entry, {**DEFAULTS, "period": None, "split": None})


def _without(values, defaults):
    # 0 is no default where False is one.
    return {
        key: value
        for key, value in values.items()
        if key not in defaults or value != defaults[key] or type(value) is not type(defaults[key])
    }


def domain_of(domain):
    """A domain in the file's words: a list, or Python where only Odoo can tell what it means."""
    if not isinstance(domain, str):
        return domain
    text = domain.strip() or "[]"
    try:
        literal = writable(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        literal = None
    return text if literal is None else literal


def write(rules):
    """The text of a file with these rules; reading it gives exactly them."""
    return "\n".join(_table("rule", rule, SHAPE, many=True) for rule in rules)


def _table(path, values, shape, many=False):
    head = f"[[{path}]]" if many else f"[{path}]"
    plain, tables = [head], []
    for key in shape:
        value, below = values.get(key), f"{path}.{key}"
        if value is None:
            continue
        if isinstance(shape[key], dict):
            tables.append(_table(below, value, shape[key]))
        elif isinstance(shape[key], list):
            tables += [_table(below, one, shape[key][0], many=True) for one in value]
        else:
            plain.append(f"{key} = {_value(value)}")
    return "\n".join(["\n".join(plain) + "\n", *tables])


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return f'"{"".join(map(_sign, value))}"'
    return repr(value)


def _sign(sign):
    if sign in ESCAPES:
        return ESCAPES[sign]
    code = ord(sign)
    if code < 0x20 or code == 0x7F or 0xD800 <= code <= 0xDFFF:
        return f"\\u{code:04X}"
    return sign


def writable(value):
    """The value with lists for tuples, or None where TOML has no word for a part of it."""
    if isinstance(value, list | tuple):
        parts = [writable(part) for part in value]
        return None if any(part is None for part in parts) else parts
    if isinstance(value, bool | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else None


def handle(text):
    """A name for a rule in the file: small letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def line_of(text, number, *path):
    """The line, from 1, where something is said of the rule with this number, from 0: its key, or
    what is nearest, the head of its table or of its rule. Numbers in the path count, from 0,
    tables of one name."""
    keys = [step for step in path if isinstance(step, str)]
    count = next((step for step in reversed(path) if isinstance(step, int)), 0)
    rule, table, seen, best = -1, [], 0, None
    for at, line in enumerate(text.splitlines(), 1):
        if head := HEAD.match(line):
            table = [part.strip(" \"'") for part in head[1].split(".")]
            rule += table == ["rule"]
            if rule != number:
                continue
            within = table == ["rule", *keys[: len(table) - 1]]
            # The last table on the way may be one of many.
            seen += within and len(table) > 1 and len(table) >= len(keys)
            if within and (len(table) < max(len(keys), 2) or seen == count + 1):
                best = at
        elif rule == number and keys and table == ["rule", *keys[:-1]]:
            key = KEY.match(line)
            if key and key[1].strip("\"'") == keys[-1] and seen in (0, count + 1):
                return at
    return best
