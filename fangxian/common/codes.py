"""Place codes: the statistical division code as a path of fixed-width prefixes.

A code is a *position* in the tree, not an identity: a redrawn grid changes the codes below it,
while the rows keep their ids. Codes are digits only and compared bytewise (C collation), so all
places below ``p`` are exactly the codes ``c`` with ``p <= c < p + ":"`` (":" follows "9").

Source: statistical division codes (province 2, prefecture 4, county 6, town 9, village 12), then
grid 15, building 18, unit 20 (our own extension, see ``docs/glossary.md``).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WHOLE_COUNTRY = ""
AFTER_DIGITS = ":"
BEFORE_CODES = "0"


class Level(IntEnum):
    """A level of the tree; the value is the length of its codes."""

    COUNTRY = 0
    PROVINCE = 2
    PREFECTURE = 4
    COUNTY = 6
    TOWN = 9
    VILLAGE = 12
    GRID = 15
    BUILDING = 18
    UNIT = 20

    @property
    def label(self) -> str:
        return str(LEVEL_LABELS[self])

    @property
    def below(self) -> Level | None:
        """The next finer level, or None below a unit."""
        order = list(Level)
        at = order.index(self) + 1
        return order[at] if at < len(order) else None

    @property
    def above(self) -> Level | None:
        """The next coarser level, or None above the country."""
        order = list(Level)
        at = order.index(self) - 1
        return order[at] if at >= 0 else None


LEVEL_LABELS = {
    Level.COUNTRY: _("Country"),
    Level.PROVINCE: _("Province"),
    Level.PREFECTURE: _("Prefecture"),
    Level.COUNTY: _("County"),
    Level.TOWN: _("Town or street"),
    Level.VILLAGE: _("Community or village"),
    Level.GRID: _("Grid"),
    Level.BUILDING: _("Building"),
    Level.UNIT: pgettext_lazy("part of a building", "Unit"),
}

# As plain numbers: boards walk up hundreds of codes, and members of an enum are slow.
_LENGTHS = tuple(int(level) for level in Level if level)
LENGTHS = frozenset(int(level) for level in Level)
_LENGTH_ABOVE = {int(level): int(level.above or 0) for level in Level}


def is_code(text: str) -> bool:
    """Tell whether ``text`` has the form of a place code (the empty text is the whole country)."""
    return len(text) in LENGTHS and (text == "" or (text.isascii() and text.isdigit()))


def level_of(code: str) -> Level:
    """Return the level of a code. Raises ValueError for a text that is not a code."""
    _check(code)
    return Level(len(code))


def _check(code: str) -> None:
    if not is_code(code):
        raise ValueError(f"not a place code: {code!r} (digits; 2, 4, 6, 9, 12, 15, 18 or 20 long)")


def bounds(area: str) -> tuple[str, str]:
    """Return the half-open range ``(lo, hi)`` of all codes in ``area``, itself included."""
    level_of(area)
    return (area or BEFORE_CODES, area + AFTER_DIGITS)


def contains(area: str, code: str) -> bool:
    """Tell whether ``code`` is ``area`` itself or lies below it."""
    return code.startswith(area)


def ancestors(code: str, *, include_self: bool = False) -> list[str]:
    """Return the codes above ``code``, from the province down."""
    last = len(code) if include_self else len(code) - 1
    return [code[:length] for length in _LENGTHS if length <= last]


def parent(code: str) -> str:
    """Return the code one level up ("" above a province). Raises ValueError as ``level_of``."""
    _check(code)
    return code[: _LENGTH_ABOVE[len(code)]]


def walk_up(code: str) -> Iterator[str]:
    """Yield ``code`` and then each code above it, up to the province."""
    yield from reversed(ancestors(code, include_self=True))
