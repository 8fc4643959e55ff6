"""Named reads of accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from fangxian.accounts.models import AccessLog, Device, Grant, Role, SecurityAlert, User
from fangxian.common import codes, prepared
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Forbidden, OutOfScope
from fangxian.common.ids import first_id, uuid7
from fangxian.regions.models import Region, RegionCode

# So many accounts of one name are looked for in a condition.
MOST_CALLED: Final = 500


def grants_of(user: User) -> list[Grant]:
    """Return the user's grants in force today, widest area first, each with its ``area`` code.

    One query. A grant at a place that no longer exists is left out.
    """
    today = timezone.localdate()
    grants: list[Any] = []
    for row in prepared.rows(_GRANTS, {"user": user.pk, "today": today}):
        grant: Any = Grant.from_db("default", _OF_GRANT, row[:6])
        of_role = [row[6], row[7], orjson.loads(row[8]), orjson.loads(row[9]), row[10]]
        grant.user = user
        grant.role = Role.from_db("default", _OF_ROLE, of_role)
        grant.region = Region.from_db("default", _OF_REGION, row[11:]) if row[11] else None
        grant.area = grant.region.code if grant.region else ""
        grants.append(grant)
    return sorted(grants, key=lambda g: (len(g.area), g.area, g.role_id))


# Asked at every request, so written out: building it by the ORM costs more than running it, and the
# region's boundary may be large. Fields that are not named here are loaded when they are asked for;
# `from_db` wants them in the order of the model.
_OF_GRANT = ["id", "user_id", "role_id", "region_id", "organisation_id", "valid_to"]
_OF_ROLE = ["code", "name", "rights", "may_grant", "needs_second_factor"]
_OF_REGION = ["id", "code", "name", "level", "valid_to"]
_GRANTS = """
SELECT g.id, g.user_id, g.role_id, g.region_id, g.organisation_id, g.valid_to,
  r.code, r.name, r.rights, r.may_grant, r.needs_second_factor,
  p.id, p.code, p.name, p.level, p.valid_to
FROM accounts_grant g
JOIN accounts_user u ON u.id = g.user_id AND u.is_active
JOIN accounts_role r ON r.code = g.role_id
LEFT JOIN regions_region p ON p.id = g.region_id
WHERE g.user_id = %(user)s AND g.revoked_at IS NULL AND g.valid_from <= %(today)s
  AND (g.valid_to IS NULL OR g.valid_to >= %(today)s)
  AND (p.valid_to IS NULL OR p.valid_to > %(today)s)
"""


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


def resolve(user_id: UUID, grant_id: UUID, *, source: str, purpose: str) -> Actor:
    """Return the actor of a grant as it is now: for jobs, which carry ids only.

    Raises Forbidden when the account was disabled or the grant no longer holds: a waiting job of
    such an account must not run.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    grant = next((g for g in grants_of(user) if g.pk == grant_id), None) if user else None
    if grant is None:
        raise Forbidden("a grant in force")
    return actor_of(grant, source=source, purpose=purpose)


def widest_area(user: User) -> str:
    """The area of the user's widest grant, else where the account is administered."""
    grants: list[Any] = grants_of(user)
    if grants:
        return str(grants[0].area)
    return user.region.code if user.region else codes.WHOLE_COUNTRY


def needs_second_factor(grant: Any) -> bool:
    """Tell whether a grant of :func:`grants_of` asks for a second factor."""
    if not settings.FANGXIAN_SECOND_FACTOR:
        return False
    return bool(grant.role.needs_second_factor) or len(grant.area) < int(Level.VILLAGE)


def is_administered_in(user: User, area: str) -> bool:
    """Tell whether an account (with its region loaded) is administered in ``area``."""
    home = user.region.code if user.region else codes.WHOLE_COUNTRY
    return codes.contains(area, home)


def nearest_with(right: str, place_code: str, besides: UUID | None = None) -> set[UUID]:
    """The accounts that have a right at the smallest area around a place where any has. A query.

    ``besides``: an account that doesn't count.
    """
    above = codes.ancestors(place_code, include_self=True)
    here = Q(region=None) | Q(region__code__in=above, region__valid_to=None)
    grants = Grant.objects.in_force().filter(here, role__rights__contains=[right])
    if besides is not None:
        grants = grants.exclude(user_id=besides)
    found: dict[str, set[UUID]] = {}
    for user_id, code in grants.values_list("user_id", "region__code"):
        found.setdefault(code or "", set()).add(user_id)
    return found[max(found, key=len)] if found else set()


def users_in(area: str) -> QuerySet[User]:
    """Accounts administered in ``area``, or holding a role in it; by user name."""
    every = User.objects.select_related("region").order_by("username")
    if area == codes.WHOLE_COUNTRY:
        return every
    lo, hi = codes.bounds(area)
    inside = Q(region__code__gte=lo, region__code__lt=hi)
    holding = Grant.objects.filter(revoked_at=None, region__code__gte=lo, region__code__lt=hi)
    return every.filter(inside | Q(pk__in=holding.values("user_id")))


def devices_in(area: str) -> QuerySet[Device]:
    """Phones of the accounts of :func:`users_in`, the latest enrolled first."""
    holders = users_in(area).order_by().values("pk")
    return Device.objects.filter(user__in=holders).select_related("user").order_by("-pk")


def display_names(usernames: Iterable[str]) -> dict[str, str]:
    """What accounts are called, by user name; those without a name are left out. One query."""
    wanted = {name for name in usernames if name}
    if not wanted:
        return {}
    found = User.objects.filter(username__in=wanted).exclude(display_name="")
    return dict(found.values_list("username", "display_name"))


def called(texts: Sequence[str], whole: bool) -> list[str]:
    """The user names of accounts with one of these names; not ``whole``: whose names contain the
    first. At most :data:`MOST_CALLED`. One query.
    """
    found = User.objects.order_by("username")
    if whole:
        found = found.filter(display_name__in=texts)
    else:
        found = found.filter(display_name__icontains=texts[0])
    return list(found.values_list("username", flat=True)[:MOST_CALLED])


def user_in(area: str, user_id: UUID) -> User:
    """Return one account of :func:`users_in`. Raises OutOfScope."""
    found = users_in(area).filter(pk=user_id).first()
    if found is None:
        raise OutOfScope(f"account {user_id}")
    return found


def who_looked(person_id: UUID) -> QuerySet[AccessLog]:
    """Who read this person's data, newest first: shown to the person and to the auditor.

    What was read of a record that was merged into the person's since is among it.
    """
    return AccessLog.objects.filter(persons__overlap=_records(person_id)).order_by("-id")


def _records(person_id: UUID) -> list[UUID]:
    from fangxian.accounts import looks

    return [person_id, *(other for find in looks.records for other in find(person_id))]


def looked_from(found: QuerySet[AccessLog], area: str) -> QuerySet[AccessLog]:
    """Those of the reads that were made by accounts working in ``area``.

    A read keeps the code that the viewer's area had on its day, so codes that places of ``area``
    had before are asked for too.
    """
    if area == codes.WHOLE_COUNTRY:
        return found
    lo, hi = codes.bounds(area)
    inside = Q(area__gte=lo, area__lt=hi)
    former = RegionCode.objects.filter(region__code__gte=lo, region__code__lt=hi)
    # A redraw below the area leaves the codes within it, so mostly there are none.
    if not former.exclude(code__gte=lo, code__lt=hi).exists():
        return found.filter(inside)
    # A code of no length was a place's that this one took over.
    on = OuterRef("at__date")
    since = Q(valid_from__lte=on) | Q(valid_from=F("valid_to"))
    return found.filter(
        inside | Exists(former.filter(since, code=OuterRef("area"), valid_to__gte=on))
    )


# Nothing was read before, and days near the calendar's ends have no time beside them.
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(9999, 1, 1)


def access_log(
    area: str,
    *,
    person_id: UUID | None = None,
    username: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
    revealed_only: bool = False,
) -> QuerySet[AccessLog]:
    """Reads by accounts working in ``area``, newest first; page it by ``id``."""
    found = looked_from(AccessLog.objects.order_by("-id"), area)
    if person_id is not None:
        found = found.filter(persons__overlap=_records(person_id))
    if username:
        found = found.filter(user_id__in=User.objects.filter(username=username).values("pk"))
    # Ids are in the order of time, so the primary key finds a day; the moment itself decides.
    if since is not None:
        begin = _midnight(max(since, EARLIEST))
        found = found.filter(at__gte=begin, id__gte=first_id(begin - CLOCKS))
    if until is not None and until < LATEST:
        end = _midnight(max(until, EARLIEST) + dt.timedelta(days=1))
        found = found.filter(at__lt=end, id__lt=first_id(end + CLOCKS))
    return found.exclude(revealed="") if revealed_only else found


# How far the clock of a row's id may be from that of its moment.
CLOCKS = dt.timedelta(minutes=5)


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def open_alerts(area: str) -> QuerySet[SecurityAlert]:
    """Unsettled security alerts of accounts in ``area``, newest first; of no account: above it too.

    An installation of several counties may have nobody above them.
    """
    found = SecurityAlert.objects.filter(settled_at=None).order_by("-last_at", "-id")
    if area:
        lo, hi = codes.bounds(area)
        nobodys = Q(user_id=None, area__in=["", *codes.ancestors(area)])
        found = found.filter(Q(area__gte=lo, area__lt=hi) | nobodys)
    return found
