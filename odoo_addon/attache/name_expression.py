"""Folder names as `{{ object.field }}`: what can be seen in the text without a record.

Only what the sidecar surely refuses counts as a fault here; whether a name is well written else,
the sidecar judges.
"""

import re

# The words of the sidecar that take something, as static/src/expression/functions.js has them.
FUNCTIONS = (
    "date", "upper", "lower", "title", "pad", "slice", "replace", "default", "money",
    "eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not",
)  # fmt: skip
BLOCKS = ("if", "unless")

# What stands inside {{ }}. Texts in quotes count for nothing, nor does what follows a |||.
QUOTED = r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<bar>\|\|\|)"""
TOKEN = re.compile(
    QUOTED
    + r"""|(?P<open>\{\{)|\(\s*(?P<call>[A-Za-z_]\w*)(?=\s+[^\s)|])"""
    + r"""|(?<![\w.@])object(?P<path>(?:\.\w+)+)|(?<![\w.@])(?P<company>company)(?![\w.])"""
)
# A word with something behind it is called.
HEAD = re.compile(r"[{~]*\s*(?P<block>#?)\s*(?P<word>[A-Za-z_]\w*)(?=\s+[^\s}~|)])")
END = re.compile(QUOTED + r"|(?P<close>\}\})")


def paths(text):
    """Each path of an expression with the character, from 1, where its first name begins."""
    for start, end in _tags(text):
        for token in _tokens(text, start, end):
            if token["path"]:
                yield token.start("path") + 2, token["path"][1:]
            if token["company"]:
                yield token.start("company") + 1, "company_id"


def unclosed(text):
    """The character, from 1, of the first {{ that no }} closes; None where all are closed."""
    for start, end in _tags(text):
        opened = (token for token in _tokens(text, start, end) if token["open"])
        if end is None or any(text[start : token.start()].strip("{") for token in opened):
            return start - 1
    return None


def unknown_functions(text):
    """(character from 1, word, whether it is a block) of what is called and no function."""
    for start, end in _tags(text):
        head = HEAD.match(text, start, len(text) if end is None else end)
        if head and head["word"] not in (*(BLOCKS if head["block"] else FUNCTIONS), "else"):
            yield head.start("word") + 1, head["word"], bool(head["block"])
        for token in _tokens(text, start, end):
            if token["call"] and token["call"] not in FUNCTIONS:
                yield token.start("call") + 1, token["call"], False


def _tags(text):
    """(start, end) of what stands inside each {{ }}; the end of one that is not closed is None.
    What is escaped or a comment is left out."""
    at = 0
    while (at := text.find("{{", at) + 2) >= 2:
        before = text[: at - 2]
        if len(before) - len(before.rstrip("\\")) == 1:
            continue
        is_comment = text.startswith("!", at)
        end = _comment_end(text, at) if is_comment else _end(text, at)
        if end < 0 or not is_comment:
            yield at, None if end < 0 else end
        if end < 0:
            return
        at = end + 2


def _end(text, start):
    """Where the }} stands that closes a tag. One in quotes does not; behind a ||| is plain text,
    where quotes are quotes."""
    for sign in END.finditer(text, start):
        if sign["close"]:
            return sign.start()
        if sign["bar"]:
            break
    return text.find("}}", start)


def _comment_end(text, start):
    long = text.find("--}}", start + 3) if text.startswith("!--", start) else -1
    return text.find("}}", start) if long < 0 else long + 2


def _tokens(text, start, end):
    for token in TOKEN.finditer(text, start, len(text) if end is None else end):
        if token["bar"]:
            return
        yield token
