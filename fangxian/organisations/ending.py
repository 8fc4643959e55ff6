"""What the end of an emergency ends here, and who is told that a temporary unit is founded or
dissolved."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.accounts.actions import because
from fangxian.accounts.models import Grant
from fangxian.common.actor import Actor
from fangxian.core.actions import notify_many
from fangxian.core.actions.notify import Note
from fangxian.organisations.models import Organisation, Secondment, TemporaryUnit, UnitState

FOUNDED = "organisations.unit_founded"
DISSOLVED = "organisations.unit_dissolved"
WHY = gettext_noop("The emergency has ended.")


def tell(by: Actor, unit: TemporaryUnit, template: str, serving: Collection[Secondment]) -> int:
    """Tell who proposed a unit, who serves in it and the units that they come from; how many."""
    bodies = {unit.superior_id, *(row.home_body_id for row in serving)}
    mine = Q(organisation_id__in=bodies) | Q(user__person_id__in=[row.person_id for row in serving])
    grants = Grant.objects.in_force().filter(mine)
    users: set[UUID] = set(grants.values_list("user_id", flat=True))
    if unit.proposer_id is not None:
        users.add(unit.proposer_id)
    users -= {by.user_id} if by.user_id is not None else set()
    # The page is for who may see organisations; others are told without it.
    seeing = Grant.objects.in_force().filter(
        user__in=users, role__rights__contains=["organisations.view"]
    )
    url = dict.fromkeys(
        seeing.values_list("user_id", flat=True), reverse("organisations:unit", args=[unit.id])
    )
    context = {"name": unit.name}
    notes = [Note(one, template, context, url.get(one, "")) for one in sorted(users)]
    return notify_many(by=by, notes=notes)


def end_with_emergency(by: Actor, emergency_id: UUID) -> None:
    """Dissolve the units of an emergency that has ended, give up those that are not founded.

    One with other organisations below it is somebody's task. Done again it changes nothing.
    """
    from fangxian.organisations.actions.organisations import dissolve_organisation
    from fangxian.organisations.actions.temporary import ask_to_dissolve, withdraw_unit

    rows = TemporaryUnit.objects.filter(emergency_id=emergency_id)
    rows = rows.exclude(state=UnitState.WITHDRAWN).exclude(~Q(organisation__dissolved_on=None))
    held = list(rows.select_for_update(of=("self",)).select_related("superior").order_by("id"))
    with because(by, WHY) as actor:
        for row in held:
            if row.state != UnitState.FOUNDED:
                withdraw_unit(by=actor, unit=row)
        standing = {row.organisation_id: row for row in held if row.organisation_id}
        bodies = Organisation.objects.filter(id__in=list(standing)).select_related("seat")
        waiting = list(bodies.select_for_update(of=("self",)).order_by("id"))
        # Those below others first.
        while waiting:
            free = [one for one in waiting if not one.children.filter(dissolved_on=None).exists()]
            for one in free:
                day = max(timezone.localdate(), one.founded_on or timezone.localdate())
                dissolve_organisation(by=actor, organisation=one, on=day)
            if not free:
                break
            waiting = [one for one in waiting if one not in free]
        for one in waiting:
            ask_to_dissolve(actor, standing[one.id])


def dissolved(by: Actor, body: Organisation, serving: Collection[Secondment]) -> None:
    """What follows when an organisation was dissolved, if it is that of a temporary unit."""
    from fangxian.organisations.actions.temporary import settled

    unit = TemporaryUnit.objects.filter(organisation=body).first()
    if unit is not None:
        settled(by, unit, "dissolved")
        tell(by, unit, DISSOLVED, serving)


def serving_in(body: Organisation) -> list[Secondment]:
    """Who serves in the unit of an organisation now."""
    rows = Secondment.objects.filter(unit__organisation=body, member__to_date=None)
    return list(rows.exclude(member=None).order_by("id"))
