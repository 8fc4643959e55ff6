"""Who answers for a place in a role, as a form asks it beside its tables: a name, a work phone."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

from fangxian.common.actor import Actor
from fangxian.common.facts import Filter, View, plans, tables
from fangxian.common.sheets.words import key_without_brackets
from fangxian.reporting.bulletins.words import DATA

NAME: Final = "holder"
CONTACT: Final = "contact"
# A role has a few holders at a place; those of the places below aren't asked for.
_MOST: Final = 2_000


@cache
def _given() -> dict[str, Any]:
    return dict(json.loads((DATA / "holders.json").read_text("utf-8")))


def roles(by: Actor) -> dict[str, Any]:
    """The roles whose holders the actor may read, with what they are called."""
    facts = tables.get(_given()["table"])
    codes = facts.column(_given()["role"]).codes
    return dict(codes.choices()) if codes is not None and by.may(facts.right) else {}


def choices(by: Actor) -> list[tuple[str, str]]:
    """What a blank can be filled with: name and work phone of the holder of each role."""
    contact = str(tables.get(_given()["table"]).column(_given()[CONTACT]).label)
    return [
        (f"{what}:{role}", f"{label}{' · ' + contact if what == CONTACT else ''}")
        for role, label in roles(by).items()
        for what in (NAME, CONTACT)
    ]


def is_holder(name: str) -> bool:
    """Whether a blank is filled so."""
    return name.partition(":")[0] in (NAME, CONTACT)


def meant(by: Actor, label: str, before: str = "") -> str:
    """What a blank of this label asks: a holder's name, or the phone of one.

    ``before``: what the blank before it in its line is filled with, to which a phone alone belongs.
    """
    text = key_without_brackets(label)
    if text in _keys("contacts"):
        kind, _colon, role = before.partition(":")
        return f"{CONTACT}:{role}" if kind == NAME else ""
    called = _called(by)
    if text in called:
        return f"{NAME}:{called[text]}"
    for ending, what in (("names", NAME), ("contacts", CONTACT)):
        for word in _keys(ending):
            asked = called.get(text.removesuffix(word)) if text.endswith(word) else None
            if asked:
                return f"{what}:{asked}"
    return ""


def _called(by: Actor) -> dict[str, str]:
    found = {}
    for role, label in roles(by).items():
        for word in (str(label), *_given()["words"].get(role, ())):
            found[key_without_brackets(word)] = role
            found[key_without_brackets(word.replace("\uff08", "").replace("\uff09", ""))] = role
    return found


@cache
def _keys(name: str) -> frozenset[str]:
    return frozenset(map(key_without_brackets, _given()[name]))


def value(by: Actor, name: str, place: str, *, clear: bool, persons: set[UUID]) -> str | None:
    """Name or phone of who answers for the place itself, of several all; None for nobody.

    Whose numbers are read in full is added to ``persons``. Raises Forbidden.
    """
    what, _colon, role = name.partition(":")
    facts = tables.get(_given()["table"])
    view = View(
        facts.name, columns=(_given()["name" if what == NAME else CONTACT],),
        filters=(Filter(_given()["role"], "is", role),),
    ).checked(by, place)  # fmt: skip
    lines = islice(plans.stream(view, by, place, clear=clear), _MOST)
    found = []
    for line in lines:
        if line.place == place and line.cells[0]:
            found.append(str(line.cells[0]))
            if line.person is not None:
                persons.add(line.person)
    return "\u3001".join(dict.fromkeys(found)) or None
