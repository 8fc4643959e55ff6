"""Pairing: an organisation stands by another or by a place; what was given and done."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.ui import formats
from fangxian.organisations import together
from fangxian.organisations.actions.organisations import EDIT, not_yet
from fangxian.organisations.actions.responsibilities import appoint
from fangxian.organisations.checking import gone
from fangxian.organisations.models import Organisation, Pairing, PairingEntry
from fangxian.organisations.together_rules import together_rules
from fangxian.regions.models import Region


@action
def pair(
    *,
    by: Actor,
    organisation: Organisation,
    other: Organisation | Region,
    purpose: str,
    from_date: dt.date | None = None,
    unit_there: str = "",
) -> Pairing:
    """Pair an organisation with another one or with a place, also far away.

    ``unit_there``: a unit at that place, which is not kept here. With a community of the actor's
    area it is the unit's link of the chain, which is made unless it is there: that passes the rules
    of the chain and asks for the right to name who answers. Raises Invalid, Forbidden; Conflict:
    they are a pair already.
    """
    by.require(EDIT, organisation.seat.code)
    day, rules = from_date or timezone.localdate(), together_rules()
    problem = gone(organisation, day) or gone_other(other, day)
    if other == organisation:
        problem = Problem(
            _("An organisation is no pair with itself."),
            field="other",
            mend=_("Choose another organisation."),
            code="itself",
        )
    if problem is not None:
        raise Invalid(problem)
    place = other if isinstance(other, Region) else None
    partner = other if isinstance(other, Organisation) else None
    there = unit_there.strip() if place is not None else ""
    sides = (partner.id if partner else None, place.id if place else None)
    _take_turns(organisation.id, *sides)
    if _paired(organisation.id, *sides, there):
        raise Conflict(_("They are a pair already."))
    linked = (
        place is not None
        and not there
        and place.level == rules.linked_level
        and codes.contains(by.area, place.code)
    )
    row = Pairing(
        organisation=organisation,
        place_code=organisation.seat.code,
        partner=partner,
        place=place,
        unit_there=there,
        linked=linked,
        purpose=purpose.strip(),
        from_date=day,
    )
    if place is not None and linked and together.link_of(row) is None:
        appoint(
            by=by,
            place=place,
            role=rules.linked_role,
            holder=organisation,
            from_date=day,
            reason=purpose.strip(),
        )
    row.save(force_insert=True)
    return row


def _take_turns(*sides: UUID | None) -> None:
    """Two who pair the same two from both sides do so one after the other."""
    pair_of = "/".join(sorted(str(one) for one in sides if one is not None))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('organisations.pair ' || %s, 0))",
            [pair_of],
        )


def _paired(
    organisation: UUID, partner: UUID | None, place: UUID | None, unit_there: str = ""
) -> bool:
    """Whether they are a pair now, from whichever side it was written."""
    known = Pairing.objects.filter(
        organisation=organisation, partner=partner, place=place, unit_there=unit_there
    )
    if partner is not None:
        known |= Pairing.objects.filter(organisation=partner, partner=organisation, place=None)
    return known.filter(to_date=None).exists()


def gone_other(other: Organisation | Region, day: dt.date) -> Problem | None:
    """Why nobody can be paired with it: dissolved, or a place that ceased."""
    if isinstance(other, Organisation):
        return gone(other, day)
    if other.valid_to is not None:
        return Problem(_("This place is no more."), field="other", code="gone")
    return None


def _running(pairing: Pairing) -> Pairing:
    row = Pairing.objects.select_for_update(of=("self",)).get(id=pairing.id)
    if row.to_date is not None:
        raise Conflict(_("It ended already on %(day)s.") % {"day": formats.date(row.to_date)})
    return row


@action
def end_pairing(*, by: Actor, pairing: Pairing, on: dt.date | None = None) -> Pairing:
    """End a pairing. Raises Conflict, Invalid: a day to come, a link of the chain (end that)."""
    by.require(EDIT, pairing.place_code)
    row, day = _running(pairing), on or timezone.localdate()
    not_yet(day)
    if together.link_of(row) is not None:
        raise Invalid(
            Problem(
                _("It is the link of the unit with the community."),
                mend=_("End or hand over the link on its page; the pairing ends with it."),
                code="linked",
            )
        )
    row.to_date = max(day, row.from_date)
    row.save(update_fields=["to_date"])
    return row


@action
def change_pairing(*, by: Actor, pairing: Pairing, purpose: str) -> Pairing:
    """Say anew what a pairing is for. Raises Conflict: it has ended."""
    by.require(EDIT, pairing.place_code)
    row = _running(pairing)
    row.purpose = purpose.strip()
    row.save(update_fields=["purpose"])
    return row


@action
def resume_pairing(*, by: Actor, pairing: Pairing) -> Pairing:
    """Take back that a pairing ended. Raises Conflict: it goes on, or they are a pair again;
    Invalid: one of them is gone, or its link of the chain."""
    by.require(EDIT, pairing.place_code)
    row = Pairing.objects.select_for_update(of=("self",)).get(id=pairing.id)
    if row.to_date is None:
        raise Conflict(_("It has not ended."))
    _take_turns(row.organisation_id, row.partner_id, row.place_id)
    if _paired(row.organisation_id, row.partner_id, row.place_id, row.unit_there):
        raise Conflict(_("They are a pair already."))
    today, other = timezone.localdate(), row.partner or row.place
    assert other is not None  # a constraint of the table
    if problem := gone(row.organisation, today) or gone_other(other, today):
        raise Invalid(problem)
    if row.linked and together.link_of(row) is None:
        raise Invalid(
            Problem(
                _("The unit is not linked with the community any more."),
                mend=_("Name it there again, or pair them anew."),
                code="linked",
            )
        )
    row.to_date = None
    row.save(update_fields=["to_date"])
    return row


@action
def add_entry(*, by: Actor, pairing: Pairing, on: dt.date, kind: str, text: str) -> PairingEntry:
    """Write down what was given or done. Raises Invalid: before the pairing, to come, a kind."""
    by.require(EDIT, pairing.place_code)
    not_yet(on)
    problem = None
    if on < pairing.from_date or (pairing.to_date is not None and on > pairing.to_date):
        problem = Problem(
            _("On that day they were no pair."),
            field="on",
            mend=_("Choose a day of the pairing."),
            code="outside",
        )
    elif kind not in together_rules().entries:
        problem = Problem(_("Choose one of those that are offered."), field="kind", code="unknown")
    if problem is not None:
        raise Invalid(problem)
    return PairingEntry.objects.create(
        pairing=pairing, place_code=pairing.place_code, on=on, kind=kind, text=text.strip()
    )


@action
def remove_entry(*, by: Actor, entry: PairingEntry) -> Pairing:
    """Take away what was written by mistake; the history keeps it."""
    by.require(EDIT, entry.place_code)
    pairing = entry.pairing
    entry.delete()
    return pairing
