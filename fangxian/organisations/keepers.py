"""Buildings without property management fall to a unit that is linked to their community.

The rule set says which role keeps them and which role's holders take over (``takes_over``).
:func:`keep` runs with each settlement and after a linked unit was handed over; running it twice
changes nothing. Who was named as keeper without ever being linked there is left alone, and the
keeper of a community whose last link ended stays until another unit is linked. (Buildings that are
managed again lose their keeper in ``upkeep``.)
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.organisations.actions.appointing import name_checked
from fangxian.organisations.actions.responsibilities import close, create, lock
from fangxian.organisations.checking import Appointment, Board, gone
from fangxian.organisations.models import Responsibility
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import ChainRules, chain_rules
from fangxian.organisations.vacancies import gathered, refresh_places
from fangxian.regions.models import Building, Region

DAY = dt.timedelta(days=1)
# A unit that had a community and has it no more, although another one has.
_LEFT = """
SELECT k.id FROM organisations_responsibility k
WHERE k.role = %(keeper)s AND k.place_code >= %(lo)s AND k.place_code < %(hi)s
  AND k.substitute_for_id IS NULL AND k.from_date < %(day)s
  AND (k.to_date IS NULL OR k.to_date >= %(day)s)
  AND EXISTS (
    SELECT 1 FROM organisations_responsibility u
    WHERE u.role = %(unit)s AND u.place_code = left(k.place_code, 12)
      AND u.organisation_id = k.organisation_id AND u.substitute_for_id IS NULL)
  AND NOT EXISTS (
    SELECT 1 FROM organisations_responsibility u
    WHERE u.role = %(unit)s AND u.place_code = left(k.place_code, 12)
      AND u.organisation_id = k.organisation_id AND u.substitute_for_id IS NULL
      AND (u.to_date IS NULL OR u.to_date >= %(day)s))
"""

Links = dict[str, list[Responsibility]]


def keep(*, by: Actor, area: str, on: dt.date | None = None) -> tuple[int, int]:
    """Bring the keepers of ``area`` up to date: how many were named, how many handed over.

    A building that no unit can take (each has the most already) stays a vacancy.
    """
    day = on or timezone.localdate()
    named = handed = 0
    with acting(by), gathered(by):
        rules = chain_rules(day)
        for keeper, unit in rules.takes_over.items():
            left = _left(keeper, unit, area, day)
            _lock_all(left, keeper, unit, area, day)
            handed += _hand_over(by, rules, keeper, unit, left, day)
            named += _name(by, rules, keeper, unit, area, day)
    return named, handed


def bare_buildings(area: str, keeper: str, day: dt.date) -> list[Region]:
    """The buildings of an area without property management and without a keeper, by code."""
    lo, hi = codes.bounds(area)
    # One who comes later leaves no room for one without an end.
    kept = Responsibility.objects.filter(role=keeper, substitute_for=None).exclude(to_date__lt=day)
    rows = (
        Building.objects.filter(
            managed=False, region__code__gte=lo, region__code__lt=hi, region__valid_to=None
        )
        .exclude(region_id__in=kept.values("place_id"))
        .select_related("region")
        .order_by("region__code")
    )
    return [row.region for row in rows]


def _links(buildings: Iterable[str], role: str, day: dt.date) -> Links:
    """The linked units of the communities of some buildings, the longest linked first."""
    communities = {code[: int(Level.VILLAGE)] for code in buildings}
    rows = (
        in_force(day)
        .filter(place_code__in=communities, role=role, substitute_for=None)
        .select_related("organisation")
        .order_by("from_date", "id")
    )
    found: Links = defaultdict(list)
    for row in rows:
        if row.organisation is not None and gone(row.organisation, day) is None:
            found[row.place_code].append(row)
    return found


def _name(by: Actor, rules: ChainRules, keeper: str, unit: str, area: str, day: dt.date) -> int:
    bare = bare_buildings(area, keeper, day)
    links = _links((place.code for place in bare), unit, day)
    done = turn = 0
    # Whom the first unit can't take the second may.
    while bare := [p for p in bare if len(links.get(p.code[: int(Level.VILLAGE)], ())) > turn]:
        wanted = [
            _appointment(place, keeper, links[place.code[: int(Level.VILLAGE)]][turn], day)
            for place in bare
        ]
        made = name_checked(by, wanted)
        done += sum(one.new for one in made)
        bare = [one.wanted.place for one in made if one.problem is not None]
        turn += 1
    return done


def _appointment(
    place: Region, keeper: str, link: Responsibility, day: dt.date, last: dt.date | None = None
) -> Appointment:
    if link.organisation is None:
        raise ValueError(f"responsibility {link.id} is held by no organisation")
    return Appointment(
        place, keeper, link.organisation, day, last, link.contact or "", _("no property management")
    )


def _left(keeper: str, unit: str, area: str, day: dt.date) -> list[Responsibility]:
    """The keepers whose unit has the community no more, as they are now, locked in one order."""
    lo, hi = codes.bounds(area)
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"keeper": keeper, "unit": unit, "lo": lo, "hi": hi, "day": day})
        ids: list[UUID] = [row[0] for row in cursor.fetchall()]
    return list(
        Responsibility.objects.select_for_update(of=("self",))
        .select_related("place")
        .filter(Q(to_date=None) | Q(to_date__gte=day), id__in=ids)
        .order_by("id")
    )


def _lock_all(
    left: Sequence[Responsibility], keeper: str, unit: str, area: str, day: dt.date
) -> None:
    """Everything that may be named here in one go: bit by bit two would wait for each other."""
    places = [row.place for row in left] + bare_buildings(area, keeper, day)
    links = _links((place.code for place in places), unit, day)
    lock(
        _appointment(place, keeper, link, day)
        for place in places
        for link in links.get(place.code[: int(Level.VILLAGE)], [])
    )


def _hand_over(
    by: Actor,
    rules: ChainRules,
    keeper: str,
    unit: str,
    rows: Sequence[Responsibility],
    day: dt.date,
) -> int:
    if not rows:
        return 0
    links = _links((row.place_code for row in rows), unit, day)
    turned: list[tuple[Responsibility, Appointment]] = []
    for row in rows:
        for link in links.get(row.place_code[: int(Level.VILLAGE)], [])[:1]:
            # From the first day of the link, but the former keeper has held for a day at least.
            first = max(link.from_date, row.from_date + DAY)
            turned.append((row, _appointment(row.place, keeper, link, first, row.to_date)))
    lock(wanted for _row, wanted in turned)
    board = Board(
        rules,
        [row.place for row, _wanted in turned],
        [keeper],
        [wanted.holder for _row, wanted in turned],
    )
    role, done = rules.role(keeper), []
    for row, wanted in turned:
        if board.too_much(role, wanted.holder, wanted.span) is None:
            made_id = uuid7()
            close(by, row, wanted.from_date - DAY, taken_over=made_id)
            board.take(wanted, create(by, wanted, rules.version, row_id=made_id))
            done.append(row.place)
    refresh_places(by, done)
    return len(done)
