"""Batches: planned, sent, brought home, closed or called off; their travel, what they count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level, level_of
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.mobilise.aid import queries, raising
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.fitting import relieve
from fangxian.mobilise.models import (
    AidBatch,
    AidCounter,
    AidFigure,
    AidLeg,
    AidMember,
    AidThanks,
)
from fangxian.organisations.models import Member
from fangxian.people.actions import unlink_person
from fangxian.people.models import Person
from fangxian.regions.models import Region

KEEP: Final = "mobilise.aid"
VIEW: Final = "mobilise.aid_view"
LINK: Final = "aid"
State = AidBatch.State
FIELDS: Final = (
    "name", "number", "programme", "destination", "elsewhere", "purpose", "organisation", "unit",
    "from_date", "until", "daily",
)  # fmt: skip


@action
def plan_batch(
    *, by: Actor, place: Region, counters: Sequence[str] = (), **values: Any
) -> AidBatch:
    """Plan a batch of a place (``FIELDS``), with counters of the rule set ``aid`` by code.

    Raises Invalid: no destination, days in the wrong order, a place below communities, the name
    with this number is taken.
    """
    by.require(KEEP, place.code)
    batch = AidBatch(place_code=place.code, made_by=by.name, **values)
    _refuse(batch)
    batch.save(force_insert=True)
    rules = aid_rules()
    for rank, code in enumerate(counters):
        _add_counter(batch, rank, code=code, name=rules.counters[code].zh)
    return batch


@action
def change_batch(*, by: Actor, batch: AidBatch, **values: Any) -> AidBatch:
    """Change some of ``FIELDS`` of a batch that is not closed.

    Raises Invalid, Conflict (closed; a member is with another batch in the new days).
    """
    found = held(by, batch.id, *queries.OPEN)
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    changed = update_fields(found, **values)
    _refuse(found)
    if found.state == State.PLANNED and {"from_date", "until"} & set(changed):
        names = dict(AidMember.objects.filter(batch=found).values_list("person_id", "name"))
        refuse_elsewhere(found, names, found.from_date, found.until)
    if changed:
        found.save(update_fields=changed)
    raising.settle(by, [found])
    return found


def refuse_elsewhere(
    batch: AidBatch, names: Mapping[UUID, str], first: dt.date, until: dt.date
) -> None:
    """Raise Conflict when people (by name) are with another batch in these days, or in quarantine
    after one."""
    busy = queries.elsewhere(batch, names, first, until)
    if busy:
        raise Conflict(
            _("%(names)s: with another batch of aid in these days, or in quarantine after one.")
            % {"names": _("; ").join(sorted(names[one] for one in busy))}
        )


def _refuse(batch: AidBatch) -> None:
    problems = [*where_problems(batch.destination, batch.elsewhere), *_odd(batch)]
    same = AidBatch.objects.filter(
        place_code=batch.place_code, name=batch.name, number=batch.number
    ).exclude(state=State.CALLED_OFF)
    if same.exclude(id=batch.id).exists():
        problems.append(
            Problem(
                _("There is a batch of this name and number."),
                field="number",
                mend=_("Give it the next number, or another name."),
                code="taken",
            )
        )
    if problems:
        raise Invalid(*problems)


def where_problems(destination: Region | None, elsewhere: str) -> Iterator[Problem]:
    """What is wrong with where something goes."""
    if destination is None and not elsewhere:
        yield Problem(
            _("Say where it goes."),
            field="destination",
            mend=_("Name a place of the country, or write where abroad."),
            code="nowhere",
        )


def _odd(batch: AidBatch) -> Iterator[Problem]:
    if level_of(batch.place_code) > Level.VILLAGE:
        yield Problem(
            _("Aid is sent by a community or a place above it."),
            field="place",
            mend=_("Name the place whose people go."),
        )
    if batch.until < batch.from_date:
        yield Problem(
            _("It ends before it begins."), field="until", mend=_("Choose a later last day.")
        )
    if batch.unit is not None and batch.unit.organisation is None:
        yield Problem(
            _("The temporary unit is not founded yet."),
            field="unit",
            mend=_("Choose one that stands, or leave it empty."),
        )
    if batch.programme is not None and batch.programme.place_code != batch.place_code:
        yield Problem(
            _("The programme is of another place."),
            field="programme",
            mend=_("Choose one of the place that sends the batch."),
        )


def held(by: Actor, batch_id: UUID, *states: str, right: str = KEEP) -> AidBatch:
    """The batch, locked. Raises OutOfScope, Forbidden, Conflict (in none of the states)."""
    rows = AidBatch.objects.select_for_update(of=("self",))
    found = rows.select_related("unit", "programme", "destination").filter(id=batch_id).first()
    if found is None:
        raise OutOfScope(str(batch_id))
    by.require(right, found.place_code)
    if states and found.state not in states:
        raise Conflict(_("It is “%(state)s” meanwhile.") % {"state": found.get_state_display()})
    return found


def past(day: dt.date, field: str) -> Iterator[Problem]:
    """What is wrong with a day on which something has happened."""
    if day > timezone.localdate():
        yield Problem(
            _("This day is to come."), field=field, mend=_("Enter it when it has happened.")
        )


@action
def send_batch(*, by: Actor, batch: AidBatch, on: dt.date) -> AidBatch:
    """The batch has left. Raises Invalid: a day to come, nobody is in it, it has no leader."""
    found = held(by, batch.id, State.PLANNED)
    problems = list(past(on, "on"))
    people = AidMember.objects.filter(batch=found)
    if not people.exists():
        problems.append(
            Problem(_("Nobody goes with this batch."), mend=_("Add its members first."))
        )
    elif not people.filter(leader=True).exists():
        problems.append(
            Problem(_("The batch has no leader."), mend=_("Say which of its members leads it."))
        )
    if on > found.until:
        problems.append(
            Problem(_("It ends before it begins."), field="on", mend=_("Move its last day first."))
        )
    if problems:
        raise Invalid(*problems)
    found.state, found.left_on = State.UNDER_WAY, on
    found.save(update_fields=["state", "left_on"])
    relieve(by, list(people.values_list("person_id", flat=True)), on, None)
    raising.settle(by, [found])
    return found


@action
def call_off(*, by: Actor, batch: AidBatch) -> AidBatch:
    """A batch that has not left does not go."""
    found = held(by, batch.id, State.PLANNED)
    found.state = State.CALLED_OFF
    found.save(update_fields=["state"])
    _let_go(by, found)
    return found


@action
def close_batch(*, by: Actor, batch: AidBatch) -> AidBatch:
    """All is done. Raises Conflict while somebody is in quarantine."""
    found = held(by, batch.id, State.RETURNED)
    day = timezone.localdate()
    if queries.in_quarantine(found.place_code, day).filter(member__batch=found).exists():
        raise Conflict(_("Somebody of the batch is still in quarantine."))
    found.state, found.closed_on = State.CLOSED, day
    found.save(update_fields=["state", "closed_on"])
    _let_go(by, found)
    raising.settle(by, [found])
    return found


def _let_go(by: Actor, batch: AidBatch) -> None:
    """Its people are not seen for it any more."""
    rows = AidMember.objects.filter(batch=batch).order_by("id")
    for key, person in list(rows.values_list("id", "person_id")):
        unlink_person(by=by, person_id=person, kind=LINK, source_id=key)


@action
def name_liaison(*, by: Actor, batch: AidBatch, holder: Person | Member | None) -> AidBatch:
    """Say who keeps the line at home; None: nobody does."""
    found = held(by, batch.id, *queries.OPEN)
    person = holder.person if isinstance(holder, Member) else holder
    found.liaison = person
    found.liaison_name = person.name if person else ""
    found.save(update_fields=["liaison", "liaison_name"])
    return found


@action
def set_counters(
    *, by: Actor, batch: AidBatch, codes: Sequence[str], own: Sequence[tuple[str, str]] = ()
) -> list[AidCounter]:
    """Say what a batch counts: counters of the rules by code, its own as (name, unit).

    One that has figures and is not named any more stays with them and is asked for no longer.
    """
    found = held(by, batch.id, *queries.OPEN)
    rules = aid_rules()
    unknown = [code for code in codes if code not in rules.counters]
    if unknown or len({name for name, _unit in own}) < len(own):
        raise Invalid(
            Problem(
                _("A counter stands here twice, or there is none of this name."),
                field="own",
                mend=_("Write each name once."),
            )
        )
    present = {(row.code, "" if row.code else row.name): row
               for row in AidCounter.objects.filter(batch=found)}  # fmt: skip
    wanted = [(code, "", "") for code in codes] + [("", name, unit) for name, unit in own]
    made = []
    for rank, (code, name, unit) in enumerate(wanted):
        row = present.pop((code, name), None)
        if row is None:
            row = _add_counter(
                found, rank, code=code, name=name or rules.counters[code].zh, unit=unit
            )
        elif changed := update_fields(row, rank=rank, unit=unit, ended_on=None):
            row.save(update_fields=changed)
        made.append(row)
    for row in present.values():
        if AidFigure.objects.filter(counter=row).exists():
            row.ended_on = row.ended_on or timezone.localdate()
            row.save(update_fields=["ended_on"])
        else:
            row.delete()
    return made


def _add_counter(batch: AidBatch, rank: int, **values: Any) -> AidCounter:
    if AidCounter.objects.filter(batch=batch, name=values["name"]).exists():
        raise Invalid(
            Problem(
                _("“%(name)s” stands here twice.") % {"name": values["name"]},
                field="own",
                mend=_("Choose another name."),
                code="taken",
            )
        )
    return AidCounter.objects.create(batch=batch, place_code=batch.place_code, rank=rank, **values)


@action
def add_leg(
    *,
    by: Actor,
    batch: AidBatch,
    kind: str,
    mode: str,
    origin: str,
    target: str,
    departs_at: dt.datetime,
    arrives_at: dt.datetime | None = None,
    service: str = "",
    people: int | None = None,
) -> AidLeg:
    """Record a leg of the way, planned or travelled. Raises Invalid: arrival before departure."""
    found = held(by, batch.id, *queries.OPEN)
    if arrives_at is not None and arrives_at < departs_at:
        raise Invalid(
            Problem(
                _("It arrives before it departs."), field="arrives_at", mend=_("Compare the times.")
            )
        )
    return AidLeg.objects.create(
        batch=found,
        place_code=found.place_code,
        kind=kind,
        mode=mode,
        service=service.strip(),
        origin=origin.strip(),
        target=target.strip(),
        departs_at=departs_at,
        arrives_at=arrives_at,
        people=people,
    )


@action
def remove_leg(*, by: Actor, leg: AidLeg) -> AidBatch:
    """Take a leg out that was recorded by mistake; its history stays."""
    found = held(by, leg.batch_id, *queries.OPEN)
    AidLeg.objects.filter(id=leg.id).delete()
    return found


@action
def record_thanks(
    *, by: Actor, batch: AidBatch, kind: str, day: dt.date, giver: str, what: str
) -> AidThanks:
    """Record how a batch was seen off, welcomed or thanked; after it was closed too."""
    found = held(by, batch.id, *queries.OPEN, State.CLOSED)
    problems = list(past(day, "day"))
    if problems:
        raise Invalid(*problems)
    return AidThanks.objects.create(
        batch=found,
        place_code=found.place_code,
        kind=kind,
        day=day,
        giver=giver.strip(),
        what=what.strip(),
    )
