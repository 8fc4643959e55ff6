"""Merging what a phone changed with what others changed meanwhile, field by field.

The value that the phone had begun from is read from the history row it names as its version. What
the same phone sent since is not another's change. Where two changed the same field, both values go
into the merge queue; the one that arrives later shows, whatever the clocks say, unless the field
keeps the server's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.db import models
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.field.models import FieldConflict
from fangxian.field.sync.entities import Merged, Operation, Outcome, Result

MINE, THEIRS = "mine", "theirs"
# As ``accounts.devices`` names the source of a phone's actors.
DEVICE = "device "


def device_source(device_id: UUID) -> str:
    """How the history names a phone as the source of a change."""
    return f"{DEVICE}{device_id}"


@dataclass(frozen=True)
class _Meeting:
    """A field as both sides have it. ``base`` is what the phone knew when it changed it."""

    base: Any
    theirs: Any
    others: bool
    who: str = ""
    device: str = ""
    at: dt.datetime | None = None


def merged(
    by: Actor,
    operation: Operation,
    current: models.Model,
    wanted: Mapping[str, Any],
    write: Callable[[dict[str, Any]], None],
    *,
    server_keeps: Collection[str] = (),
) -> Outcome:
    """Merge the ``wanted`` values into ``current``, which is locked and placed; ``write`` writes.

    ``wanted`` is checked already and has the model's own types. Two statements at most beside the
    writing: the object's history since the base, the queue.
    """
    meetings = _meetings(operation, current, list(wanted))
    changes: dict[str, Any] = {}
    disputed: dict[str, Merged] = {}
    beside = False
    for name, mine in wanted.items():
        met = meetings[name]
        beside = beside or met.others
        if mine == met.theirs:
            continue
        if met.theirs == met.base:
            changes[name] = mine
        elif mine != met.base:
            kept = THEIRS if name in server_keeps else MINE
            if kept == MINE:
                changes[name] = mine
            disputed[name] = Merged(mine, met.theirs, kept)
    if changes:
        write(changes)
    _follow_queue(by, operation, current, changes, disputed, meetings)
    if disputed:
        return Outcome(Result.CONFLICT, merged=disputed)
    return Outcome(Result.MERGED if beside else Result.APPLIED)


def _history(model: type[models.Model]) -> Any:
    return apps.get_model(model._meta.app_label, f"{model.__name__}History").objects


def _meetings(
    operation: Operation, current: models.Model, names: Sequence[str]
) -> dict[str, _Meeting]:
    rows = _since(operation, current, names)
    own = device_source(operation.device_id)
    found: dict[str, _Meeting] = {}
    others = False
    for name in names:
        theirs = getattr(current, name)
        base = rows[0][name] if rows else theirs
        writer: tuple[str, str, dt.datetime | None] = ("", "", None)
        before = base
        for row in rows[1:]:
            context: Mapping[str, Any] = row["pgh_context"] or {}
            mine = context.get("source") == own
            others = others or not mine
            if row[name] != before:
                before = row[name]
                if mine:
                    base = before
                else:
                    device = str(context.get("source", "")).partition(DEVICE)[2]
                    writer = str(context.get("who", "")), device, row["pgh_created_at"]
        found[name] = _Meeting(base, theirs, others, *writer)
    return found


def _since(
    operation: Operation, current: models.Model, names: Sequence[str]
) -> list[dict[str, Any]]:
    """The object's history from the row that the phone knew. One query.

    A phone that names no version, or one of before a restore, is taken to have known what held when
    it recorded.
    """
    history = _history(type(current)).filter(pgh_obj_id=current.pk).order_by("pgh_id")
    read = history.values("pgh_id", "pgh_created_at", "pgh_context", *names)
    if operation.base_version is not None:
        rows: list[dict[str, Any]] = list(read.filter(pgh_id__gte=operation.base_version))
        if rows and rows[0]["pgh_id"] == operation.base_version:
            return rows
    rows = list(read)
    known = [at for at, row in enumerate(rows) if row["pgh_created_at"] <= operation.captured_at]
    return rows[known[-1] :] if known else rows


def _follow_queue(
    by: Actor,
    operation: Operation,
    current: models.Model,
    changes: Mapping[str, Any],
    disputed: Mapping[str, Merged],
    meetings: Mapping[str, _Meeting],
) -> None:
    """Keep both values of what is disputed; what the phone changes once more replaces its own."""
    names = {*changes, *disputed}
    if not names:
        return
    device = str(operation.device_id)
    open_ = FieldConflict.objects.select_for_update().filter(
        entity=operation.entity,
        object_id=operation.object_id,
        field__in=names,
        state=FieldConflict.State.OPEN,
    )
    waiting = {row.field: row for row in open_}
    now = timezone.now()
    for name in names:
        row = waiting.get(name)
        if row is None and name not in disputed:
            continue
        met = meetings[name]
        mine = disputed[name].mine if name in disputed else changes[name]
        if row is None:
            values = [_value(met.base, "", "", None)]
        else:
            before = list(orjson.loads(row.values or "[]"))
            values = before[:1] + [one for one in before[1:] if one["device"] != device]
        theirs = _value(met.theirs, met.who, met.device, met.at)
        if name in disputed and all(one["value"] != theirs["value"] for one in values[1:]):
            values.append(theirs)
        values.append(_value(mine, by.name, device, now))
        server = name in disputed and disputed[name].kept == THEIRS
        shown = next(
            (
                at
                for at, one in enumerate(values)
                if server and at and one["value"] == plain(met.theirs)
            ),
            len(values) - 1,
        )
        if row is None:
            row = FieldConflict(
                entity=operation.entity,
                object_id=operation.object_id,
                field=name,
                place_code=getattr(current, "place_code"),  # noqa: B009  (all that is merged is placed)
            )
        row.op_id, row.shown = operation.op_id, shown
        row.values = orjson.dumps(values).decode()
        row.save()


def _value(value: Any, who: str, device: str, at: dt.datetime | None) -> dict[str, Any]:
    return {"value": plain(value), "who": who, "device": device, "at": at}


def plain(value: Any) -> Any:
    """A value as JSON keeps it (a day as its text)."""
    return value.isoformat() if isinstance(value, dt.date) else value
