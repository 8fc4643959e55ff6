"""Drafts of rosters: worked out by a job, published in one go or dropped; repairs."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.models import User
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.core.actions import notify, start_job
from fangxian.mobilise import seats
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.actions.shifts import too_far
from fangxian.mobilise.drafting import JOB, WHY, changes_since, said
from fangxian.mobilise.line import end, lock_people, move_up
from fangxian.mobilise.load import overlaps, passed
from fangxian.mobilise.models import (
    DraftLine,
    Obstacle,
    RosterDraft,
    Shift,
    Turn,
    Volunteer,
    Wish,
)
from fangxian.mobilise.queries import days_off, local, names_of, skills_of, stretches_of
from fangxian.mobilise.roster_rules import roster_rules
from fangxian.mobilise.rostering import shifts_in, touches
from fangxian.mobilise.rules import post_rules
from fangxian.regions.models import Region

State = RosterDraft.State
_DAY: Final = dt.timedelta(days=1)
MOST_SEED: Final = 1_000_000


@action
def draft_roster(
    *,
    by: Actor,
    place: Region,
    first: dt.date,
    last: dt.date,
    seed: int = 1,
    echelon: int | None = None,
    repairs: bool = False,
    frees: bool = False,
) -> RosterDraft:
    """Have a roster of a place worked out; a job does it and changes nothing that is in force.

    Raises Forbidden, Invalid (days over or too many, no shifts there).
    """
    by.require(PLAN, place.code)
    problems = list(_odd(first, last, seed))
    if not problems:
        problems += _unfit(place.code, first, last)
    if problems:
        raise Invalid(*problems)
    draft = RosterDraft(
        place_code=place.code,
        first=first,
        last=last,
        seed=seed,
        echelon=echelon,
        repairs=repairs,
        frees=frees,
        made_by=by.name,
    )
    draft.save(force_insert=True)
    draft.job = start_job(by=by, kind=JOB, args={"draft": str(draft.id)}, place_code=place.code)
    draft.save(update_fields=["job"])
    return draft


def _odd(first: dt.date, last: dt.date, seed: int) -> Iterable[Problem]:
    most = roster_rules().most_days
    if first < timezone.localdate():
        yield Problem(_("A roster begins today or later."), field="first")
    if last < first or (last - first).days >= most:
        yield Problem(
            _("Choose a first and a last day, at most %(n)d days together.") % {"n": most},
            field="last",
        )
    yield from too_far(last)
    if not 0 <= seed <= MOST_SEED:
        yield Problem(_("The seed is a number up to %(n)d.") % {"n": MOST_SEED}, field="seed")


def _unfit(place: str, first: dt.date, last: dt.date) -> Iterable[Problem]:
    shifts, most = shifts_in(place, first, last).count(), roster_rules().most_shifts
    if not shifts:
        yield Problem(
            _("There are no shifts to come at this place in these days."),
            field="first",
            mend=_("Lay them out on the page of the post first."),
        )
    if shifts > most:
        yield Problem(
            _("These are %(n)d shifts; at most %(most)d are worked out together.")
            % {"n": shifts, "most": most},
            field="place",
            mend=_("Choose a smaller place, or fewer days."),
        )


@action
def repair_roster(
    *,
    by: Actor,
    place: Region,
    first: dt.date,
    last: dt.date,
    absent: Sequence[Volunteer] = (),
    seed: int = 1,
) -> RosterDraft:
    """Have the published roster mended after absences, with as few changes as can be.

    Those who fall out are off from ``first`` to ``last``; that stays on their record. Raises as
    :func:`draft_roster`, Conflict (discharged).
    """
    by.require(PLAN, place.code)
    problems = list(_odd(first, last, seed))
    if problems:
        raise Invalid(*problems)
    found = Volunteer.objects.select_for_update(of=("self",)).filter(
        id__in=[one.id for one in absent]
    )
    for one in found.order_by("id"):
        by.require(PLAN, one.place_code)
        if one.to_date is not None:
            raise Conflict(_("This volunteer was discharged already."))
        Wish.objects.get_or_create(
            volunteer=one,
            kind=Wish.Kind.OFF,
            first=first,
            until=last,
            weekday=None,
            part="",
            defaults={"place_code": one.place_code, "made_by": by.name},
        )
    rules = roster_rules()
    around = dt.timedelta(days=rules.why_days)
    begins = max(timezone.localdate(), first - around)
    ends = min(last + around, begins + dt.timedelta(days=rules.most_days - 1))
    return draft_roster(
        by=by, place=place, first=begins, last=max(ends, last), seed=seed, repairs=True
    )


@action
def take_what_is_there(*, by: Actor, draft: RosterDraft) -> RosterDraft:
    """End the search: the best roster found so far is good enough. Raises as :func:`held`."""
    found = held(by, draft.id, State.SOLVING)
    found.enough = True
    found.save(update_fields=["enough"])
    return found


@action
def drop_draft(*, by: Actor, draft: RosterDraft) -> RosterDraft:
    """Drop a draft; what works it out ends by itself. Raises as :func:`held`."""
    found = held(by, draft.id, State.SOLVING, State.READY)
    return _ended(by, found, State.DROPPED)


@action
def draft_again(*, by: Actor, draft: RosterDraft) -> RosterDraft:
    """Drop a draft and have another worked out for the same days from what is there now.

    Raises as :func:`held`, Invalid (its days are over).
    """
    found = held(by, draft.id, State.SOLVING, State.READY)
    _ended(by, found, State.DROPPED)
    return draft_roster(
        by=by,
        place=Region.objects.get(code=found.place_code),
        first=max(found.first, timezone.localdate()),
        last=found.last,
        seed=found.seed,
        echelon=found.echelon,
        repairs=found.repairs,
        frees=found.frees,
    )


def held(by: Actor, draft_id: UUID, *states: str) -> RosterDraft:
    """A draft, locked, that ``by`` may change. Raises OutOfScope, Forbidden, Conflict."""
    found = RosterDraft.objects.select_for_update(of=("self",)).filter(id=draft_id).first()
    if found is None:
        raise OutOfScope(str(draft_id))
    by.require(PLAN, found.place_code)
    if found.state not in states:
        raise Conflict(_("The draft is %(state)s already.") % {"state": found.get_state_display()})
    return found


def _ended(by: Actor, draft: RosterDraft, state: str) -> RosterDraft:
    draft.state, draft.ended_by, draft.ended_at = state, by.name, timezone.now()
    draft.save(update_fields=["state", "ended_by", "ended_at"])
    return draft


@action
def publish_draft(*, by: Actor, draft: RosterDraft, digest: str) -> RosterDraft:
    """Put a draft in force as a whole, or nothing of it: who comes on or goes off is told.

    ``digest`` is that of the draft which was looked at. Raises as :func:`held`, Conflict with what
    has changed since it was worked out, or whom a limit, a skill or another shift keeps from it.
    """
    found = held(by, draft.id, State.READY)
    if digest != found.digest:
        raise Conflict(_("The draft was worked out anew: look at it again."))
    lines = list(
        found.lines.exclude(change=DraftLine.Change.KEPT).order_by("shift__starts_at", "id")
    )
    shifts = _shifts(found)
    off = [line for line in lines if line.change == DraftLine.Change.OFF]
    new = [line for line in lines if line.change == DraftLine.Change.NEW]
    waiting = Turn.objects.filter(
        shift_id__in={line.shift_id for line in lines}, state=Turn.State.WAITING
    )
    people = lock_people(
        {line.volunteer_id for line in lines} | set(waiting.values_list("volunteer_id", flat=True))
    )
    if changed := changes_since(found):
        raise Conflict(
            _("Nothing was published, since this has changed meanwhile: %(what)s")
            % {"what": said(changed)}
        )
    _take_off(off)
    _put_on(shifts, new, people)
    # Where a place became free and stayed so, the line moves up as always.
    for shift_id in sorted({line.shift_id for line in off}):
        move_up(by, shifts[shift_id])
    _tell(by, found, new, off, people)
    return _ended(by, found, State.PUBLISHED)


def _shifts(draft: RosterDraft) -> dict[UUID, Shift]:
    known = Shift.objects.select_for_update(of=("self",)).select_related("post", "post__emergency")
    found = known.filter(id__in=list(draft.basis.get("shifts", {}))).order_by("id")
    return {one.id: one for one in found}


def _take_off(lines: Sequence[DraftLine]) -> None:
    turns = Turn.objects.select_for_update(of=("self",)).select_related("volunteer")
    for turn in turns.filter(id__in=[line.turn_id for line in lines]).order_by("id"):
        if turn.came_at is not None:
            raise Conflict(_("%(name)s has come already.") % {"name": turn.volunteer.name})
        end(turn, Turn.State.TAKEN_OFF)


def _put_on(
    shifts: Mapping[UUID, Shift], lines: Sequence[DraftLine], people: Mapping[UUID, Volunteer]
) -> None:
    """Places for all of them, as one by one: the same limits, skills and seats."""
    _refuse(shifts, lines, people)
    _refuse_unseated(shifts, lines)
    of = Turn.objects.filter(shift_id__in={line.shift_id for line in lines})
    last = dict(of.values_list("shift_id").annotate(n=Max("number")))
    waiting = {
        (turn.shift_id, turn.volunteer_id): turn
        for turn in of.filter(state=Turn.State.WAITING).select_for_update(of=("self",))
    }
    made, now = [], timezone.now()
    for line in lines:
        shift = shifts[line.shift_id]
        known = waiting.get((shift.id, line.volunteer_id))
        if known is not None:
            known.state = Turn.State.PLACED
            known.save(update_fields=["state"])
            continue
        last[shift.id] = (last.get(shift.id) or 0) + 1
        emergency = shift.post.emergency
        made.append(
            Turn(
                place_code=shift.place_code,
                emergency=emergency if emergency and emergency.ended_on is None else None,
                shift=shift,
                volunteer_id=line.volunteer_id,
                number=last[shift.id],
                state=Turn.State.PLACED,
                source=Turn.Source.ROSTER,
                asked_at=now,
            )
        )
    Turn.objects.bulk_create(made)


def _refuse(
    shifts: Mapping[UUID, Shift], lines: Sequence[DraftLine], people: Mapping[UUID, Volunteer]
) -> None:
    """Raise Conflict for whom something keeps from a shift. Nobody's word lets a roster pass it."""
    if not lines:
        return
    rules, parts = post_rules(), roster_rules().parts
    chosen = [people[one] for one in {line.volunteer_id for line in lines} if one in people]
    starts = [shifts[line.shift_id].starts_at for line in lines]
    has = stretches_of(chosen, min(starts), rules, until=max(starts))
    days = [shifts[line.shift_id].day for line in lines]
    off = days_off([one.person_id for one in chosen], min(days) - _DAY, max(days) + _DAY)
    of_person: dict[UUID, list[UUID]] = defaultdict(list)
    for one in chosen:
        of_person[one.person_id].append(one.id)
    odd: list[tuple[DraftLine, str]] = []
    for line in lines:
        who, shift = people.get(line.volunteer_id), shifts[line.shift_id]
        new = local(shift.starts_at, shift.ends_at, rules)
        if who is None or who.to_date is not None or who.fit is False:
            odd.append((line, _("no longer serves")))
            continue
        if any(touches(wish, new, parts) for wish in off[who.person_id]):
            odd.append((line, _("can’t then")))
        elif overlaps(new, has[who.id]):
            odd.append((line, _("is on another shift then")))
        elif passed(new, has[who.id], rules.limits):
            odd.append((line, _("would pass a limit")))
        # Who serves at several places is one human: what is given there counts here.
        for same in of_person[who.person_id]:
            has[same].append(new)
    if odd:
        _raise(shifts, odd)


def _refuse_unseated(shifts: Mapping[UUID, Shift], lines: Sequence[DraftLine]) -> None:
    wanted: dict[UUID, list[DraftLine]] = defaultdict(list)
    for line in lines:
        wanted[line.shift_id].append(line)
    on: dict[UUID, list[UUID]] = defaultdict(list)
    turns = Turn.objects.filter(shift_id__in=list(wanted), state=Turn.State.PLACED)
    for shift_id, volunteer in turns.values_list("shift_id", "volunteer_id").order_by("number"):
        on[shift_id].append(volunteer)
    everybody = {line.volunteer_id for line in lines} | {one for of in on.values() for one in of}
    skills = {
        day: skills_of(everybody, day) for day in {shifts[shift_id].day for shift_id in wanted}
    }
    odd = []
    for shift_id, of in wanted.items():
        shift = shifts[shift_id]
        skilled = skills[shift.day]
        # Those with a skill first: else they would seem to need the seats of the others.
        for line in sorted(of, key=lambda line: -len(skilled[line.volunteer_id])):
            there: list[Collection[str]] = [skilled[who] for who in on[shift_id]]
            if not seats.has_room(shift.heads, shift.skills, there, skilled[line.volunteer_id]):
                odd.append((line, _("does not fit there: a skill or a place is missing")))
                continue
            on[shift_id].append(line.volunteer_id)
    if odd:
        _raise(shifts, odd)


def _raise(shifts: Mapping[UUID, Shift], odd: Sequence[tuple[DraftLine, str]]) -> None:
    names = names_of(line.volunteer_id for line, _why in odd)
    told = [
        _("%(name)s, %(shift)s: %(why)s.")
        % {
            "name": names.get(line.volunteer_id, "–"),
            "shift": f"{shifts[line.shift_id].post.name} {shifts[line.shift_id]}",
            "why": why,
        }
        for line, why in odd
    ]
    raise Conflict(
        _("Nothing was published, since this has changed meanwhile: %(what)s")
        % {"what": said(told)}
    )


def _tell(
    by: Actor,
    draft: RosterDraft,
    new: Sequence[DraftLine],
    off: Sequence[DraftLine],
    people: Mapping[UUID, Volunteer],
) -> None:
    """One message to each of those concerned who have accounts."""
    gains: dict[UUID, int] = defaultdict(int)
    losses: dict[UUID, int] = defaultdict(int)
    for lines, count in ((new, gains), (off, losses)):
        for line in lines:
            if (one := people.get(line.volunteer_id)) is not None:
                count[one.person_id] += 1
    users = User.objects.filter(person_id__in={*gains, *losses}, is_active=True)
    for user_id, person_id in users.order_by("id").values_list("id", "person_id"):
        if person_id is None:
            continue
        notify(
            by=by,
            user_id=user_id,
            template="mobilise.rostered",
            context={
                "first": draft.first.isoformat(),
                "last": draft.last.isoformat(),
                "new": gains[person_id],
                "off": losses[person_id],
            },
            url=reverse("mobilise:mine"),
        )


@action
def ask_why(*, by: Actor, shift: Shift, draft: RosterDraft | None = None) -> Obstacle:
    """Have it found out why a shift can't be filled, of the published roster or of a draft.

    Raises OutOfScope, Forbidden, Conflict (has begun, cancelled).
    """
    found = Shift.objects.filter(id=shift.id).first()
    if found is None:
        raise OutOfScope(str(shift.id))
    by.require(PLAN, found.place_code)
    if found.cancelled_at is not None:
        raise Conflict(_("The shift was cancelled."))
    if found.starts_at <= timezone.now():
        raise Conflict(_("The shift has begun: put somebody on it at once."))
    obstacle, _made = Obstacle.objects.get_or_create(
        shift=found, draft=draft, defaults={"place_code": found.place_code}
    )
    job = start_job(
        by=by, kind=WHY, args={"obstacle": str(obstacle.id)}, place_code=found.place_code
    )
    obstacle.job, obstacle.answer, obstacle.answered_at = job, None, None
    obstacle.save(update_fields=["job", "answer", "answered_at"])
    return obstacle
