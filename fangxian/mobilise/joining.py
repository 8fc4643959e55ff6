"""Two entries of one human on the list of volunteers become one, and how that is taken back.

One stays: with the earlier first day, all turns, skills, swaps and whatever else names the other.
The other ends on the day it began. Where both are on one shift, the better of the two turns stays
(who came before who has a place, before who waits); of a skill that both have, the certificate
that lasts longer. A shift at which both came keeps both turns, each with its own entry: nobody is
credited twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from fangxian.mobilise.line import HELD, has_place
from fangxian.mobilise.models import Placement, Shift, Skill, Swap, Turn, Volunteer
from fangxian.people.references import plain

Notes = dict[str, Any]
# Its kind and seats are those of one vehicle: they go together.
VEHICLE: Final = ("vehicle", "vehicle_kind", "seats")


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
    notes["brought"] = _brought(row, stays, using)
    notes["others"] = _others(row, stays, using)
    return notes


def _fields(row: Volunteer, stays: Volunteer, using: str) -> dict[str, list[Any]]:
    """What changes of the one that stays: by field, before and after."""
    not_fit = False in (row.fit, stays.fit)
    rides = max(stays, row, key=_says_of_vehicle)
    joined: dict[str, Any] = {
        "from_date": min(row.from_date, stays.from_date),
        "echelon": min(row.echelon, stays.echelon),
        **{name: getattr(rides, name) for name in VEHICLE},
        "languages": list(dict.fromkeys([*stays.languages, *row.languages])),
        "fit": False if not_fit else stays.fit or row.fit,
        "organisation_id": stays.organisation_id or row.organisation_id,
    }
    changed = {name for name, value in joined.items() if getattr(stays, name) != value}
    if not changed.isdisjoint(VEHICLE):
        changed.update(VEHICLE)
    found = {
        name: [plain(getattr(stays, name)), plain(joined[name])]
        for name in joined
        if name in changed
    }
    for name in found:
        setattr(stays, name, joined[name])
    if found:
        stays.save(using=using, update_fields=list(found))
    return found


def _says_of_vehicle(one: Volunteer) -> tuple[bool, int]:
    return one.vehicle, bool(one.vehicle_kind) + (one.seats is not None)


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
            better.append([str(beside.pk), str(one.pk), plain(beside.expires_on)])
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
    """Whatever else names a volunteer, with the field that does; also what has no way back."""
    for relation in Volunteer._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ForeignObjectRel):
            continue
        model: Any = relation.related_model
        # History stays as it was.
        if model in (Turn, Skill, Swap) or hasattr(model, "pgh_tracked_model"):
            continue
        field: Any = relation.field
        yield f"{model._meta.label}.{field.attname}", model, field.attname


def _brought(row: Volunteer, stays: Volunteer, using: str) -> list[str]:
    """Who served there anyway, by one of the two, serves there by no placement alone."""
    brought = Placement.objects.using(using).filter(brought=True)
    of = [
        [str(key) for key in brought.filter(enlisted=one).values_list("pk", flat=True)]
        for one in (row, stays)
    ]
    if all(of):
        return []
    keys = [key for some in of for key in some]
    Placement.objects.using(using).filter(pk__in=keys).update(brought=False)
    return keys


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
    Placement.objects.filter(pk__in=notes["brought"]).update(brought=True)
    Swap.objects.filter(pk__in=notes["swaps"], to=stays).update(to=row)
    for key, other, expires in reversed(notes["better"]):
        skills = {str(one.pk): one for one in Skill.objects.filter(pk__in=[key, other])}
        if len(skills) == 2 and plain(skills[key].expires_on) == expires:
            _exchange(skills[other], skills[key], "default")
    Skill.objects.filter(pk__in=notes["skills"], volunteer=stays).update(volunteer=row)
    Turn.objects.filter(pk__in=notes["turns"], volunteer=stays).update(volunteer=row)
    _fields_back(notes["fields"], stays)
    if plain(row.to_date) == notes["to_date"]:
        row.to_date = None
        row.save(update_fields=["to_date"])
    # Whether somebody fits is judged by what is his again.
    put_back(notes)
    _ask_again(notes["asked"])
    return row


def _fields_back(noted: dict[str, list[Any]], stays: Volunteer) -> None:
    same = {name for name, (_was, after) in noted.items() if plain(getattr(stays, name)) == after}
    if not same.issuperset(VEHICLE):
        same.difference_update(VEHICLE)
    for name in same:
        column: Any = Volunteer._meta.get_field(name)
        setattr(stays, name, column.to_python(noted[name][0]))
    stays.save(update_fields=list(same))


def put_back(notes: Notes) -> None:
    """Let the turns go on that were taken off, where their shifts are not over.

    Who has no place any more, or may not have it now, waits; who was discharged does not.
    """
    for note in reversed(notes["ended"]):
        turns = Turn.objects.select_related("volunteer").defer("volunteer__name")
        turn = turns.filter(pk=note["id"], state=Turn.State.TAKEN_OFF, ended_at=note["at"]).first()
        shift = Shift.objects.get(pk=note["shift"])
        if turn is None or shift.cancelled_at is not None or shift.ends_at <= timezone.now():
            continue
        again = Turn.objects.filter(shift=shift, volunteer=turn.volunteer_id, state__in=HELD)
        if turn.volunteer.to_date is not None or again.exists():
            continue
        placed = note["state"] == Turn.State.PLACED and has_place(
            shift, turn.volunteer, turn.allowed
        )
        turn.state = Turn.State.PLACED if placed else Turn.State.WAITING
        turn.ended_at = None
        turn.save(update_fields=["state", "ended_at"])


def _ask_again(asked: list[list[str]]) -> None:
    """Let swaps be asked for again whose turns stand, unless somebody else is asked meanwhile."""
    now = timezone.now()
    for key, at in asked:
        rows = Swap.objects.filter(pk=key, state=Swap.State.WITHDRAWN, answered_at=at)
        standing = rows.filter(
            Q(back=None) | Q(back__state=Turn.State.PLACED, back__shift__starts_at__gt=now),
            turn__state=Turn.State.PLACED,
            turn__shift__starts_at__gt=now,
        )
        for swap in standing:
            others = Swap.objects.filter(turn=swap.turn_id, state=Swap.State.ASKED)
            if not others.exists():
                rows.update(state=Swap.State.ASKED, answered_at=None)
