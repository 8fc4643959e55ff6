"""What could not be applied for who sent it: kept, and decided on by whoever answers there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.devices import at_desk
from fangxian.accounts.models import Grant
from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.fields import Destroyed
from fangxian.common.keyring import REGISTER, KeyDestroyed
from fangxian.common.scoping import acting
from fangxian.core.queries import server_epoch
from fangxian.field.models import HeldOperation, Operation
from fangxian.field.sync import entities
from fangxian.field.sync.applying import apply_one
from fangxian.field.sync.entities import Outcome, Result, over
from fangxian.field.sync.opening import Unopened, opened

RIGHT: Final = "field.phones"
LONGEST_REASON: Final = 200
# What one phone may have waiting: some weeks of work of one that was disabled with its queue full.
MOST_WAITING: Final = 10_000
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
# Taken over in one go.
MOST_AT_ONCE: Final = 200
# No place has this code: seen by who acts in the whole country.
NOWHERE: Final = "00"
# What is held may lie anywhere, and is not seen by who sent it.
EVERYWHERE: Final = Actor.system("field.phones", codes.WHOLE_COUNTRY)


@dataclass(frozen=True)
class Holding:
    """What is kept of an operation of ``user_id``, sent by the phone of ``holder_id``.

    Without ``place`` it is decided on where the one or the other works or worked last: the holder
    first where nothing proves who made it. ``handed_by``: who brought it in a file; its phone may
    be anybody's or none.
    """

    op_id: UUID
    device_id: UUID
    user_id: UUID
    holder_id: UUID
    entity: str
    why: HeldOperation.Why
    place: str
    emergency_id: UUID | None
    body: str | None
    captured_at: dt.datetime | None
    handed_by: UUID | None = None


def hold(holdings: Sequence[Holding]) -> dict[UUID, Outcome]:
    """Keep operations of one sender for a decision; returns what is answered to those not kept.

    They come again where too much of the phone waits already. Three statements, one more where a
    place is not known.
    """
    bodies, kept_out = _sealed(holdings)
    kept_out |= _beyond(holdings, bodies)
    lost = {id_ for one in holdings if not one.place for id_ in (one.user_id, one.holder_id)}
    areas = _last_areas(lost) if lost else {}
    rows = [
        HeldOperation(
            op_id=one.op_id,
            place_code=one.place or _area(one, areas) or settings.FANGXIAN_AREA or NOWHERE,
            device_id=one.device_id,
            user_id=one.user_id,
            handed_by=one.handed_by,
            entity=one.entity,
            why=one.why,
            emergency_id=one.emergency_id,
            body=bodies[one.op_id],
            captured_at=one.captured_at,
        )
        for one in holdings
        if one.op_id not in kept_out
    ]
    with acting(EVERYWHERE):
        HeldOperation.objects.bulk_create(rows, ignore_conflicts=True)
    return kept_out


def _area(one: Holding, areas: Mapping[UUID, str]) -> str:
    by, holder = areas.get(one.user_id, ""), areas.get(one.holder_id, "")
    return holder or by if one.why == HeldOperation.Why.PROOF else by or holder


def _sealed(
    holdings: Sequence[Holding],
) -> tuple[dict[UUID, bytes | None], dict[UUID, Outcome]]:
    """The bodies as they are kept, each by itself: one without a key keeps back no other."""
    column: Any = HeldOperation._meta.get_field("body")
    bodies: dict[UUID, bytes | None] = {}
    ended: dict[UUID, Outcome] = {}
    for one in holdings:
        try:
            sealed = one.body and column.seal(one.body, one.emergency_id or REGISTER)
        except KeyDestroyed:
            ended[one.op_id] = over()
        else:
            bodies[one.op_id] = sealed or None
    return bodies, ended


def _beyond(
    holdings: Sequence[Holding], bodies: Mapping[UUID, bytes | None]
) -> dict[UUID, Outcome]:
    """Those for which there is no room, by what waits of the phone that sent them all.

    Of a file by what waits of who handed it in: it may name anybody's phone. One query.
    """
    device, person = holdings[0].device_id, holdings[0].handed_by
    sender = Q(handed_by=person) if person else Q(device_id=device, handed_by=None)
    with acting(EVERYWHERE):
        waits = open_held().filter(sender).order_by()
        taken = waits.aggregate(n=Count("id"), size=Sum(Length("body")))
    n, size = taken["n"], taken["size"] or 0
    beyond: dict[UUID, Outcome] = {}
    for one in holdings:
        if one.op_id not in bodies:
            continue
        more = len(bodies[one.op_id] or b"")
        if n >= MOST_WAITING or size + more > MOST_WAITING_BYTES:
            beyond[one.op_id] = Outcome(Result.RETRY, (_full(handed=person is not None),))
        else:
            n, size = n + 1, size + more
    return beyond


def _full(*, handed: bool) -> Problem:
    if handed:
        return Problem(
            _("What you handed in before still waits for a decision, as much as may wait."),
            mend=_("Ask your supervisor to decide; hand this file in again after that."),
            code="full",
        )
    return Problem(
        _("Too much of this phone waits for a decision."),
        mend=_("It is kept on the phone and sent again; ask your supervisor to decide."),
        code="full",
    )


def _last_areas(users: set[UUID]) -> dict[UUID, str]:
    """Where they work, else where they worked last. One query."""
    grants = Grant.objects.filter(user_id__in=users, region__isnull=False)
    ended = F("revoked_at").asc(nulls_last=True)
    rows = grants.order_by(ended, "valid_from").values_list("user_id", "region__code")
    return {user_id: code for user_id, code in rows if code}


def open_held() -> QuerySet[HeldOperation]:
    """What waits for a decision in scope, the longest waiting first."""
    found = HeldOperation.objects.filter(state=HeldOperation.State.OPEN)
    return found.order_by("created_at", "id")


def waits_as(op_id: UUID) -> HeldOperation.Why | None:
    """Why an operation waits for a decision, wherever; None if it does not. One query."""
    with acting(EVERYWHERE):
        why = open_held().filter(op_id=op_id).values_list("why", flat=True).first()
    return HeldOperation.Why(why) if why else None


def held_at(held_id: UUID) -> HeldOperation:
    """A held operation. Raises OutOfScope."""
    found = HeldOperation.objects.filter(pk=held_id).first()
    if found is None:
        raise OutOfScope(f"held {held_id}")
    return found


def operation_of(found: HeldOperation) -> entities.Operation | None:
    """What was held, None if it can't be read (any more). One query."""
    return operations_of([found]).get(found.pk)


def operations_of(rows: Sequence[HeldOperation]) -> dict[UUID, entities.Operation]:
    """What was held by the row's id, as far as it can be read. One query."""
    readable = {
        row.op_id: row for row in rows if row.body is not None and not _is_destroyed(row.body)
    }
    known = Operation.objects.filter(op_id__in=readable).values_list("op_id", "digest")
    epoch = server_epoch()
    read: dict[UUID, entities.Operation] = {}
    for op_id, digest in known:
        row = readable[op_id]
        made = row.captured_at or row.created_at
        try:
            operation = opened(
                str(row.body).encode(),
                op_id=op_id,
                device_id=row.device_id,
                digest=bytes(digest),
                now=made,
                epoch=epoch,
                held=True,
            )
        except Unopened:
            continue
        # As it was judged when it arrived, not by the phone's clock once more.
        read[row.pk] = replace(operation, captured_at=made, arrived_at=row.created_at)
    return read


def _is_destroyed(body: Any) -> bool:
    return isinstance(body, Destroyed)


def _open(by: Actor, held_id: UUID) -> HeldOperation:
    found = HeldOperation.objects.select_for_update().filter(pk=held_id).first()
    if found is None:
        raise OutOfScope(f"held {held_id}")
    by.require(RIGHT, found.place_code)
    if found.state != HeldOperation.State.OPEN:
        raise Conflict(_("This was decided on already."))
    return found


def _decide(
    by: Actor,
    found: HeldOperation,
    state: HeldOperation.State,
    result: Result,
    problems: Sequence[Problem] = (),
    reason: str = "",
) -> None:
    """``reason`` may quote what was recorded: it is kept, and told, under the same key.

    Once that is destroyed the phone is told that alone. What was recorded is not kept any longer.
    """
    from fangxian.field.sync.operations import said

    column: Any = HeldOperation._meta.get_field("reason")
    now, under = timezone.now(), found.emergency_id
    if reason:
        problems = [Problem(reason, code="declined")]
    try:
        sealed = column.seal(reason, under or REGISTER) if reason else None
    except KeyDestroyed:
        sealed, under, problems = None, None, over().problems
    found.state, found.decided_at, found.decided_by = state, now, by.name
    found.reason, found.body = sealed, None
    found.save(update_fields=["state", "decided_at", "decided_by", "reason", "body"])
    row = Operation.objects.filter(op_id=found.op_id).first()
    if row is not None:
        row.result, row.decided_at, row.emergency_id = str(result), now, under
        row.told = orjson.dumps({"problems": said(problems)}).decode() if problems else None
        row.save(update_fields=["result", "decided_at", "emergency_id", "told"])


@action
def take_over(*, by: Actor, held_id: UUID) -> Result:
    """Apply a held operation in the right of who decides. Returns what became of it.

    History names the phone as its source, as if it had come in time, unless nothing proves who made
    it there. Raises Invalid with each problem if it can't be applied (then it stays held), Conflict
    (decided already, or not possible just now), OutOfScope.
    """
    found = _open(by, held_id)
    entity = entities.entity(found.entity)
    operation = operation_of(found)
    if operation is None or entity is None:
        raise Invalid(
            Problem(
                _("It can't be read any more."),
                mend=_("Turn it down with a reason, and have it recorded again."),
            )
        )
    by.require(entity.right, found.place_code)
    proven = found.why != HeldOperation.Why.PROOF
    source = at_desk(by, operation.device_id, operation.user_id) if proven else by
    with acting(source) as made_on:
        outcome = apply_one(made_on, entity, replace(operation, taken_over=True))
    if outcome.result in (Result.RETRY, Result.HELD):
        raise Conflict(
            _("It could not be written just now, and still waits: try again in a minute.")
        )
    if outcome.result is Result.REJECTED:
        raise Invalid(*outcome.problems)
    _decide(by, found, HeldOperation.State.APPLIED, outcome.result)
    return outcome.result


def alike(found: HeldOperation) -> QuerySet[HeldOperation]:
    """What waits of the same phone and person for the same reason, in the order of its arrival."""
    same = open_held().filter(device_id=found.device_id, user_id=found.user_id, why=found.why)
    return same.filter(handed_by=found.handed_by)


def alike_behind(found: HeldOperation, after: UUID | None) -> QuerySet[HeldOperation]:
    """Those :func:`alike` that arrived after ``after``, which was tried; all if it is none such."""
    every = alike(found)
    if after is None:
        return every
    same = {name: getattr(found, name) for name in ("device_id", "user_id", "why", "handed_by")}
    tried = HeldOperation.objects.filter(pk=after, **same).only("created_at").first()
    if tried is None:
        return every
    since = tried.created_at
    behind = every.filter(Q(created_at__gt=since) | Q(created_at=since, pk__gt=tried.pk))
    return behind if behind.exists() else every


@dataclass(frozen=True)
class TakenOver:
    """How many were taken over, how many could not be and still wait, and the last one tried."""

    done: int
    left: int
    last: HeldOperation


@action
def take_over_alike(*, by: Actor, held_id: UUID, after: UUID | None = None) -> TakenOver:
    """Take over a late visit with all of its phone that came after their sweeps were closed.

    Up to ``MOST_AT_ONCE`` are tried, in the order of their arrival; with the last one tried as
    ``after`` it goes on behind that, round to the first. Raises Invalid (it waits for another
    reason), Conflict, OutOfScope.
    """
    found = _open(by, held_id)
    if found.why != HeldOperation.Why.CLOSED:
        raise Invalid(
            Problem(_("Each of these is decided on by itself."), mend=_("Take over this one."))
        )
    done, left = 0, 0
    waiting = list(alike_behind(found, after).defer("body", "reason")[:MOST_AT_ONCE])
    for one in waiting:
        try:
            take_over(by=by, held_id=one.pk)
        except (Invalid, Conflict, Forbidden):
            left += 1
        else:
            done += 1
    return TakenOver(done, left, waiting[-1] if waiting else found)


@action
def turn_down(*, by: Actor, held_id: UUID, reason: str) -> None:
    """Turn a held operation down; the phone is told the reason at its next pull.

    Raises Invalid without a reason, Conflict, OutOfScope.
    """
    found = _open(by, held_id)
    if not reason.strip():
        raise Invalid(
            Problem(_("A reason is missing."), field="reason", mend=_("Say why in a few words."))
        )
    why = reason.strip()[:LONGEST_REASON]
    _decide(by, found, HeldOperation.State.DECLINED, Result.REJECTED, reason=why)


def lapse_passers(before: dt.datetime) -> int:
    """Forget who passed gates of no emergency of what was held or was told of it. Returns how many.

    What nobody decided on by then can only be turned down, as what came too late to be opened.
    """
    past = {"entity": "gate_entry", "emergency_id": None, "captured_at__lt": before}
    with acting(EVERYWHERE):
        kept = Q(body__isnull=False) | Q(reason__isnull=False)
        done = HeldOperation.objects.filter(kept, **past).update(body=None, reason=None)
        Operation.objects.filter(told__isnull=False, **past).update(told=None)
    return done


def count_with_emergency(emergency_id: UUID) -> int:
    """What is held of an emergency that has ended and waits, or still says why not."""
    return _of_emergency(emergency_id).using("maintenance").count()


def close_with_emergency(by: Actor, emergency_id: UUID) -> None:
    """Turn down what waits of an emergency that has ended, and remove what was said of the rest.

    Its key is gone, so nobody can decide on it any more; phones are told that.
    """
    for found in _of_emergency(emergency_id).select_for_update().order_by("id"):
        if found.state == HeldOperation.State.OPEN:
            # What is told is sealed with the key that stays.
            found.emergency_id = None
            _decide(by, found, HeldOperation.State.DECLINED, Result.REJECTED, over().problems)
        else:
            found.reason = None
            found.save(update_fields=["reason"])


def _of_emergency(emergency_id: UUID) -> QuerySet[HeldOperation]:
    open_or_said = Q(state=HeldOperation.State.OPEN) | Q(reason__isnull=False)
    return HeldOperation.objects.filter(open_or_said, emergency_id=emergency_id)
