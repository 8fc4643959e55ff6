"""What the room registers at start-up for other rooms and pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Count
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.registries import Invariant, NavItem, Panel, Right, SearchHit
from fangxian.people.references import Reference, references
from fangxian.people.registered import person_panels, person_places


def register() -> None:
    """Fill the registries."""
    from fangxian.register import facts

    for name, label in (
        ("register.view", _("See the register of households and residents")),
        ("register.edit", _("Record moves, births, deaths and changes")),
        ("register.import", _("Import ledgers into the register")),
    ):
        registries.rights.register(name, Right(name, label, personal=True))
    _register_merging()
    _register_imports()
    _register_counters()
    _register_sunset()
    registries.navigation.register(
        "register", NavItem(_("Register"), "register:start", "register.view", "register"), order=40
    )
    registries.panels.register(
        "register", Panel(_("Register"), "register.view", _place_panel), order=20
    )
    person_panels.register("register", _person_panel)
    person_places.register("register", _places_of)
    registries.search.register("register.establishments", _find, order=30)
    registries.household_counts.register("register", _households_by_place)
    facts.register()
    for name, invariant in _INVARIANTS:
        registries.invariants.register(name, invariant)


def _register_merging() -> None:
    from fangxian.register import merging

    references.register(
        "register.residencies",
        Reference(
            "register.Residency",
            clashes=_same_homes,
            settle=merging.settle_residencies,
            reopen=merging.reopen_residencies,
        ),
    )
    references.register(
        "register.key_groups",
        Reference(
            "register.KeyGroupEntry",
            clashes=_same_groups,
            settle=merging.settle_groups,
            reopen=merging.reopen_groups,
        ),
    )


def _register_sunset() -> None:
    from fangxian.core.sunset import Removal, hooks
    from fangxian.register import emergencies

    removal = Removal(emergencies.count_groups, emergencies.forget_groups)
    hooks.register("register.groups", removal)


def _register_imports() -> None:
    from fangxian.core import ledgers
    from fangxian.register import exporting
    from fangxian.register.importing import buildings, runs

    ledgers.register(runs.LEDGER, order=10)
    ledgers.register(buildings.LEDGER)
    exporting.register()


def _register_counters() -> None:
    from fangxian.core import counters
    from fangxian.register import queries

    def rows(_by: Actor, code: str) -> Iterator[counters.Row]:
        return queries.counted_anew(code)

    source = counters.Source(queries.METRICS, rows, moves=False)
    counters.sources.register("register.counts", source)


def _households_by_place(code: str) -> dict[UUID, int]:
    """Households at or below the place by their building, and by their unit if they have one."""
    from fangxian.register import queries

    homes = queries.households_in(code).order_by()
    found: dict[UUID, int] = dict(homes.values_list("building_id").annotate(n=Count("id")))
    in_units = homes.exclude(unit=None).values_list("unit_id").annotate(n=Count("id"))
    return found | dict(in_units)


def _same_homes(lost: UUID, kept: UUID) -> list[UUID]:
    """Open residencies in a household where the kept record has one too."""
    from fangxian.register.models import Residency

    own = Residency.objects.filter(person_id=kept, to_date=None).values("household_id")
    same = Residency.objects.filter(person_id=lost, to_date=None, household_id__in=own)
    return list(same.values_list("pk", flat=True))


def _same_groups(lost: UUID, kept: UUID) -> list[UUID]:
    from fangxian.register.models import KeyGroupEntry

    own = KeyGroupEntry.objects.filter(person_id=kept, to_date=None).values("group")
    same = KeyGroupEntry.objects.filter(person_id=lost, to_date=None, group__in=own)
    return list(same.values_list("pk", flat=True))


def _place_panel(request: HttpRequest, by: Actor, place: str) -> str:
    from fangxian.register import queries
    from fangxian.register.importing.buildings import RIGHT as EDIT_PLACES
    from fangxian.register.vocabularies import KEY_GROUPS

    groups = sorted(queries.group_counts(place).items(), key=lambda item: -item[1])
    context = {
        "code": place,
        "counts": queries.counts(place),
        "groups": [{"label": KEY_GROUPS.label(group), "count": n} for group, n in groups],
        "may_list": Level.COUNTY <= len(place) <= Level.GRID
        and by.may("register.import", place)
        and by.may(EDIT_PLACES, place),
    }
    return render_to_string("register/_panel.html", context, request)


def _person_panel(request: HttpRequest, by: Actor, person: UUID) -> str:
    from fangxian.register import queries
    from fangxian.register.doors import doors_of
    from fangxian.register.models import KeyGroupEntry, Residency

    if not by.may("register.view"):
        return ""
    rows = list(
        Residency.objects.filter(person_id=person)
        .select_related("household")
        .order_by("-from_date", "id")[:50]
    )
    doors = doors_of([row.household for row in rows])
    context = {
        "rows": [{"it": row, "door": doors[row.household_id]} for row in rows],
        "groups": KeyGroupEntry.objects.filter(queries.OPEN, person_id=person),
        "may_edit": by.may("register.edit"),
        "may_undo_death": by.may("register.edit")
        and any(row.ended == Residency.Ended.DIED for row in rows),
        "person": person,
    }
    return render_to_string("register/_person.html", context, request)


def _places_of(persons: Sequence[UUID]) -> dict[UUID, list[str]]:
    from fangxian.register import queries
    from fangxian.register.doors import doors_of

    rows = list(queries.homes_of_all(persons))
    doors = doors_of([row.household for row in rows])
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(doors[row.household_id])
    return found


def _find(by: Actor, text: str, limit: int) -> list[SearchHit]:
    from fangxian.register.models import Establishment

    if not by.may("register.view") or len(text.strip()) < 2:
        return []
    # Few rows a place, so a plain scan of the area's establishments is quick enough.
    found = Establishment.objects.filter(to_date=None, name__contains=text.strip())[:limit]
    return [
        SearchHit(
            _("Establishments"),
            one.name,
            reverse("register:establishment", args=[one.pk]),
            one.kind_label,
        )
        for one in found
    ]


def _rows(sql: str) -> Iterator[tuple[Any, ...]]:
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(sql)
        yield from cursor.fetchall()


def _strayed() -> Iterator[str]:
    for (row,) in _rows(
        "SELECT r.id FROM register_residency r JOIN register_household h ON h.id = r.household_id"
        " WHERE r.place_code <> h.place_code LIMIT 100"
    ):
        yield _now("Residency %(id)s lies elsewhere than its household.") % {"id": row}


def _misplaced() -> Iterator[str]:
    for (row,) in _rows(
        "SELECT h.id FROM register_household h JOIN regions_region b ON b.id = h.building_id"
        " LEFT JOIN regions_region u ON u.id = h.unit_id"
        " WHERE h.state <> 'closed' AND h.place_code <> coalesce(u.code, b.code) LIMIT 100"
    ):
        yield _now("Household %(id)s lies elsewhere than its building and unit.") % {"id": row}


def _unlinked() -> Iterator[str]:
    for (row,) in _rows(
        "SELECT r.id FROM register_residency r WHERE r.to_date IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM people_personlink l WHERE l.person_id = r.person_id"
        "  AND l.place_code = r.place_code) LIMIT 100"
    ):
        yield _now("The resident of %(id)s is not seen at the place of residence.") % {"id": row}


def _twice() -> Iterator[str]:
    for (row,) in _rows(
        "SELECT r.id FROM register_residency r JOIN people_person p ON p.id = r.person_id"
        " WHERE r.to_date IS NULL AND p.merged_into_id IS NOT NULL LIMIT 100"
    ):
        yield _now("Residency %(id)s counts a record that was merged into another.") % {"id": row}


def _lived_in() -> Iterator[str]:
    for (row,) in _rows(
        "SELECT h.id FROM register_household h WHERE h.state <> 'lived_in' AND EXISTS"
        " (SELECT 1 FROM register_residency r WHERE r.household_id = h.id AND r.to_date IS NULL)"
        " LIMIT 100"
    ):
        yield _now("Somebody lives in household %(id)s, which is marked empty or closed.") % {
            "id": row
        }


_INVARIANTS = (
    (
        "register.residencies",
        Invariant(_("Residents lie where their household lies"), _strayed),
    ),
    ("register.households", Invariant(_("Households lie in their building"), _misplaced)),
    ("register.once", Invariant(_("Merged records live nowhere any more"), _twice)),
    ("register.empty", Invariant(_("Nobody lives in empty households"), _lived_in)),
    ("register.links", Invariant(_("Residents are seen where they live"), _unlinked)),
)
