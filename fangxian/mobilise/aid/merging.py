"""Who is in a batch twice, by two records of one human, is in it once when these become one.

The kept record's row stays, with what the other knows and it doesn't; the return of the two that is
recorded, the later one, holds with its quarantine. The other row goes, with what would be there
twice: the undo takes it from the history.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.history import restored
from fangxian.common.models import update_fields
from fangxian.mobilise.aid import queries, raising
from fangxian.mobilise.aid.actions.batches import LINK, State
from fangxian.mobilise.models import AidBatch, AidMember, AidQuarantine, FamilyContact
from fangxian.people.models import PersonLink
from fangxian.people.references import plain

Notes = dict[str, Any]
TOLD = ("role", "position", "specialty", "organisation_id")
RETURN = ("returned_on", "fewer_for")


def settle_members(by: Actor, lost: UUID, kept: UUID) -> Notes:
    """Let a human be once in each batch. Returns what the undo needs."""
    rows = AidMember.objects.filter(person_id__in=[lost, kept]).defer("name")
    both = [row for row in rows if row.person_id == lost]
    own = {row.batch_id: row for row in rows if row.person_id == kept}
    batches = _held({row.batch_id for row in both if row.batch_id in own})
    notes: Notes = {
        "members": [
            _join(row, own[row.batch_id], batches[row.batch_id])
            for row in both
            if row.batch_id in batches
        ],
        # Nobody keeps contact with a family for himself.
        "himself": _ended(
            FamilyContact.objects.filter(
                person_id__in=[lost, kept], member__person_id__in=[lost, kept], to_date=None
            )
        ),
    }
    raising.settle(by, list(batches.values()))
    return notes


def _held(keys: set[UUID]) -> dict[UUID, AidBatch]:
    rows = AidBatch.objects.select_for_update(of=("self",)).filter(id__in=keys)
    return {one.id: one for one in rows.order_by("id")}


def _join(row: AidMember, stays: AidMember, batch: AidBatch) -> Notes:
    note: Notes = {"row": str(row.pk), "stays": str(stays.pk), "batch": str(batch.pk)}
    back = max(stays, row, key=lambda one: one.returned_on or dt.date.min)
    note["contacts"] = _contacts(row, stays)
    note["quarantine"] = _quarantine(row, stays, back)
    joined = {
        "leader": stays.leader or row.leader,
        **{name: getattr(stays, name) or getattr(row, name) for name in TOLD},
        **{name: getattr(back, name) for name in RETURN},
    }
    before = {name: getattr(stays, name) for name in joined}
    PersonLink.objects.filter(person_id=row.person_id, kind=LINK, source_id=row.pk).delete()
    row.delete()
    changed = update_fields(stays, **joined)
    if changed:
        stays.save(update_fields=changed)
    note["fields"] = {name: [plain(before[name]), plain(joined[name])] for name in changed}
    note["returned"] = batch.state == State.UNDER_WAY and not _away(batch)
    if note["returned"]:
        last = AidMember.objects.filter(batch=batch).order_by("-returned_on").first()
        batch.state, batch.returned_on = State.RETURNED, last.returned_on if last else None
        batch.save(update_fields=["state", "returned_on"])
    return note


def _away(batch: AidBatch) -> bool:
    return AidMember.objects.filter(batch=batch, returned_on=None).exists()


def _contacts(row: AidMember, stays: AidMember) -> Notes:
    """One at a time keeps contact: the one whom the row that stays names."""
    names_one = FamilyContact.objects.filter(member=stays, to_date=None).exists()
    theirs = FamilyContact.objects.filter(member=row, to_date=None)
    ended = _ended(theirs) if names_one else []
    found = FamilyContact.objects.filter(member=row)
    moved = [str(key) for key in found.values_list("pk", flat=True)]
    FamilyContact.objects.filter(pk__in=moved).update(member=stays)
    return {"moved": moved, "ended": ended}


def _ended(contacts: QuerySet[FamilyContact]) -> list[list[str]]:
    """End contacts today; their ids with that day."""
    ended = []
    for one in contacts.defer("name").order_by("id"):
        one.to_date = max(timezone.localdate(), one.from_date)
        one.save(update_fields=["to_date"])
        ended.append([str(one.pk), one.to_date.isoformat()])
    return ended


def _go_on(ended: list[list[str]]) -> None:
    """Let contacts go on where nobody else keeps it meanwhile."""
    for key, last in ended:
        one = FamilyContact.objects.filter(pk=key, to_date=last).defer("name").first()
        if one is None:
            continue
        if not FamilyContact.objects.filter(member=one.member_id, to_date=None).exists():
            one.to_date = None
            one.save(update_fields=["to_date"])


def _quarantine(row: AidMember, stays: AidMember, back: AidMember) -> Notes:
    """The quarantine of the return that holds stays, the other goes: their ids."""
    other = row if back is stays else stays
    gone = AidQuarantine.objects.filter(member=other).first()
    moved = AidQuarantine.objects.filter(member=row).first() if back is row else None
    note = {"gone": str(gone.pk) if gone else None, "moved": str(moved.pk) if moved else None}
    if gone is not None:
        gone.delete()
    if moved is not None:
        moved.member = stays
        moved.save(update_fields=["member"])
    return note


def reopen_members(by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_members` did; what was changed since stays as it is."""
    batches = _held({UUID(note["batch"]) for note in notes["members"]})
    for note in reversed(notes["members"]):
        batch = batches.get(UUID(note["batch"]))
        if batch is not None:
            _part(note, batch)
    _go_on(notes["himself"])
    raising.settle(by, list(batches.values()))


def _part(note: Notes, batch: AidBatch) -> None:
    stays = AidMember.objects.filter(pk=note["stays"]).defer("name").first()
    if stays is not None:
        _fields_back(note["fields"], stays)
    leads = AidMember.objects.filter(batch=batch, leader=True).exists()
    row = restored(AidMember, UUID(note["row"]), **({"leader": False} if leads else {}))
    if row is None:
        return
    if batch.state in queries.OPEN:
        PersonLink.objects.get_or_create(
            person_id=row.person_id, place_code=row.place_code, kind=LINK, source_id=row.pk
        )
    _back_or_away(note, batch)
    _quarantine_back(note["quarantine"], row, stays)
    contacts = FamilyContact.objects.filter(pk__in=note["contacts"]["moved"])
    contacts.filter(member=note["stays"]).update(member=row)
    _go_on(note["contacts"]["ended"])


def _fields_back(noted: dict[str, list[Any]], stays: AidMember) -> None:
    same = {name for name, (_was, after) in noted.items() if plain(getattr(stays, name)) == after}
    if not same.issuperset(set(RETURN) & set(noted)):
        same.difference_update(RETURN)
    for name in same:
        column: Any = AidMember._meta.get_field(name)
        setattr(stays, name, column.to_python(noted[name][0]))
    stays.save(update_fields=list(same))


def _back_or_away(note: Notes, batch: AidBatch) -> None:
    """Nobody is away with a batch that has returned: it is under way again, or he is back."""
    if batch.state not in (State.RETURNED, State.CLOSED) or not _away(batch):
        return
    if note["returned"] and batch.state == State.RETURNED:
        batch.state, batch.returned_on = State.UNDER_WAY, None
        batch.save(update_fields=["state", "returned_on"])
        return
    AidMember.objects.filter(batch=batch, returned_on=None).update(returned_on=batch.returned_on)


def _quarantine_back(note: Notes, row: AidMember, stays: AidMember | None) -> None:
    """Each has the quarantine of his own return again."""
    if note["moved"] is not None:
        moved = AidQuarantine.objects.filter(pk=note["moved"]).first()
        if moved is not None and moved.from_date == row.returned_on:
            moved.member = row
            moved.save(update_fields=["member"])
    if note["gone"] is None:
        return
    whose = row if note["moved"] is None else stays
    if whose is None or AidQuarantine.objects.filter(member=whose).exists():
        return
    gone = restored(AidQuarantine, UUID(note["gone"]))
    if gone is not None and (gone.member_id, gone.from_date) != (whose.pk, whose.returned_on):
        gone.delete()
