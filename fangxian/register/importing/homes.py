"""The household to which a row belongs, and the person in it of whom a row speaks."""

from __future__ import annotations

from collections.abc import Sequence

from fangxian.register.importing.fields import Record
from fangxian.register.importing.places import Door
from fangxian.register.importing.registered import Home, Human, Lives, Registered


def home_of(record: Record, index: bytes | None, door: Door, registered: Registered) -> Home | None:
    """The household that a row belongs to, if there is one yet."""
    everyone = registered.homes[door.place_code, door.room]
    there = [home for home in everyone if home.collective == record.collective]
    if record.row_key:
        lives = registered.row(record.row_key)
        named = next((h for h in there if lives and h.id == lives.household_id), None)
        if named is not None:
            return named
    if record.collective:
        return there[0] if there else None
    if door.room:
        return _behind(record, index, there, registered)
    if number := record.household_number:
        return next((home for home in there if home.number == number), None)
    named = next((home for home in there if home.head_name == (record.family or "")), None)
    if named is not None:
        return named
    # Nobody was accepted as its head so far: it is the one in which the person lives already.
    headless = (home for home in there if not home.head_name)
    return next((home for home in headless if resident(record, index, home, registered)), None)


def _behind(
    record: Record, index: bytes | None, there: Sequence[Home], registered: Registered
) -> Home | None:
    """The household behind a door with a number.

    Lists number their households anew from month to month: a number that is another family's
    counts less than the head, and where the person lives.
    """
    number, family = record.household_number, record.family
    if not there or (len(there) == 1 and not number):
        return there[0] if there else None
    numbered = next((home for home in there if home.number == number), None) if number else None
    if numbered is not None and (not family or numbered.head_name in ("", family)):
        return numbered
    for home in there:
        if family and home.head_name == family:
            return home
    for home in there:
        if resident(record, index, home, registered):
            return home
    if numbered is not None or not number:
        return numbered or there[0]
    free = (home for home in there if family is None or not home.head_name)
    return next((home for home in free if not home.number), None)


def resident(
    record: Record, index: bytes | None, home: Home, registered: Registered
) -> Human | None:
    """The resident of a household of whom a row speaks, by document or by name."""
    if record.document and index:
        found = registered.by_document.get((record.document[0], index))
        if found:
            return found if lives_in(found, home) else None
    for human in registered.residents[home.id]:
        if human.name == record.name and _compatible(human, record):
            return human
    return None


def _compatible(human: Human, record: Record) -> bool:
    born = human.birth_date.isoformat() if human.birth_date else ""
    if born and record.birth_date and born != record.birth_date:
        return False
    # Somebody of the same name with another document is another person.
    return record.document is None or not human.documents


def residency_of(human: Human, home: Home | None) -> Lives | None:
    """The person's open residency in the household."""
    assert home is not None
    return next((lives for lives in human.residencies if lives.household_id == home.id), None)


def lives_in(human: Human, home: Home) -> bool:
    """Whether the person has an open residency in the household."""
    return residency_of(human, home) is not None
