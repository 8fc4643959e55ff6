"""Taking back who was named by mistake: from whom he took over goes on as if nothing had been."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.common.history import history_of
from fangxian.organisations.actions.responsibilities import CUT, LINK, drop
from fangxian.organisations.checking import Board, Holder, gone
from fangxian.organisations.loads import Span
from fangxian.organisations.models import Responsibility
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.vacancies import refresh_places
from fangxian.people.actions import link_person

DAY = dt.timedelta(days=1)


def take_back(by: Actor, row: Responsibility) -> None:
    """Delete a row that has not held for a day and let those go on whom it cut short.

    Who ended in another way meanwhile, died or left stays so: the vacancy is listed. Raises Invalid
    when the former holder took as much elsewhere as he may have.
    """
    from fangxian.organisations.keepers import keep

    rules, place, row_id = chain_rules(), row.place, row.id
    links = row.role in rules.takes_over.values()
    if links:
        _take_back_keepers(by, row)
    cut = list(
        Responsibility.objects.select_for_update(of=("self",))
        .filter(cut_for=row)
        .select_related("place", "person", "member__person", "organisation")
        .order_by("id")
    )
    before = [
        one
        for one in cut
        if one.substitute_for_id == row.substitute_for_id
        and one.to_date == row.from_date - DAY
        and gone(holder_of(one), timezone.localdate()) is None
    ]
    for one in before[:1]:
        _give_households_back(row, one)
    drop(by, row)
    for one in before:
        _go_on(by, one, row)
        stood_in = [other for other in cut if other.substitute_for_id == one.id]
        _stand_in_again(by, one, stood_in, row_id)
    refresh_places(by, [place])
    if links:
        keep(by=by, area=place.code)


def holder_of(row: Responsibility) -> Holder:
    """The member, person or organisation that holds a row."""
    held = row.organisation or row.member or row.person
    assert held is not None  # a constraint of the table
    return held


def _go_on(by: Actor, one: Responsibility, row: Responsibility) -> None:
    one.to_date = _last_day(one, row)
    one.cut_for_id, one.cut_until = row.cut_for_id, row.cut_until
    rules, holder = chain_rules(row.from_date), holder_of(one)
    role = rules.roles.get(one.role)
    if role is not None and one.substitute_for_id is None:
        board = Board(rules, [one.place], [one.role], [holder], without=one.id)
        problem = board.too_much(role, holder, Span(row.from_date, one.to_date))
        if problem is not None:
            raise Invalid(problem)
    one.save(update_fields=CUT)
    see(by, one)


def _last_day(one: Responsibility, row: Responsibility) -> dt.date | None:
    """The last day that was cut off, unless somebody else comes before it."""
    if row.to_date is None:
        return one.cut_until
    later = Responsibility.objects.filter(
        place_id=one.place_id,
        role=one.role,
        establishment=one.establishment,
        substitute_for=one.substitute_for,
        from_date__gt=row.to_date,
    )
    return row.to_date if row.cut_for_id is not None or later.exists() else one.cut_until


def _stand_in_again(
    by: Actor, one: Responsibility, stood_in: list[Responsibility], row_id: UUID
) -> None:
    for other in stood_in:
        last = other.cut_until
        assert last is not None  # a substitution has an end
        other.to_date = last if one.to_date is None else min(last, one.to_date)
        other.cut_for_id = other.cut_until = None
        other.save(update_fields=CUT)
        see(by, other)
    bring_back(by, one, cut_for_id=row_id)


def bring_back(by: Actor, one: Responsibility, **why: Any) -> None:
    """Write those anew who were to stand in for ``one`` later and were deleted ``why``."""
    history = history_of(Responsibility)
    fields = [field.attname for field in Responsibility._meta.concrete_fields]
    deleted = history.objects.filter(pgh_label="delete", substitute_for_id=one.id)
    still = set(one.substitutes.values_list("id", flat=True))
    latest = {told.id: told for told in deleted.order_by("pgh_id")}
    for told in latest.values():
        meant = all(getattr(told, name) == value for name, value in why.items())
        if told.id in still or not meant or told.to_date < timezone.localdate():
            continue
        # As far as the holder's days go: a substitution lies within them.
        if one.to_date is not None and told.from_date > one.to_date:
            continue
        values = {name: getattr(told, name) for name in fields}
        last = told.to_date if one.to_date is None else min(told.to_date, one.to_date)
        again = Responsibility(
            **values
            | {"cut_for_id": None, "ended_by": "", "to_date": last, "place_code": one.place_code}
        )
        again.save(force_insert=True)
        see(by, again)


def see(by: Actor, row: Responsibility) -> None:
    """Make the person of a row that goes on seen where he answers."""
    if row.person_id is not None:
        link_person(
            by=by, person_id=row.person_id, place_code=row.place_code, kind=LINK, source_id=row.id
        )


def _give_households_back(row: Responsibility, one: Responsibility) -> None:
    """What the row looks after goes back, also what was added to it: nobody loses his member."""
    own = {link.household_id: link for link in one.households.filter(to_date=row.from_date - DAY)}
    for link in row.households.all():
        former = own.get(link.household_id)
        if former is None or link.from_date != row.from_date:
            link.responsibility = one
            link.save(update_fields=["responsibility"])
            continue
        last = link.to_date
        link.delete()
        former.to_date = last
        former.save(update_fields=["to_date"])


def _take_back_keepers(by: Actor, row: Responsibility) -> None:
    """The buildings that fell to a unit by this link alone go back with it."""
    rules = chain_rules()
    keepers = [code for code, unit in rules.takes_over.items() if unit == row.role]
    others = in_force().filter(
        place=row.place, role=row.role, organisation=row.organisation_id, substitute_for=None
    )
    if others.exclude(id=row.id).exists():
        return
    fallen = (
        Responsibility.objects.select_for_update(of=("self",))
        .select_related("place")
        .filter(
            role__in=keepers,
            organisation=row.organisation_id,
            place_code__startswith=row.place_code,
            from_date__gte=row.from_date,
            substitute_for=None,
        )
        .order_by("id")
    )
    for one in fallen:
        take_back(by, one)
