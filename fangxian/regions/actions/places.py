"""Making, renaming, moving and ending places below the village."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level, bounds, contains, parent
from fangxian.common.errors import Invalid, Problem
from fangxian.common.ui import formats
from fangxian.regions import numbering, recode
from fangxian.regions.models import Building, BuildingUnit, Region, RegionChange
from fangxian.regions.pinyin import initials

MADE_HERE = (Level.VILLAGE, Level.GRID, Level.BUILDING, Level.UNIT)
DETAILS = frozenset({"longitude", "latitude", "urban_class", "valid_from", "code", "sort"})


@action
def create_place(
    *, by: Actor, parent_code: str, name: str, level: Level | int, **details: Any
) -> Region:
    """Make a place below ``parent_code`` with the next free code.

    ``details``: ``longitude``, ``latitude``, ``urban_class``, ``valid_from``; ``sort`` of a village
    (``residents``, ``villagers``, ``other``); for a building and a unit also the fields of
    :class:`Building` and :class:`BuildingUnit`. ``code`` asks for a certain free code.
    Raises Forbidden, and Invalid for a wrong parent, name or detail.
    """
    by.require("regions.edit", parent_code)
    level = Level(level)
    _check_name(name)
    if level not in MADE_HERE:
        raise Invalid(
            Problem(
                _("Places of this level come from the yearly list of divisions."),
                field="level",
                mend=_("Import the list of the year."),
            )
        )
    above = numbering.lock(parent_code)
    if Level(above.level).below is not level:
        raise Invalid(
            Problem(
                _("A place of the level “%(level)s” can't lie directly below “%(parent)s”.")
                % {"level": level.label, "parent": above.name},
                field="parent_code",
                mend=_("Choose a parent one level up."),
            )
        )
    extra = {key: details.pop(key) for key in list(details) if key in DETAILS}
    code = extra.pop("code", "") or ""
    sort = extra.pop("sort", "") or ""
    if code:
        _check_free(code, parent_code, level)
    else:
        code = numbering.free_codes(parent_code, level, sort=sort)[0]
    check_position(extra.get("longitude"), extra.get("latitude"))
    place = Region.objects.create(
        code=code,
        name=name.strip(),
        level=int(level),
        initials=initials(name),
        **{"valid_from": timezone.localdate(), **extra},
    )
    if level is Level.BUILDING:
        Building.objects.create(region=place, **{"kind_id": "residential", **_kind(details)})
    elif level is Level.UNIT:
        BuildingUnit.objects.create(region=place, **details)
    elif details:
        raise TypeError(f"create_place: unknown details {sorted(details)}")
    return place


def _kind(details: dict[str, Any]) -> dict[str, Any]:
    kind = details.pop("kind", None)
    return details if kind is None else {**details, "kind_id": getattr(kind, "pk", kind)}


@action
def rename_place(*, by: Actor, code: str, name: str) -> Region:
    """Give a place below the town another name; its id and code stay, the old name is kept."""
    by.require("regions.edit", code)
    _check_name(name)
    place = numbering.lock(code)
    if place.level < Level.VILLAGE:
        raise Invalid(
            Problem(
                _("Names of this level come from the yearly list of divisions."),
                field="name",
                mend=_("Import the list of the year."),
            )
        )
    name = name.strip()
    if name != place.name:
        today = timezone.localdate()
        RegionChange.objects.create(
            year=today.year,
            on=today,
            kind=RegionChange.Kind.RENAME,
            from_code=code,
            to_code=code,
            from_name=place.name,
            to_name=name,
            from_place=place,
            to_place=place,
        )
    place.name, place.initials = name, initials(name)
    place.save(update_fields=["name", "initials"])
    return place


@action
def end_place(*, by: Actor, code: str, on: dt.date | None = None) -> Region:
    """End a place below the town from the day ``on`` (today). It stays findable.

    Raises Invalid while places still lie in it, or when ``on`` is before its first day.
    """
    by.require("regions.edit", code)
    place = numbering.lock(code)
    on = on or timezone.localdate()
    below = current_below(code).first()
    if place.level < Level.VILLAGE:
        raise Invalid(
            Problem(
                _("Places of this level end by the yearly list of divisions."),
                mend=_("Import the list of the year."),
            )
        )
    if below is not None:
        raise Invalid(
            Problem(
                _("“%(name)s” still lies in it.") % {"name": below.name},
                mend=_("Move or end the places in it first."),
            )
        )
    if on < place.valid_from:
        raise Invalid(
            Problem(
                _("It exists only since %(day)s.") % {"day": formats.date(place.valid_from)},
                field="on",
                mend=_("Choose that day or a later one."),
            )
        )
    place.valid_to = on
    place.save(update_fields=["valid_to"])
    return place


@action
def move_place(*, by: Actor, code: str, to: str, on: dt.date | None = None) -> Region:
    """Move a building to another grid, or a unit to another building, of the same community.

    It gets the next free code there; everything that lies in it moves along, and its former code
    is kept from when to when. Raises Invalid when ``to`` is not such a place.
    """
    by.require("regions.edit", code)
    by.require("regions.edit", to)
    place = numbering.lock(code)
    level = Level(place.level)
    village = code[: int(Level.VILLAGE)]
    if level not in (Level.BUILDING, Level.UNIT) or len(to) != int(level.above or 0):
        raise Invalid(
            Problem(
                _("Only a building can move to another grid, and a unit to another building."),
                field="to",
                mend=_("Choose a place one level above it."),
            )
        )
    if not contains(village, to):
        raise Invalid(
            Problem(
                _("It can only move within its community."),
                field="to",
                mend=_("End it here and make it anew in the other community."),
            )
        )
    if parent(code) == to:
        return place
    numbering.lock(to)
    new = numbering.free_codes(to, level)[0]
    pairs = recode.with_places_below({code: new})
    recode.move(by=by, pairs=pairs, area=village, on=on or timezone.localdate())
    place.refresh_from_db()
    return place


def current_below(code: str) -> Any:
    """The current places that lie in ``code``, itself not included."""
    lo, hi = bounds(code)
    return Region.objects.filter(code__gt=lo, code__lt=hi, valid_to=None).order_by("code")


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > 120 or not name.isprintable():
        raise Invalid(
            Problem(
                _("The name is missing, too long or has unprintable characters."),
                field="name",
                mend=_("Write a name of at most 120 characters."),
            )
        )


def _check_free(code: str, parent_code: str, level: Level) -> None:
    right_form = code.isascii() and code.isdigit() and len(code) == int(level)
    if not right_form or not contains(parent_code, code):
        raise Invalid(
            Problem(
                _("The code %(code)s does not lie below %(parent)s.")
                % {"code": code, "parent": parent_code},
                field="code",
                mend=_("Leave it empty to get the next free one."),
            )
        )
    if Region.objects.filter(Q(code=code) & Q(valid_to=None)).exists():
        raise Invalid(
            Problem(
                _("The code %(code)s is taken.") % {"code": code},
                field="code",
                mend=_("Leave it empty to get the next free one."),
            )
        )


def check_position(longitude: Any, latitude: Any) -> None:
    """Raise Invalid unless both are given and in range, or both are None."""
    if longitude is None and latitude is None:
        return
    both = longitude is not None and latitude is not None
    if not both or not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Invalid(
            Problem(
                _("The position is incomplete or not on the earth."),
                field="longitude",
                mend=_("Give longitude and latitude in degrees."),
            )
        )
