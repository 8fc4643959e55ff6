"""Taking in what a phone sends: each operation once, one bad one keeps back no other.

One transaction a push. First every operation claims its number, in the order of the numbers, so
that the same one sent five times at once is applied by one and answered to all; then each is
applied in the scope of who made it, in a savepoint; then the results are written.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
from django.db import DatabaseError, DataError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem, TooMany, met
from fangxian.common.keyring import REGISTER, KeyDestroyed
from fangxian.common.scoping import acting
from fangxian.field.models import HeldOperation
from fangxian.field.models import Operation as Row
from fangxian.field.sync import entities
from fangxian.field.sync.entities import (
    Entity,
    Merged,
    Operation,
    Outcome,
    Result,
    over,
    passed,
    unreached,
)
from fangxian.field.sync.held import Holding, hold
from fangxian.field.sync.merging import plain
from fangxian.field.sync.whereabouts import whereabouts

log = logging.getLogger(__name__)

MOST = 100
ATTEMPTS = 3


@dataclass(frozen=True)
class Sender:
    """The phone that sends. ``actors`` gives those of a user who made something on it at a time."""

    device_id: UUID
    user_id: UUID
    disabled: bool
    actors: Callable[[UUID, dt.datetime], Sequence[Actor]]


@dataclass(frozen=True)
class Sent:
    """One operation as it came: opened, or not openable any more, or not openable at all.

    ``digest`` is what the sender says of its plaintext, checked where it was opened; ``plain`` is
    kept with one that is held. A ``refusal`` is answered as it is, and leaves no trace.
    """

    op_id: UUID
    digest: bytes
    operation: Operation | None = None
    plain: bytes = b""
    refusal: Outcome | None = None


@dataclass(frozen=True)
class Answer:
    """What the phone is told of one operation. ``first``: what a duplicate's result was."""

    op_id: UUID
    result: Result
    problems: Sequence[Mapping[str, str]] = ()
    merged: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    first: str = ""


def push(sender: Sender, sent: Sequence[Sent]) -> list[Answer]:
    """Take in up to ``MOST`` operations; answers in their order.

    Raises Invalid when there are more. Where the database asks to try again it is tried again;
    then the answer is ``retry`` and nothing was written.
    """
    if len(sent) > MOST:
        raise Invalid(
            Problem(
                _("%(n)d operations at once are too many.") % {"n": len(sent)},
                field="operations",
                mend=_("Send %(n)d at most.") % {"n": MOST},
            )
        )
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return _push(sender, sent)
        except OperationalError as error:
            log.warning("push of device %s is tried again: %s", sender.device_id, _kind(error))
    return [Answer(one.op_id, Result.RETRY) for one in sent]


def _push(sender: Sender, sent: Sequence[Sent]) -> list[Answer]:
    first: dict[UUID, Sent] = {}
    for one in sent:
        if one.refusal is None:
            first.setdefault(one.op_id, one)
    claimed = _claim(sender, list(first.values()))
    mine = [one for one in first.values() if one.op_id in claimed]
    outcomes = _outcomes(sender, mine)
    _write(outcomes, {one.op_id: one for one in mine})
    known = {row.op_id: row for row in _known(sent, first, claimed)}
    answers = []
    for one in sent:
        if one.refusal is not None:
            answers.append(_answer(one.op_id, one.refusal))
        elif one.op_id in outcomes and first[one.op_id] is one:
            answers.append(_answer(one.op_id, outcomes[one.op_id]))
        elif one.op_id in known:
            answers.append(_repeated(sender, known[one.op_id], one))
        else:
            # It is just being tried by another request, or its first copy here is to be retried.
            answers.append(Answer(one.op_id, Result.RETRY))
    return answers


_CLAIM = """
INSERT INTO field_operation
  (op_id, device_id, user_id, seq, entity, object_id, digest, result, captured_at, received_at)
SELECT op_id, %(device)s::uuid, user_id, seq, entity, object_id, digest, '', captured_at, now()
FROM unnest(%(op_id)s::uuid[], %(user)s::uuid[], %(seq)s::bigint[], %(entity)s::text[],
  %(object)s::uuid[], %(digest)s::bytea[], %(captured)s::timestamptz[])
  AS o (op_id, user_id, seq, entity, object_id, digest, captured_at)
ORDER BY op_id
ON CONFLICT (op_id) DO NOTHING
RETURNING op_id
"""


def _claim(sender: Sender, sent: Sequence[Sent]) -> set[UUID]:
    """Claim the numbers; those that another transaction is just claiming are waited for."""
    if not sent:
        return set()
    opened = [one.operation for one in sent]
    values: dict[str, Any] = {
        "device": sender.device_id,
        "op_id": [one.op_id for one in sent],
        "user": [one.user_id if one else None for one in opened],
        "seq": [one.seq if one else 0 for one in opened],
        "entity": [one.entity if one else "" for one in opened],
        "object": [one.object_id if one else None for one in opened],
        "digest": [one.digest for one in sent],
        "captured": [one.captured_at if one else None for one in opened],
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return {row[0] for row in cursor.fetchall()}


def _known(sent: Sequence[Sent], first: Mapping[UUID, Sent], claimed: set[UUID]) -> Iterable[Row]:
    """The rows of what was there before, or stands twice in this push."""
    asked = {
        one.op_id
        for one in sent
        if one.refusal is None and (one.op_id not in claimed or first[one.op_id] is not one)
    }
    return Row.objects.filter(op_id__in=asked) if asked else ()


def _repeated(sender: Sender, row: Row, one: Sent) -> Answer:
    if bytes(row.digest) != one.digest or row.device_id != sender.device_id:
        problem = Problem(
            _("This number was used for another record."),
            field="op_id",
            mend=_("Record it again under a number of its own."),
            code="other_body",
        )
        return _answer(one.op_id, Outcome(Result.REJECTED, (problem,)))
    # Of one that can't be opened, nothing shows that the sender knows more than its hash.
    told = _told(row) if one.operation else {}
    return Answer(
        one.op_id,
        Result.DUPLICATE,
        told.get("problems", ()),
        told.get("merged", {}),
        first=row.result,
    )


def _told(row: Row) -> Mapping[str, Any]:
    """What was answered first; nothing more once its emergency's key is destroyed."""
    try:
        told: Mapping[str, Any] = orjson.loads(row.told or "{}")
    except orjson.JSONDecodeError:
        return {}
    return told


def _outcomes(sender: Sender, mine: Sequence[Sent]) -> dict[UUID, Outcome]:
    """Apply what was claimed; what can't be applied by who sent it is held."""
    outcomes: dict[UUID, Outcome] = {}
    held: list[Holding] = []

    def keep(one: Sent, why: HeldOperation.Why) -> None:
        held.append(_holding(sender, one, why))
        outcomes[one.op_id] = Outcome(Result.HELD, (_held_problem(why),))

    ready: dict[UUID, list[tuple[Sent, Operation, Entity]]] = {}
    for one in mine:
        operation = one.operation
        found = entities.entity(operation.entity) if operation else None
        if operation is None:
            keep(one, HeldOperation.Why.KEY)
        elif found is None:
            outcomes[one.op_id] = Outcome(Result.REJECTED, (_unknown_entity(),))
        elif sender.disabled:
            keep(one, HeldOperation.Why.DEVICE)
        else:
            ready.setdefault(operation.user_id, []).append((one, operation, found))
    for user_id, group in ready.items():
        for actors, part in _with_actors(sender, user_id, group):
            if not actors:
                for one, _operation, _entity in part:
                    keep(one, HeldOperation.Why.ACCOUNT)
                continue
            done = _apply_as(actors, part)
            for one, operation, _entity in part:
                outcome = done.get(operation.op_id)
                if outcome is None:
                    keep(one, HeldOperation.Why.RIGHT)
                elif outcome.result is Result.HELD:
                    keep(one, HeldOperation.Why.PLACE)
                else:
                    outcomes[one.op_id] = outcome
    if held:
        outcomes |= dict.fromkeys(hold(_placed(held, mine)), over())
    return outcomes


Part = list[tuple[Sent, Operation, Entity]]


def _with_actors(
    sender: Sender, user_id: UUID, group: Part
) -> Iterable[tuple[Sequence[Actor], Part]]:
    """The operations of one user with the actors he has for them.

    Who may answer for the latest may for all before; so it is mostly asked once.
    """
    latest = max(operation.captured_at for _one, operation, _entity in group)
    actors = sender.actors(user_id, latest)
    if actors or len(group) == 1:
        yield actors, group
        return
    for one in group:
        yield sender.actors(user_id, one[1].captured_at), [one]


def _apply_as(actors: Sequence[Actor], part: Part) -> dict[UUID, Outcome]:
    """Apply under each actor in turn what he has the right to and the one before did not reach.

    An operation that no actor has the right to has no outcome; one that lies elsewhere is HELD; one
    whose object is nowhere keeps its rejection.
    """
    done: dict[UUID, Outcome] = {}
    open_ = {operation.op_id: (operation, entity) for _one, operation, entity in part}
    for actor in actors:
        ours = [(o, e) for o, e in open_.values() if actor.may(e.right)]
        if not ours:
            continue
        with acting(actor):
            for op_id, outcome in _apply_all(actor, ours).items():
                done[op_id] = outcome
                if not outcome.out_of_reach:
                    open_.pop(op_id)
        if not open_:
            break
    strays = [(o, e) for o, e in open_.values() if o.op_id in done]
    found = whereabouts(operation for operation, _entity in strays)
    for operation, entity in strays:
        place = found[operation.op_id].place
        areas = [actor.area for actor in actors if actor.may(entity.right)]
        if place and not any(codes.contains(area, place) for area in areas):
            done[operation.op_id] = Outcome(Result.HELD)
    return done


def _apply_all(by: Actor, ours: Sequence[tuple[Operation, Entity]]) -> dict[UUID, Outcome]:
    """Apply in the order of the phone; entities that take many at once get theirs together."""
    outcomes: dict[UUID, Outcome] = {}
    ordered = sorted(ours, key=lambda pair: pair[0].seq)
    touched: set[UUID | None] = set()
    together: dict[str, list[Operation]] = {}
    apart: list[tuple[Operation, Entity]] = []
    for operation, entity in ordered:
        if entity.apply_many is not None and entity.object_of(operation) not in touched:
            together.setdefault(entity.name, []).append(operation)
        else:
            apart.append((operation, entity))
            touched.add(entity.object_of(operation))
    # Always in one order: two phones that lock the same doors wait for each other in none else.
    for name, operations in sorted(together.items()):
        found = entities.entity(name)
        assert found is not None
        outcomes |= _apply_many(by, found, operations)
    for operation, entity in apart:
        outcomes[operation.op_id] = apply_one(by, entity, operation)
    return outcomes


def _apply_many(by: Actor, entity: Entity, operations: Sequence[Operation]) -> dict[UUID, Outcome]:
    assert entity.apply_many is not None
    try:
        with transaction.atomic():
            found = entity.apply_many(by, operations)
        return {one.op_id: outcome for one, outcome in zip(operations, found, strict=True)}
    except OperationalError:
        raise
    except Exception as error:
        # One of them is poison: each by itself tells which.
        log.warning("%s operations are applied one by one: %s", len(operations), _kind(error))
        return {one.op_id: apply_one(by, entity, one) for one in operations}


def apply_one(by: Actor, entity: Entity, operation: Operation) -> Outcome:
    """Apply one operation in a savepoint of its own. Raises OperationalError alone."""
    try:
        with transaction.atomic():
            return entity.apply(by, operation)
    except Invalid as error:
        return Outcome(Result.REJECTED, error.problems)
    except (OutOfScope, Forbidden):
        return unreached()
    except Conflict as error:
        return passed(str(error))
    except KeyDestroyed:
        return over()
    except TooMany:
        return Outcome(Result.RETRY)
    except OperationalError:
        raise
    except DataError:
        return Outcome(Result.REJECTED, (_unfit(),))
    except DatabaseError as error:
        if met(error) is not None:
            return Outcome(Result.RETRY)
        return Outcome(Result.REJECTED, (_unfit(),))
    except Exception as error:
        # A mistake of ours: the phone keeps it and sends it again once it is mended.
        log.error("operation %s can't be applied: %s", operation.op_id, _kind(error))
        return Outcome(Result.RETRY, (_failed(),))


def _holding(sender: Sender, one: Sent, why: HeldOperation.Why) -> Holding:
    operation = one.operation
    return Holding(
        op_id=one.op_id,
        device_id=sender.device_id,
        user_id=operation.user_id if operation else sender.user_id,
        holder_id=sender.user_id,
        entity=operation.entity if operation else "",
        why=why,
        place="",
        emergency_id=None,
        body=one.plain.decode("utf-8", "replace") if operation else None,
        captured_at=operation.captured_at if operation else None,
    )


def _placed(held: Sequence[Holding], sent: Sequence[Sent]) -> list[Holding]:
    """With where their objects lie, as far as they are anywhere, and under which emergency."""
    numbers = {one.op_id for one in held}
    known = whereabouts(o for one in sent if one.op_id in numbers and (o := one.operation))
    return [
        replace(one, place=found.place, emergency_id=found.emergency_id)
        if (found := known.get(one.op_id))
        else one
        for one in held
    ]


_FINISH = """
UPDATE field_operation o SET result = f.result, told = f.told, emergency_id = f.emergency_id
FROM unnest(%(op_id)s::uuid[], %(result)s::text[], %(told)s::bytea[], %(emergency)s::uuid[])
  AS f (op_id, result, told, emergency_id)
WHERE o.op_id = f.op_id
"""


def _write(outcomes: Mapping[UUID, Outcome], sent: Mapping[UUID, Sent]) -> None:
    """Write the results; what is to be sent again gives its number free. Three statements."""
    again = [op_id for op_id, outcome in outcomes.items() if outcome.result is Result.RETRY]
    if again:
        Row.objects.filter(op_id__in=again).delete()
    done = {op_id: outcome for op_id, outcome in outcomes.items() if op_id not in set(again)}
    if not done:
        return
    telling = {op_id for op_id, outcome in done.items() if outcome.problems or outcome.merged}
    known = whereabouts(o for op_id in telling if (o := sent[op_id].operation))
    told = {
        op_id: _sealed(outcome, found.emergency_id if (found := known.get(op_id)) else None)
        for op_id, outcome in done.items()
    }
    values: dict[str, Any] = {
        "op_id": list(done),
        "result": [str(outcome.result) for outcome in done.values()],
        "told": [told[op_id][0] for op_id in done],
        "emergency": [told[op_id][1] for op_id in done],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, values)


def _sealed(outcome: Outcome, emergency: UUID | None) -> tuple[bytes | None, UUID | None]:
    if not outcome.problems and not outcome.merged:
        return None, None
    column: Any = Row._meta.get_field("told")
    text = orjson.dumps({"problems": said(outcome.problems), "merged": shown(outcome.merged)})
    try:
        return column.seal(text.decode(), emergency or REGISTER), emergency
    except KeyDestroyed:
        return None, None


def said(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems as they are told."""
    return [
        {"code": one.code, "field": one.field, "message": str(one.message), "mend": str(one.mend)}
        for one in problems
    ]


def shown(merged: Mapping[str, Merged]) -> dict[str, dict[str, Any]]:
    """Merged fields as they are told."""
    return {
        name: {"mine": plain(one.mine), "theirs": plain(one.theirs), "kept": one.kept}
        for name, one in merged.items()
    }


def _answer(op_id: UUID, outcome: Outcome) -> Answer:
    return Answer(op_id, outcome.result, said(outcome.problems), shown(outcome.merged))


def _kind(error: BaseException) -> str:
    """What kind of error it is: its text may hold what a person said."""
    cause = error.__cause__
    return f"{type(error).__name__} ({type(cause).__name__})" if cause else type(error).__name__


def _held_problem(why: HeldOperation.Why) -> Problem:
    return Problem(
        _("Kept for a decision: %(why)s.") % {"why": why.label},
        mend=_("Nothing is lost: your supervisor takes it over or says why not."),
        code=f"held_{why.value}",
    )


def _unknown_entity() -> Problem:
    return Problem(
        _("This server does not know what that is."),
        field="entity",
        mend=_("Update the app."),
        code="entity",
    )


def _unfit() -> Problem:
    return Problem(
        _("A value does not fit."),
        field="patch",
        mend=_("Record it again with other values."),
        code="unfit",
    )


def _failed() -> Problem:
    return Problem(
        _("The server has failed at this record; the others are not affected."),
        mend=_("It is kept on the phone and sent again."),
        code="failed",
    )
