"""Households."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.people.models import PersonLink
from fangxian.regions import queries as regions
from fangxian.register import changes, queries
from fangxian.register.actions.locks import lock_doors, lock_homes
from fangxian.register.models import Household, KeyGroupEntry, Residency

CHANGEABLE = frozenset({"room", "number", "kind", "state", "address", "note"})


@action
def create_household(
    *,
    by: Actor,
    place_code: str,
    room: str = "",
    number: str = "",
    kind: str = "family",
    state: str = "lived_in",
    address: str = "",
    note: str = "",
) -> Household:
    """Make a household in a building (18 digits) or one of its units (20 digits).

    Raises Invalid when the place is neither, OutOfScope when it is not there, Conflict when a
    household of that room and number is registered there.
    """
    by.require("register.edit", place_code)
    building, unit = door(place_code)
    found = Household(
        place_code=place_code,
        building_id=building,
        unit_id=unit,
        room=room.strip(),
        number=number.strip(),
        kind=kind,
        state=state,
        address=address.strip(),
        note=note.strip(),
    )
    _refuse_twice(found)
    found.save(force_insert=True)
    changes.changed(by, [found.id])
    return found


def _refuse_twice(home: Household) -> None:
    """Two households at one door differ in their number; those without either can't be told."""
    if not (home.room or home.number) or home.state == Household.State.CLOSED:
        return
    lock_doors(home.place_code)
    same = queries.households_in(home.place_code).filter(
        place_code=home.place_code, room=home.room, number=home.number
    )
    if same.exclude(pk=home.pk).exists():
        raise Conflict(_("This household is registered already: same door and household number."))


def still_lived_in() -> Problem:
    """What is said of a household that can't be empty: somebody is registered there."""
    return Problem(
        _("Somebody is registered here: the dwelling is not empty."),
        "state",
        mend=_("Record first that they moved out."),
        code="state",
    )


def _refuse_lived_in(homes: Collection[UUID]) -> None:
    if homes and queries.lived_in(homes):
        raise Invalid(still_lived_in())


def door(place_code: str) -> tuple[UUID, UUID | None]:
    """Ids of the building and the unit of a code. Raises Invalid, OutOfScope."""
    size = len(place_code)
    if size not in (codes.Level.BUILDING, codes.Level.UNIT):
        raise Invalid(
            Problem(
                _("A household lies in a building or in one of its units."),
                "place_code",
                mend=_("Choose the building first."),
            )
        )
    building = regions.at(place_code[: int(codes.Level.BUILDING)])
    unit = regions.at(place_code) if size == codes.Level.UNIT else None
    return building.id, unit.id if unit else None


@action
def change_household(*, by: Actor, household_id: UUID, **values: Any) -> Household:
    """Change fields of a household; ``place_code`` moves it, with everybody in it.

    Raises Invalid, Conflict (as :func:`create_household`), OutOfScope.
    """
    lock_homes([household_id])
    found = queries.household(household_id)
    by.require("register.edit", found.place_code)
    place = values.pop("place_code", found.place_code)
    if unknown := set(values) - CHANGEABLE:
        raise TypeError(f"not fields of a household: {sorted(unknown)}")
    if place != found.place_code:
        by.require("register.edit", place)
        values["building_id"], values["unit_id"] = door(place)
        values["place_code"] = place
        _carry(by, found, place)
    changed = update_fields(found, **values)
    if {"place_code", "room", "number", "state"} & set(changed):
        _refuse_twice(found)
    if "state" in changed and found.state == Household.State.EMPTY:
        _refuse_lived_in([found.id])
    if changed:
        found.save(update_fields=changed)
    if {"place_code", "state"} & set(changed):
        changes.changed(by, [found.id])
    return found


@action
def change_at_doors(*, by: Actor, values: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Change state and note of many households in use. A few statements, however many there are.

    Raises Invalid (one is or would be closed, or empty with somebody registered), OutOfScope.
    """
    homes = {home.pk: home for home in lock_homes(values)}
    changed: list[UUID] = []
    for household_id, wanted in values.items():
        home = homes.get(household_id)
        if home is None:
            raise OutOfScope(f"household {household_id}")
        by.require("register.edit", home.place_code)
        if unknown := set(wanted) - {"state", "note"}:
            raise TypeError(f"not told at a door: {sorted(unknown)}")
        if Household.State.CLOSED in (home.state, wanted.get("state")):
            raise Invalid(
                Problem(
                    _("A household is not closed or opened again at its door."),
                    "state",
                    mend=_("Do that on its page."),
                )
            )
        if "state" in update_fields(home, **wanted):
            changed.append(home.pk)
    _refuse_lived_in([key for key in changed if homes[key].state == Household.State.EMPTY])
    Household.objects.bulk_update(homes.values(), ["state", "note"])
    if changed:
        changes.changed(by, changed)


def _carry(by: Actor, found: Household, place: str) -> None:
    from fangxian.register.actions.residencies import LINK, relink

    rows = list(Residency.objects.filter(household=found))
    Residency.objects.filter(household=found).update(place_code=place)
    persons = [row.person_id for row in rows if row.to_date is None]
    KeyGroupEntry.objects.filter(person_id__in=persons, place_code=found.place_code).update(
        place_code=place
    )
    # Who lived there before goes along; what was a mistake has lost its link.
    links = PersonLink.objects.filter(kind=LINK, source_id__in=[row.pk for row in rows])
    linked = set(links.values_list("source_id", flat=True))
    for row in rows:
        if row.pk in linked:
            relink(by, row, place)


@action
def close_household(*, by: Actor, household_id: UUID) -> Household:
    """Take a household off the lists. Raises Conflict while somebody lives in it."""
    lock_homes([household_id])
    found = queries.household(household_id)
    by.require("register.edit", found.place_code)
    if Residency.objects.filter(household=found, to_date=None).exists():
        raise Conflict(_("Somebody still lives here: record the move out first."))
    found.state = Household.State.CLOSED
    found.save(update_fields=["state"])
    changes.changed(by, [found.id])
    return found
