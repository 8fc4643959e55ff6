"""Named reads of accounts."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from fangxian.accounts.models import Grant, User
from fangxian.common.actor import Actor
from fangxian.common.ids import uuid7


def grants_of(user: User) -> list[Grant]:
    """Return the user's grants in force today, widest area first, each with its ``area`` code.

    One query. A grant at a place that no longer exists is left out.
    """
    today = timezone.localdate()
    found = (
        Grant.objects.filter(user=user, valid_from__lte=today)
        .exclude(valid_to__lt=today)
        .select_related("role", "region", "user")
    )
    grants: list[Any] = []
    for grant in found:
        if grant.region is not None and grant.region.valid_to and grant.region.valid_to <= today:
            continue
        grant.area = grant.region.code if grant.region else ""  # type: ignore[attr-defined]
        grants.append(grant)
    return sorted(grants, key=lambda g: (len(g.area), g.area, g.role_id))


def actor_of(grant: Any, *, source: str, purpose: str) -> Actor:
    """Return the actor of a grant from :func:`grants_of`."""
    return Actor(
        name=grant.user.username,
        rights=frozenset(grant.role.rights),
        area=grant.area,
        source=source,
        user_id=grant.user_id,
        person_id=grant.user.person_id,
        grant_id=grant.id,
        role=grant.role_id,
        organisation_id=grant.organisation_id,
        purpose=purpose,
        request_id=str(uuid7()),
    )
