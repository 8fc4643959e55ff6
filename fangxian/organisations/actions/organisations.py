"""Founding, changing and dissolving organisations."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.cn import uscc

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.organisations.models import Organisation, OrganisationKind
from fangxian.regions.models import Region

EDIT = "organisations.edit"
CHANGEABLE = ("name", "short_name", "kind", "parent", "seat", "credit_code", "founded_on")


def checked_credit_code(text: str) -> str:
    """Return the code in its normal form ("" stays ""). Raises Invalid with the mend."""
    code = text.strip().upper()
    if code and not uscc.is_valid(code):
        raise Invalid(
            Problem(
                _("The unified social credit code is not valid."),
                field="credit_code",
                mend=_("It has 18 characters, the last a check character; compare the licence."),
                code="credit_code",
            )
        )
    return code


def _refuse_circle(organisation: Organisation, parent: Organisation | None) -> None:
    above = parent
    while above is not None:
        if above.id == organisation.id:
            raise Invalid(
                Problem(
                    _("“%(parent)s” lies below “%(name)s”.")
                    % {"parent": parent, "name": organisation},
                    field="parent",
                    mend=_("Choose an organisation that is not below this one."),
                    code="circle",
                )
            )
        above = above.parent


@action
def create_organisation(
    *,
    by: Actor,
    name: str,
    kind: OrganisationKind,
    seat: Region,
    parent: Organisation | None = None,
    short_name: str = "",
    credit_code: str = "",
    founded_on: dt.date | None = None,
) -> Organisation:
    """Found an organisation with its seat at a place in the actor's area."""
    by.require(EDIT, seat.code)
    return Organisation.objects.create(
        name=name.strip(),
        short_name=short_name.strip(),
        kind=kind,
        parent=parent,
        seat=seat,
        credit_code=checked_credit_code(credit_code),
        founded_on=founded_on,
    )


@action
def change_organisation(*, by: Actor, organisation: Organisation, **values: Any) -> Organisation:
    """Change some of ``CHANGEABLE``. Members keep their seat's code in step with a moved seat."""
    by.require(EDIT, organisation.seat.code)
    unknown = set(values) - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    if "seat" in values:
        by.require(EDIT, values["seat"].code)
    if "credit_code" in values:
        values["credit_code"] = checked_credit_code(values["credit_code"])
    if "parent" in values:
        _refuse_circle(organisation, values["parent"])
    changed = update_fields(organisation, **values)
    if changed:
        organisation.save(update_fields=changed)
    if "seat" in changed:
        organisation.members.update(place_code=organisation.seat.code)
    return organisation


@action
def dissolve_organisation(
    *, by: Actor, organisation: Organisation, on: dt.date | None = None
) -> Organisation:
    """Dissolve it: its memberships and responsibilities end too; bodies below must go first."""
    by.require(EDIT, organisation.seat.code)
    day = on or timezone.localdate()
    if organisation.children.filter(dissolved_on=None).exists():
        raise Invalid(
            Problem(
                _("“%(name)s” still has organisations below it.") % {"name": organisation},
                mend=_("Dissolve them or give them another parent first."),
                code="has_children",
            )
        )
    organisation.dissolved_on = day
    organisation.save(update_fields=["dissolved_on"])
    organisation.members.filter(to_date=None).update(to_date=day)
    organisation.responsibilities.filter(to_date=None).update(to_date=day)
    return organisation
