"""Who lives where: moves, births, deaths, absences, corrections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.common.ui import formats
from fangxian.people import actions as people
from fangxian.people.locks import lock_person, lock_persons
from fangxian.people.models import Person
from fangxian.people.references import alive_again
from fangxian.register import changes, queries
from fangxian.register.actions.locks import lock_homes
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import HEAD, RELATIONS, RESIDENCY_KINDS, SEPARATED

LINK = "residency"


def _locked(residency_id: UUID, by: Actor, *homes: UUID) -> Residency:
    """The open residency, with its person and its household (and others) locked first."""
    known = Residency.objects.filter(pk=residency_id).only("person_id", "household_id").first()
    if known is None:
        raise OutOfScope(f"residency {residency_id}")
    lock_persons([known.person_id])
    lock_homes([known.household_id, *homes])
    found = Residency.objects.select_for_update().filter(pk=residency_id).first()
    if found is None:
        raise OutOfScope(f"residency {residency_id}")
    by.require("register.edit", found.place_code)
    if found.to_date is not None:
        raise Conflict(_("This residency has ended already."))
    return found


def _check(relation: str, kind: str, day: dt.date | None = None, field: str = "from_date") -> None:
    problems = []
    if relation not in RELATIONS:
        problems.append(Problem(_("Unknown relation."), "relation", mend=_("Choose one.")))
    if kind not in RESIDENCY_KINDS:
        problems.append(Problem(_("Unknown kind of residency."), "kind", mend=_("Choose one.")))
    if day is not None and day > timezone.localdate():
        problems.append(_in_future(field))
    if problems:
        raise Invalid(*problems)


def _in_future(field: str) -> Problem:
    return Problem(
        _("The day lies in the future."), field, mend=_("Record it when it has happened.")
    )


@action
def move_in(
    *,
    by: Actor,
    household_id: UUID,
    on: dt.date,
    person_id: UUID | None = None,
    relation: str = "other",
    kind: str = "registered",
    name: str = "",
    documents: Sequence[tuple[str, str]] = (),
    phones: Sequence[str] = (),
    **details: Any,
) -> Residency:
    """Record that a known person, or a new one with these details, lives here from ``on``.

    A second head raises Conflict. An empty household becomes lived in. Raises Invalid, OutOfScope.
    """
    if person_id is not None and lock_person(person_id).deceased_on:
        raise Conflict(_("This person has died."))
    lock_homes([household_id])
    home = queries.household(household_id)
    by.require("register.edit", home.place_code)
    _check(relation, kind, on)
    if home.state == Household.State.CLOSED:
        raise Conflict(_("This household is closed."))
    row = Residency(
        household=home, place_code=home.place_code, relation=relation, kind=kind, from_date=on
    )
    if person_id is None:
        person = people.create_person(
            by=by,
            place_code=home.place_code,
            link_kind=LINK,
            source_id=row.id,
            name=name,
            documents=documents,
            phones=phones,
            **details,
        )
        row.person = person
    else:
        row.person_id = person_id
        people.link_person(
            by=by,
            person_id=person_id,
            place_code=home.place_code,
            kind=LINK,
            source_id=row.id,
        )
    _refuse_twice(row)
    row.save(force_insert=True)
    if home.state != Household.State.LIVED_IN:
        home.state = Household.State.LIVED_IN
        home.save(update_fields=["state"])
    changes.changed(by, [home.id])
    return row


def _refuse_twice(row: Residency) -> None:
    here = Residency.objects.filter(household_id=row.household_id, to_date=None).exclude(pk=row.pk)
    if here.filter(person_id=row.person_id).exists():
        raise Conflict(_("This person lives in this household already."))
    if row.relation == HEAD and here.filter(relation=HEAD).exists():
        raise Conflict(_("The household has a head already: name another head instead."))


def relink(by: Actor, row: Residency, place: str) -> None:
    """Move the person's link of this residency to another place."""
    people.unlink_person(by=by, person_id=row.person_id, kind=LINK, source_id=row.id)
    people.link_person(
        by=by, person_id=row.person_id, place_code=place, kind=LINK, source_id=row.id
    )


def _end(by: Actor, row: Residency, on: dt.date, ended: str, *, unlink: bool) -> None:
    if on < row.from_date:
        raise Invalid(
            Problem(
                _("The residency would end before it began (%(day)s).")
                % {"day": formats.date(row.from_date)},
                "on",
                mend=_("Correct the day, or correct the beginning first."),
            )
        )
    row.to_date, row.ended, row.away_since = on, ended, None
    row.save(update_fields=["to_date", "ended", "away_since"])
    _settle_groups(row, on)
    if unlink:
        people.unlink_person(by=by, person_id=row.person_id, kind=LINK, source_id=row.id)
    left = Residency.objects.filter(household_id=row.household_id, to_date=None)
    if not left.exists():
        Household.objects.filter(pk=row.household_id).update(state=Household.State.EMPTY)
    changes.changed(by, [row.household_id])


def _settle_groups(row: Residency, on: dt.date) -> None:
    """Key groups go along to where the person lives on; of who lives nowhere they end."""
    entries = KeyGroupEntry.objects.filter(
        person_id=row.person_id, place_code=row.place_code, to_date=None
    )
    on_at = queries.homes_of(row.person_id).exclude(pk=row.pk).first()
    if on_at is None:
        entries.update(to_date=Greatest("from_date", Value(on)))
    else:
        entries.update(place_code=on_at.place_code)


@action
def move_out(
    *,
    by: Actor,
    residency_id: UUID,
    on: dt.date,
    to_household_id: UUID | None = None,
    relation: str = "",
    kind: str = "",
) -> Residency:
    """End a residency; with ``to_household_id`` a new one of the same person begins there that day.

    The person stays in sight of the old place through the record of having lived there. Unless a
    relation is given, who was the head stays head where the new household has none.
    """
    row = _locked(residency_id, by, *([to_household_id] if to_household_id else []))
    if on > timezone.localdate():
        raise Invalid(_in_future("on"))
    if to_household_id is not None:
        here = Residency.objects.filter(household_id=to_household_id, to_date=None)
        taken = here.filter(relation=HEAD).exists()
        keeps = HEAD if row.relation == HEAD and not taken else "other"
        move_in(
            by=by,
            household_id=to_household_id,
            on=on,
            person_id=row.person_id,
            relation=relation or keeps,
            kind=kind or row.kind,
        )
    _end(by, row, on, Residency.Ended.MOVED, unlink=False)
    return row


@action
def undo_move_out(*, by: Actor, residency_id: UUID) -> Residency:
    """Take back a move out that was recorded by mistake: the residency, and what it ended, go on.

    Who was the head is a relative where another head was named since. Raises Conflict when it did
    not end by a move, the person has lived elsewhere since that day, died or lives here again, or
    the household has been closed.
    """
    known = Residency.objects.filter(pk=residency_id).only("person_id", "household_id").first()
    if known is None:
        raise OutOfScope(f"residency {residency_id}")
    if lock_person(known.person_id).deceased_on:
        raise Conflict(_("This person has died."))
    homes = lock_homes([known.household_id])
    row = Residency.objects.select_for_update().filter(pk=residency_id).first()
    if row is None:
        raise OutOfScope(f"residency {residency_id}")
    by.require("register.edit", row.place_code)
    last = row.to_date
    if last is None or row.ended != Residency.Ended.MOVED:
        raise Conflict(_("This residency has not ended by a move."))
    if homes.filter(state=Household.State.CLOSED).exists():
        raise Conflict(_("The household has been closed since then."))
    _refuse_since(row, last)
    heads = Residency.objects.filter(household=row.household_id, to_date=None, relation=HEAD)
    if row.relation == HEAD and heads.exists():
        row.relation = "relative"
    _refuse_twice(row)
    _groups_go_on(row)
    row.to_date, row.ended = None, ""
    row.save(update_fields=["to_date", "ended", "relation"])
    homes.filter(state=Household.State.EMPTY).update(state=Household.State.LIVED_IN)
    changes.changed(by, [row.household_id])
    for _room, go_on in alive_again.items():
        go_on(by, row.person_id)
    return row


def _refuse_since(row: Residency, last: dt.date) -> None:
    """Refuse to let a residency go on beside another home that began when it had ended."""
    homes = Residency.objects.filter(person_id=row.person_id, from_date__gte=last)
    since = homes.exclude(pk=row.pk).exclude(kind=SEPARATED)
    if since.filter(to_date=None).exclude(household=row.household_id).exists():
        raise Conflict(
            _("The person lives elsewhere since that day: withdraw that residency first.")
        )
    if since.filter(ended=Residency.Ended.MOVED).exists():
        raise Conflict(_("The person has moved again since that day: take that move back first."))
    if day := _elsewhere_since(row):
        raise Conflict(
            _(
                "Outside your area the person is recorded as living elsewhere since %(day)s. If "
                "that is wrong, ask the level above, which sees both places, to correct it first."
            )
            % {"day": formats.date(day)}
        )


def _elsewhere_since(row: Residency) -> dt.date | None:
    """Since when who moved out of here has a home outside the actor's area; never where.

    A database function tells it of residencies in scope that ended by a move, and the day alone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT register_lives_elsewhere(%s)", [row.pk])
        found: tuple[dt.date | None] = cursor.fetchone()
    return found[0]


def _groups_go_on(row: Residency) -> None:
    """Key groups that the move ended or took along go on here; those left by hand stay ended.

    Also those that ended with a residency that was withdrawn since then: it had taken them along,
    and what was known of the person there is true here. Outside the actor's area a database
    function brings back what the area had known before.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT register_groups_go_on(%s)", [row.pk])


@action
def move(
    *, by: Actor, person_id: UUID, household_id: UUID, on: dt.date, relation: str, kind: str
) -> Residency:
    """A registered person moves here from where he or she lives. Returns the new residency.

    A registration whose owner lives elsewhere (``separated``) neither ends nor ends others. Raises
    Conflict when the person lives in this household already.
    """
    here: dict[str, Any] = {"on": on, "relation": relation, "kind": kind}
    lock_person(person_id)
    rows = list(queries.homes_of(person_id).exclude(kind=SEPARATED)) if kind != SEPARATED else []
    if any(row.household_id == household_id for row in rows) or not rows:
        return move_in(by=by, household_id=household_id, person_id=person_id, **here)
    move_out(by=by, residency_id=rows[0].pk, to_household_id=household_id, **here)
    for row in rows[1:]:
        move_out(by=by, residency_id=row.pk, on=on)
    return Residency.objects.get(household_id=household_id, person_id=person_id, to_date=None)


@action
def birth(
    *,
    by: Actor,
    household_id: UUID,
    name: str,
    sex: str,
    on: dt.date,
    relation: str = "child",
    documents: Sequence[tuple[str, str]] = (),
) -> Residency:
    """Record a birth: a new person without or with a birth certificate, resident from that day."""
    return move_in(
        by=by,
        household_id=household_id,
        on=on,
        relation=relation,
        name=name,
        documents=documents,
        sex=sex,
        birth_date=on,
    )


@action
def death(*, by: Actor, person_id: UUID, on: dt.date) -> Person:
    """Record a death: all residencies and group memberships in scope end that day."""
    by.require("register.edit")
    person = people.record_death(by=by, person_id=person_id, on=on)
    rows = Residency.objects.filter(person_id=person_id, to_date=None)
    lock_homes(rows.values_list("household_id", flat=True))
    # Before the residencies: with one of several ended, groups would go along to the next.
    KeyGroupEntry.objects.filter(person_id=person_id, to_date=None).update(
        to_date=Greatest("from_date", Value(on)), ended_by_death=True
    )
    for row in rows.select_for_update():
        _end(by, row, max(on, row.from_date), Residency.Ended.DIED, unlink=False)
    return person


@action
def undo_death(*, by: Actor, person_id: UUID) -> Person:
    """Take back a death recorded for the wrong person: what it ended in scope goes on.

    Who was the head is a relative where another head was named since. Raises Conflict when nobody
    has recorded a death, or when a household has been closed since then.
    """
    by.require("register.edit")
    person = people.withdraw_death(by=by, person_id=person_id)
    died = Residency.objects.filter(person_id=person_id, ended=Residency.Ended.DIED)
    homes = lock_homes(died.values_list("household_id", flat=True))
    if homes.filter(state=Household.State.CLOSED).exists():
        raise Conflict(_("The household has been closed since then."))
    for row in died.select_for_update():
        heads = Residency.objects.filter(household=row.household_id, to_date=None, relation=HEAD)
        if row.relation == HEAD and heads.exists():
            row.relation = "relative"
        _refuse_twice(row)
        row.to_date, row.ended = None, ""
        row.save(update_fields=["to_date", "ended", "relation"])
    every = KeyGroupEntry.objects.filter(person_id=person_id)
    entries, still = every.filter(ended_by_death=True), every.filter(to_date=None).values("group")
    entries.exclude(group__in=still).update(to_date=None)
    entries.update(ended_by_death=False)
    homes.filter(state=Household.State.EMPTY).update(state=Household.State.LIVED_IN)
    changes.changed(by, [home.pk for home in homes])
    for _room, go_on in alive_again.items():
        go_on(by, person_id)
    return person


@action
def correct(*, by: Actor, residency_id: UUID) -> Residency:
    """Withdraw a residency that was recorded by mistake; history keeps it."""
    row = _locked(residency_id, by)
    others = Residency.objects.filter(person_id=row.person_id).exclude(pk=row.pk).exists()
    # The only record of a person keeps its link, or nobody could see and mend it.
    _end(by, row, row.from_date, Residency.Ended.MISTAKE, unlink=others)
    return row


@action
def go_away(*, by: Actor, residency_id: UUID, since: dt.date, where: str = "") -> Residency:
    """Record that the person is away for a time; the residency goes on."""
    row = _locked(residency_id, by)
    if since < row.from_date or since > timezone.localdate():
        raise Invalid(
            Problem(
                _("The absence begins before the residency or in the future."),
                "since",
                mend=_("Correct the day."),
            )
        )
    row.away_since, row.away_where = since, where.strip()
    row.save(update_fields=["away_since", "away_where"])
    return row


@action
def come_back(*, by: Actor, residency_id: UUID) -> Residency:
    """Record that the person is back."""
    row = _locked(residency_id, by)
    row.away_since, row.away_where = None, ""
    row.save(update_fields=["away_since", "away_where"])
    return row


@action
def change_residency(*, by: Actor, residency_id: UUID, **values: Any) -> Residency:
    """Change relation, kind or first day of an open residency."""
    row = _locked(residency_id, by)
    if unknown := set(values) - {"relation", "kind", "from_date"}:
        raise TypeError(f"not fields of a residency: {sorted(unknown)}")
    changed = update_fields(row, **values)
    _check(row.relation, row.kind, row.from_date)
    if row.away_since and row.from_date > row.away_since:
        raise Invalid(
            Problem(
                _("The residency would begin after the absence (%(day)s).")
                % {"day": formats.date(row.away_since)},
                "from_date",
                mend=_("Correct the day, or record the return first."),
            )
        )
    _refuse_twice(row)
    if changed:
        row.save(update_fields=changed)
    return row


@action
def name_head(*, by: Actor, residency_id: UUID) -> Residency:
    """Make this resident the head; the former head becomes a relative."""
    row = _locked(residency_id, by)
    Residency.objects.filter(household_id=row.household_id, relation=HEAD, to_date=None).exclude(
        pk=row.pk
    ).update(relation="relative")
    row.relation = HEAD
    row.save(update_fields=["relation"])
    return row
