"""Named reads of aid batches, their days and their members."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.mobilise.aid.rules import AidRules, Counted, aid_rules
from fangxian.mobilise.models import (
    AidBatch,
    AidCounter,
    AidDay,
    AidFigure,
    AidMember,
    AidProgramme,
    AidQuarantine,
    AidResult,
    AidTrainee,
    FamilyContact,
)
from fangxian.mobilise.queries import away, inside

State = AidBatch.State
GOING = (State.PLANNED, State.UNDER_WAY)
# A batch that still needs somebody's care.
OPEN = (State.PLANNED, State.UNDER_WAY, State.RETURNED)
DAY = dt.timedelta(days=1)
# Days of progress that are shown at once; a batch may serve for a year.
LATEST = 14


def batches(code: str) -> QuerySet[AidBatch]:
    """Batches that a place or one in it sends, the latest first."""
    found = inside(AidBatch.objects.all(), code)
    return found.select_related("destination", "organisation", "programme").order_by(
        "-from_date", "name", "-number"
    )


def batch(batch_id: UUID) -> AidBatch:
    """A batch of the actor's area. Raises OutOfScope."""
    rows = AidBatch.objects.select_related(
        "destination", "organisation", "programme", "unit__organisation"
    )
    found = rows.filter(id=batch_id).first()
    if found is None:
        raise OutOfScope(str(batch_id))
    return found


def programme(programme_id: UUID) -> AidProgramme:
    """A standing programme of the actor's area. Raises OutOfScope."""
    rows = AidProgramme.objects.select_related("destination", "organisation")
    found = rows.filter(id=programme_id).first()
    if found is None:
        raise OutOfScope(str(programme_id))
    return found


def results(one: AidProgramme, rules: AidRules) -> list[tuple[Counted, int]]:
    """What a programme has left there, by kind: what was recorded, and its trainees by name."""
    rows = AidResult.objects.filter(programme=one).values_list("kind")
    found = dict(rows.annotate(n=Sum("number")).order_by())
    listed = AidTrainee.objects.filter(programme=one).count()
    counts = (
        (kind, found.get(kind.code, 0) + listed * kind.by_name) for kind in rules.results.values()
    )
    return [(kind, n) for kind, n in counts if n]


def trainees(one: AidProgramme) -> QuerySet[AidTrainee]:
    """Whom a programme trains, the latest first."""
    rows = AidTrainee.objects.filter(programme=one).select_related("term")
    return rows.order_by("-from_date", "organisation", "name", "id")


def trainee(trainee_id: UUID) -> AidTrainee:
    """A trainee of a programme of the actor's area. Raises OutOfScope."""
    found = AidTrainee.objects.select_related("programme", "term").filter(id=trainee_id).first()
    if found is None:
        raise OutOfScope(str(trainee_id))
    return found


def member(member_id: UUID) -> AidMember:
    """A member of a batch of the actor's area. Raises OutOfScope."""
    rows = AidMember.objects.select_related("batch", "organisation")
    found = rows.filter(id=member_id).first()
    if found is None:
        raise OutOfScope(str(member_id))
    return found


def in_charge(by: Actor, one: AidBatch) -> bool:
    """Whether the actor leads a batch or is its liaison at home. A query where he has a person."""
    if by.person_id is None:
        return False
    if one.liaison_id == by.person_id:
        return True
    return AidMember.objects.filter(batch=one, leader=True, person_id=by.person_id).exists()


def led_by(by: Actor) -> QuerySet[AidBatch]:
    """Batches under way or back that the actor leads or is the liaison of."""
    mine = Q(members__leader=True, members__person_id=by.person_id) | Q(liaison_id=by.person_id)
    rows = AidBatch.objects.filter(mine, state__in=[State.UNDER_WAY, State.RETURNED])
    return rows.distinct() if by.person_id is not None else rows.none()


def elsewhere(one: AidBatch, people: Collection[UUID], first: dt.date, until: dt.date) -> set[UUID]:
    """Who of the people is with another batch in these days, or in quarantine after one.

    A batch that is under way lasts until its last day, or until today when that is over. Four
    queries.
    """
    going = AidMember.objects.filter(person_id__in=people, returned_on=None).exclude(batch=one)
    going = going.filter(batch__state__in=GOING, batch__until__gte=first)
    busy = set(
        going.annotate(since=Coalesce("batch__left_on", "batch__from_date"))
        .filter(since__lte=until)
        .values_list("person_id", flat=True)
    )
    today, own = timezone.localdate(), _stays(one)
    for person, stays in away(people, first, until).items():
        told = [(stay.first, stay.until) for stay in stays]
        for stay in own.get(person, ()):
            if stay in told:
                told.remove(stay)
        if any((last or max(today, begun)) >= first for begun, last in told):
            busy.add(person)
    return busy


def _stays(one: AidBatch) -> dict[UUID, list[tuple[dt.date, dt.date | None]]]:
    """From when until when the members of a batch are with it or in quarantine, as it is stored."""
    found: dict[UUID, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
    for row in AidMember.objects.filter(batch=one).select_related("batch").defer("name"):
        planned = row.batch.state == AidBatch.State.PLANNED
        since = row.batch.left_on or row.batch.from_date
        found[row.person_id].append((since, row.batch.until if planned else row.returned_on))
    of = AidQuarantine.objects.filter(member__batch=one).select_related("member")
    for stay in of.defer("member__name"):
        found[stay.member.person_id].append((stay.from_date, stay.ended_on or stay.until))
    return found


def out(code: str) -> int:
    """How many people of a place are away with a batch now."""
    rows = inside(AidMember.objects.filter(returned_on=None), code)
    return rows.filter(batch__state=State.UNDER_WAY).count()


def in_quarantine(code: str, on: dt.date | None = None) -> QuerySet[AidQuarantine]:
    """Quarantines after return that run on a day (today)."""
    day = on or timezone.localdate()
    running = Q(ended_on=None) | Q(ended_on__gte=day)
    return inside(AidQuarantine.objects.filter(running, from_date__lte=day, until__gte=day), code)


def without_place(batch_ids: Collection[UUID]) -> set[UUID]:
    """Batches with somebody in quarantine of whom it is not known, on the second day, where."""
    day = timezone.localdate()
    rows = AidQuarantine.objects.filter(
        member__batch__in=batch_ids,
        place__isnull=True,
        ended_on=None,
        from_date__lt=day,
        until__gte=day,
    )
    return set(rows.values_list("member__batch_id", flat=True))


def contact_of(members: Iterable[AidMember]) -> dict[UUID, FamilyContact]:
    """Who keeps contact with the family now, by member. One query."""
    rows = FamilyContact.objects.filter(member__in=list(members), to_date=None)
    return {row.member_id: row for row in rows}


def person_times(code: str) -> int:
    """Days of work of all people of a place's batches, added up."""
    rows = inside(AidDay.objects.all(), code)
    return int(rows.aggregate(n=Sum("heads", default=0))["n"])


def last_due(one: AidBatch, rules: AidRules, now: dt.datetime | None = None) -> dt.date:
    """The last day whose progress should be there: today's from the hour of the rules on."""
    moment = timezone.localtime(now or timezone.now())
    day = moment.date() if moment.time() >= rules.due else moment.date() - DAY
    return min(day, one.returned_on - DAY) if one.returned_on else day


def missing(
    found: Collection[AidBatch], rules: AidRules | None = None, now: dt.datetime | None = None
) -> dict[UUID, list[dt.date]]:
    """Days of batches whose progress is missing and can still be entered, by batch. One query.

    From the day of leaving to the one before the return; only where it is asked for each day.
    """
    rules = rules or aid_rules()
    asked = [one for one in found if one.daily and one.left_on]
    days: dict[UUID, set[dt.date]] = defaultdict(set)
    if asked:
        rows = AidDay.objects.filter(batch__in=asked).values_list("batch_id", "day")
        for key, day in rows:
            days[key].add(day)
    earliest = timezone.localdate(now) - rules.correct_within
    told = {}
    for one in asked:
        assert one.left_on is not None  # asked
        first, last = max(one.left_on, earliest), last_due(one, rules, now)
        span = [first + n * DAY for n in range((last - first).days + 1)]
        told[one.id] = [day for day in span if day not in days[one.id]]
    return {key: lacking for key, lacking in told.items() if lacking}


def running(code: str) -> list[AidBatch]:
    """Batches of a place that are under way or back and not closed."""
    rows = AidBatch.objects.filter(state__in=[State.UNDER_WAY, State.RETURNED])
    return list(inside(rows, code).order_by("id"))


@dataclass(frozen=True)
class Total:
    """What a counter has come to."""

    name: str
    unit: str
    value: int


@dataclass(frozen=True)
class Progress:
    """The days of a batch, and what they add up to.

    ``days``: of each day the row (None for a missing one), its values with the counters' names.
    """

    counters: Sequence[AidCounter]
    totals: Sequence[Total]
    days: Sequence[tuple[dt.date, AidDay | None, Sequence[tuple[str, int | None]]]]
    person_times: int
    zero: int
    missing: Sequence[dt.date] = field(default_factory=list)

    @property
    def latest(self) -> Sequence[Any]:
        """The days that are shown at once."""
        return self.days[:LATEST]

    @property
    def earlier(self) -> Sequence[Any]:
        """Those before them."""
        return self.days[LATEST:]


def progress(one: AidBatch, rules: AidRules) -> Progress:
    """All days of a batch, the latest first. Four queries."""
    counters = list(AidCounter.objects.filter(batch=one).order_by("ended_on", "rank", "name"))
    rows = {row.day: row for row in AidDay.objects.filter(batch=one)}
    values: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    sums: Counter[UUID] = Counter()
    figures = AidFigure.objects.filter(day__batch=one)
    for day, counter, value in figures.values_list("day_id", "counter_id", "value"):
        values[day][counter] = value
        sums[counter] += value
    counters = [row for row in counters if row.ended_on is None or row.id in sums]
    lacking = missing([one], rules).get(one.id, [])
    days = sorted({*rows, *lacking}, reverse=True)
    named = {row.id: counted(row, rules) for row in counters}
    told = []
    for on in days:
        entered = rows.get(on)
        found = values[entered.id] if entered else {}
        told.append((on, entered, [(named[row.id][0], found.get(row.id)) for row in counters]))
    return Progress(
        counters=counters,
        totals=[Total(*named[row.id], sums[row.id]) for row in counters],
        days=told,
        person_times=sum(row.heads for row in rows.values()),
        zero=sum(1 for row in rows.values() if not any(values[row.id].values())),
        missing=lacking,
    )


def counted(row: AidCounter, rules: AidRules) -> tuple[str, str]:
    """Name and unit of a counter in the reader's language."""
    known = rules.counters.get(row.code)
    return (known.name, known.unit_name) if known else (row.name, row.unit)


def sums(code: str, rules: AidRules) -> list[Total]:
    """What the batches of a place have counted together, by counter of the rules. One query."""
    rows = inside(AidFigure.objects.exclude(counter__code=""), code)
    found = dict(rows.values_list("counter__code").annotate(n=Sum("value")).order_by())
    return [
        Total(one.name, one.unit_name, found[one.code])
        for one in rules.counters.values()
        if found.get(one.code)
    ]


def headcounts(found: Collection[AidBatch]) -> dict[UUID, tuple[int, int]]:
    """Members of batches, and how many of them are not back, by batch. One query."""
    rows = AidMember.objects.filter(batch__in=found).values_list("batch_id")
    told = rows.annotate(n=Count("id"), away=Count("id", filter=Q(returned_on=None))).order_by()
    return {key: (n, away) for key, n, away in told}


def by_role(one: AidBatch, rules: AidRules) -> list[tuple[str, int]]:
    """How many go as what. Without names: one query."""
    rows = AidMember.objects.filter(batch=one).values_list("role").annotate(n=Count("id"))
    found = dict(rows.order_by())
    order = [*rules.roles, *(code for code in found if code not in rules.roles)]
    return [
        (rules.roles[code].name if code in rules.roles else code, found[code])
        for code in order
        if code in found
    ]


def overdue(found: Iterable[AidBatch], on: dt.date | None = None) -> list[AidBatch]:
    """Batches that should be back by now."""
    day = on or timezone.localdate()
    return [one for one in found if one.state == State.UNDER_WAY and one.until < day]


def members(one: AidBatch) -> QuerySet[AidMember]:
    """Who goes with a batch: the leader first, then by role and name."""
    rows = AidMember.objects.filter(batch=one).select_related("organisation", "quarantine")
    return rows.order_by(F("leader").desc(), "role", "name", "id")
