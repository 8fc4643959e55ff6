"""For which organisation the holder of an account works: that is what he looks at data for.

A grant carries the organisation, so each look and each decision says it as it was at that moment,
without asking for it at every request. It is one of those of which the account's person is a
member; where there are several, the one he joined first, until he leaves it.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.organisations.models import Member, Organisation

# A grant whose organisation never had the holder as a member was given for it: only another
# membership replaces that.
_FOLLOW = """
UPDATE accounts_grant g SET organisation_id = works.organisation_id
FROM accounts_user u
CROSS JOIN LATERAL (
    SELECT (array_agg(m.organisation_id ORDER BY m.from_date, m.id) FILTER (WHERE m.is_open))[1]
               AS organisation_id,
           array_agg(m.organisation_id) FILTER (WHERE m.is_open) AS every,
           array_agg(m.organisation_id) FILTER (WHERE NOT m.is_open) AS former
    FROM (SELECT x.id, x.organisation_id, x.from_date,
                 x.to_date IS NULL OR x.to_date >= %(today)s AS is_open
          FROM organisations_member x
          WHERE x.person_id = u.person_id AND x.from_date <= %(today)s) m
) works
WHERE u.id = g.user_id AND u.person_id IS NOT NULL AND g.revoked_at IS NULL
  AND (g.valid_to IS NULL OR g.valid_to >= %(today)s)
  AND (works.organisation_id IS NOT NULL OR g.organisation_id = ANY (works.former))
  AND (g.organisation_id = ANY (works.every)) IS NOT TRUE
"""


def follow(*, by: Actor, on: dt.date | None = None) -> int:
    """Let grants name the organisation of their holder. Returns how many changed.

    One statement; run again it changes nothing. Memberships outside the actor's area are not seen.
    """
    with acting(by), connection.cursor() as cursor:
        cursor.execute(_FOLLOW, {"today": on or timezone.localdate()})
        changed: int = cursor.rowcount
    return changed


OFFERED = 500


def offer(by: Actor, person_id: UUID | None) -> list[tuple[UUID, str]]:
    """Organisations that a grant can name: those of which the account's person is a member.

    Where nobody is known, or he is a member of none, those with a seat in the actor's area (at
    most 500, by name).
    """
    today = timezone.localdate()
    standing = Organisation.objects.filter(dissolved_on=None).order_by("name", "id")
    if person_id is not None:
        members = Member.objects.filter(person_id=person_id, from_date__lte=today)
        mine = members.filter(Q(to_date=None) | Q(to_date__gte=today)).values("organisation_id")
        found = list(standing.filter(pk__in=mine).values_list("pk", "name"))
        if found:
            return found
    lo, hi = codes.bounds(by.area)
    inside = standing.filter(seat__code__gte=lo, seat__code__lt=hi)
    return list(inside.values_list("pk", "name")[:OFFERED])


def names(ids: set[UUID]) -> dict[UUID, str]:
    """Names of organisations by id, as the access log shows them; dissolved ones too."""
    return dict(Organisation.objects.filter(pk__in=ids).values_list("pk", "name"))
