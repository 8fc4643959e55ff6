"""Volunteers keep up with the persons they are: another name, a death, one that is taken back.

Names that aid has copied follow with them.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.mobilise.aid.following import follow_names
from fangxian.mobilise.calls.leaving import held_pledges, leave
from fangxian.mobilise.fitting import ahead, give_up
from fangxian.mobilise.line import lock_people
from fangxian.mobilise.models import Swap, Volunteer
from fangxian.people.models import Person

_BEHIND = (
    ~Q(name=F("person__name"))
    | Q(to_date=None, person__deceased_on__isnull=False)
    | Q(ended_by_death=True, person__deceased_on=None)
)


def follow(by: Actor, persons: Collection[UUID] | None = None) -> int:
    """Bring the volunteers of persons up to date, of all in scope without; how many were not.

    The dead are taken off shifts that are not over, the lines move up and staff are told; what they
    had pledged is withdrawn. A death that is taken back lets somebody serve on; who moved up stays.
    """
    done = follow_names(persons)
    behind = Volunteer.objects.filter(_BEHIND)
    if persons is not None:
        behind = behind.filter(person_id__in=persons)
    keys = list(behind.values_list("id", flat=True))
    if not keys:
        return done
    rows = Volunteer.objects.filter(id__in=keys)
    named = Person.objects.filter(id=OuterRef("person_id")).values("name")
    rows.exclude(name=F("person__name")).update(name=Subquery(named))
    _end(by, rows.filter(to_date=None, person__deceased_on__isnull=False))
    for row in rows.filter(ended_by_death=True, person__deceased_on=None).select_for_update(
        of=("self",)
    ):
        row.ended_by_death = False
        again = Volunteer.objects.filter(
            person_id=row.person_id, place_code=row.place_code, to_date=None
        )
        if not again.exists():
            row.to_date = None
        row.save(update_fields=["ended_by_death", "to_date"])
    return done + len(keys)


def _end(by: Actor, dead: QuerySet[Volunteer]) -> None:
    keys = list(dead.values_list("id", flat=True))
    if not keys:
        return
    shifts, pledges = ahead(keys), held_pledges(keys)
    lock_people(keys)
    asked = Swap.objects.filter(to__in=keys, state=Swap.State.ASKED)
    asked.update(state=Swap.State.WITHDRAWN, answered_at=timezone.now())
    for row in dead.select_related("person"):
        died = row.person.deceased_on
        assert died is not None
        row.to_date, row.ended_by_death = max(row.from_date, died), True
        row.save(update_fields=["to_date", "ended_by_death"])
    leave(by, pledges)
    give_up(by, keys, shifts, "mobilise.died")
