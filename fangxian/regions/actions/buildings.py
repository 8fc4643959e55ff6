"""Buildings and their units: one by one and by the list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level, bounds, is_code
from fangxian.common.errors import Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.regions import numbering
from fangxian.regions.actions.places import check_position, create_place
from fangxian.regions.models import Building, BuildingKind, BuildingUnit, Region
from fangxian.regions.pinyin import initials_of

MOST_PROBLEMS = 200
# Of a position in a list: about a tenth of a metre.
DIGITS = 6
NEW = {"kind_id": "residential", "managed": True}
BUILDING_FIELDS = ("kind_id", "address", "number", "households", "managed")


@dataclass(frozen=True, slots=True)
class BuildingRow:
    """One building of a list, in the grid ``grid_code``; it is recognised there by its name.

    ``units``: name and declared households (or None) of each, in the order in which they stand.
    A new building is residential and managed unless the row says otherwise.
    """

    grid_code: str
    name: str
    kind: str = ""
    address: str = ""
    number: str = ""
    households: int | None = None
    managed: bool | None = None
    longitude: float | None = None
    latitude: float | None = None
    units: tuple[tuple[str, int | None], ...] = ()
    row: int | None = None


@dataclass(slots=True)
class Upserted:
    """What :func:`upsert_buildings` did: ids in the order of the rows, and how many of each.

    ``written``: the ids of buildings that were made or changed, or of which a unit was.
    """

    ids: list[UUID] = field(default_factory=list)
    written: set[UUID] = field(default_factory=set)
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    units_created: int = 0


@action
def create_building(*, by: Actor, grid_code: str, name: str, **details: Any) -> Building:
    """Make a building in a grid; ``details`` as in :func:`create_place`."""
    place = create_place(by=by, parent_code=grid_code, name=name, level=Level.BUILDING, **details)
    return Building.objects.select_related("region", "kind").get(region=place)


@action
def create_unit(*, by: Actor, building_code: str, name: str, **details: Any) -> Region:
    """Make a unit of a building; ``details`` as in :func:`create_place`."""
    return create_place(by=by, parent_code=building_code, name=name, level=Level.UNIT, **details)


@action
def change_building(*, by: Actor, code: str, **values: Any) -> Building:
    """Change details of a building: the fields of :class:`Building`, longitude and latitude.

    Raises Invalid for a value that makes no sense.
    """
    by.require("regions.edit", code)
    place = numbering.lock(code)
    building = Building.objects.filter(region=place).first()
    if building is None:
        raise Invalid(
            Problem(_("%(code)s is not a building.") % {"code": code}, mend=_("Choose a building."))
        )
    position = {key: values.pop(key) for key in ("longitude", "latitude") if key in values}
    if position:
        check_position(
            position.get("longitude", place.longitude), position.get("latitude", place.latitude)
        )
        changed = update_fields(place, **position)
        if changed:
            place.save(update_fields=changed)
    if "kind" in values:
        kind = values.pop("kind")
        values["kind_id"] = getattr(kind, "pk", kind)
    unknown = set(values) - set(BUILDING_FIELDS)
    if unknown:
        raise TypeError(f"change_building: unknown fields {sorted(unknown)}")
    changed = update_fields(building, **values)
    if changed:
        building.save(update_fields=changed)
    return building


@action
def change_unit(*, by: Actor, code: str, **values: Any) -> BuildingUnit:
    """Change details of a unit: the fields of :class:`BuildingUnit`."""
    by.require("regions.edit", code)
    place = numbering.lock(code)
    unit = BuildingUnit.objects.filter(region=place).first()
    if unit is None:
        raise Invalid(
            Problem(_("%(code)s is not a unit.") % {"code": code}, mend=_("Choose a unit."))
        )
    unknown = set(values) - {"number", "households"}
    if unknown:
        raise TypeError(f"change_unit: unknown fields {sorted(unknown)}")
    changed = update_fields(unit, **values)
    if changed:
        unit.save(update_fields=changed)
    return unit


@action
def upsert_buildings(*, by: Actor, rows: Iterable[BuildingRow]) -> Upserted:
    """Make or change buildings and their units from a list, set-wise; twice changes nothing.

    A building is recognised by its name in its grid, a unit by its name in its building. What a
    row leaves out (None, empty) stays as it is. Nothing is ended. Raises Invalid with one problem a
    bad row, and then nothing is written.
    """
    listed = list(rows)
    _check(by, listed)
    grids = sorted({row.grid_code for row in listed})
    for code in grids:
        numbering.lock(code)
    done = Upserted()
    present = {
        (place.code[: int(Level.GRID)], place.name): place
        for code in grids
        for place in _current(code, Level.BUILDING).select_related("building")
    }
    letters = initials_of(row.name for row in listed)
    fresh: list[Region] = []
    for code in grids:
        new = [r for r in listed if r.grid_code == code and (code, r.name) not in present]
        for row, at in zip(new, numbering.free_codes(code, Level.BUILDING, len(new)), strict=True):
            place = Region(
                code=at,
                name=row.name,
                level=int(Level.BUILDING),
                initials=letters[row.name],
                valid_from=timezone.localdate(),
                longitude=row.longitude,
                latitude=row.latitude,
            )
            fresh.append(place)
            present[code, row.name] = place
    made = {place.id for place in fresh}
    Region.objects.bulk_create(fresh)
    Building.objects.bulk_create(
        Building(region=present[row.grid_code, row.name], **NEW | _given(row))
        for row in listed
        if present[row.grid_code, row.name].id in made
    )
    for row in listed:
        place = present[row.grid_code, row.name]
        done.ids.append(place.id)
        if place.id in made:
            done.created += 1
            done.written.add(place.id)
        elif _brought_up_to_date(place, row):
            done.changed += 1
            done.written.add(place.id)
        else:
            done.unchanged += 1
    _units(listed, present, done)
    return done


def _current(code: str, level: Level) -> Any:
    lo, hi = bounds(code)
    return Region.objects.filter(code__gte=lo, code__lt=hi, level=int(level), valid_to=None)


def _given(row: BuildingRow) -> dict[str, Any]:
    details = {
        "kind_id": row.kind,
        "address": row.address,
        "number": row.number,
        "households": row.households,
        "managed": row.managed,
    }
    return {key: value for key, value in details.items() if value not in (None, "")}


def _brought_up_to_date(place: Region, row: BuildingRow) -> bool:
    building = place.building
    changed = update_fields(building, **_given(row))
    if changed:
        building.save(update_fields=changed)
    moved: list[str] = []
    if row.longitude is not None and (row.longitude, row.latitude) != _listed(place):
        moved = update_fields(place, longitude=row.longitude, latitude=row.latitude)
        if moved:
            place.save(update_fields=moved)
    return bool(changed or moved)


def _listed(place: Region) -> tuple[float | None, float | None]:
    """The position of a place as a list writes it."""
    x, y = place.longitude, place.latitude
    return (None, None) if x is None or y is None else (round(x, DIGITS), round(y, DIGITS))


def _units(listed: list[BuildingRow], present: dict[Any, Region], done: Upserted) -> None:
    homes = {place.code: place.id for place in present.values()}
    wanted = {present[row.grid_code, row.name].code: row.units for row in listed if row.units}
    if not wanted:
        return
    known: dict[str, dict[str, Region]] = defaultdict(dict)
    for code in wanted:
        for unit in _current(code, Level.UNIT).select_related("unit"):
            known[code][unit.name] = unit
    letters = initials_of(name for units in wanted.values() for name, _count in units)
    places: list[Region] = []
    details: list[BuildingUnit] = []
    for code, units in wanted.items():
        new = [(name, count) for name, count in units if name not in known[code]]
        # The building was made or locked by its grid, so nobody numbers below it meanwhile.
        codes = numbering.free_codes(code, Level.UNIT, len(new)) if new else []
        if new:
            done.written.add(homes[code])
        for (name, count), at in zip(new, codes, strict=True):
            place = Region(
                code=at,
                name=name,
                level=int(Level.UNIT),
                initials=letters[name],
                valid_from=timezone.localdate(),
            )
            places.append(place)
            details.append(BuildingUnit(region=place, households=count))
        for name, count in units:
            old = known[code].get(name)
            if old is not None and count is not None and old.unit.households != count:
                old.unit.households = count
                old.unit.save(update_fields=["households"])
                done.changed += 1
                done.written.add(homes[code])
    Region.objects.bulk_create(places)
    BuildingUnit.objects.bulk_create(details)
    done.units_created = len(places)


def _check(by: Actor, rows: list[BuildingRow]) -> None:
    problems: list[Problem] = []
    kinds = set(BuildingKind.objects.values_list("code", flat=True))
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, start=1):
        at = row.row or number
        for text, where, mend in _mistakes(by, row, kinds, seen):
            problems.append(Problem(text, field=where, row=at, mend=mend))
        seen.add((row.grid_code, row.name))
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise Invalid(*problems)


def _mistakes(
    by: Actor, row: BuildingRow, kinds: set[str], seen: set[tuple[str, str]]
) -> Iterable[tuple[str, str, str]]:
    if not is_code(row.grid_code) or len(row.grid_code) != int(Level.GRID):
        yield (
            _("“%(code)s” is not the code of a grid.") % {"code": row.grid_code},
            "grid_code",
            _("Write the 15 digits of the grid."),
        )
    else:
        by.require("regions.edit", row.grid_code)
    if not row.name.strip() or len(row.name) > 120:
        yield _("The name is missing or too long."), "name", _("Write the building's name.")
    if (row.grid_code, row.name) in seen:
        yield (
            _("The building “%(name)s” stands twice in the list.") % {"name": row.name},
            "name",
            _("Remove one row, or make the names differ."),
        )
    if row.kind and row.kind not in kinds:
        yield (
            _("“%(kind)s” is not a kind of building.") % {"kind": row.kind},
            "kind",
            _("Write one of %(kinds)s.") % {"kinds": ", ".join(sorted(kinds))},
        )
    if row.households is not None and row.households < 0:
        yield _("The number of households is negative."), "households", _("Write 0 or more.")
    try:
        check_position(row.longitude, row.latitude)
    except Invalid as error:
        yield str(error.problems[0].message), "longitude", str(error.problems[0].mend)
    if len({name for name, _count in row.units}) != len(row.units):
        yield _("Two units have the same name."), "units", _("Make the names differ.")
