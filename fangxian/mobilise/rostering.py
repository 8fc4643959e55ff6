"""What a roster is worked out from: shifts, people with what they may do, and what stands already.

Read once in the actor's scope, as plain data: nothing here searches, and nothing of the search
knows the database. Who serves at several places is one human here.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from fangxian.common import codes
from fangxian.mobilise.holidays import is_working_day
from fangxian.mobilise.load import Stretch, overlaps, passed
from fangxian.mobilise.models import DraftLine, RosterDraft, Shift, Skill, Turn, Volunteer, Wish
from fangxian.mobilise.queries import days_off, inside, local
from fangxian.mobilise.roster_rules import Part, RosterRules, roster_rules
from fangxian.mobilise.rules import Limits, post_rules

Who = UUID
"""A human: the id of the person."""

_MONTH: Final = dt.timedelta(days=32)
# What keeps somebody from a shift, beside the limits of ``load.passed``.
PLACE, SKILL, OFF, OVERLAP, OTHER_SHIFT = "place", "skill", "off", "overlap", "other_shift"


@dataclass(frozen=True)
class Slot:
    """A shift to be filled: ``skills`` of the seats that ask for one."""

    shift: UUID
    place: str
    day: dt.date
    stretch: Stretch
    heads: int
    skills: Mapping[str, int]


@dataclass(frozen=True)
class Held:
    """A turn that somebody has on one of the slots. ``fixed``: it is not to be changed."""

    turn: UUID
    shift: UUID
    who: Who
    volunteer: UUID
    fixed: bool


@dataclass(frozen=True)
class Human:
    """Somebody who may be put on.

    ``serves``: places with the volunteer that the human is there; ``elsewhere``: shifts that are
    not to be decided here; ``skills``: skill → the last day on which it holds, None for always;
    ``since``: the first day of service, None if nobody sees it.
    """

    who: Who
    serves: Mapping[str, UUID]
    skills: Mapping[str, dt.date | None]
    elsewhere: tuple[Stretch, ...]
    wishes: tuple[Wish, ...] = ()
    waits: frozenset[UUID] = frozenset()
    since: dt.date | None = None

    def volunteer_at(self, place: str) -> UUID | None:
        """The volunteer that the human is for a place: the nearest above it."""
        above = [code for code in self.serves if codes.contains(code, place)]
        return self.serves[max(above, key=len)] if above else None

    def skills_on(self, day: dt.date) -> frozenset[str]:
        """The skills that hold on a day."""
        return frozenset(
            skill for skill, until in self.skills.items() if until is None or until >= day
        )


@dataclass
class Task:
    """All of it. ``fallen``: turns of those who fell out.

    ``free``: days on which people don't work, the first day is 0, those before it count back.
    """

    place: str
    first: dt.date
    days: int
    slots: Sequence[Slot]
    humans: Mapping[Who, Human]
    held: Sequence[Held]
    limits: Limits
    rules: RosterRules
    repairs: bool = False
    fallen: frozenset[UUID] = frozenset()
    free: frozenset[int] | None = None
    _blocked: dict[tuple[Who, Stretch, str], tuple[str, ...]] = field(default_factory=dict)

    def slot(self, shift: UUID) -> Slot:
        """The slot of a shift."""
        return self._slots[shift]

    def __post_init__(self) -> None:
        self._slots = {one.shift: one for one in self.slots}
        self.held = self._one_a_day()
        fixed: dict[Who, list[Stretch]] = defaultdict(list)
        for one in self.held:
            if one.fixed:
                fixed[one.who].append(self._slots[one.shift].stretch)
        self.fixed = {
            who: (*human.elsewhere, *fixed.get(who, ())) for who, human in self.humans.items()
        }

    def _one_a_day(self) -> list[Held]:
        """Who has two shifts on one day keeps both: the search gives one a day."""
        on = Counter((one.who, self.slot(one.shift).day) for one in self.held)
        return [
            replace(one, fixed=True) if on[one.who, self.slot(one.shift).day] > 1 else one
            for one in self.held
        ]

    def blocked(self, who: Who, slot: Slot) -> tuple[str, ...]:
        """What keeps somebody from a shift in any case, skills apart: codes, none if nothing."""
        key = who, slot.stretch, slot.place
        if key not in self._blocked:
            self._blocked[key] = tuple(self._reasons(self.humans[who], slot))
        return self._blocked[key]

    def _reasons(self, human: Human, slot: Slot) -> Iterable[str]:
        if human.volunteer_at(slot.place) is None:
            yield PLACE
            return
        if self.is_off(human, slot):
            yield OFF
        fixed = self.fixed[human.who]
        if overlaps(slot.stretch, fixed):
            yield OVERLAP
        else:
            yield from passed(slot.stretch, fixed, self.limits)

    def is_off(self, human: Human, slot: Slot, *, dated: bool = False) -> bool:
        """Whether somebody said that he can't; ``dated``: for certain days, not each week."""
        return any(
            wish.kind == Wish.Kind.OFF
            and (not dated or (wish.weekday is None and wish.until is not None))
            and touches(wish, slot.stretch, self.rules.parts)
            for wish in human.wishes
        )

    def allowed(self, who: Who, new: Slot, has: Iterable[Slot]) -> list[str]:
        """What a shift would break beside others given to somebody: codes, none if it is allowed.

        Exactly what putting on asks.
        """
        found = list(self.blocked(who, new))
        if found:
            return found
        stretches = [*self.fixed[who], *(one.stretch for one in has)]
        if overlaps(new.stretch, stretches):
            return [OVERLAP]
        return passed(new.stretch, stretches, self.limits)


def touches(wish: Wish, stretch: Stretch, parts: Mapping[str, Part]) -> bool:
    """Whether a shift lies, for any minute, in what a wish speaks of."""
    return _shared(wish, stretch, parts) > 0


def mostly_in(wish: Wish, stretch: Stretch, parts: Mapping[str, Part]) -> bool:
    """Whether at least half of a shift lies in what a wish speaks of."""
    return _shared(wish, stretch, parts) * 2 >= stretch.hours


def _shared(wish: Wish, stretch: Stretch, parts: Mapping[str, Part]) -> float:
    """The hours of a shift that lie in what a wish speaks of.

    The whole of a day means the shifts that begin on it.
    """
    begins, ends = stretch.starts_at, stretch.ends_at
    if not wish.part:
        return stretch.hours if wish.holds_on(begins.date()) else 0.0
    part = parts.get(wish.part)
    if part is None:
        return 0.0
    hours, day = 0.0, begins.date() - dt.timedelta(days=1)
    while day <= ends.date():
        if wish.holds_on(day):
            first, last = part.on(day, begins.tzinfo)
            hours += max(0.0, (min(last, ends) - max(first, begins)).total_seconds() / 3600)
        day += dt.timedelta(days=1)
    return hours


def slots_of(shifts: Iterable[Shift]) -> list[Slot]:
    """Shifts as the search takes them."""
    rules = post_rules()
    return [
        Slot(
            one.id,
            one.place_code,
            one.day,
            local(one.starts_at, one.ends_at, rules),
            one.heads,
            {code: n for code, n in one.skills.items() if n},
        )
        for one in shifts
    ]


def shifts_in(place: str, first: dt.date, last: dt.date) -> QuerySet[Shift]:
    """The shifts of a place that a draft is about: not cancelled, not begun."""
    found = inside(Shift.objects.filter(cancelled_at=None, starts_at__gt=timezone.now()), place)
    return found.filter(day__gte=first, day__lte=last).order_by("starts_at", "id")


def gather(draft: RosterDraft) -> Task:
    """What a draft is worked out from, in the actor's scope. A dozen queries."""
    return task_for(
        draft.place_code,
        draft.first,
        draft.last,
        echelon=draft.echelon,
        repairs=draft.repairs,
        frees=draft.frees,
    )


def task_for(
    place: str,
    first: dt.date,
    last: dt.date,
    *,
    echelon: int | None = None,
    repairs: bool = False,
    frees: bool = False,
    lines: Sequence[DraftLine] | None = None,
) -> Task:
    """The shifts of a place from ``first`` to ``last`` and those who may take them.

    With ``lines`` the roster of a draft stands in the place of what is published. Fixed are turns
    that somebody asked for or that staff gave, unless ``frees``; those of who was away by then fall
    out when ``repairs``.
    """
    slots = slots_of(shifts_in(place, first, last))
    turns = list(
        Turn.objects.filter(shift__in=[one.shift for one in slots])
        .filter(state__in=[Turn.State.PLACED, Turn.State.WAITING])
        .values_list(
            "id", "shift_id", "volunteer_id", "volunteer__person_id", "state", "source", "allowed"
        )
        .order_by("shift__starts_at", "number")
    )
    humans = _humans(place, first, last, echelon, {row[3] for row in turns})
    _elsewhere(humans, slots, turns, first, last)
    _waits(humans, turns)
    held = _held(turns, lines, frees)
    rules, days = roster_rules(), (last - first).days + 1
    task = Task(
        place,
        first,
        days,
        slots,
        humans,
        held,
        post_rules().limits,
        rules,
        repairs,
        free=frozenset(
            n
            for n in range(-rules.fair_days, days)
            if not is_working_day(first + dt.timedelta(days=n))
        ),
    )
    return _without_fallen(task) if repairs else task


Row = tuple[UUID, UUID, UUID, UUID, str, str, list[str]]
# Of a turn: id, shift, volunteer, person, state, source, limits that it may pass.


def _humans(
    place: str, first: dt.date, last: dt.date, echelon: int | None, on: set[UUID]
) -> dict[Who, Human]:
    """Who serves there now and is not unfit; and who has a turn there, whatever became of him."""
    around = [place[: int(level)] for level in codes.Level if int(level) < len(place)]
    lo, hi = codes.bounds(place)
    present = Volunteer.objects.filter(to_date=None).exclude(fit=False)
    here = present.filter(place_code__gte=lo, place_code__lt=hi) | present.filter(
        place_code__in=around
    )
    if echelon is not None:
        here = here.filter(echelon__lte=echelon)
    # Their names are nobody's business while it is worked out.
    rows = list(
        here.order_by("echelon", "rank", "id").values_list(
            "id", "person_id", "place_code", "from_date"
        )
    )
    known = {row[1] for row in rows}
    serves: dict[Who, dict[str, UUID]] = defaultdict(dict)
    since: dict[Who, dt.date] = {}
    for volunteer, person, code, from_date in rows:
        serves[person].setdefault(code, volunteer)
        since[person] = min(from_date, since.get(person, from_date))
    for person in sorted(on - known, key=str):
        serves[person] = {}
    of = {row[0]: row[1] for row in rows}
    others = Volunteer.objects.filter(person_id__in=list(serves)).values_list("id", "person_id")
    of |= dict(others)
    skills: dict[Who, dict[str, dt.date | None]] = defaultdict(dict)
    for volunteer, skill, until in Skill.objects.filter(volunteer_id__in=list(of)).values_list(
        "volunteer_id", "skill", "expires_on"
    ):
        known_until = skills[of[volunteer]].get(skill, dt.date.min)
        longer = None if until is None or known_until is None else max(until, known_until)
        skills[of[volunteer]][skill] = longer
    wishes: dict[Who, list[Wish]] = defaultdict(list)
    before = first - dt.timedelta(days=1)
    speaking = Wish.objects.filter(volunteer_id__in=list(of), first__lte=last)
    for wish in speaking.exclude(until__lt=before).exclude(kind=Wish.Kind.OFF).order_by("id"):
        wishes[of[wish.volunteer_id]].append(wish)
    for who, off in days_off(list(serves), before, last).items():
        wishes[who] += off
    return {
        who: Human(
            who,
            places,
            skills.get(who, {}),
            (),
            tuple(wishes.get(who, ())),
            since=since.get(who),
        )
        for who, places in serves.items()
    }


def _elsewhere(
    humans: dict[Who, Human],
    slots: Sequence[Slot],
    turns: Sequence[Row],
    first: dt.date,
    last: dt.date,
) -> None:
    """What each is on beside the slots: before, after, and at other places, out of sight too."""
    rules, zone = post_rules(), timezone.get_current_timezone()
    around = (
        dt.datetime.combine(first, dt.time(0), zone) - _MONTH,
        dt.datetime.combine(last, dt.time(0), zone) + _MONTH,
    )
    has: dict[Who, Counter[tuple[dt.datetime, dt.datetime]]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person, starts_at, ends_at FROM mobilise_stretches(%s::uuid[], %s, %s)",
            [list(humans), *around],
        )
        for person, starts_at, ends_at in cursor.fetchall():
            has[person][timezone.localtime(starts_at), timezone.localtime(ends_at)] += 1
    at = {one.shift: one.stretch for one in slots}
    for _turn, shift, _volunteer, person, state, *_more in turns:
        if state == Turn.State.PLACED:
            has[person][at[shift].starts_at, at[shift].ends_at] -= 1
    for who, human in humans.items():
        stretches = tuple(
            local(starts_at, ends_at, rules)
            for (starts_at, ends_at), n in sorted(has[who].items())
            for _ in range(n)
        )
        humans[who] = replace(human, elsewhere=stretches)


def _waits(humans: dict[Who, Human], turns: Sequence[Row]) -> None:
    waits: dict[Who, set[UUID]] = defaultdict(set)
    for _turn, shift, _volunteer, person, state, *_more in turns:
        if state == Turn.State.WAITING:
            waits[person].add(shift)
    for who, shifts in waits.items():
        humans[who] = replace(humans[who], waits=frozenset(shifts))


def _held(turns: Sequence[Row], lines: Sequence[DraftLine] | None, frees: bool) -> list[Held]:
    placed = [row for row in turns if row[4] == Turn.State.PLACED]
    # Where somebody decided that a limit may be passed, that stands too.
    fixed = {row[0]: bool(row[6]) or (not frees and row[5] != Turn.Source.ROSTER) for row in placed}
    if lines is None:
        return [Held(row[0], row[1], row[3], row[2], fixed[row[0]]) for row in placed]
    people = dict(
        Volunteer.objects.filter(id__in={one.volunteer_id for one in lines}).values_list(
            "id", "person_id"
        )
    )
    return [
        Held(
            line.turn_id or line.id,
            line.shift_id,
            people[line.volunteer_id],
            line.volunteer_id,
            line.turn_id is not None and fixed.get(line.turn_id, False),
        )
        for line in lines
        if line.change != DraftLine.Change.OFF
    ]


def _without_fallen(task: Task) -> Task:
    """The task without the turns of those who said that they can't on those days."""
    fallen = frozenset(
        one.turn
        for one in task.held
        if task.is_off(task.humans[one.who], task.slot(one.shift), dated=True)
    )
    if not fallen:
        return task
    left = [one for one in task.held if one.turn not in fallen]
    return replace(task, held=left, fallen=fallen, _blocked={})
