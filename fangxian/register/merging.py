"""What a merge of two records of one human settles in the register, and how its undo takes it back.

Both records lived somewhere. At one door the kept record's residency stays, from the earlier first
day on and as head if one of them was; the other never held. Where they share no door, the later
residency stays and the earlier ends on the day it began; a registration whose owner lives elsewhere
stays in any case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.core.models import Emergency
from fangxian.register import changes
from fangxian.register.actions.locks import lock_homes
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import HEAD, SEPARATED

Notes = dict[str, Any]


def _open(person: UUID) -> list[Residency]:
    found = Residency.objects.filter(person_id=person, to_date=None)
    return list(found.order_by("-from_date", "id"))


def settle_residencies(by: Actor, lost: UUID, kept: UUID) -> Notes:
    """End what the two records have twice. Returns what :func:`reopen_residencies` needs."""
    homes = Residency.objects.filter(person_id__in=[lost, kept], to_date=None)
    lock_homes(homes.values_list("household_id", flat=True))
    mine, theirs = _open(kept), _open(lost)
    here = {row.household_id: row for row in mine}
    notes: Notes = {"ended": [], "joined": [], "emptied": [], "carried": []}
    for row in theirs:
        if stays := here.get(row.household_id):
            _join(notes, stays, row)
    if here.keys().isdisjoint(row.household_id for row in theirs):
        _leave_the_earlier(notes, mine, theirs)
    _empty(notes)
    changes.changed(by, {row.household_id for row in (*mine, *theirs)})
    return notes


def _join(notes: Notes, stays: Residency, row: Residency) -> None:
    was = {"relation": stays.relation, "from_date": stays.from_date.isoformat()}
    relation = HEAD if HEAD in (stays.relation, row.relation) else stays.relation
    since = min(stays.from_date, row.from_date)
    # First the end: a household never has two heads.
    _end(notes, row, row.from_date, Residency.Ended.MERGED, stays)
    if (relation, since) != (stays.relation, stays.from_date):
        stays.relation, stays.from_date = relation, since
        stays.save(update_fields=["relation", "from_date"])
        now = {"relation": relation, "from_date": since.isoformat()}
        notes["joined"].append({"id": str(stays.pk), "before": was, "after": now})


def _leave_the_earlier(notes: Notes, mine: list[Residency], theirs: list[Residency]) -> None:
    """Where the records share no door, the doors of the record that came later stay."""
    own = [row for row in mine if row.kind != SEPARATED]
    other = [row for row in theirs if row.kind != SEPARATED]
    if not own or not other:
        return
    # Both are ordered, the latest first; on the same day the kept record's stays.
    stays, leaves = (own[0], other) if own[0].from_date >= other[0].from_date else (other[0], own)
    for row in leaves:
        for entry in KeyGroupEntry.objects.filter(
            person_id=row.person_id, place_code=row.place_code, to_date=None
        ):
            notes["carried"].append([str(entry.pk), str(row.pk), str(stays.pk)])
            KeyGroupEntry.objects.filter(pk=entry.pk).update(place_code=stays.place_code)
        _end(notes, row, max(stays.from_date, row.from_date), Residency.Ended.MOVED, stays)


def _end(notes: Notes, row: Residency, on: dt.date, ended: str, stays: Residency) -> None:
    away = row.away_since.isoformat() if row.away_since else None
    notes["ended"].append(
        {
            "id": str(row.pk),
            "to_date": on.isoformat(),
            "away_since": away,
            "stays": str(stays.pk),
        }
    )
    row.to_date, row.ended, row.away_since = on, ended, None
    row.save(update_fields=["to_date", "ended", "away_since"])


def _empty(notes: Notes) -> None:
    rows = Residency.objects.filter(pk__in=[note["id"] for note in notes["ended"]])
    homes = set(rows.values_list("household_id", flat=True))
    still = Residency.objects.filter(household_id__in=homes, to_date=None)
    left = homes - set(still.values_list("household_id", flat=True))
    found = Household.objects.filter(pk__in=left, state=Household.State.LIVED_IN)
    emptied = list(found.values_list("pk", flat=True))
    Household.objects.filter(pk__in=emptied).update(state=Household.State.EMPTY)
    notes["emptied"] = [str(key) for key in emptied]


def reopen_residencies(by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_residencies` did. Raises Conflict where life has gone on.

    Residencies that were deleted since then hinder nothing, and stay deleted.
    """
    rows = {str(row.pk): row for row in _settled(notes)}
    stayed = (rows.get(note["stays"]) for note in notes["ended"])
    if any(row.to_date for row in stayed if row):
        # Whoever of the two it was has not gone on living where the other did.
        raise Conflict(
            _("The person has moved on or died since then: take that back first, if it was wrong.")
        )
    homes = {row.household_id for row in rows.values()}
    if lock_homes(homes).filter(state=Household.State.CLOSED).exists():
        raise Conflict(_("A household of the two records has been closed since then."))
    try:
        with transaction.atomic():
            _restore(notes, rows)
    except IntegrityError:
        raise Conflict(
            _("Somebody has moved or become the head since then: set that back first.")
        ) from None
    Household.objects.filter(pk__in=notes["emptied"], state=Household.State.EMPTY).update(
        state=Household.State.LIVED_IN
    )
    changes.changed(by, homes)


def _settled(notes: Notes) -> Iterable[Residency]:
    ids = {note["id"] for note in (*notes["ended"], *notes["joined"])}
    ids |= {note["stays"] for note in notes["ended"]}
    ids |= {key for carried in notes["carried"] for key in carried[1:]}
    return Residency.objects.select_for_update().filter(pk__in=ids)


def _restore(notes: Notes, rows: dict[str, Residency]) -> None:
    for note in notes["joined"]:
        if (row := rows.get(note["id"])) is None:
            continue
        now = {"relation": row.relation, "from_date": row.from_date.isoformat()}
        if now != note["after"]:
            raise Conflict(_("How one of them lives there was changed since: set it back first."))
        row.relation = note["before"]["relation"]
        row.from_date = dt.date.fromisoformat(note["before"]["from_date"])
        row.save(update_fields=["relation", "from_date"])
    for note in notes["ended"]:
        if (row := rows.get(note["id"])) is None:
            continue
        row.to_date, row.ended = None, ""
        row.away_since = dt.date.fromisoformat(note["away_since"]) if note["away_since"] else None
        row.save(update_fields=["to_date", "ended", "away_since"])
    for entry, left, stayed in notes["carried"]:
        if left not in rows or stayed not in rows:
            continue
        # Where both doors lie now: a redraw may have rewritten their codes.
        KeyGroupEntry.objects.filter(pk=entry, place_code=rows[stayed].place_code).update(
            place_code=rows[left].place_code
        )


def settle_groups(by: Actor, lost: UUID, kept: UUID) -> Notes:
    """End the memberships that both records have; the kept one's begins with the earlier.

    What one of them has for the register does not end with an emergency.
    """
    own = {row.group: row for row in KeyGroupEntry.objects.filter(person_id=kept, to_date=None)}
    notes: Notes = {"ended": [], "joined": [], "kept": []}
    for row in KeyGroupEntry.objects.filter(person_id=lost, to_date=None, group__in=list(own)):
        KeyGroupEntry.objects.filter(pk=row.pk).update(to_date=row.from_date)
        notes["ended"].append(str(row.pk))
        stays = own[row.group]
        if row.from_date < stays.from_date:
            days = [stays.from_date.isoformat(), row.from_date.isoformat()]
            notes["joined"].append([str(stays.pk), *days])
            KeyGroupEntry.objects.filter(pk=stays.pk).update(from_date=row.from_date)
        if row.emergency_id is None and stays.emergency_id is not None:
            notes["kept"].append([str(stays.pk), str(stays.emergency_id)])
            KeyGroupEntry.objects.filter(pk=stays.pk).update(emergency_id=None)
    return notes


def reopen_groups(by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_groups` did."""
    KeyGroupEntry.objects.filter(pk__in=notes["ended"]).update(to_date=None)
    for key, before, after in notes["joined"]:
        # Who has left the group before that day would have left it before joining.
        KeyGroupEntry.objects.filter(pk=key, from_date=after).exclude(to_date__lt=before).update(
            from_date=before
        )
    for key, emergency in notes.get("kept", ()):
        entry = KeyGroupEntry.objects.filter(pk=key, emergency_id=None)
        if Emergency.objects.filter(pk=emergency, ended_on=None).exists():
            entry.update(emergency_id=emergency)
        else:
            # It would have gone with its emergency.
            entry.delete()
