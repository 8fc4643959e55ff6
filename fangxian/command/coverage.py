"""The coverage board: a place, what lies in it, who closes what. Sums agree at every level."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import orjson

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import OutOfScope
from fangxian.core import counters
from fangxian.field.models import Campaign
from fangxian.field.queries import Coverage, coverage, coverage_of
from fangxian.field.targets import METRICS
from fangxian.organisations import vacancies
from fangxian.organisations.queries import Responsible, who_closes_many
from fangxian.regions.models import Region
from fangxian.regions.queries import at, children

# Households to visit, visited, exempt, vacancies, by code.
Counts = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Row:
    """One place of the board; ``here``: what lies in the place itself and in nothing below it."""

    place_id: UUID | None
    code: str
    name: str
    level: Level
    coverage: Coverage
    vacancies: int
    closers: Sequence[Responsible]
    here: bool = False

    @property
    def done(self) -> int:
        return self.coverage.visited

    @property
    def covered(self) -> int:
        """Visited or exempt."""
        return self.coverage.visited + self.coverage.exempt

    @property
    def complete(self) -> bool:
        return self.coverage.gap == 0 and self.vacancies == 0

    @property
    def closer(self) -> Responsible | None:
        """Who is asked first: the nearest holder of the first closing role."""
        return self.closers[0] if self.closers else None

    @property
    def asked(self) -> Responsible | None:
        """The closer, where something is left to close: of a covered place a board names nobody."""
        return None if self.complete else self.closer


@dataclass(frozen=True)
class Board:
    """A place and the rows that add up to it, in one sweep or (``campaign`` None) of the chain."""

    campaign: Campaign | None
    own: Row
    rows: Sequence[Row] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """What :func:`counts` read of it when it was made."""
        return {
            row.code: (
                row.coverage.target,
                row.coverage.visited,
                row.coverage.exempt,
                row.vacancies,
            )
            for row in (self.own, *self.rows)
            if row.code and not row.here
        }


def top(by: Actor, campaign: Campaign) -> Region:
    """The highest place of a sweep that the actor sees: its area or his own.

    Raises OutOfScope when the sweep does not concern the actor's area or has not begun.
    """
    area = campaign.area.code
    if campaign.state == Campaign.State.DRAFT:
        raise OutOfScope(str(campaign.id))
    if codes.contains(area, by.area):
        return at(by.area)
    return at(area, by=by)


def board(campaign: Campaign | None, place: Region | None) -> Board:
    """The board at a place; None is the whole country. Four queries, however many rows."""
    inside = list(children(place.code if place else ""))
    found = _rows(campaign, [place, *inside] if place else inside)
    if place is None:
        own = _country(found)
        return Board(campaign, own, found)
    own, below = found[0], found[1:]
    rest = _rest(own, below)
    return Board(campaign, own, [*below, rest] if rest and below else below)


def counts(campaign: Campaign | None, place: Region | None) -> Counts:
    """The counters of a board, exact at this moment, without the rest of it. Two queries."""
    below = children(place.code if place else "").values_list("code", flat=True)
    at_codes = [place.code, *below] if place else list(below)
    keys = [*([str(campaign.id)] if campaign else []), vacancies.KEY]
    found = counters.read_keys(at_codes, [*METRICS, vacancies.METRIC], keys)
    sweep = keys[0]
    return {
        code: (
            *(found[sweep, code, metric] for metric in METRICS),
            found[vacancies.KEY, code, vacancies.METRIC],
        )
        for code in at_codes
    }


def rows(campaign: Campaign | None, places: Sequence[Region]) -> list[Row]:
    """The board's rows of some places. Three queries, however many places."""
    return _rows(campaign, places)


def _rows(campaign: Campaign | None, places: Sequence[Region]) -> list[Row]:
    at_codes = [place.code for place in places]
    covered = coverage(campaign, at_codes) if campaign else {}
    vacant = counters.read(at_codes, [vacancies.METRIC], vacancies.KEY)
    closers = who_closes_many(at_codes)
    return [
        Row(
            place_id=place.id,
            code=place.code,
            name=place.name,
            level=Level(place.level),
            coverage=covered.get(place.code) or Coverage(place.code, 0, 0, 0),
            vacancies=vacant[(place.code, vacancies.METRIC)],
            closers=closers[place.code],
        )
        for place in places
    ]


def standings(
    by: Actor, campaigns: Sequence[Campaign], most: int
) -> list[tuple[Campaign, Row, list[Row]]]:
    """Where each sweep stands in the actor's area, with the worst places below that have gaps.

    Two queries, however many sweeps and places. The rows say nothing of vacancies and holders.
    """
    tops = {one: max(by.area, one.area.code, key=len) for one in campaigns}
    inside: dict[str, list[Region]] = {code: [] for code in tops.values()}
    for place in _children_of(inside):
        above = Level(place.level).above
        inside[place.code[: int(above or 0)]].append(place)
    covered = coverage_of(
        {one: [code, *(place.code for place in inside[code])] for one, code in tops.items()}
    )
    found = []
    for one, code in tops.items():
        own = _bare(covered[one.id, code])
        below = [_bare(covered[one.id, place.code], place) for place in inside[code]]
        rest = _rest(own, below) if below else None
        rows = [*below, rest] if rest else below
        found.append((one, own, arranged(rows, "worst", "gaps")[:most]))
    return found


def _children_of(places: Iterable[str]) -> Iterable[Region]:
    """The places one level below some places. One query."""
    return reduce(or_, (children(code) for code in places), Region.objects.none())


def _bare(covered: Coverage, place: Region | None = None) -> Row:
    level = Level(place.level) if place else Level(len(covered.code))
    name, place_id = (place.name, place.id) if place else ("", None)
    return Row(place_id, covered.code, name, level, covered, 0, ())


def _sum(code: str, found: Iterable[Row]) -> tuple[Coverage, int]:
    parts = list(found)
    total = Coverage(
        code,
        sum(row.coverage.target for row in parts),
        sum(row.coverage.visited for row in parts),
        sum(row.coverage.exempt for row in parts),
    )
    return total, sum(row.vacancies for row in parts)


def _country(found: Sequence[Row]) -> Row:
    total, missing = _sum("", found)
    return Row(None, "", "", Level.COUNTRY, total, missing, ())


def _rest(own: Row, below: Sequence[Row]) -> Row | None:
    """What the places below don't account for: households and vacancies of the place itself."""
    total, missing = _sum(own.code, below)
    rest = Coverage(
        own.code,
        own.coverage.target - total.target,
        own.coverage.visited - total.visited,
        own.coverage.exempt - total.exempt,
    )
    if not (rest.target or own.vacancies - missing):
        return None
    return Row(
        own.place_id,
        own.code,
        own.name,
        own.level,
        rest,
        own.vacancies - missing,
        own.closers,
        here=True,
    )


ORDERS: dict[str, Callable[[Row], Any]] = {
    "worst": lambda row: (-row.coverage.gap, -row.vacancies, row.coverage.share, row.code),
    "share": lambda row: (row.coverage.share, -row.coverage.gap, row.code),
    "vacancies": lambda row: (-row.vacancies, -row.coverage.gap, row.code),
    "place": lambda row: (row.here, row.code),
}
KEPT: dict[str, Callable[[Row], bool]] = {
    "": lambda row: True,
    "gaps": lambda row: row.coverage.gap > 0,
    "vacancies": lambda row: row.vacancies > 0,
}


def arranged(found: Iterable[Row], order: str, only: str) -> list[Row]:
    """The rows that a filter keeps, in one of :data:`ORDERS`."""
    return sorted(filter(KEPT[only], found), key=ORDERS[order])


def version(*parts: object) -> str:
    """An ETag of what a page shows: the same parts, the same tag."""
    body = orjson.dumps(parts, default=str, option=orjson.OPT_NON_STR_KEYS)
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
