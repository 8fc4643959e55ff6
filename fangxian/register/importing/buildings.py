"""Lists of buildings: communities, grids, buildings with their units, households and positions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.common.sheets import FieldSpec
from fangxian.common.sheets.words import key
from fangxian.common.ui import formats
from fangxian.core import imports
from fangxian.core.imports import Outcome, StagedRow
from fangxian.core.ledgers import PROBLEMS, ROW_KEY, Ledger, Option, RowByRow
from fangxian.core.models import ImportRun, RowState
from fangxian.regions.actions import create_place
from fangxian.regions.actions.buildings import BuildingRow, upsert_buildings
from fangxian.regions.models import BuildingKind, Region
from fangxian.register.importing.building_cells import (
    WORDS,
    managed_of,
    named_by,
    short,
    title_of,
)
from fangxian.register.importing.ground import (
    Communities,
    Ground,
    Standing,
    building_word,
    codes_of,
    refusal,
)
from fangxian.register.importing.places import GROUP, is_group
from fangxian.register.importing.positions import SYSTEMS, position_of
from fangxian.register.importing.rearranging import (
    Change,
    change_of,
    coded,
    collisions,
    keeps_code,
    rows_of_buildings,
    with_codes,
)
from fangxian.register.importing.units import units_of

KIND: Final = "buildings"
RIGHT: Final = "regions.edit"
# Whose sheets name the rows that are known by it.
ROWS: Final = "regions.buildings"
MAKE_GRIDS: Final = "make_grids"

FIELDS: Final = (
    FieldSpec("street", gettext_lazy("Town or street")),
    FieldSpec("community", gettext_lazy("Community or village")),
    FieldSpec("community_code", gettext_lazy("Code of the community"), synonyms="place_code"),
    FieldSpec("grid", gettext_lazy("Grid")),
    FieldSpec("estate", gettext_lazy("Estate")),
    FieldSpec("building_code", gettext_lazy("Code of the building")),
    FieldSpec("building", gettext_lazy("Building")),
    FieldSpec("village_group", gettext_lazy("Village group")),
    FieldSpec("building_kind", gettext_lazy("Kind of building")),
    FieldSpec("building_number", gettext_lazy("Number on the building")),
    FieldSpec("address", gettext_lazy("Address")),
    FieldSpec("units_count", gettext_lazy("Units (how many, or their names)")),
    FieldSpec("households_count", gettext_lazy("Households"), "number"),
    FieldSpec("managed", gettext_lazy("Property management"), synonyms="property_company"),
    FieldSpec("longitude", gettext_lazy("Longitude"), "number"),
    FieldSpec("latitude", gettext_lazy("Latitude"), "number"),
    ROW_KEY,
)
# What the writing of buildings calls the columns; the name is that of the row's own column.
_COLUMNS: Final = {
    "grid_code": "grid",
    "parent_code": "grid",
    "to": "grid",
    "households": "households_count",
    "kind": "building_kind",
    "units": "units_count",
}


@dataclass(slots=True)
class _Listed:
    """A row that can be written: what is said of the building, and of its sections.

    ``named``: the field that holds the name. ``change``: what is done before, to a known building.
    """

    number: int
    named: str
    mark: tuple[str, str]
    units: list[tuple[str, int | None]]
    said: dict[str, Any]
    rows: list[BuildingRow]
    change: Change | None = None


class _Writer:
    """Writes the chunks of one attempt; ``seen``: grid and name → the row that has said it.

    Rows that name a building by its code come first, wherever they stand, so that each other row
    meets the names as they are then. ``own``: building → the row with its code; it alone speaks of
    that building. ``waiting``: such rows that are undecided.
    """

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.kinds = {
            key(word): kind.code
            for kind in BuildingKind.objects.all()
            for word in (kind.code, kind.name, *WORDS["kinds"].get(kind.code, ()))
        }
        self.system = next((name for name in SYSTEMS if run.options.get(name)), "")
        self.seen: dict[tuple[str, str], int] = {}
        rows = {state: with_codes(imports.rows_of(run, state)) for state in RowState}
        self.own = rows_of_buildings(row for some in rows.values() for row in some)
        self.waiting = {
            row.number
            for row in rows[RowState.WAITING]
            if "building_code" in row.values and PROBLEMS not in row.values
        }
        told = {row.object_id: row.number for row in rows[RowState.ACCEPTED]}
        places = Region.objects.filter(pk__in=[pk for pk in told if pk])
        for place_id, code, name in places.values_list("id", "code", "name"):
            self.seen[_mark(code, name)] = told[place_id]

    def __call__(
        self, by: Actor, _run: ImportRun, rows: Sequence[StagedRow], *, last: bool = False
    ) -> Sequence[Outcome]:
        """Write a chunk; ``last``: no other rows wait."""
        communities = Communities(self.run.place_code)
        outcomes: list[Outcome] = []
        lies: dict[int, str] = {}
        rows = with_codes(rows)
        for row in rows:
            values = row.values
            code = values.get("community_code", "")
            town, name = values.get("street", ""), values.get("community", "")
            try:
                keeps_code(values)
                lies[row.number] = communities.find(name, town, code)
            except Invalid as error:
                outcomes.append(_refused(row.number, error))
        # Two lists at once don't make the same building twice.
        imports.lock_places(lies.values())
        first = [row for row in rows if row.number in lies and "building_code" in row.values]
        others = [row for row in rows if row.number in lies and "building_code" not in row.values]
        outcomes += self._handled(by, first, communities, lies)
        self.waiting -= {one.number for one in outcomes if not one.later}
        if not last and self.waiting - {row.number for row in first}:
            return [*outcomes, *(Outcome(row.number, later=True) for row in others)]
        return [*outcomes, *self._handled(by, others, communities, lies)]

    def _handled(
        self, by: Actor, rows: list[StagedRow], communities: Communities, lies: dict[int, str]
    ) -> list[Outcome]:
        if not rows:
            return []
        return imports.handle(partial(self._write, communities, lies), by, rows)

    def _write(
        self, communities: Communities, lies: dict[int, str], by: Actor, rows: list[StagedRow]
    ) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        ground = Ground({lies[row.number] for row in rows})
        listed: list[_Listed] = []
        said: dict[tuple[str, str], int] = {}
        for row in rows:
            try:
                one = self._listed(by, row, lies[row.number], communities, ground)
                before = said.get(one.mark) or self.seen.get(one.mark)
                if before is not None:
                    raise self._twice(one.named, before)
                said[one.mark] = row.number
                listed.append(one)
            except Invalid as error:
                outcomes.append(_refused(row.number, error))
        more = not self.waiting <= {row.number for row in rows}
        listed, refused = _rearranged(by, listed, ground, more=more)
        outcomes += [*refused, *_written(by, listed)]
        # Not before: a part that can't be written as a whole is tried in halves.
        self.seen |= {one.mark: one.number for one in listed}
        return outcomes

    def _listed(
        self, by: Actor, row: StagedRow, community: str, communities: Communities, ground: Ground
    ) -> _Listed:
        values = row.values
        named = named_by(values)
        title = title_of(values, named)
        said = self._said(values, communities, community)
        grid = self._grid(by, values, community, ground)
        found, change = None, None
        if code := values.get("building_code", ""):
            found = coded(code, max(community, self.run.place_code), ground)
            named_grid = grid if values.get("grid") else ""
            change = change_of(found, (title, values[named]), named_grid, ground)
        else:
            found = self._standing(named, title, grid, community, ground)
        before = self.own.get(found.id, row.number) if found else row.number
        if before != row.number:
            raise self._twice(named, before)
        if not said["kind"] and (named == GROUP or (found is None and is_group(title))):
            said["kind"] = GROUP
        if found is None:
            grid = grid or self._only_grid(by, community, ground)
            units = tuple(units_of(values.get("units_count"), {}))
            rows = [BuildingRow(grid_code=grid, name=title, units=units, **said)]
            return _Listed(row.number, named, _mark(grid, title), [], said, rows)
        given = units_of(values.get("units_count"), found.units)
        mark = _mark(found.code, found.name)
        if change is not None:
            mark = _mark(change.lies, change.name or found.name)
        rows = _rows_of(found, given, said)
        return _Listed(row.number, named, mark, given, said, rows, change)

    def _said(
        self, values: dict[str, Any], communities: Communities, community: str
    ) -> dict[str, Any]:
        """What a row says of its building, where a new one lies left out."""
        kind = ""
        if text := values.get("building_kind"):
            kind = self.kinds.get(key(text), "")
            if not kind:
                raise refusal(
                    "building_kind",
                    "kind",
                    _("“%(kind)s” is not a kind of building.") % {"kind": text},
                    _("Write one of: %(kinds)s.")
                    % {"kinds": _(", ").join(BuildingKind.objects.values_list("name", flat=True))},
                )
        households = values.get("households_count")
        if households is not None and (households != int(households) or households > 100_000):
            raise refusal(
                "households_count",
                "households",
                _("The number of households is not a whole number."),
                _("Write how many households live in the building."),
            )
        longitude, latitude = position_of(values, self.system, communities.places, community)
        return {
            "kind": kind,
            "number": short(values, "building_number", 30),
            "address": values.get("address", ""),
            "households": None if households is None else int(households),
            "managed": managed_of(values.get("managed")),
            "longitude": longitude,
            "latitude": latitude,
        }

    def _grid(self, by: Actor, values: dict[str, Any], community: str, ground: Ground) -> str:
        """The grid that a row names, or that the import is about."""
        text = values.get("grid", "").strip()
        own = self.run.place_code if len(self.run.place_code) == Level.GRID else ""
        if not text:
            return own
        found = ground.grid(community, text)
        if not found and self.run.options.get(MAKE_GRIDS) and not own:
            found = self._new_grid(by, community, text, ground)
        if not found or (own and found != own):
            known = codes_of(name for c, name in ground.names.items() if c.startswith(community))
            raise refusal(
                "grid",
                "no_grid",
                _("There is no grid “%(grid)s” here.") % {"grid": text},
                _("Write one of its grids (%(grids)s), or let the import make grids.")
                % {"grids": known}
                if known
                else _("Leave the grid out, or let the import make grids."),
            )
        return found

    def _only_grid(self, by: Actor, community: str, ground: Ground) -> str:
        grids = list(ground.grids[community].values())
        if not grids:
            # Where nobody has drawn grids, the community is one: buildings lie in a grid.
            return self._new_grid(by, community, _("Grid %(number)s") % {"number": 1}, ground)
        if len(grids) > 1:
            raise refusal(
                "grid",
                "no_grid",
                _("The building is new and the row does not say which grid it lies in."),
                _("Add a column with the grid."),
            )
        return grids[0]

    def _new_grid(self, by: Actor, community: str, name: str, ground: Ground) -> str:
        try:
            place = create_place(by=by, parent_code=community, name=name, level=Level.GRID)
        except Invalid as error:
            problems = [dataclasses.replace(p, field="grid") for p in error.problems]
            raise Invalid(*problems) from None
        ground.add_grid(place.code, place.name)
        return str(place.code)

    def _standing(
        self, named: str, title: str, grid: str, community: str, ground: Ground
    ) -> Standing | None:
        """The building that a row speaks of, if it is known; its grid need not be named."""
        found = ground.named(community, title)
        if not found:
            self._require_new(named, title, community, ground)
        here = [one for one in found if not grid or any(c.startswith(grid) for c, _n in one.parts)]
        if len(here) > 1:
            exact = [one for one in here if one.name == title]
            here = exact if len(exact) == 1 else here
        if len(here) > 1:
            raise refusal(
                named,
                "several_buildings",
                _("Several buildings have this name."),
                _("Add the estate or the grid to the row."),
            )
        if found and not here:
            lies = ground.names.get(found[0].code[: int(Level.GRID)], found[0].code)
            raise refusal(
                "grid",
                "building_elsewhere",
                _("A building of this name lies in %(grid)s.") % {"grid": lies},
                _(
                    "Leave the grid out if it is the same, move it on its page, or write the"
                    " estate before the name of the new one."
                ),
            )
        return here[0] if here else None

    def _require_new(self, named: str, title: str, community: str, ground: Ground) -> None:
        """Refuse a name that another building had: the row may mean that one, or a new one.

        A building that the list names by its code is not meant.
        """
        former = ground.formerly(community, title)
        meant = next((one for one in former if one.standing.id not in self.own), None)
        if meant is not None:
            name = meant.standing.name
            raise refusal(
                named,
                "former_name",
                _("This was the name of “%(name)s” until %(day)s.")
                % {"name": name, "day": formats.date(meant.until)},
                _(
                    "Write its present name. For a new building, make it on the page of its grid,"
                    " or list “%(name)s” with its code as well."
                )
                % {"name": name},
            )

    def _twice(self, named: str, before: int) -> Invalid:
        return refusal(
            named,
            "twice",
            _("This building stands in row %(row)s already.")
            % {"row": imports.row_name(self.run, before)},
            _("Remove one of the rows, or make the names differ."),
        )


def _mark(code: str, name: str) -> tuple[str, str]:
    return code[: int(Level.GRID)], building_word(name)


def _rows_of(
    found: Standing, units: list[tuple[str, int | None]], said: dict[str, Any]
) -> list[BuildingRow]:
    """What a row says, for the building and for each of its sections in other grids."""
    lies = {name: code[: int(Level.BUILDING)] for code, name in found.units.values()}
    of: dict[str, list[tuple[str, int | None]]] = {code: [] for code, _name in found.parts}
    for name, count in units:
        of[lies.get(name, found.code)].append((name, count))
    shared = {name: said[name] for name in ("kind", "number", "address", "managed")}
    rows = []
    for code, name in found.parts:
        # Households and position are those of the whole.
        more = said if code == found.code else shared
        grid = code[: int(Level.GRID)]
        rows.append(BuildingRow(grid_code=grid, name=name, units=tuple(of[code]), **more))
    return rows


def _rearranged(
    by: Actor, listed: list[_Listed], ground: Ground, *, more: bool
) -> tuple[list[_Listed], list[Outcome]]:
    """Rename and move the buildings that are to be; those that can't be are refused.

    ``more``: other parts of the list have changes too, and may give a name up.
    """
    changes = {one.number: one.change for one in listed if one.change is not None}
    taken = collisions(changes, ground)
    kept: list[_Listed] = []
    outcomes: list[Outcome] = []
    for one in listed:
        if one.change is None:
            kept.append(one)
        elif one.number in taken:
            refused = _refused(one.number, taken[one.number], one.named)
            outcomes.append(dataclasses.replace(refused, later=more))
        else:
            try:
                with transaction.atomic():
                    found = one.change.carry_out(by)
                kept.append(dataclasses.replace(one, rows=_rows_of(found, one.units, one.said)))
            except Invalid as error:
                outcomes.append(_refused(one.number, error, one.named))
    return kept, outcomes


def _written(by: Actor, listed: list[_Listed]) -> list[Outcome]:
    rows = [dataclasses.replace(row, row=one.number) for one in listed for row in one.rows]
    if not rows:
        return []
    try:
        done = upsert_buildings(by=by, rows=rows)
    except Invalid as error:
        named = {one.number: one.named for one in listed}
        raise Invalid(
            *(
                dataclasses.replace(
                    p,
                    row=imports.place_of(p.row or 0).row,
                    field=_column(p.field, named.get(p.row or 0, "building")),
                )
                for p in error.problems
            )
        ) from None
    ids = iter(done.ids)
    outcomes = []
    for one in listed:
        places: list[UUID] = [next(ids) for _row in one.rows]
        changed = one.change is not None or any(place in done.written for place in places)
        outcomes.append(Outcome(one.number, object_id=places[0], changed=changed))
    return outcomes


def _refused(number: int, error: Invalid, named: str = "building") -> Outcome:
    at = imports.place_of(number)[0]
    problems = tuple(
        Problem(p.message, field=_column(p.field, named), row=at, mend=p.mend, code=p.code)
        for p in error.problems
    )
    return Outcome(number, problems, changed=False)


def _column(name: str, named: str) -> str:
    """The column of what the writing of buildings calls ``name``."""
    return named if name == "name" else _COLUMNS.get(name, name)


class Buildings(RowByRow):
    """The way of lists of buildings: each row is written alone, none says a building twice."""

    def __init__(self) -> None:
        super().__init__(lambda _by, _run, _rows: ())

    def opened(self, by: Actor, run: ImportRun) -> tuple[imports.Handler, imports.Handler | None]:
        """Write clean rows; what an earlier attempt has written counts as said."""
        writer = _Writer(run)
        return self.handler(writer, run), self.handler(partial(writer, last=True), run)


LEDGER: Final = Ledger(
    KIND,
    gettext_lazy("Buildings"),
    room="register",
    right=RIGHT,
    fields=FIELDS,
    way=Buildings(),
    statuses=RowByRow.STATUSES,
    knows=(ROWS,),
    place_url="regions:place",
    least_level=Level.COUNTY,
    options=(
        Option(MAKE_GRIDS, gettext_lazy("Make grids that are not known yet")),
        *(Option(name, label) for name, label in SYSTEMS.items()),
    ),
)
