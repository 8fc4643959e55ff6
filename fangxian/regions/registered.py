"""What the room registers at start-up: rights, navigation, search, facts, invariants, 今日."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connections
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.codes import AFTER_DIGITS, Level
from fangxian.common.registries import (
    Invariant,
    NavItem,
    Right,
    SearchHit,
    TodayItem,
)
from fangxian.common.ui.formats import set_place_namer

RIGHTS = (
    Right("regions.view", gettext_lazy("See places")),
    Right("regions.edit", gettext_lazy("Change buildings, units and grids")),
    Right("regions.lists", gettext_lazy("Take in lists of divisions")),
    Right("regions.draw", gettext_lazy("Draw grids and put them in force")),
)
SHOWN = 20


def register_all() -> None:
    """Fill the registries; running it again changes nothing."""
    from fangxian.regions import facts

    for right in RIGHTS:
        registries.rights.register(right.name, right)
    registries.navigation.register(
        "places", NavItem(gettext_lazy("Places"), "regions:tree", "regions.view", "pin"), order=30
    )
    registries.search.register("places", find, order=10)
    registries.today.register("places", today, order=60)
    facts.register()
    for name, invariant in INVARIANTS:
        registries.invariants.register(name, invariant)
    set_place_namer(name_of)


def name_of(code: str) -> str:
    """The name of the current place with a code, or the code. One query."""
    from fangxian.regions import queries

    return queries.names([code]).get(code, code)


def find(by: Actor, text: str, limit: int) -> Sequence[SearchHit]:
    """Hits of the search box among places."""
    from fangxian.regions import queries

    if not by.may("regions.view"):
        return []
    hits = queries.search(text, by.area, limit)
    above = queries.names({hit.place.code[:n] for hit in hits for n in (6, 9, 12)})
    return [
        SearchHit(
            group=_("Places"),
            label=hit.place.name,
            url=reverse("regions:place", args=[hit.place.code]),
            detail=_where(hit.place.code, above)
            + (f" ({was} → {hit.year})" if (was := hit.old_code or hit.old_name) else ""),
        )
        for hit in hits
    ]


def _where(code: str, above: dict[str, str]) -> str:
    names = [above[code[:n]] for n in (6, 9, 12) if n < len(code) and code[:n] in above]
    return " ".join([*names, code])


def today(by: Actor) -> Sequence[TodayItem]:
    """Communities of the area without any grid, and drawings that wait for their day."""
    from fangxian.regions import queries
    from fangxian.regions.models import GridPlan

    if not by.may("regions.draw") or not by.area or len(by.area) < Level.COUNTY:
        return []
    without = queries.below(by.area, Level.VILLAGE).filter(~Exists(_grids_in(OuterRef("code"))))
    codes = list(without.values_list("code", flat=True)[: SHOWN + 1])
    items = []
    if codes:
        count = without.count()
        items.append(
            TodayItem(
                "uncovered",
                _("Communities without grids"),
                count,
                reverse("regions:plans", args=[codes[0]]),
                tone="warn",
                unit="place",
            )
        )
    drafts = GridPlan.objects.filter(state=GridPlan.State.DRAFT).order_by("created_at")
    first = drafts.first()
    if first is not None:
        items.append(
            TodayItem(
                "due",
                _("Drawings of grids to decide"),
                drafts.count(),
                reverse("regions:plan", args=[first.id]),
                unit="drawing",
            )
        )
    return items


def _grids_in(code: Any) -> Any:
    from fangxian.regions.models import Region

    # A range of the index of codes, not a pattern.
    return Region.objects.filter(
        valid_to=None,
        level=int(Level.GRID),
        code__gt=code,
        code__lt=Concat(code, Value(AFTER_DIGITS)),
    )


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(statement, values or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _orphans() -> Iterator[str]:
    lengths = " ".join(
        f"WHEN {int(level)} THEN {int(level.above or 0)}" for level in Level if level
    )
    statement = (
        "SELECT p.code, p.name FROM regions_region p "  # noqa: S608 (numbers of levels only)
        f"WHERE p.valid_to IS NULL AND p.level > 2 AND NOT EXISTS (SELECT 1 FROM regions_region a "
        f"WHERE a.valid_to IS NULL AND a.code = left(p.code, CASE p.level {lengths} END)) "
        "ORDER BY p.code LIMIT 100"
    )
    for code, name in _rows(statement):
        yield f"{name} ({code}) lies in no current place"


def _without_details() -> Iterator[str]:
    for level, table in ((Level.BUILDING, "building"), (Level.UNIT, "buildingunit")):
        statement = (
            "SELECT p.code FROM regions_region p "  # noqa: S608 (our own table names)
            f"LEFT JOIN regions_{table} d ON d.region_id = p.id WHERE p.level = {int(level)} "
            "AND p.valid_to IS NULL AND d.region_id IS NULL ORDER BY p.code LIMIT 100"
        )
        for (code,) in _rows(statement):
            yield f"{code} is a {level.name.lower()} without its details"


def _late_drawings() -> Iterator[str]:
    statement = (
        "SELECT id, place_code, effective FROM regions_gridplan "
        "WHERE state = 'accepted' AND effective < %s ORDER BY effective LIMIT 100"
    )
    for plan_id, code, day in _rows(statement, timezone.localdate()):
        yield f"the drawing {plan_id} of {code} should be in force since {day}"


def _left_behind() -> Iterator[str]:
    from fangxian.regions import recode

    for table, code, count, _area in recode.left_behind(using="maintenance"):
        yield f"{count} rows of {table} lie at the former code {code}"


INVARIANTS = (
    ("regions.parents", Invariant(gettext_lazy("every place lies in a current place"), _orphans)),
    (
        "regions.details",
        Invariant(gettext_lazy("every building and unit has its details"), _without_details),
    ),
    (
        "regions.drawings",
        Invariant(gettext_lazy("drawings come into force on their day"), _late_drawings),
    ),
    ("regions.codes", Invariant(gettext_lazy("no row lies at a former code"), _left_behind)),
)
