"""Taking in a list of divisions: the shipped national one first, then each later year's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import connections
from django.db.models import Q
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.codes import Level, bounds, contains
from fangxian.common.errors import Invalid, Problem
from fangxian.common.scoping import acting
from fangxian.common.ui import formats
from fangxian.regions import numbering, recode
from fangxian.regions.changes import Change, Comparison, Known, compare, coverage
from fangxian.regions.lists import DivisionList
from fangxian.regions.load import copy_places
from fangxian.regions.models import Region, RegionChange, RegionList
from fangxian.regions.pinyin import initials

BATCH = 2_000
MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Preview:
    """What a list would change; ``first``: nothing of its area is known yet."""

    listed: DivisionList
    comparison: Comparison
    first: bool
    loaded_before: bool


def preview(*, by: Actor, listed: DivisionList, using: str = "owner") -> Preview:
    """Compare a list with the present tree; nothing is written.

    Raises Forbidden, and Invalid when the list is older than the last one, or would end a community
    that still has grids without saying where they go.
    """
    by.require("regions.lists", "")
    with acting(by, using=using):
        loaded = RegionList.objects.using(using).filter(year=listed.year, digest=listed.digest)
        latest = RegionList.objects.using(using).order_by("-as_of").first()
        if latest is not None and listed.as_of < latest.as_of:
            raise Invalid(
                Problem(
                    _("The list is of %(day)s; one of %(latest)s is already in force.")
                    % {"day": formats.date(listed.as_of), "latest": formats.date(latest.as_of)},
                    field="year",
                    mend=_("Give the list of a later day."),
                )
            )
        places = _present(listed, using)
        comparison = compare({code: known for code, (known, _id) in places.items()}, listed.rows)
        _refuse_stranded(comparison, using)
        return Preview(listed, comparison, not places, loaded.exists())


def take_in(*, by: Actor, listed: DivisionList, using: str = "owner") -> Preview:
    """Bring the tree up to a list; return what it changed. Taken in twice, it changes nothing.

    Identical places keep their ids, and so do renamed and recoded ones; rows that lie at places
    with a new code follow. One transaction on ``using`` (the owner's alias: indexes are rebuilt).
    """
    with acting(by, using=using):
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('fangxian.divisions'))")
        seen = preview(by=by, listed=listed, using=using)
        if seen.first or not seen.comparison.is_empty:
            _apply(by, seen, using)
        if not seen.loaded_before:
            RegionList.objects.using(using).create(
                year=listed.year,
                as_of=listed.as_of,
                source=listed.source,
                digest=listed.digest,
                counts={"places": listed.counts(), "changes": seen.comparison.counts()},
                loaded_by=by.name,
            )
        return seen


def _present(listed: DivisionList, using: str) -> dict[str, tuple[Known, UUID]]:
    tops, finest = coverage(listed.rows)
    inside = Q()
    for top in tops:
        lo, hi = bounds(top)
        inside |= Q(code__gte=lo, code__lt=hi)
    # A place that the list calls by another code lies outside of what its new codes cover.
    old = {code for row in listed.rows.values() for code in row.old_codes}
    for code in old:
        lo, hi = bounds(code)
        inside |= Q(code__gte=lo, code__lt=hi)
    rows = (
        Region.objects.using(using)
        .filter(inside, valid_to=None, level__lte=min(finest, int(Level.VILLAGE)))
        .order_by("code")
        .values_list("code", "name", "urban_class", "id")
    )
    return {code: (Known(name, kind), place_id) for code, name, kind, place_id in rows.iterator()}


def _refuse_stranded(comparison: Comparison, using: str) -> None:
    ended = [
        code
        for code in comparison.ended
        if len(code) == int(Level.VILLAGE) and code not in comparison.merged
    ]
    problems = []
    for code in ended:
        lo, hi = bounds(code)
        grids = Region.objects.using(using).filter(
            code__gte=lo, code__lt=hi, level=int(Level.GRID), valid_to=None
        )
        count = grids.count()
        if count:
            problems.append(
                Problem(
                    _("%(code)s is not in the list, but has %(count)s grids.")
                    % {"code": code, "count": count},
                    field="old_code",
                    mend=_("Write its code as the old code of the community that takes it over."),
                )
            )
        if len(problems) == MOST_PROBLEMS:
            break
    if problems:
        raise Invalid(*problems)


def _apply(by: Actor, seen: Preview, using: str) -> None:
    listed, comparison = seen.listed, seen.comparison
    places = {} if seen.first else _present(listed, using)
    on = listed.as_of
    objects = Region.objects.using(using)
    grids = _grids_of_merged(comparison, using)
    for start in range(0, len(comparison.ended), BATCH):
        objects.filter(code__in=comparison.ended[start : start + BATCH], valid_to=None).update(
            valid_to=on
        )
    fresh = [listed.rows[code] for code in comparison.new]
    moves = dict(comparison.recoded)
    # A new place may need the code of one that moves away; all others are there before.
    ids = copy_places([row for row in fresh if row.code not in moves], on, using=using)
    forward, ended = _taken_over(comparison, places, ids)
    if moves or forward:
        pairs = recode.with_places_below(moves, using=using)
        area = _common({*pairs, *pairs.values(), *forward, *comparison.merged.values()})
        recode.move(by=by, pairs=pairs, area=area, on=on, using=using, forward=forward)
        recode.reseat(ended, using=using)
    ids |= copy_places([row for row in fresh if row.code in moves], on, using=using)
    _rename(comparison, listed, using)
    _move_grids(by, comparison, grids, on, using)
    if not seen.first:
        _keep_changes(comparison, listed, places, ids, using)


def _taken_over(
    comparison: Comparison, places: dict[str, tuple[Known, UUID]], ids: dict[str, str]
) -> tuple[dict[str, UUID], dict[UUID, UUID]]:
    """Where the rows of merged places go: by code, and by the ids of both places."""
    went_on = {new: places[old][1] for old, new in comparison.same.items()}
    forward = {
        old: went_on.get(new) or UUID(ids[new])
        for old, new in comparison.merged.items()
        if new in went_on or new in ids
    }
    return forward, {places[old][1]: target for old, target in forward.items()}


def _common(codes: set[str]) -> str:
    first, last = min(codes), max(codes)
    areas = (first[: int(level)] for level in reversed(Level))
    return next(area for area in areas if contains(area, first) and contains(area, last))


def _rename(comparison: Comparison, listed: DivisionList, using: str) -> None:
    wanted = {
        comparison.same[old]: listed.rows[comparison.same[old]]
        for old in {*comparison.renamed, *comparison.reclassed}
    }
    places = list(Region.objects.using(using).filter(code__in=list(wanted), valid_to=None))
    for place in places:
        row = wanted[place.code]
        place.name, place.initials = row.name, initials(row.name)
        place.urban_class = row.urban_class or place.urban_class
    Region.objects.using(using).bulk_update(
        places, ["name", "initials", "urban_class"], batch_size=BATCH
    )


def _grids_of_merged(comparison: Comparison, using: str) -> dict[str, list[str]]:
    merged = [code for code in comparison.merged if len(code) == int(Level.VILLAGE)]
    found: dict[str, list[str]] = {}
    for code in merged:
        lo, hi = bounds(code)
        grids = Region.objects.using(using).filter(
            code__gte=lo, code__lt=hi, level=int(Level.GRID), valid_to=None
        )
        codes = list(grids.order_by("code").values_list("code", flat=True))
        if codes:
            found[code] = codes
    return found


def _move_grids(
    by: Actor, comparison: Comparison, grids: dict[str, list[str]], on: dt.date, using: str
) -> None:
    """The grids of communities that were merged lie in the one that took them over."""
    for old, codes in grids.items():
        target = comparison.merged[old]
        numbering.lock(target, using=using)
        free = numbering.free_codes(target, Level.GRID, len(codes), using=using)
        pairs = recode.with_places_below(dict(zip(codes, free, strict=True)), using=using)
        area = _common({*pairs, *pairs.values()})
        recode.move(by=by, pairs=pairs, area=area, on=on, using=using)


def _keep_changes(
    comparison: Comparison,
    listed: DivisionList,
    places: dict[str, tuple[Known, UUID]],
    ids: dict[str, str],
    using: str,
) -> None:
    went_on = {new: places[old][1] for old, new in comparison.same.items()}

    def row(change: Change) -> RegionChange:
        to_id = went_on.get(change.new) or (ids.get(change.new) and UUID(ids[change.new]))
        return RegionChange(
            year=listed.year,
            on=listed.as_of,
            kind=change.kind,
            from_code=change.old,
            to_code=change.new,
            from_name=places[change.old][0].name if change.old else "",
            to_name=listed.rows[change.new].name if change.new else "",
            from_place_id=places[change.old][1] if change.old else None,
            to_place_id=to_id or None,
        )

    RegionChange.objects.using(using).bulk_create(
        (row(change) for change in comparison.changes), batch_size=BATCH
    )
