"""What the drawing of grids has to say, in the reader's language.

The method gives codes and values; its own sentences are English. A test holds that each code has
its sentence here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

TEXTS = {
    "bridged": gettext_noop(
        "{first} and {second} are joined across a road ({metres} m): no other way in"
    ),
    "same_position": gettext_noop(
        "{count} buildings share a position with another one; they are drawn apart"
    ),
    "one_grid": gettext_noop("{households} households fit into one grid"),
    "no_count_fits": gettext_noop(
        "no number of grids brings {households} households to {low}–{high} each; {grids} "
        "grids with a mean of {mean} come nearest"
    ),
    "mean_outside_range": gettext_noop(
        "{grids} grids were asked for; their mean of {mean} households is outside {low}–{high}"
    ),
    "count_changed": gettext_noop(
        "{grids} grids instead of {wanted}: with {wanted} no balanced drawing was found"
    ),
    "building_split": gettext_noop(
        "building {building} with {households} households is split by unit"
    ),
    "building_divided": gettext_noop(
        "building {building} with {households} households is divided by unit so that the sizes "
        "come out even"
    ),
    "building_too_large": gettext_noop(
        "building {building} alone has {households} households, a grid may have {high}; "
        "give its units and it can be split"
    ),
    "unit_too_large": gettext_noop(
        "unit {unit} of building {building} alone has {households} households, a grid "
        "may have {high}"
    ),
    "judged_apart": gettext_noop(
        "what is too large for any grid ({count} buildings or units) is left out of the mean; "
        "that of the other grids is {mean}"
    ),
    "size_outside_range": gettext_noop(
        "grid {grid} has {households} households, outside {low}–{high}"
    ),
    "balance_impossible": gettext_noop(
        "with {grids} grids the sizes can't all lie within {percent} % of the mean, unless a "
        "building without units, or a unit, is divided; this is proved"
    ),
    "balance_not_found": gettext_noop(
        "no drawing with all sizes within {percent} % of the mean was found"
    ),
    "not_covered": gettext_noop("{part} is in no grid"),
    "unknown_part": gettext_noop("{part} is in grid {grid}, but there is no such building or unit"),
    "covered_twice": gettext_noop("building {building} is given whole and by unit"),
    "in_pieces": gettext_noop("grid {grid} falls into {pieces} pieces; {part} is cut off"),
    "outside_tolerance": gettext_noop(
        "grid {grid} has {households} households, {deviation} % off the mean; {percent} "
        "% is allowed"
    ),
    "units_apart": gettext_noop(
        "the units of building {building} in grid {grid} don't stand side by side"
    ),
}


def sentence(message: Mapping[str, Any], named: Mapping[str, str] | None = None) -> str:
    """One message (``code``, ``values``) as a sentence; ``named`` replaces ids by names."""
    values = {
        key: _named(value, named or {}) if isinstance(value, str) else value
        for key, value in message["values"].items()
    }
    return gettext(TEXTS[message["code"]]).format(**values)


def sentences(
    messages: Iterable[Mapping[str, Any]], named: Mapping[str, str] | None = None
) -> list[str]:
    """All of them."""
    return [sentence(message, named) for message in messages]


def _named(value: str, named: Mapping[str, str]) -> str:
    # A part is written as its building's id, or as both ids.
    for place_id in value.replace(",", " ").replace("/", " ").split():
        if place_id in named:
            value = value.replace(place_id, named[place_id])
    return value
