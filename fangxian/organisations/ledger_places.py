"""Places as ledgers write them: by code, by name, by the way to them; and refused rows."""

from __future__ import annotations

from collections import defaultdict

from django.utils.translation import gettext as _

from fangxian.common import access
from fangxian.common.codes import Level, is_code
from fangxian.common.errors import Invalid, Problem
from fangxian.core.imports import Outcome, StagedRow
from fangxian.regions.models import Region
from fangxian.regions.queries import current, inside

_COLUMNS = {
    "holder": "responsible",
    "seat": "place",
    "parent": "organisation_parent",
    "on": "start_date",
    "from_date": "start_date",
    "to_date": "end_date",
}
# Ways to a place as people write them: all of it, and with the grid left out.
_WAYS = ((9, 12, 15, 18, 20), (12, 15, 18, 20), (12, 18, 20))


def refused(row: StagedRow, error: Invalid | Problem) -> Outcome:
    """The outcome of a row that is not written, its problems at the columns they speak of."""
    problems = error.problems if isinstance(error, Invalid) else (error,)
    return Outcome(
        row.number,
        tuple(
            Problem(
                p.message,
                field=_COLUMNS.get(p.field, p.field),
                row=row.number,
                mend=p.mend,
                code=p.code,
            )
            for p in problems
        ),
        changed=False,
    )


def no_right() -> Problem:
    """Why a row about a place elsewhere is refused."""
    return Problem(
        _("You may not change this place."),
        field="place",
        mend=_("Ask who is responsible for it to import the row."),
        code="forbidden",
    )


def places_of(area: str) -> Places:
    """The places of a run's area, read once in a transaction."""
    memory = access.memory()
    key = ("organisations.places", area)
    if key not in memory:
        memory[key] = Places(area)
    found: Places = memory[key]
    return found


class Places:
    """Places of an area by code and by name; ended ones are not found."""

    def __init__(self, area: str) -> None:
        found = inside(area) if area else current().none()
        rows = list(
            found.filter(level__gte=Level.COUNTY).only("id", "code", "name", "level", "valid_to")
        )
        self._by_code = {place.code: place for place in rows}
        self._by_name: dict[str, dict[str, Region]] = defaultdict(dict)
        for place in rows:
            # Below the village, names repeat in each community and are written with the way.
            self._by_name[place.name][place.code] = place
            for way in _WAYS:
                self._by_name[self._full(place.code, way)][place.code] = place

    def _full(self, code: str, way: tuple[int, ...]) -> str:
        above = (self._by_code.get(code[:size]) for size in way if size <= len(code))
        return "".join(place.name for place in above if place is not None)

    def below(self, code: str, level: int) -> list[Region]:
        """The places of a level below a code."""
        return [p for p in self._by_code.values() if p.level == level and p.code.startswith(code)]

    def at(self, code: str) -> Region | None:
        """The place with this code."""
        return self._by_code.get(code)

    def find(self, text: str, level: int | None) -> Region:
        """The only place with this code or name (of a level). Raises Invalid naming the mend."""
        text = text.strip().replace(" ", "")
        if is_code(text) and text:
            found = [self._by_code[text]] if text in self._by_code else []
        else:
            named = self._by_name.get(text, {}).values()
            found = [place for place in named if level in (None, place.level)]
        if len(found) == 1:
            return found[0]
        if found:
            shown = _(", ").join(f"{p.name} {p.code}" for p in found[:6])
            raise Invalid(
                Problem(
                    _("Several places are called so: %(places)s.") % {"places": shown},
                    field="place",
                    mend=_("Write the code, or the community before the name."),
                    code="several_places",
                )
            )
        raise Invalid(
            Problem(
                _("There is no place “%(text)s” of this level here.") % {"text": text},
                field="place",
                mend=_("Write its name as in the list of places, or its code."),
                code="no_place",
            )
        )
