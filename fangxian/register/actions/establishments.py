"""Establishments."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.cn import uscc

from fangxian.accounts.actions import log_reveal
from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.regions import queries as regions
from fangxian.register import queries
from fangxian.register.models import Establishment
from fangxian.register.vocabularies import ESTABLISHMENT_KINDS

CHANGEABLE = frozenset(
    {
        "name",
        "kind",
        "credit_code",
        "address",
        "contact_name",
        "contact_phone",
        "staff_count",
        "place_code",
    }
)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    problems = []
    if unknown := set(values) - CHANGEABLE:
        raise TypeError(f"not fields of an establishment: {sorted(unknown)}")
    if "name" in values and not values["name"].strip():
        problems.append(
            Problem(_("The establishment has no name."), "name", mend=_("Write its name."))
        )
    if "kind" in values and values["kind"] not in ESTABLISHMENT_KINDS:
        problems.append(Problem(_("Unknown kind of establishment."), "kind", mend=_("Choose one.")))
    if credit := values.get("credit_code"):
        values["credit_code"] = credit = uscc.compact(credit)
        if not uscc.is_valid(credit):
            problems.append(
                Problem(
                    _("This is not a valid unified social credit code."),
                    "credit_code",
                    mend=_("Compare it with the licence: 18 characters, no I, O, S, V, Z."),
                )
            )
    if "place_code" in values:
        regions.at(values["place_code"])
        if len(values["place_code"]) < codes.Level.VILLAGE:
            problems.append(
                Problem(
                    _("An establishment lies in a community or below."),
                    "place_code",
                    mend=_("Choose the community or the building."),
                )
            )
    if problems:
        raise Invalid(*problems)
    return values


@action
def create_establishment(
    *,
    by: Actor,
    place_code: str,
    name: str,
    kind: str,
    since: dt.date | None = None,
    **details: Any,
) -> Establishment:
    """Make an establishment at a place. Raises Invalid; Conflict for a known credit code here."""
    by.require("register.edit", place_code)
    values = _checked({"place_code": place_code, "name": name, "kind": kind, **details})
    credit = values.get("credit_code")
    same = Establishment.objects.filter(
        credit_code=credit, place_code=place_code, name=name, to_date=None
    )
    if credit and same.exists():
        raise Conflict(_("This establishment is registered here already."))
    row = Establishment(from_date=since or timezone.localdate(), **values)
    row.save(force_insert=True)
    return row


@action
def change_establishment(*, by: Actor, establishment_id: UUID, **values: Any) -> Establishment:
    """Change fields of an establishment (``CHANGEABLE``)."""
    row = queries.establishment(establishment_id)
    by.require("register.edit", row.place_code)
    checked = _checked(values)
    if "place_code" in checked:
        by.require("register.edit", checked["place_code"])
    changed = update_fields(row, **checked)
    if "contact_phone" in changed:
        changed.append("contact_phone_index")
    if changed:
        row.save(update_fields=changed)
    return row


@action
def close_establishment(
    *, by: Actor, establishment_id: UUID, on: dt.date | None = None
) -> Establishment:
    """Record that it has closed. Raises Conflict when it has closed already."""
    row = Establishment.objects.select_for_update().filter(pk=establishment_id).first()
    if row is None:
        raise OutOfScope(f"establishment {establishment_id}")
    by.require("register.edit", row.place_code)
    if row.to_date is not None:
        raise Conflict(_("This establishment has closed already."))
    row.to_date = max(on or timezone.localdate(), row.from_date)
    row.save(update_fields=["to_date"])
    return row


@action
def reveal_contact(*, by: Actor, establishment_id: UUID, purpose: str, reason: str) -> str:
    """Return the contact's full phone; logged, and taken from the account's hourly quota.

    Raises Invalid without purpose or reason, OutOfScope where there is no phone, TooMany.
    """
    found = queries.establishment(establishment_id)
    by.require("people.reveal", found.place_code)
    if not found.contact_phone:
        raise OutOfScope(f"phone of establishment {establishment_id}")
    log_reveal(by=by, person_id=None, what="contact phone", purpose=purpose, reason=reason)
    return str(found.contact_phone)
