"""What the data of a rule set looks like, said once; each mistake is named with its place.

A shape takes a value and the place it stands at and yields what is wrong. :func:`check` runs one
over the data of a new version, before anything reads it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem

Mistakes = Iterator[tuple[str, str]]
Shape = Callable[[Any, str], Mistakes]

CODE = re.compile(r"[a-z][a-z0-9_]*")
# More would only fill the page: the rest shows when these are mended.
SHOWN = 20


def check(shape: Shape, data: Any) -> None:
    """Raise Invalid with the first mistakes, each with its place in the data."""
    refuse(shape(data, ""))


def refuse(mistakes: Mistakes) -> None:
    """Raise Invalid when there are mistakes."""
    found = [
        Problem(f"{where}: {what}" if where else what, field="rule")
        for where, what in islice(mistakes, SHOWN)
    ]
    if found:
        raise Invalid(*found)


def text(value: Any, where: str) -> Mistakes:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        yield where, _("Write a text in quotes.")


def code(most: int = 40) -> Shape:
    """A code, as columns and addresses hold it: at most so many small letters, digits, "_"."""

    def shape(value: Any, where: str) -> Mistakes:
        if not isinstance(value, str) or not CODE.fullmatch(value) or len(value) > most:
            yield (
                where,
                _("Write a code: at most %(most)d small letters, digits and “_”.") % {"most": most},
            )

    return shape


def flag(value: Any, where: str) -> Mistakes:
    """True or false."""
    if not isinstance(value, bool):
        yield where, _("Write true or false.")


def number(least: float, most: float, *, whole: bool = False) -> Shape:
    """A number from ``least`` to ``most``."""

    def shape(value: Any, where: str) -> Mistakes:
        kind = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        # What is no number (NaN) lies between no two.
        if not kind or not least <= value <= most:
            words = (
                _("Write a whole number from %(least)s to %(most)s.")
                if whole
                else _("Write a number from %(least)s to %(most)s.")
            )
            yield where, words % {"least": f"{least:g}", "most": f"{most:g}"}

    return shape


def one_of(choices: Callable[[], Collection[Any]] | Collection[Any]) -> Shape:
    """One of some values; a function is asked for them each time."""

    def shape(value: Any, where: str) -> Mistakes:
        known = choices() if callable(choices) else choices
        # True equals 1 and 1.0 equals 1; neither is meant.
        if not any(value == one and type(value) is type(one) for one in known):
            named = ", ".join(str(one) for one in known)
            yield where, _("Take one of: %(values)s.") % {"values": named}

    return shape


level = one_of([int(one) for one in Level if one])


def time(value: Any, where: str) -> Mistakes:
    """A time of the day, "17:00"."""
    try:
        good = dt.time.fromisoformat(value).tzinfo is None
    except (TypeError, ValueError):
        good = False
    if not good:
        yield where, _("Write a time of the day, like 17:00.")


def date(value: Any, where: str) -> Mistakes:
    """A day, "2020-01-31"."""
    try:
        good = dt.date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        good = False
    if not good:
        yield where, _("Write a day like 2020-01-31.")


def rows(each: Shape, *, unique: str = "", least: int = 0) -> Shape:
    """A list of at least so many values; ``unique`` names what no two of them may share."""

    def shape(value: Any, where: str) -> Mistakes:
        if not isinstance(value, list):
            yield where, _("Write a list in square brackets.")
            return
        if len(value) < least:
            yield where, _("Write at least %(least)d.") % {"least": least}
        seen = []
        for at, one in enumerate(value):
            here = f"{where}[{at}]"
            yield from each(one, here)
            if unique and isinstance(one, dict):
                if one.get(unique) in seen:
                    yield f"{here}.{unique}", _("This stands here twice.")
                seen.append(one.get(unique))

    return shape


def table(key: Shape, each: Shape, *, needs: Collection[str] = ()) -> Shape:
    """An object with free keys; some of them may be needed."""

    def shape(value: Any, where: str) -> Mistakes:
        if not isinstance(value, dict):
            yield where, _("Write an object in curly brackets.")
            return
        for name in needs:
            if name not in value:
                yield _below(where, name), _("This is missing.")
        for name, one in value.items():
            yield from key(name, _below(where, name))
            yield from each(one, _below(where, name))

    return shape


def record(needed: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with the named keys and no others."""
    known = {**needed, **(optional or {})}

    def shape(value: Any, where: str) -> Mistakes:
        if not isinstance(value, dict):
            yield where, _("Write an object in curly brackets.")
            return
        for name in needed:
            if name not in value:
                yield _below(where, name), _("This is missing.")
        for name, one in value.items():
            if name in known:
                yield from known[name](one, _below(where, name))
            else:
                named = ", ".join(known)
                yield (
                    _below(where, name),
                    _("This is not known here. Take one of: %(values)s.") % {"values": named},
                )

    return shape


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
