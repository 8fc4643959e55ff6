"""Rows of a ledger beside the chain: who stands in, contact leaders, members of ten households.

An export holds them too, so a file that comes back unchanged must change nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid
from fangxian.core.imports import Outcome, StagedRow
from fangxian.organisations.actions import change_contact, name_contact_leader, substitute
from fangxian.organisations.checking import Holder, ends_otherwise, holder_id, holder_name
from fangxian.organisations.ledger_holders import holder_named, refusal
from fangxian.organisations.ledger_places import refused
from fangxian.organisations.ledger_together import Shift
from fangxian.organisations.loads import Span
from fangxian.organisations.models import Organisation, Responsibility
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import ChainRules, Post, chain_rules
from fangxian.organisations.shipped import stand_in_words
from fangxian.regions.models import Region
from fangxian.register.models import Establishment


def stands_in(values: dict[str, Any]) -> bool:
    """Whether a row says that somebody stands in for the holder."""
    return str(values.get("note", "")).strip().startswith(tuple(stand_in_words()))


def is_beside(values: dict[str, Any], rules: ChainRules) -> bool:
    """Whether a row names nobody to a post of the chain itself."""
    code = rules.code_of(values.get("role", ""))
    return code is not None and (code not in rules.roles or stands_in(values))


def write_beside(
    by: Actor, row: StagedRow, place: Region, post: Post, *, area: str, replace: bool
) -> Outcome:
    """Write such a row: what is so already stays, the rest is named or refused."""
    try:
        with transaction.atomic():
            return _written(by, row, place, post, area, replace)
    except Invalid as error:
        return refused(row, error)
    except Conflict as error:
        return refused(row, refusal(str(error), "place", "", "conflict"))


def shift_beside(row: StagedRow, place: Region, post: Post, *, area: str) -> Shift:
    """What the naming of a contact leader gives to whom it names, and takes from the present one.

    Raises Invalid.
    """
    holder, first = holder_named(row.values, post, area), _first_day(row.values)
    where = row.values.get("establishment", "").strip()
    present = Responsibility.objects.filter(
        place=place, role=post.code, establishment__name=where, substitute_for=None
    ).exclude(to_date__lt=first)
    takes = tuple(
        ((one.person_id, post.code), Span(max(one.from_date, first), one.to_date))
        for one in present
        if one.person_id is not None
    )
    return Shift((((holder_id(holder), post.code), Span(first)),), takes)


def _first_day(values: dict[str, Any]) -> dt.date:
    return _day(values, "start_date") or timezone.localdate()


def _written(
    by: Actor, row: StagedRow, place: Region, post: Post, area: str, replace: bool
) -> Outcome:
    values = row.values
    holder = holder_named(values, post, area)
    phone = values.get("responsible_phone", "").strip()
    first, last = _first_day(values), _day(values, "end_date")
    rows = in_force(first).filter(place=place, role=post.code).order_by("from_date", "id")
    if where := values.get("establishment", "").strip():
        rows = rows.filter(establishment__name=where)
    held = list(rows)
    alike = [one for one in held if bool(one.substitute_for_id) == stands_in(values)]
    for one in alike:
        if (one.person_id or one.organisation_id) == holder_id(holder):
            return _known(by, row, one, last, phone)
    if stands_in(values):
        made = _stand_in(by, [one for one in held if one not in alike], holder, first, last, phone)
    else:
        made = _contact_leader(by, post, place, values, holder, first, alike, replace)
    return Outcome(row.number, object_id=made.id, changed=True)


def _day(values: dict[str, Any], name: str) -> dt.date | None:
    return dt.date.fromisoformat(values[name]) if values.get(name) else None


def _known(
    by: Actor, row: StagedRow, one: Responsibility, last: dt.date | None, phone: str
) -> Outcome:
    if (problem := ends_otherwise(one, last)) is not None:
        raise Invalid(problem)
    changed = bool(phone) and phone != (one.contact or "")
    if changed:
        change_contact(by=by, responsibility=one, contact=phone)
    return Outcome(row.number, object_id=one.id, changed=changed)


def _stand_in(
    by: Actor,
    holders: list[Responsibility],
    holder: Holder,
    first: dt.date,
    last: dt.date | None,
    phone: str,
) -> Responsibility:
    if len(holders) != 1:
        raise refusal(
            _("The row says not for whom %(name)s stands in.") % {"name": holder_name(holder)},
            "note",
            _("Enter it on the page of the one who is absent."),
            "stands_in_for",
        )
    if last is None:
        raise refusal(
            _("The row says not until when %(name)s stands in.") % {"name": holder_name(holder)},
            "end_date",
            _("Write the last day."),
            "required",
        )
    return substitute(
        by=by,
        responsibility=holders[0],
        holder=holder,
        from_date=first,
        to_date=last,
        contact=phone,
    )


def _contact_leader(
    by: Actor,
    post: Post,
    place: Region,
    values: dict[str, Any],
    holder: Holder,
    first: dt.date,
    present: list[Responsibility],
    replace: bool,
) -> Responsibility:
    where = values.get("establishment", "").strip()
    found = list(Establishment.objects.filter(place_code=place.code, name=where)[:2])
    led = post.code == chain_rules(first).contact_role and not values.get("end_date")
    if not led or len(found) != 1 or isinstance(holder, Organisation):
        raise refusal(
            _("A ledger does not name “%(role)s” here.") % {"role": post.name},
            "role",
            _("Name contact leaders on the page of a place, members by the ledger of 1+10."),
            "on_its_page",
        )
    if present and not replace:
        raise refusal(
            _("“%(place)s” has its %(role)s already: %(names)s.")
            % {"place": where, "role": post.name, "names": present[0].holder_name, "count": 1},
            "establishment",
            _("Hand it over from one of them instead."),
            "overlap",
        )
    contact = values.get("responsible_phone", "")
    return name_contact_leader(
        by=by, establishment=found[0], holder=holder, contact=contact, on=first
    )
