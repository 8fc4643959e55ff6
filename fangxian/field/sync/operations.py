"""Taking in what a phone sends: each operation once, one bad one keeps back no other.

One transaction a push. First every operation claims its number, in the order of the numbers, so
that the same one sent five times at once is applied by one and answered to all; then each is
applied in the scope of who made it, in a savepoint; then the results are written.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from django.db import OperationalError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.keyring import REGISTER, KeyDestroyed
from fangxian.field.models import HeldOperation
from fangxian.field.models import Operation as Row
from fangxian.field.sync import entities
from fangxian.field.sync.applying import Wanted, apply_as, kind_of
from fangxian.field.sync.entities import Entity, Merged, Operation, Outcome, Result
from fangxian.field.sync.held import Holding, hold, waits_as
from fangxian.field.sync.merging import plain
from fangxian.field.sync.whereabouts import Finder

log = logging.getLogger(__name__)

MOST = 100
ATTEMPTS = 3
# Classes of errors after which nobody knows whether a commit was: no connection, a server's end.
LOST = ("08", "57P")


@dataclass(frozen=True)
class Sender:
    """The phone that sends. ``actors`` gives those of a user who made something on it at a time.

    ``present``: who hands it in himself, by a session of his own; of what is his no proof is asked.
    """

    device_id: UUID
    user_id: UUID
    disabled: bool
    actors: Callable[[UUID, dt.datetime], Sequence[Actor]]
    present: UUID | None = None


@dataclass(frozen=True)
class Sent:
    """One operation as it came: opened, or not openable any more, or not openable at all.

    ``digest`` is what the sender says of its plaintext, checked where it was opened; ``plain`` is
    kept with one that is held; ``proven``: whom it names made it. A ``refusal`` is answered as it
    is, and leaves no trace.
    """

    op_id: UUID
    digest: bytes
    operation: Operation | None = None
    plain: bytes = b""
    refusal: Outcome | None = None
    proven: bool = False


@dataclass(frozen=True)
class Answer:
    """What the phone is told of one operation. ``first``: what a duplicate's result was.

    Nothing that others wrote: to send asks for no PIN, so a pull tells that.
    """

    op_id: UUID
    result: Result
    problems: Sequence[Mapping[str, str]] = ()
    first: str = ""


def push(sender: Sender, sent: Sequence[Sent]) -> list[Answer]:
    """Take in up to ``MOST`` operations; answers in their order.

    Raises Invalid when there are more. Where the database asks to try again it is tried again;
    then the answer is ``retry`` and nothing was written. Raises OperationalError where the database
    was lost: it may have fallen after it had committed.
    """
    if len(sent) > MOST:
        raise Invalid(
            Problem(
                _("%(n)d operations at once are too many.") % {"n": len(sent)},
                field="operations",
                mend=_("Send %(n)d at most.") % {"n": MOST},
            )
        )
    lost: OperationalError | None = None
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return _push(sender, sent)
        except OperationalError as error:
            log.warning("push of device %s is tried again: %s", sender.device_id, kind_of(error))
            if (getattr(error.__cause__, "sqlstate", None) or LOST[0]).startswith(LOST):
                lost = error
    if lost is not None:
        raise lost
    return [Answer(one.op_id, Result.RETRY) for one in sent]


def _push(sender: Sender, sent: Sequence[Sent]) -> list[Answer]:
    first: dict[UUID, Sent] = {}
    for one in sent:
        if one.refusal is None:
            first.setdefault(one.op_id, one)
    claimed = _claim(sender, list(first.values()))
    mine = [one for one in first.values() if one.op_id in claimed]
    finder = Finder()
    outcomes = _outcomes(sender, mine, finder)
    _write(outcomes, {one.op_id: one for one in mine}, finder)
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
  (op_id, device_id, user_id, seq, entity, object_id, members, digest, proven, result, captured_at,
   received_at)
SELECT op_id, %(device)s::uuid, user_id, seq, entity, object_id, string_to_array(members, ','),
  digest, proven, '', captured_at, now()
FROM unnest(%(op_id)s::uuid[], %(user)s::uuid[], %(seq)s::bigint[], %(entity)s::text[],
  %(object)s::uuid[], %(members)s::text[], %(digest)s::bytea[], %(proven)s::boolean[],
  %(captured)s::timestamptz[])
  AS o (op_id, user_id, seq, entity, object_id, members, digest, proven, captured_at)
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
        "members": [_members(one) if one else None for one in opened],
        "digest": [one.digest for one in sent],
        "proven": [one.proven for one in sent],
        "captured": [one.captured_at if one else None for one in opened],
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return {row[0] for row in cursor.fetchall()}


def last_of(device_id: UUID) -> int:
    """The highest number of what a phone sent that was proven to be its maker's; 0: none."""
    sent = Row.objects.filter(device_id=device_id, proven=True)
    return sent.aggregate(last=Max("seq"))["last"] or 0


def _members(operation: Operation) -> str | None:
    """The fields that it changes, where its entity is merged."""
    found = entities.entity(operation.entity)
    if found is None or not found.merges:
        return None
    return ",".join(name for name in found.merges if name in operation.patch)


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
    problems = told_of(row).get("problems", ()) if one.operation and not row.decided_at else ()
    return Answer(
        one.op_id,
        Result.DUPLICATE,
        problems,
        first=row.result,
    )


def told_of(row: Row) -> Mapping[str, Any]:
    """What is told beside the result; nothing more once its emergency's key is destroyed."""
    try:
        told: Mapping[str, Any] = orjson.loads(row.told or "{}")
    except orjson.JSONDecodeError:
        return {}
    return told


def _outcomes(sender: Sender, mine: Sequence[Sent], finder: Finder) -> dict[UUID, Outcome]:
    """Apply what was claimed; what can't be applied by who sent it is held."""
    outcomes: dict[UUID, Outcome] = {}
    held: list[Holding] = []

    def keep(one: Sent, why: HeldOperation.Why) -> None:
        held.append(_holding(sender, one, why))
        outcomes[one.op_id] = Outcome(Result.HELD, (_held_problem(why),))

    sent = {one.op_id: one for one in mine}
    ready: dict[UUID, list[tuple[Operation, Entity]]] = {}
    for one in mine:
        operation = one.operation
        found = entities.entity(operation.entity) if operation else None
        if operation is None:
            keep(one, HeldOperation.Why.KEY)
        elif found is None:
            outcomes[one.op_id] = Outcome(Result.REJECTED, (_unknown_entity(),))
        elif not one.proven and operation.user_id != sender.present:
            # Before all else: whoever decides is not to take a thief's word for the officer's.
            keep(one, HeldOperation.Why.PROOF)
        elif sender.disabled:
            keep(one, HeldOperation.Why.DEVICE)
        else:
            ready.setdefault(operation.user_id, []).append((operation, found))
    for user_id, group in ready.items():
        for actors, part in _with_actors(sender, user_id, group):
            if not actors:
                nobody = HeldOperation.Why.HANDED if sender.present else HeldOperation.Why.ACCOUNT
                for operation, _entity in part:
                    keep(sent[operation.op_id], nobody)
                continue
            done = apply_as(actors, part, finder)
            for operation, _entity in part:
                op_id = operation.op_id
                outcome = done.get(op_id)
                if outcome is None:
                    keep(sent[op_id], HeldOperation.Why.RIGHT)
                elif outcome.result is Result.HELD:
                    keep(sent[op_id], outcome.why or HeldOperation.Why.PLACE)
                else:
                    outcomes[op_id] = outcome
    whys = {one.op_id: one.why for one in held}
    for one, original in _astray(mine, outcomes):
        # Refused, it would be lost for what is only late itself.
        if original in outcomes and outcomes[original].result is Result.RETRY:
            outcomes[one.op_id] = outcomes[original]
        elif why := whys.get(original) or waits_as(original):
            whys[one.op_id] = why
            keep(one, why)
    if held:
        outcomes |= hold(_placed(held, mine, finder))
    return outcomes


def _astray(mine: Sequence[Sent], outcomes: Mapping[UUID, Outcome]) -> Iterable[tuple[Sent, UUID]]:
    """The corrections of which the original was not found, with its number; in their order."""
    for one in sorted(mine, key=lambda one: one.operation.seq if one.operation else 0):
        original = one.operation.id_in("corrects") if one.operation else None
        if original and any(p.code == "corrects" for p in outcomes[one.op_id].problems):
            yield one, original


def _with_actors(
    sender: Sender, user_id: UUID, group: Wanted
) -> Iterable[tuple[Sequence[Actor], Wanted]]:
    """The operations of one user with the actors he has for them.

    Who may answer for the latest may for all before; so it is mostly asked once.
    """
    latest = max(operation.captured_at for operation, _entity in group)
    actors = sender.actors(user_id, latest)
    if actors or len(group) == 1:
        yield actors, group
        return
    for operation, entity in group:
        yield sender.actors(user_id, operation.captured_at), [(operation, entity)]


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
        handed_by=sender.present,
    )


def _placed(held: Sequence[Holding], sent: Sequence[Sent], finder: Finder) -> list[Holding]:
    """With where their objects lie, as far as they are anywhere, and under which emergency."""
    numbers = {one.op_id for one in held}
    known = finder.of(o for one in sent if one.op_id in numbers and (o := one.operation))
    return [
        replace(one, place=found.place, emergency_id=found.emergency_id)
        if (found := known.get(one.op_id))
        else one
        for one in held
    ]


_FINISH = """
UPDATE field_operation o SET result = f.result, told = f.told, emergency_id = f.emergency_id,
  decided_at = CASE WHEN f.met THEN now() END
FROM unnest(%(op_id)s::uuid[], %(result)s::text[], %(told)s::bytea[], %(emergency)s::uuid[],
  %(met)s::boolean[]) AS f (op_id, result, told, emergency_id, met)
WHERE o.op_id = f.op_id
"""


def _write(outcomes: Mapping[UUID, Outcome], sent: Mapping[UUID, Sent], finder: Finder) -> None:
    """Write the results; what is to be sent again gives its number free. Three statements."""
    again = [op_id for op_id, outcome in outcomes.items() if outcome.result is Result.RETRY]
    if again:
        Row.objects.filter(op_id__in=again).delete()
    done = {op_id: outcome for op_id, outcome in outcomes.items() if op_id not in set(again)}
    if not done:
        return
    telling = {op_id for op_id, outcome in done.items() if outcome.problems or outcome.merged}
    known = finder.of(o for op_id in telling if (o := sent[op_id].operation))
    told = {
        op_id: _sealed(outcome, found.emergency_id if (found := known.get(op_id)) else None)
        for op_id, outcome in done.items()
    }
    values: dict[str, Any] = {
        "op_id": list(done),
        "result": [str(outcome.result) for outcome in done.values()],
        "told": [told[op_id][0] for op_id in done],
        "emergency": [told[op_id][1] for op_id in done],
        "met": [bool(outcome.merged) for outcome in done.values()],
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
    return Answer(op_id, outcome.result, said(outcome.problems))


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
