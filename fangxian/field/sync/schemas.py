"""Versions of an operation's form: this server takes the present one and the two before it.

An app that was not updated sends what it was written to send; it is brought up step by step before
anything else looks at it. An upgrader takes the whole plaintext of its version and returns that of
the next; it fails on nothing that an app of its version could have sent. What a server has taken in
and holds is read whatever its version is, so an upgrader is not removed before nothing of its
version can wait for a decision any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Body = Mapping[str, Any]
Upgrader = Callable[[Body], Body]

PRESENT = 1
EARLIER: Final = 2
# From each version to the next; schema 1 is the first.
UPGRADERS: dict[int, Upgrader] = {}


class UnknownSchema(ValueError):
    """The operation's schema is too old, or ``newer`` than this server."""

    def __init__(self, schema: str, *, newer: bool = False) -> None:
        super().__init__(schema)
        self.newer = newer


def upgraded(body: Body, *, held: bool = False) -> Body:
    """The body as the present schema has it. ``held``: it was taken in before, however old it is.

    Raises UnknownSchema.
    """
    schema = body.get("schema")
    # A flag is a number to Python.
    if not isinstance(schema, int) or isinstance(schema, bool):
        raise UnknownSchema(str(type(schema).__name__))
    earliest = 1 if held else max(1, PRESENT - EARLIER)
    steps = range(schema, PRESENT)
    if not earliest <= schema <= PRESENT or not UPGRADERS.keys() >= set(steps):
        raise UnknownSchema(str(schema), newer=schema > PRESENT)
    for version in steps:
        body = {**UPGRADERS[version](body), "schema": version + 1}
    return body
