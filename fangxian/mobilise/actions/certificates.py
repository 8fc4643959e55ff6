"""Certificates of hours served: issued out of what was credited, and revoked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.models import Certificate, Turn, Volunteer
from fangxian.organisations.models import Organisation
from fangxian.regions.queries import full_name

LONGEST: Final = dt.timedelta(days=3 * 366)


@action
def issue_certificate(
    *, by: Actor, volunteer: Volunteer, first: dt.date, last: dt.date, issuer: Organisation
) -> Certificate:
    """Certify the hours that a volunteer was credited from ``first`` to ``last``.

    Its figures are those of now and stay so. Raises OutOfScope, Forbidden, Invalid (days, nothing
    credited, an issuer that is neither a body of the place nor the account's own).
    """
    found = Volunteer.objects.select_for_update().filter(id=volunteer.id).first()
    if found is None:
        raise OutOfScope(str(volunteer.id))
    by.require(KEEP, found.place_code)
    problems = list(_unfit(first, last, issuer))
    if not issuers(by, found.place_code).filter(id=issuer.id).exists():
        problems.append(
            Problem(
                _("“%(name)s” is no body of this place.") % {"name": issuer.name},
                field="issuer",
                mend=_(
                    "Name a body that has its seat here, or the one that your account acts for."
                ),
                code="issuer",
            )
        )
    if problems:
        raise Invalid(*problems)
    rows = served(found, first, last)
    minutes = sum(row["minutes"] for row in rows)
    if not minutes:
        raise Invalid(
            Problem(
                _("No hours are credited in these days."),
                field="first",
                mend=_("Choose other days, or record first who came and went."),
                code="no_hours",
            )
        )
    certificate = Certificate(
        place_code=found.place_code,
        volunteer=found,
        number=_next_number(found.place_code),
        name=found.name,
        first=first,
        last=last,
        minutes=minutes,
        rows=rows,
        issuer=issuer,
        issuer_name=issuer.name,
        issued_on=timezone.localdate(),
        issued_by=by.name,
    )
    certificate.save(force_insert=True)
    return certificate


def _unfit(first: dt.date, last: dt.date, issuer: Organisation) -> Iterator[Problem]:
    if last < first:
        yield Problem(_("The last day lies before the first."), field="last")
    if last > timezone.localdate():
        yield Problem(
            _("Hours to come are not certified."),
            field="last",
            mend=_("Choose today or a day before."),
        )
    if last - first > LONGEST:
        yield Problem(_("A certificate covers three years at most."), field="first")
    if issuer.dissolved_on is not None:
        yield Problem(_("This organisation was dissolved."), field="issuer")


def issuers(by: Actor, place_code: str) -> QuerySet[Organisation]:
    """The bodies in whose name the actor may certify what was served at a place.

    That of the account; those of the place, of places in it, and in the actor's area of places
    that contain it.
    """
    around = [one for one in codes.ancestors(place_code) if codes.contains(by.area, one)]
    lo, hi = codes.bounds(place_code)
    seats = Q(seat__code__gte=lo, seat__code__lt=hi) | Q(seat__code__in=around)
    return Organisation.objects.filter(seats & Q(seat__valid_to=None) | Q(id=by.organisation_id))


def served(volunteer: Volunteer, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """What a volunteer was credited, by the unit that answers for the post; the most first."""
    turns = Turn.objects.filter(
        volunteer=volunteer, minutes__gt=0, shift__day__gte=first, shift__day__lte=last
    )
    by_unit: dict[str, dict[str, Any]] = {}
    for unit, code, n, minutes in (
        turns.values_list("shift__post__organisation__name", "shift__post__place_code")
        .annotate(n=Count("id"), sum=Sum("minutes"))
        .order_by()
    ):
        name = unit or full_name(code)
        row = by_unit.setdefault(name, {"unit": name, "turns": 0, "minutes": 0})
        row["turns"] += n
        row["minutes"] += minutes
    return sorted(by_unit.values(), key=lambda row: (-row["minutes"], row["unit"]))


def _next_number(code: str) -> str:
    """The place, the day, and how many there were before; one at a time."""
    begins = f"{code}-{timezone.localdate():%Y%m%d}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [begins])
    numbers = Certificate.objects.filter(number__startswith=begins)
    last = max(
        (int(one.rpartition("-")[2]) for one in numbers.values_list("number", flat=True)), default=0
    )
    return f"{begins}{last + 1:03d}"


@action
def revoke_certificate(*, by: Actor, certificate: Certificate, reason: str) -> Certificate:
    """Revoke a certificate: who verifies it sees so from then on.

    Raises OutOfScope, Forbidden, Invalid (no reason), Conflict (revoked already).
    """
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("volunteer")
    found = rows.filter(id=certificate.id).first()
    if found is None:
        raise OutOfScope(str(certificate.id))
    by.require(KEEP, found.place_code)
    if not reason.strip():
        raise Invalid(Problem(_("Say why it is revoked."), field="reason"))
    if found.revoked_at is not None:
        raise Conflict(_("This certificate was revoked already."))
    found.revoked_at, found.revoked_by = timezone.now(), by.name
    found.revoked_for = reason.strip()[:200]
    found.save(update_fields=["revoked_at", "revoked_by", "revoked_for"])
    return found
