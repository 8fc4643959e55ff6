"""The columns that say where a fact is: made from the code of its place, for every table alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Left, Length
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy, pgettext_lazy

from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.facts.declared import Column, place_names

_LEVELS: Final[tuple[tuple[str, Level, Any, str], ...]] = (
    ("prefecture", Level.PREFECTURE, gettext_lazy("Prefecture"), ""),
    ("county", Level.COUNTY, gettext_lazy("County"), ""),
    ("town", Level.TOWN, pgettext_lazy("column", "Town or subdistrict"), "street"),
    ("community", Level.VILLAGE, pgettext_lazy("column", "Community or village"), "community"),
    ("grid", Level.GRID, pgettext_lazy("column", "Grid"), "grid"),
    ("building", Level.BUILDING, pgettext_lazy("column", "Building"), "building"),
    ("unit", Level.UNIT, pgettext_lazy("column", "Unit of a building"), "unit"),
)


def _named(codes: Sequence[Any], _clear: bool) -> dict[Any, str]:
    known = place_names(code for code in set(codes) if code)
    return {code: known.get(code, code) if code else "" for code in codes}


def place_columns(path: str = "place_code", deepest: Level = Level.UNIT) -> tuple[Column, ...]:
    """A column for each level down to ``deepest`` and one for the code itself.

    A row that lies above a level has nothing in its column. ``path``: the look-up of the code.
    """
    found = [
        Column(
            name, label, "place", expression=_cut(path, level), load=_named,
            synonyms=synonyms, level=level,
        )
        for name, level, label, synonyms in _LEVELS
        if level <= deepest
    ]  # fmt: skip
    return (
        *found,
        Column("place_code", gettext_lazy("Place code"), "identity", path=path, width=20),
    )


def within(code: str, path: str = "place_code") -> Q:
    """The condition that a row lies at or below a place; ``path``: the look-up of its code."""
    lo, hi = codes.bounds(code)
    return Q(**{f"{path}__gte": lo, f"{path}__lt": hi})


def _cut(path: str, level: Level) -> Any:
    return Case(
        When(GreaterThanOrEqual(Length(F(path)), int(level)), then=Left(path, int(level))),
        default=Value(""),
    )
