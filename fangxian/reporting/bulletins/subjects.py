"""Whom or what a paper is about: a row of facts that who drafts it chooses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common import access
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.facts import Filter, View, plans
from fangxian.common.facts.asked import columns_for
from fangxian.common.ui.formats import date
from fangxian.reporting.bulletins import words
from fangxian.reporting.words import cell_words

MOST_FOUND: Final = 30


@dataclass(frozen=True)
class Found:
    """A row that a paper can be about: its key, and what tells it from others."""

    key: str
    label: str


def asked_for(name: str) -> str:
    """By what a row is sought, as its form asks for it."""
    facts = words.subjects()[name]
    columns = columns_for(facts, facts.subject.sought if facts.subject else ())
    return "、".join(str(column.label) for column in columns)


def found(name: str, text: str, by: Actor, place: str) -> list[Found]:
    """The rows at a place that hold a text where they are sought by, at most ``MOST_FOUND``.

    Who is shown was read. Raises Forbidden (who may not see what is sought may not ask for it),
    Invalid.
    """
    facts = words.subjects()[name]
    if facts.subject is None or not text.strip():
        return []
    rows: dict[str, Found] = {}
    for column in facts.subject.sought:
        view = View(
            facts.name, columns=facts.subject.told, filters=(Filter(column, "has", text.strip()),)
        ).checked(by, place)
        for line in plans.page(view, by, place, size=MOST_FOUND).lines:
            rows.setdefault(str(line.key), _found(line))
    return list(rows.values())[:MOST_FOUND]


def chosen(name: str, key: str, by: Actor, place: str) -> list[Found]:
    """The row of a key at a place; none where it isn't one. Raises Forbidden."""
    facts = words.subjects()[name]
    number = _key(key)
    if facts.subject is None or number is None:
        return []
    view = View(facts.name, columns=facts.subject.told).checked(by, place)
    return [_found(line) for line in plans.lines_of(view, by, place, [number])]


def _found(line: plans.Line) -> Found:
    cells = [cell_words(cell) for cell in line.cells if cell is not None and cell != ""]
    return Found(str(line.key), "，".join(cells))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Told:
    """What a paper tells of whom or what it is about.

    ``values`` by term (``person.name``); ``persons`` were read for it, ``rights`` were needed:
    who opens the paper reads them too.
    """

    values: dict[str, str] = field(default_factory=dict)
    persons: tuple[UUID, ...] = ()
    rights: tuple[str, ...] = ()


def told(
    wanted: Mapping[str, tuple[str, ...]],
    keys: Mapping[str, str],
    by: Actor,
    place: str,
    day: dt.date | None,
) -> Told:
    """What a paper tells of its subjects, masked as ``by`` may see it.

    ``day``: a past day on which they must have been here. Raises Forbidden, Invalid (none is
    chosen, or it isn't at the place).
    """
    said: dict[str, str] = {}
    rights: dict[str, None] = {}
    with access.collecting(by) as read:
        for name, columns in wanted.items():
            facts = words.subjects()[name]
            view = View(facts.name, columns=columns, day=day if facts.dated else None)
            line = _line(view.checked(by, place), keys.get(name, ""), by, place)
            if line is None:
                raise Invalid(
                    Problem(
                        _("It isn't chosen whom or what the paper is about: %(what)s.")
                        % {"what": facts.label},
                        f"find_{name}", mend=_("Search here and choose one."),
                    )
                )  # fmt: skip
            for column, cell in zip(columns, line.cells, strict=True):
                said[f"{name}.{column}"] = _said(cell)
            needed = (facts.right, *(column.right for column in columns_for(facts, columns)))
            rights |= dict.fromkeys(right for right in needed if right and by.may(right, place))
    persons = sorted(set().union(*read.seen.values()))
    return Told(said, tuple(persons), tuple(rights))


def _line(view: View, text: str, by: Actor, place: str) -> plans.Line | None:
    key = _key(text)
    if key is None or not plans.rows(view, by, place, bare=True).filter(pk=key).exists():
        return None
    return next(iter(plans.lines_of(view, by, place, [key])), None)


def _said(cell: Any) -> str:
    day = isinstance(cell, dt.date) and not isinstance(cell, dt.datetime)
    return date(cell) if day else cell_words(cell)
