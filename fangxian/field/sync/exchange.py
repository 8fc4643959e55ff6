"""Sending and fetching: the two calls that a phone makes all day (``docs/methods/sync.md``)."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from fangxian.accounts import devices, limits
from fangxian.accounts.models import Device
from fangxian.common.actor import Actor
from fangxian.common.crypto import Unreadable
from fangxian.common.errors import Problem, TooMany
from fangxian.core.queries import server_epoch
from fangxian.field.sync import operations, pulling
from fangxian.field.sync.answers import RefusedOut, answer, refused
from fangxian.field.sync.api import SealKeyOut, device_in
from fangxian.field.sync.entities import Operation, Outcome, Result
from fangxian.field.sync.keys import KeyForgotten, Opener, current_key, told
from fangxian.field.sync.opening import MOST_BYTES, Unopened, jumps, opened, too_far
from fangxian.field.sync.operations import Answer, Sender, Sent
from fangxian.field.sync.phones import phone_rules
from fangxian.field.sync.proofs import Proofs, proof_key
from fangxian.field.sync.sealing import OPERATION, decode, encode

router = Router(tags=["sync"])
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$")]
Proof = Annotated[Base64, Field(max_length=43)]
Epoch = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00]*$")]
# A phone sends a hundred operations at once and asks every few minutes: this is a broken one.
MOST_REQUESTS, WITHIN = 600, 60
# Below this a packed answer is not worth its time.
_PACKED_FROM = 1_400


class EnvelopeIn(Schema):
    """One sealed operation. Sent again it is the same, byte for byte.

    ``key`` is the seal key's id, ``epk`` the ephemeral public point (65 bytes), ``nonce`` 12 bytes,
    ``box`` ciphertext and tag, ``sha256`` that of the plaintext in hexadecimal digits. ``proof``
    shows that the actor made it: HMAC-SHA-256 by the ``proof_key`` that he was told on this phone,
    over ``fangxian operation 1``, the 16 bytes of ``op_id`` and the 32 of that hash. Without the
    right one it is held.
    """

    op_id: UUID
    key: UUID
    epk: Annotated[Base64, Field(max_length=100)]
    nonce: Annotated[Base64, Field(max_length=24)]
    box: Annotated[Base64, Field(max_length=MOST_BYTES * 4 // 3 + 40)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    proof: Proof = ""


class PushIn(Schema):
    """Up to a hundred operations, in the order in which they were made."""

    device: UUID
    epoch: Epoch = ""
    operations: Annotated[list[EnvelopeIn], Field(min_length=1, max_length=operations.MOST)]


class ProblemOut(Schema):
    """What is wrong, where, and how to mend it."""

    code: str
    field: str
    message: str
    mend: str


class MergedOut(Schema):
    """A field that somebody else changed too: both values, and which shows (mine or theirs)."""

    mine: Any = None
    theirs: Any = None
    kept: Literal["mine", "theirs"]


class AnswerOut(Schema):
    """What became of an operation; ``first`` is what a ``duplicate`` was answered at first.

    applied, merged and conflict are in the ledger; duplicate was taken in before; held waits for a
    decision, which a pull tells; rejected can never be applied; retry is sent again later.
    """

    op_id: UUID
    result: Result
    problems: list[ProblemOut] = []
    first: Result | None = None


class PushOut(Schema):
    """Answers in the order of the operations.

    Another epoch than yours: all are ``retry``; send those of the last ``keep_days`` (of the pull)
    first, with this epoch.
    """

    epoch: str
    server_time: dt.datetime
    answers: list[AnswerOut]


class PullIn(Schema):
    """``cursor`` and ``epoch`` of the last page, null and empty at first.

    ``seq`` is the number of the last operation that was made on the phone, sent or not; 0: none
    yet. Without it a pull says nothing of when an operation was made.
    """

    device: UUID
    cursor: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")] | None = None
    epoch: Epoch = ""
    seq: Annotated[int, Field(ge=0, lt=2**53)] | None = None


class RecordOut(Schema):
    """A record that is new or changed. What phones change has its version named in operations."""

    entity: str
    id: UUID
    version: int
    data: dict[str, Any]


class GoneOut(Schema):
    """A record to be removed: closed, moved away, or no longer for this person."""

    entity: str
    id: UUID


class DecisionOut(Schema):
    """What was decided of an operation that was held, or what it met (``merged``, by field)."""

    op_id: UUID
    result: Result
    problems: list[ProblemOut]
    merged: dict[str, MergedOut] | None = None
    decided_at: dt.datetime


class PullOut(Schema):
    """One page. ``reset``: remove all records first. ``more``: ask again at once with ``cursor``.

    Nothing may be shown after ``lease_until`` without another pull. ``seal_key`` is to seal to from
    now on, ``proof_key`` to prove by: kept locked by the PIN, like the pull token. What was
    acknowledged is kept ``keep_days``: a restored server asks for it once more.
    """

    epoch: str
    server_time: dt.datetime
    lease_until: dt.datetime
    keep_days: int
    cursor: str
    reset: bool
    more: bool
    seal_key: SealKeyOut
    proof_key: str
    records: list[RecordOut]
    gone: list[GoneOut]
    answers: list[DecisionOut]


def _mistaken(request: HttpRequest, device: UUID) -> HttpResponse | None:
    """A refusal where the body names another phone than the cookie does."""
    if device_in(request).pk == device:
        return None
    again = _("Enrol it with a code of “My phones” on the website.")
    return refused(401, "not_enrolled", _("This phone is not the enrolled one."), again)


def counted(what: str, device: Device) -> None:
    """Raise TooMany for a phone that asks without a pause."""
    if not limits.take(f"{what} {device.pk}", most=MOST_REQUESTS, seconds=WITHIN):
        raise TooMany(_("Too many requests of this phone: it tries again in a minute."))


@router.post(
    "/push",
    response={200: PushOut, (401, 429): RefusedOut, 422: PushOut | RefusedOut},
    operation_id="push_operations",
)
def push(request: HttpRequest, body: PushIn) -> HttpResponse:
    """Send what was recorded. One that is refused keeps back no other; sending again is safe.

    Taken from a disabled phone and after its enrolment has run out, too: it is then held. Alone in
    its push, an operation whose number was used for another body is answered with 422.
    """
    if (wrong := _mistaken(request, body.device)) is not None:
        return wrong
    device, epoch = device_in(request), server_epoch()
    counted("push", device)
    if body.epoch in ("", epoch):
        opener = Opening(device.pk, epoch)
        opener.read({one.key for one in body.operations})
        answers = operations.push(sender_of(device), [opener.sent(one) for one in body.operations])
    else:
        # What the restored server lacks comes first, or an older value would show for a newer one.
        answers = [Answer(one.op_id, Result.RETRY) for one in body.operations]
    lone = len(answers) == 1 and any(p["code"] == "other_body" for p in answers[0].problems)
    return answer(
        {
            "epoch": epoch,
            "server_time": timezone.now(),
            "answers": [_told(one) for one in answers],
        },
        422 if lone else 200,
    )


def sender_of(device: Device) -> Sender:
    """A phone as the logic of push takes it."""

    def actors(user_id: UUID, captured_at: dt.datetime) -> Sequence[Actor]:
        return devices.actors_of(device, user_id, captured_at)

    return Sender(device.pk, device.user_id, device.disabled_at is not None, actors)


class Opening(Opener):
    """Opens the operations that one phone made."""

    def __init__(self, device_id: UUID, epoch: str) -> None:
        super().__init__()
        self.device_id, self.epoch = device_id, epoch
        self.proofs = Proofs(device_id)
        self.now, self.pulls = timezone.now(), pulling.pulls_of(device_id)

    def sent(self, envelope: EnvelopeIn) -> Sent:
        """The operation of an envelope, or why there is none."""
        op_id, digest = envelope.op_id, bytes.fromhex(envelope.sha256)
        try:
            plain = self.operation(envelope.dict())
            operation = opened(
                plain,
                op_id=op_id,
                device_id=self.device_id,
                digest=digest,
                now=self.now,
                epoch=self.epoch,
                pulls=self.pulls,
            )
        except KeyForgotten:
            return Sent(op_id, digest)
        except Unreadable:
            return Sent(op_id, digest, refusal=Outcome(Result.REJECTED, (_unreadable(),)))
        except Unopened as error:
            result = Result.RETRY if error.later else Result.REJECTED
            return Sent(op_id, digest, refusal=Outcome(result, (error.problem,)))
        if jumps(operation.seq, self._told) and jumps(operation.seq, self._last):
            return Sent(op_id, digest, refusal=Outcome(Result.REJECTED, (too_far(),)))
        return Sent(op_id, digest, operation, plain, proven=self._is_proven(envelope, operation))

    @cached_property
    def _told(self) -> int:
        """The number of its last operation as the phone told it when it asked for records."""
        return max((seq for seq, _at in self.pulls), default=0)

    @cached_property
    def _last(self) -> int:
        """The number of the last operation that is known of the phone. One query, hardly ever."""
        return operations.last_of(self.device_id)

    def _is_proven(self, envelope: EnvelopeIn, operation: Operation) -> bool:
        try:
            proof = decode(envelope.proof)
        except Unreadable:
            return False
        user_id, op_id, digest = operation.user_id, operation.op_id, operation.digest
        return self.proofs.hold(proof, user_id, op_id, digest, OPERATION)


def _unreadable() -> Problem:
    return Problem(
        _("It can't be opened: it was damaged on the way or on the phone."),
        mend=_("Record it again."),
        code="unreadable",
    )


def _told(one: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"op_id": one.op_id, "result": one.result, "problems": one.problems}
    if one.first:
        told["first"] = one.first
    return told


@router.post(
    "/pull",
    response={200: PullOut, (401, 403, 429): RefusedOut},
    operation_id="pull_records",
    openapi_extra={"security": [{"ByDevice": [], "PullToken": []}]},
)
def pull(request: HttpRequest, body: PullIn) -> HttpResponse:
    """Fetch what changed since ``cursor``: up to 2,000 records a page, with what is gone.

    Needs the pull token (``Authorization: Bearer …``) beside the cookie. The same cursor asked for
    again gives the same page: an answer may be lost.
    """
    device = device_in(request)
    if (wrong := _mistaken(request, body.device)) is not None:
        return wrong
    devices.require_pull(request, device)
    counted("pull", device)
    now, rules = timezone.now(), phone_rules()
    page = pulling.pull(
        device.pk,
        device.user_id,
        devices.actors_of(device, device.user_id),
        cursor=body.cursor,
        epoch=body.epoch,
        seq=body.seq,
    )
    response = answer(
        {
            "epoch": page.epoch,
            "server_time": now,
            "lease_until": now + dt.timedelta(hours=rules.lease_hours),
            "keep_days": rules.operations_days,
            "cursor": page.cursor,
            "reset": page.reset,
            "more": page.more,
            "seal_key": told(current_key()),
            "proof_key": encode(proof_key(device.pk, device.user_id)),
            "records": page.records,
            "gone": page.gone,
            "answers": page.answers,
        }
    )
    return _packed(request, response)


def _packed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Packed where the phone takes that: nothing that a stranger chooses is in the answer, so its
    length tells him nothing.
    """
    if len(response.content) >= _PACKED_FROM and "gzip" in request.headers.get(
        "Accept-Encoding", ""
    ):
        response.content = gzip.compress(response.content, compresslevel=5, mtime=0)
        response["Content-Encoding"] = "gzip"
    return response
