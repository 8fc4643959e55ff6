"""Rounds: planned with their points, changed, ended; points are checked."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ids import new_token
from fangxian.common.models import update_fields
from fangxian.core.models import Emergency
from fangxian.field.actions import once, planning
from fangxian.field.actions.gates import RECORD
from fangxian.field.actions.planning import PLAN
from fangxian.field.actions.visits import Answer
from fangxian.field.duties.rules import DutyRules, duty_rules
from fangxian.field.models import Point, Round, RoundCheck
from fangxian.field.models.duties import MOST_TIMES
from fangxian.regions.models import Region

MOST_POINTS: Final = 200
_EARTH: Final = 6_371_000


@dataclass(frozen=True)
class NewPoint:
    """A point by its name; ``longitude`` and ``latitude`` (WGS 84) if they are known."""

    name: str
    longitude: float | None = None
    latitude: float | None = None


@action
def plan_round(
    *,
    by: Actor,
    place: Region,
    name: str,
    times: int,
    first_at: dt.time,
    last_at: dt.time,
    points: Sequence[NewPoint],
    emergency: Emergency | None = None,
) -> Round:
    """Plan a round from today on, with its points in their order. Raises Invalid."""
    by.require(PLAN, place.code)
    planned = Round(
        place_code=place.code,
        name=name.strip(),
        times=times,
        first_at=first_at,
        last_at=last_at,
        emergency=emergency,
        started_on=timezone.localdate(),
        made_by=by.name,
    )
    _refuse(planned, points)
    planned.save(force_insert=True)
    _set_points(planned, points)
    return planned


@action
def change_round(
    *,
    by: Actor,
    planned: Round,
    name: str | None = None,
    times: int | None = None,
    first_at: dt.time | None = None,
    last_at: dt.time | None = None,
    points: Sequence[NewPoint] | None = None,
) -> Round:
    """Change what is given of a round. A point keeps its QR while it keeps its name.

    Points that are not among those given are removed. Raises Conflict (ended), Invalid.
    """
    found = _held(by, planned)
    given = {
        "name": None if name is None else name.strip(),
        "times": times,
        "first_at": first_at,
        "last_at": last_at,
    }
    wanted = {field: value for field, value in given.items() if value is not None}
    changed = update_fields(found, **wanted)
    _refuse(found, points)
    if changed:
        found.save(update_fields=changed)
    if points is not None:
        _set_points(found, points)
    return found


@action
def end_round(*, by: Actor, planned: Round) -> Round:
    """End a round: from tomorrow on nobody misses it. Raises Conflict (ended already)."""
    found = _held(by, planned)
    found.ended_on = timezone.localdate()
    found.save(update_fields=["ended_on"])
    return found


def _held(by: Actor, one: Round) -> Round:
    found = planning.held(by, one)
    if found.ended_on is not None:
        raise Conflict(_("The round was ended already."))
    return found


def _refuse(planned: Round, points: Sequence[NewPoint] | None) -> None:
    problems = list(once.outside(planned.times, 1, MOST_TIMES, "times"))
    if not planned.name:
        problems.append(Problem(_("Give the round a name."), field="name"))
    same = Round.objects.filter(
        place_code=planned.place_code, name=planned.name, ended_on=None
    ).exclude(id=planned.id)
    if same.exists():
        problems.append(
            Problem(
                _("There is a round of that name at this place."),
                field="name",
                mend=_("Choose another name."),
                code="taken",
            )
        )
    if planned.first_at == planned.last_at:
        problems.append(
            Problem(
                _("The round ends when it begins."),
                field="last_at",
                mend=_("Choose another hour; one before the first is of the next day."),
            )
        )
    problems += once.unfit(planned.emergency, planned.place_code)
    if points is not None:
        problems += _unfit(points)
    if problems:
        raise Invalid(*problems)


def _unfit(points: Sequence[NewPoint]) -> Iterator[Problem]:
    if not 1 <= len(points) <= MOST_POINTS:
        yield Problem(_("A round has from 1 to %(n)d points.") % {"n": MOST_POINTS}, field="points")
    names: set[str] = set()
    for row, point in enumerate(points, start=1):
        if not point.name or len(point.name) > 60:
            yield Problem(
                _("A point needs a name of at most 60 characters."), field="points", row=row
            )
        if point.name in names:
            yield Problem(
                _("“%(name)s” stands here twice.") % {"name": point.name},
                field="points",
                row=row,
                mend=_("Tell the points apart."),
            )
        names.add(point.name)
        yield from once.outside(point.longitude, -180, 180, "points")
        yield from once.outside(point.latitude, -90, 90, "points")


def _set_points(planned: Round, points: Sequence[NewPoint]) -> None:
    present = {one.name: one for one in Point.objects.filter(round=planned, removed_on=None)}
    fresh = []
    for position, point in enumerate(points, start=1):
        known = present.pop(point.name, None)
        values = {
            "position": position,
            "longitude": point.longitude,
            "latitude": point.latitude,
        }
        if known is None:
            fresh.append(
                Point(
                    place_code=planned.place_code,
                    round=planned,
                    name=point.name,
                    token=new_token(),
                    **values,
                )
            )
        elif changed := update_fields(known, **values):
            known.save(update_fields=changed)
    Point.objects.bulk_create(fresh)
    gone = [one.id for one in present.values()]
    Point.objects.filter(id__in=gone).update(removed_on=timezone.localdate())


@dataclass(frozen=True)
class NewRoundCheck:
    """A check of a point, named by its id, or by the ``token`` that was read from its QR there.

    The position (WGS 84) is not kept: only how far it is from the point. The rest as in
    :class:`once.NewRecord`.
    """

    op_id: UUID
    found: str
    point_id: UUID | None = None
    token: str = ""
    at: dt.datetime | None = None
    note: str = ""
    longitude: float | None = None
    latitude: float | None = None
    corrects: UUID | None = None
    keeps: tuple[str, ...] = ()
    arrived_at: dt.datetime | None = None


@action
def record_round_check(*, by: Actor, check: NewRoundCheck) -> Answer:
    """Record one check, once however often it is sent: ``applied`` or ``duplicate``.

    Raises Forbidden, OutOfScope (no such point here), Invalid with each problem.
    """
    by.require(RECORD)
    body = once.body_of(check)
    if repeat := once.repeated(check.op_id, "round_check", body):
        return repeat
    token = check.token.strip().upper()
    named = Q(id=check.point_id) if check.point_id else Q(token=token)
    point = Point.objects.select_related("round").filter(named).first()
    if point is None:
        raise OutOfScope(str(check.point_id or "token"))
    before = once.to_correct(RoundCheck, check, point=point)
    check = replace(check, **once.kept(check, before))
    rules, at = duty_rules(), once.moment(check, before)
    if problems := list(_problems(check, point, token, rules, at)):
        raise Invalid(*problems)
    row = RoundCheck(
        place_code=point.place_code,
        op_id=check.op_id,
        corrects_id=check.corrects,
        at=at,
        emergency_id=point.round.emergency_id,
        point=point,
        found=check.found,
        exception=rules.found[check.found].exception,
        scanned=before.scanned if before and "token" in check.keeps else bool(token),
        metres=before.metres if before and "longitude" in check.keeps else _metres(check, point),
        note=once.trimmed(check.note),
    )
    return once.keep(by, row, "round_check", body)


def _problems(
    check: NewRoundCheck, point: Point, token: str, rules: DutyRules, at: dt.datetime
) -> Iterator[Problem]:
    if token and token != point.token:
        yield Problem(
            _("The QR is that of another point."),
            field="token",
            mend=_("Scan the one at “%(point)s”.") % {"point": point.name},
            code="token",
        )
    yield from once.over(point.removed_on, at, "point", point.name)
    yield from once.over(point.round.ended_on, at, "point", point.round.name)
    yield from once.unknown(check.found, rules.found, "found")
    yield from once.outside(check.longitude, -180, 180, "longitude")
    yield from once.outside(check.latitude, -90, 90, "latitude")
    yield from once.too_long(check, {"note": 500})


def _metres(check: NewRoundCheck, point: Point) -> int | None:
    """The distance on a sphere, None where one of the two is not known (haversine)."""
    given = (check.longitude, check.latitude, point.longitude, point.latitude)
    if None in given:
        return None
    here_x, here_y, there_x, there_y = (math.radians(value or 0.0) for value in given)
    half = (
        math.sin((there_y - here_y) / 2) ** 2
        + math.cos(here_y) * math.cos(there_y) * math.sin((there_x - here_x) / 2) ** 2
    )
    return round(2 * _EARTH * math.asin(math.sqrt(min(1.0, half))))
