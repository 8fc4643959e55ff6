"""Buildings that a list names by their code: another name renames them, another grid moves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid
from fangxian.common.sheets.words import key
from fangxian.core.imports import StagedRow
from fangxian.core.ledgers import ROW_KEY
from fangxian.core.ledgers.keys import gone
from fangxian.regions.actions import move_place, rename_place
from fangxian.regions.models import Region, RegionCode
from fangxian.register.importing.ground import Ground, Standing, building_word, refusal

_NAME: Final = ROW_KEY.name
# The code of what a row was taken from, beside what the row itself says.
_TAKEN: Final = "taken_code"


@dataclass(frozen=True, slots=True)
class Change:
    """What a known building gets: another name, another grid of its community, or both."""

    standing: Standing
    name: str = ""
    grid: str = ""

    @property
    def lies(self) -> str:
        """The grid in which it lies then."""
        return self.grid or self.standing.code[: int(Level.GRID)]

    def carry_out(self, by: Actor) -> Standing:
        """Rename and move it, with all that lies in it; returns it as it is then.

        Raises Invalid as the actions do.
        """
        found = self.standing
        if self.grid:
            code = move_place(by=by, code=found.code, to=self.grid).code
            units = {
                word: (code + at[len(code) :], name) for word, (at, name) in found.units.items()
            }
            found = replace(found, code=code, parts=[(code, found.name)], units=units)
        if self.name:
            for code, _name in found.parts:
                rename_place(by=by, code=code, name=self.name)
            parts = [(code, self.name) for code, _name in found.parts]
            found = replace(found, name=self.name, parts=parts)
        return found


def coded(code: str, area: str, ground: Ground) -> Standing:
    """The building of a community (or of a grid) that a row names by its code, present or former.

    Raises Invalid for one that lies elsewhere: it can't move from one community to another.
    """
    found = ground.coded(code)
    if found is not None and any(at.startswith(area) for at, _name in found.parts):
        return found
    if Region.objects.filter(code=code, level=int(Level.BUILDING), valid_to=None).exists():
        raise refusal(
            "building_code",
            "lies_elsewhere",
            _("The building with this code lies elsewhere."),
            _(
                "It can only move within its community: end it there and make it anew here, without"
                " this code."
            ),
        )
    raise refusal(
        "building_code",
        "no_building",
        _("There is no building with the code %(code)s.") % {"code": code},
        _("Correct the code; leave it out for a building that is new."),
    )


def with_codes(rows: Sequence[StagedRow]) -> list[StagedRow]:
    """Rows that know what they were taken from name their building by its code. One query.

    One that is no more has none; what a row says of its code stays.
    """
    keys = {row.number: UUID(named[1]) for row in rows if (named := row.values.get(_NAME))}
    if not keys:
        return list(rows)
    there = Region.objects.filter(pk__in=set(keys.values()), valid_to=None)
    codes = dict(there.values_list("id", "code"))

    def coded(row: StagedRow) -> StagedRow:
        code = codes.get(keys[row.number], "")
        return row._replace(values={"building_code": code, **row.values, _TAKEN: code})

    return [coded(row) if row.number in keys else row for row in rows]


def keeps_code(values: Mapping[str, Any]) -> None:
    """Refuse a row whose building is no more, or that was given another's code. Raises Invalid."""
    code = values.get(_TAKEN)
    if code is None:
        return
    if not code:
        raise gone()
    if values["building_code"] not in (code, *_former(code)):
        raise refusal(
            "building_code",
            "other_building",
            _("The row was taken from the building with the code %(code)s.") % {"code": code},
            _("Write that code; a row about another building has no name of a row."),
        )


def _former(code: str) -> list[str]:
    """The codes that a building had."""
    had = RegionCode.objects.filter(region__code=code, region__valid_to=None)
    return list(had.values_list("code", flat=True))


def rows_of_buildings(rows: Iterable[StagedRow]) -> dict[UUID, int]:
    """The number of the row that names a building by its code, present or former. Two queries.

    Of several rows it is the first.
    """
    numbers: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row.number):
        if (code := row.values.get("building_code")) and row.values.get(_TAKEN) != "":
            numbers.setdefault(code, row.number)
    if not numbers:
        return {}
    present = Region.objects.filter(code__in=numbers, level=int(Level.BUILDING), valid_to=None)
    known = {
        code: part_of or place_id
        for code, place_id, part_of in present.values_list("code", "id", "building__part_of")
    }
    former = RegionCode.objects.filter(code__in=numbers.keys() - known, region__valid_to=None)
    for code, place_id, part_of in former.order_by("valid_to").values_list(
        "code", "region", "region__building__part_of"
    ):
        known[code] = part_of or place_id
    found: dict[UUID, int] = {}
    for code, number in numbers.items():
        if code in known:
            found.setdefault(known[code], number)
    return found


def change_of(found: Standing, names: tuple[str, ...], grid: str, ground: Ground) -> Change | None:
    """What a row changes of a building that it names by its code, None: nothing.

    ``names``: what the row calls it, as people say it first. Raises Invalid for another grid of a
    building that lies in several.
    """
    spaced = " ".join(found.name.split())
    name = "" if spaced in names or found.name in names else names[0]
    lies = {code[: int(Level.GRID)] for code, _name in found.parts}
    called = {key(ground.names.get(code, "")) for code in lies}
    # Two grids of a community may be called alike.
    same = not grid or grid in lies or key(ground.names.get(grid, "")) in called
    if not same and len(lies) > 1:
        raise refusal(
            "grid",
            "several_grids",
            _("The building lies in several grids."),
            _("Leave the grid out; draw the grids anew to move it."),
        )
    return None if same and not name else Change(found, name, "" if same else grid)


def collisions(changes: Mapping[int, Change], ground: Ground) -> dict[int, Invalid]:
    """The changes (by row) that would give a grid two buildings of one name.

    Names that are given up by another of the changes are free, unless that one is refused too.
    Their fields are those of the actions.
    """
    refused: dict[int, Invalid] = {}
    while True:
        leaving = {one.standing.id: one for n, one in changes.items() if n not in refused}
        found = {
            number: one
            for number, one in changes.items()
            if number not in refused and _taken(one, leaving, ground)
        }
        if not found:
            return refused
        for number, one in found.items():
            refused[number] = refusal(
                "name" if one.name else "to",
                "name_taken",
                _("Another building called “%(name)s” stands there.")
                % {"name": one.name or one.standing.name},
                _("Correct the name or the code, or rename the other one too."),
            )


def _taken(one: Change, leaving: Mapping[UUID, Change], ground: Ground) -> bool:
    name = one.name or one.standing.name
    community = one.standing.code[: int(Level.VILLAGE)]
    for other in ground.named(community, name):
        if other.id == one.standing.id:
            continue
        gone = leaving.get(other.id)
        if gone is not None:
            if gone.lies == one.lies and building_word(gone.name or other.name) == building_word(
                name
            ):
                return True
        elif any(code.startswith(one.lies) for code, _name in other.parts):
            return True
    return False
