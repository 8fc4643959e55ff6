"""Two entries of one human on the list of volunteers become one, and how that is taken back.

One stays: with the earlier first day, all turns, skills, swaps and whatever else names the other.
The other ends on the day it began. Where both are on one shift, the better of the two turns stays
(who came before who has a place, before who waits); of a skill that both have, the certificate
that lasts longer. A shift at which both came keeps both turns, each with its own entry: nobody is
credited twice.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from fangxian.mobilise.line import HELD
from fangxian.mobilise.models import Shift, Skill, Swap, Turn, Volunteer

Notes = dict[str, Any]


def join(row: Volunteer, stays: Volunteer, *, using: str = "default") -> Notes:
    """Let ``stays`` take over what ``row`` has, and end that. Returns what :func:`part` needs.

    Both are locked, and the shifts on which they are. Names plain values alone.
    """
    notes: Notes = {"row": str(row.pk), "stays": str(stays.pk), "ended": []}
    notes["to_date"] = row.from_date.isoformat()
    row.to_date = row.from_date
    row.save(using=using, update_fields=["to_date"])
    notes["fields"] = _fields(row, stays, using)
    notes["turns"] = _turns(notes, row, stays, using)
    notes["skills"], notes["better"] = _skills(row, stays, using)
    notes["swaps"], notes["asked"] = _swaps(row, stays, using)
    notes["others"] = _others(row, stays, using)
    return notes


def _fields(row: Volunteer, stays: Volunteer, using: str) -> dict[str, list[Any]]:
    """What changes of the one that stays: by field, before and after."""
    not_fit = False in (row.fit, stays.fit)
    joined: dict[str, Any] = {
        "from_date": min(row.from_date, stays.from_date),
        "echelon": min(row.echelon, stays.echelon),
        "vehicle": row.vehicle or stays.vehicle,
        "fit": False if not_fit else stays.fit or row.fit,
        "organisation_id": stays.organisation_id or row.organisation_id,
    }
    changed = {
        name: [_plain(getattr(stays, name)), _plain(value)]
        for name, value in joined.items()
        if getattr(stays, name) != value
    }
    for name in changed:
        setattr(stays, name, joined[name])
    if changed:
        stays.save(using=using, update_fields=list(changed))
    return changed


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def _turns(notes: Notes, row: Volunteer, stays: Volunteer, using: str) -> list[str]:
    held = Turn.objects.using(using).filter(volunteer=stays, state__in=HELD)
    own = {turn.shift_id: turn for turn in held.select_for_update(of=("self",))}
    gone: list[str] = []
    every = Turn.objects.using(using).filter(volunteer=row).order_by("pk")
    for turn in every.select_for_update(of=("self",)):
        beside = own.get(turn.shift_id) if turn.state in HELD else None
        if beside is not None:
            if turn.came_at is not None and beside.came_at is not None:
                continue
            take_off(notes, max(turn, beside, key=_after), using)
        gone.append(str(turn.pk))
        Turn.objects.using(using).filter(pk=turn.pk).update(volunteer=stays)
    return gone


def _after(turn: Turn) -> tuple[bool, bool, int]:
    return turn.came_at is None, turn.state != Turn.State.PLACED, turn.number


def take_off(notes: Notes, turn: Turn, using: str = "default") -> None:
    """End a turn that one human can't have beside another, and note how it was."""
    was = turn.state
    turn.state, turn.ended_at = Turn.State.TAKEN_OFF, timezone.now()
    turn.save(using=using, update_fields=["state", "ended_at"])
    notes["ended"].append(
        {
            "id": str(turn.pk),
            "shift": str(turn.shift_id),
            "state": was,
            "at": turn.ended_at.isoformat(),
        }
    )


def _skills(row: Volunteer, stays: Volunteer, using: str) -> tuple[list[str], list[list[Any]]]:
    own = {one.skill: one for one in Skill.objects.using(using).filter(volunteer=stays)}
    gone, better = [], []
    for one in Skill.objects.using(using).filter(volunteer=row).order_by("pk"):
        beside = own.get(one.skill)
        if beside is None:
            gone.append(str(one.pk))
            Skill.objects.using(using).filter(pk=one.pk).update(volunteer=stays)
        elif beside.expires_on and (one.expires_on is None or one.expires_on > beside.expires_on):
            _exchange(one, beside, using)
            better.append([str(beside.pk), str(one.pk), _plain(beside.expires_on)])
    return gone, better


def _exchange(one: Skill, other: Skill, using: str) -> None:
    """Each has the other's certificate then; what they say goes into no note."""
    one.certificate, other.certificate = other.certificate, one.certificate
    one.expires_on, other.expires_on = other.expires_on, one.expires_on
    for skill in (one, other):
        skill.save(using=using, update_fields=["certificate", "expires_on"])


def _swaps(row: Volunteer, stays: Volunteer, using: str) -> tuple[list[str], list[list[str]]]:
    asked = Swap.objects.using(using).filter(to=row)
    gone = [str(key) for key in asked.values_list("pk", flat=True)]
    Swap.objects.using(using).filter(pk__in=gone).update(to=stays)
    now = timezone.now()
    # Nobody asks himself.
    himself = Swap.objects.using(using).filter(
        to=stays, turn__volunteer=stays, state=Swap.State.ASKED
    )
    ended = [[str(key), now.isoformat()] for key in himself.values_list("pk", flat=True)]
    Swap.objects.using(using).filter(pk__in=[key for key, _at in ended]).update(
        state=Swap.State.WITHDRAWN, answered_at=now
    )
    return gone, ended


def _hanging() -> Iterator[tuple[str, type[models.Model], str]]:
    """Whatever else names a volunteer, with the field that does."""
    for relation in Volunteer._meta.related_objects:
        model: Any = relation.related_model
        if model not in (Turn, Skill, Swap) and not hasattr(model, "pgh_tracked_model"):
            field = relation.field.attname
            yield f"{model._meta.label}.{field}", model, field


def _others(row: Volunteer, stays: Volunteer, using: str) -> dict[str, list[str]]:
    gone: dict[str, list[str]] = {}
    for name, model, field in _hanging():
        rows = model._base_manager.using(using)
        for key in list(rows.filter(**{field: row.pk}).values_list("pk", flat=True)):
            # What both have by a unique rule stays with the one that ended.
            with contextlib.suppress(IntegrityError), transaction.atomic(using=using):
                rows.filter(pk=key).update(**{field: stays.pk})
                gone.setdefault(name, []).append(str(key))
    return gone


def part(notes: Notes) -> Volunteer | None:
    """Take back what :func:`join` did; what was changed since stays as it is.

    Somebody else may have a place that was free meanwhile: then one waits for it, the first in the
    line. Returns the entry that goes on, None where it is gone.
    """
    both = Volunteer.objects.in_bulk([UUID(notes["row"]), UUID(notes["stays"])])
    row, stays = both.get(UUID(notes["row"])), both.get(UUID(notes["stays"]))
    if row is None or stays is None:
        return None
    for name, model, field in _hanging():
        moved = model._base_manager.filter(
            pk__in=notes["others"].get(name, []), **{field: stays.pk}
        )
        moved.update(**{field: row.pk})
    for key, at in notes["asked"]:
        swap = Swap.objects.filter(pk=key, state=Swap.State.WITHDRAWN, answered_at=at)
        swap.update(state=Swap.State.ASKED, answered_at=None)
    Swap.objects.filter(pk__in=notes["swaps"], to=stays).update(to=row)
    for key, other, expires in reversed(notes["better"]):
        skills = {str(one.pk): one for one in Skill.objects.filter(pk__in=[key, other])}
        if len(skills) == 2 and _plain(skills[key].expires_on) == expires:
            _exchange(skills[other], skills[key], "default")
    Skill.objects.filter(pk__in=notes["skills"], volunteer=stays).update(volunteer=row)
    Turn.objects.filter(pk__in=notes["turns"], volunteer=stays).update(volunteer=row)
    put_back(notes)
    for name, (before, after) in notes["fields"].items():
        if _plain(getattr(stays, name)) == after:
            column: Any = Volunteer._meta.get_field(name)
            setattr(stays, name, column.to_python(before))
    stays.save(update_fields=list(notes["fields"]))
    if _plain(row.to_date) == notes["to_date"]:
        row.to_date = None
        row.save(update_fields=["to_date"])
    return row


def put_back(notes: Notes) -> None:
    """Let the turns go on that were taken off, where their shifts are not over."""
    for note in reversed(notes["ended"]):
        turn = Turn.objects.filter(
            pk=note["id"], state=Turn.State.TAKEN_OFF, ended_at=note["at"]
        ).first()
        shift = Shift.objects.get(pk=note["shift"])
        if turn is None or shift.cancelled_at is not None or shift.ends_at <= timezone.now():
            continue
        again = Turn.objects.filter(shift=shift, volunteer=turn.volunteer_id, state__in=HELD)
        if again.exists():
            continue
        full = shift.placed >= shift.heads
        turn.state = Turn.State.WAITING if full else note["state"]
        turn.ended_at = None
        turn.save(update_fields=["state", "ended_at"])
