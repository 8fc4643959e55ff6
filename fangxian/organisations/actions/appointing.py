"""Naming many holders at once, with the checks of one: for ledgers, proposals, take-overs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.utils import timezone

from fangxian.common import bulk
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Problem
from fangxian.common.ids import uuid7
from fangxian.organisations.actions.responsibilities import (
    APPOINT,
    LINK,
    lock,
)
from fangxian.organisations.checking import Appointment, Board, ends_otherwise, holder_name
from fangxian.organisations.models import Member, Organisation, Responsibility
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.vacancies import refresh_places
from fangxian.people import tokens
from fangxian.people.models import PersonLink
from fangxian.regions.models import Region

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one appointment: a row, new or known, or a problem."""

    wanted: Appointment
    row: Responsibility | None = None
    new: bool = False
    problem: Problem | None = None
    changed: bool = False


def problems_of(made: Sequence[Made]) -> list[Problem]:
    """The problems, in order."""
    return [one.problem for one in made if one.problem is not None]


@action
def appoint_many(
    *, by: Actor, wanted: Sequence[Appointment], together: Sequence[Hashable] = ()
) -> list[Made]:
    """Name holders one after another; each is checked against what is held and the ones before.

    Who answers there already is left as he is (his work phone, and the membership by which he was
    named, are brought up to date; another last day is refused). Some twenty statements for any
    number of rows. Returns what became of each, in order; nothing is raised for
    a refused row. ``together`` has a key for each: of those with one key all are named or none
    (they stand next to each other). Raises Forbidden for a place without the right, Invalid for an
    unknown role.
    """
    for code in {one.place.code for one in wanted}:
        by.require(APPOINT, code)
    return name_checked(by, wanted, together)


def name_checked(
    by: Actor, wanted: Sequence[Appointment], together: Sequence[Hashable] = ()
) -> list[Made]:
    """:func:`appoint_many` without asking for the right: for what follows from the rules alone."""
    if not wanted:
        return []
    rules = chain_rules()
    for code in {one.role for one in wanted}:
        rules.role(code)
    lock(wanted)
    places = {one.place.id: one.place for one in wanted}
    board = Board(
        rules, list(places.values()), {one.role for one in wanted}, [one.holder for one in wanted]
    )
    made: list[Made] = []
    keys = together or range(len(wanted))
    for _key, group in groupby(zip(keys, wanted, strict=True), key=itemgetter(0)):
        made += _named(board, [one for _same, one in group], rules.version)
    rows = [one.row for one in made if one.new and one.row is not None]
    called = {
        one.row.id: one.row
        for one in made
        # One that was only just made is not written yet.
        if one.changed and not one.new and one.row is not None and not one.row._state.adding
    }
    for row in called.values():
        # One by one: each number is sealed anew, which an update of many does not do.
        row.save(update_fields=["contact", "member"])
    write(rows)
    refresh_places(by, _touched(places, rows))
    return made


def _named(board: Board, group: Sequence[Appointment], version: int) -> list[Made]:
    """Count a group on the board; when one of it is refused, all of it is taken back."""
    made: list[Made] = []
    for one in group:
        known = board.known(one)
        problem = board.problem(one) if known is None else ends_otherwise(known, one.to_date)
        if problem is not None:
            made.append(Made(one, problem=problem))
        elif known is not None:
            made.append(Made(one, row=known, changed=_says_more(one, known)))
        else:
            row = _row(one, version)
            board.take(one, row)
            made.append(Made(one, row=row, new=True, changed=True))
    if any(one.problem for one in made):
        for done in made:
            if done.new and done.row is not None:
                board.release(done.wanted, done.row)
        return [Made(done.wanted, problem=done.problem) for done in made]
    for done in made:
        if done.changed and not done.new and done.row is not None:
            done.row.contact = done.wanted.contact.strip() or done.row.contact
            if isinstance(done.wanted.holder, Member):
                done.row.member = done.wanted.holder
    return made


def _says_more(one: Appointment, known: Responsibility) -> bool:
    called = bool(one.contact.strip()) and (known.contact or "") != one.contact.strip()
    return called or (isinstance(one.holder, Member) and known.member_id != one.holder.id)


def _touched(places: dict[UUID, Region], rows: Sequence[Responsibility]) -> list[Region]:
    return [places[key] for key in dict.fromkeys(row.place_id for row in rows)]


def _row(one: Appointment, version: int) -> Responsibility:
    holder = one.holder
    if isinstance(holder, Organisation):
        person_id = None
    else:
        person_id = holder.person_id if isinstance(holder, Member) else holder.id
    return Responsibility(
        id=uuid7(),
        created_at=timezone.now(),
        place=one.place,
        place_code=one.place.code,
        role=one.role,
        person_id=person_id,
        member=holder if isinstance(holder, Member) else None,
        organisation=holder if isinstance(holder, Organisation) else None,
        holder_name=holder_name(holder),
        contact=one.contact.strip() or None,
        from_date=one.from_date,
        to_date=one.to_date,
        rule_version=version,
        reason=one.reason.strip(),
    )


def write(rows: Sequence[Responsibility]) -> None:
    """Insert responsibilities that were checked, and make their persons seen where they answer.

    The vacancies are the caller's to refresh.
    """
    Responsibility.objects.bulk_create(rows, batch_size=BATCH)
    linked = [row for row in rows if row.person_id is not None]
    bulk.insert(
        PersonLink,
        {
            "person_id": [row.person_id for row in linked],
            "place_code": [row.place_code for row in linked],
            "kind": [LINK] * len(linked),
            "source_id": [row.id for row in linked],
        },
        "ON CONFLICT DO NOTHING",
    )
    if linked:
        tokens.write({row.person_id for row in linked if row.person_id})
