"""Merging what a phone changed with what others changed meanwhile, field by field.

The value that the phone had begun from is read from the history row it names as its version. What
the same phone sent since is not another's change. Where two changed the same field, both values go
into the merge queue; the one that arrives later shows, whatever the clocks say, unless the field
keeps the server's.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.utils import timezone

from fangxian.accounts.source import device_in
from fangxian.common.actor import Actor
from fangxian.common.models import Placed
from fangxian.field.models import FieldConflict, Operation
from fangxian.field.sync.entities import Merged, Outcome, Result
from fangxian.field.sync.entities import Operation as Sent

MINE, THEIRS = "mine", "theirs"
_IN_LEDGER = (Result.APPLIED, Result.MERGED, Result.CONFLICT)


@dataclass(frozen=True)
class _Meeting:
    """A field as both sides have it. ``base`` is what the phone knew when it changed it."""

    base: Any
    theirs: Any
    others: bool
    who: str = ""
    device: str = ""
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Change:
    """What one operation wants of one object, which is locked and placed.

    ``wanted`` is checked already and has the model's own types.
    """

    operation: Sent
    current: Placed
    wanted: Mapping[str, Any]


@dataclass(frozen=True)
class _Merge:
    """What comes of a change: what is written, what is disputed, whether others were at it too."""

    change: Change
    meetings: Mapping[str, _Meeting]
    written: Mapping[str, Any]
    disputed: Mapping[str, Merged]
    superseded: bool

    @property
    def outcome(self) -> Outcome:
        if self.disputed:
            return Outcome(Result.CONFLICT, merged=self.disputed)
        beside = self.superseded or any(met.others for met in self.meetings.values())
        return Outcome(Result.MERGED if beside else Result.APPLIED)


def merged(
    by: Actor,
    change: Change,
    write: Callable[[Mapping[str, Any]], None],
    *,
    server_keeps: Collection[str] = (),
) -> Outcome:
    """Merge one change; ``write`` writes what comes of it, if anything does."""

    def write_one(values: Mapping[UUID, Mapping[str, Any]]) -> None:
        for one in values.values():
            write(one)

    return merged_many(by, [change], write_one, server_keeps=server_keeps)[0]


def merged_many(
    by: Actor,
    changes: Sequence[Change],
    write: Callable[[Mapping[UUID, Mapping[str, Any]]], None],
    *,
    server_keeps: Collection[str] = (),
) -> list[Outcome]:
    """Merge changes of different objects of one model; ``write`` writes the fields of each.

    Three or four statements beside the writing, however many there are: the history, what the phone
    has sent since, the queue.
    """
    rows = _histories(changes)
    since = {one.current.pk: _since(one.operation, rows[one.current.pk]) for one in changes}
    newer = _newer(by, changes)
    merges = [
        _merge(by, one, since[one.current.pk], server_keeps, newer[one.operation.op_id])
        for one in changes
    ]
    written = {one.change.current.pk: one.written for one in merges if one.written}
    if written:
        write(written)
    _follow_queue(by, merges)
    return [one.outcome for one in merges]


def _merge(
    by: Actor,
    change: Change,
    rows: Sequence[Mapping[str, Any]],
    server_keeps: Collection[str],
    newer: Collection[str],
) -> _Merge:
    meetings = _meetings(by, change, rows)
    written: dict[str, Any] = {}
    disputed: dict[str, Merged] = {}
    for name, mine in change.wanted.items():
        met = meetings[name]
        if mine == met.theirs or name in newer:
            continue
        if met.theirs == met.base:
            written[name] = mine
        elif mine != met.base:
            kept = THEIRS if name in server_keeps else MINE
            if kept == MINE:
                written[name] = mine
            disputed[name] = Merged(mine, met.theirs, kept)
    superseded = any(name in newer for name in change.wanted)
    return _Merge(change, meetings, written, disputed, superseded)


def _own(by: Actor) -> str | None:
    """The source of what the phone itself changed.

    Not what an operation says of its phone: the source is of one that was shown to be his.
    """
    return by.source if device_in(by.source) else None


def _source(row: Mapping[str, Any]) -> str:
    return str((row["pgh_context"] or {}).get("source", ""))


def _newer(by: Actor, changes: Sequence[Change]) -> dict[UUID, set[str]]:
    """The fields that the same phone changed after an operation and that are in the ledger already,
    by the operation's number: it comes late, was held until now or is in a file. One query.

    The phone itself counts its operations, so of another of its holders it also was made later.
    """
    found: dict[UUID, set[str]] = {one.operation.op_id: set() for one in changes}
    if not changes or not device_in(by.source):
        return found
    known = Operation.objects.filter(
        object_id__in=[one.current.pk for one in changes],
        members__isnull=False,
        proven=True,
        device_id=device_in(by.source),
        entity=changes[0].operation.entity,
        result__in=_IN_LEDGER,
    )
    sent: defaultdict[UUID | None, list[Operation]] = defaultdict(list)
    for row in known.only("object_id", "user_id", "seq", "captured_at", "members"):
        sent[row.object_id].append(row)
    for one in changes:
        for row in sent[one.current.pk]:
            if _is_after(row, one.operation):
                found[one.operation.op_id].update(row.members or ())
    return found


def _is_after(row: Operation, operation: Sent) -> bool:
    if row.seq <= operation.seq:
        return False
    made = row.captured_at
    return row.user_id == operation.user_id or (made is not None and made >= operation.captured_at)


def _histories(changes: Sequence[Change]) -> dict[Any, list[dict[str, Any]]]:
    """The history of each object from what its phone knew. One query, two if that is not known."""
    versions = {one.current.pk: one.operation.base_version for one in changes}
    named = [version for version in versions.values() if version is not None]
    found = _read_histories(changes, min(named)) if len(named) == len(versions) and named else {}
    whole = [
        one
        for one in changes
        if all(row["pgh_id"] != versions[one.current.pk] for row in found.get(one.current.pk, ()))
    ]
    return found | _read_histories(whole, 0)


def _read_histories(changes: Sequence[Change], least: int) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {change.current.pk: [] for change in changes}
    if not changes:
        return found
    model = type(changes[0].current)
    history: Any = apps.get_model(model._meta.app_label, f"{model.__name__}History")
    names = sorted({name for change in changes for name in change.wanted})
    rows = history.objects.filter(pgh_obj_id__in=list(found), pgh_id__gte=least).order_by("pgh_id")
    for row in rows.values("pgh_obj_id", "pgh_id", "pgh_created_at", "pgh_context", *names):
        found[row["pgh_obj_id"]].append(row)
    return found


def _since(operation: Sent, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The history from the row that the phone knew.

    A phone that names no version, or one of before a restore, is taken to have known what held when
    it recorded.
    """
    named = [at for at, row in enumerate(rows) if row["pgh_id"] == operation.base_version]
    known = named or [
        at for at, row in enumerate(rows) if row["pgh_created_at"] <= operation.captured_at
    ]
    return rows[known[-1] :] if known else rows


def _meetings(by: Actor, change: Change, rows: Sequence[Mapping[str, Any]]) -> dict[str, _Meeting]:
    own = _own(by)
    others = any(_source(row) != own for row in rows[1:])
    found: dict[str, _Meeting] = {}
    for name in change.wanted:
        theirs = getattr(change.current, name)
        base = rows[0][name] if rows else theirs
        writer: tuple[str, str, dt.datetime | None] = ("", "", None)
        before = base
        for row in rows[1:]:
            if row[name] == before:
                continue
            before = row[name]
            if (source := _source(row)) == own:
                # What the same phone sent since is what it knew.
                base = before
            else:
                who = str((row["pgh_context"] or {}).get("who", ""))
                writer = who, device_in(source), row["pgh_created_at"]
        found[name] = _Meeting(base, theirs, others, *writer)
    return found


def _follow_queue(by: Actor, merges: Sequence[_Merge]) -> None:
    """Keep both values of what is disputed; what the phone changes once more replaces its own.

    One query, and one statement for each dispute.
    """
    touched = {
        (one.change.current.pk, name): one
        for one in merges
        for name in {**one.written, **one.disputed}
    }
    if not touched:
        return
    open_ = FieldConflict.objects.select_for_update().filter(
        entity=merges[0].change.operation.entity,
        object_id__in={object_id for object_id, _name in touched},
        state=FieldConflict.State.OPEN,
    )
    waiting = {(row.object_id, row.field): row for row in open_.order_by("id")}
    for (object_id, name), one in touched.items():
        row = waiting.get((object_id, name))
        if row is not None or name in one.disputed:
            _queue(by, one, name, row)


def _queue(by: Actor, one: _Merge, name: str, row: FieldConflict | None) -> None:
    operation, met = one.change.operation, one.meetings[name]
    device = device_in(by.source)
    disputed = one.disputed.get(name)
    mine = disputed.mine if disputed else one.written[name]
    if row is None:
        values = [_value(met.base, "", "", None)]
        row = FieldConflict(
            entity=operation.entity,
            object_id=operation.object_id,
            field=name,
            place_code=one.change.current.place_code,
        )
    else:
        before = list(orjson.loads(row.values or "[]"))
        values = before[:1] + [
            each for each in before[1:] if not device or each["device"] != device
        ]
    theirs = _value(met.theirs, met.who, met.device, met.at)
    if disputed and all(each["value"] != theirs["value"] for each in values[1:]):
        values.append(theirs)
    values.append(_value(mine, by.name, device, timezone.now()))
    row.shown = len(values) - 1
    if disputed and disputed.kept == THEIRS:
        row.shown = next(
            at for at, each in enumerate(values) if at and each["value"] == theirs["value"]
        )
    row.op_id, row.values = operation.op_id, orjson.dumps(values).decode()
    row.save()


def _value(value: Any, who: str, device: str, at: dt.datetime | None) -> dict[str, Any]:
    return {"value": plain(value), "who": who, "device": device, "at": at}


def plain(value: Any) -> Any:
    """A value as JSON keeps it (a day as its text)."""
    return value.isoformat() if isinstance(value, dt.date) else value
