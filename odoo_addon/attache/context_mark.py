"""Marks in a context that only our own code sets.

A context comes along with calls over the network, and what comes from there is plain text, numbers
and truth values: none of them is a `Mark`.
"""


class Mark(str):
    """Text, so that a context stays one that can be copied and written down."""

    __slots__ = ()


OURS = Mark("ours")


def is_ours(env, name):
    """Whether our own code set this mark."""
    return isinstance(env.context.get(name), Mark)
