"""Photos that phones send: in parts, resumed where the line broke, opened when all has come.

A photo is sealed to the server's key like an operation (``sealing.PHOTO``, bound to its id). It is
stored for the visit that it belongs to, once that is in the ledger and names it in an answer: until
then it waits here as it came, sealed. Of a visit that is proven to be its maker's the photo must be
proven to be his, too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common.actor import Actor
from fangxian.common.crypto import Unreadable
from fangxian.common.errors import Invalid, Problem, TooMany
from fangxian.common.keyring import KeyDestroyed
from fangxian.common.pictures import NoPicture, Picture, plain_picture
from fangxian.common.scoping import acting
from fangxian.core.runner import system_actor
from fangxian.field.actions import keep_photo
from fangxian.field.models import HeldOperation, Operation, PhotoPart, PhotoUpload, Visit
from fangxian.field.questionnaire.pictures import MOST_BYTES
from fangxian.field.questionnaire.said import photos_in
from fangxian.field.sync.keys import KeyForgotten, Opener, kept_for
from fangxian.field.sync.phones import phone_rules
from fangxian.field.sync.proofs import Proofs
from fangxian.field.sync.sealing import PHOTO, Box, unseal

log = logging.getLogger(__name__)

PART_BYTES: Final = 256 * 1024
# Tag of the cipher.
_MORE: Final = 16
# Unfinished ones of a phone: a week of doors without a line.
MOST_OPEN: Final = 500
MOST_OPEN_BYTES: Final = 500 * 1024 * 1024
State = PhotoUpload.State
OPEN: Final = (State.RECEIVING, State.WAITING)

PROBLEMS: Final[Mapping[str, tuple[Any, Any]]] = {
    "damaged": (_("The photo was damaged on the way."), _("It is sent again from the beginning.")),
    "unreadable": (_("The photo can't be opened."), _("Take it again.")),
    "key": (_("The photo came too late to be opened."), _("Take it again.")),
    "picture": (_("This is no photo that can be shown."), _("Take it again with the camera.")),
    "proof": (_("Nothing proves who took this photo."), _("Take it again in the app of today.")),
    "not_asked": (_("The visit does not name this photo."), _("Correct the visit and take it.")),
    "visit": (_("Its visit was not accepted."), _("Record the visit again and send it for that.")),
    "emergency": (_("The emergency has ended: nothing is kept under it any more."), ""),
}


@dataclass(frozen=True)
class Announced:
    """A photo as the phone announces it: for which visit, how it is sealed, how many bytes."""

    photo_id: UUID
    op_id: UUID
    key_id: UUID
    epk: bytes
    nonce: bytes
    sha256: bytes
    box_sha256: bytes
    size: int
    proof: bytes = b""


def announce(device_id: UUID, announced: Announced) -> PhotoUpload:
    """Begin or resume an upload; its ``received`` bytes need not be sent again.

    Asked again for one that is waiting it tries to store it. One whose visit was refused may be
    announced for the visit that was recorded in its place. Raises Invalid: the id was used for
    another photo, the photo is too large, or it is not proven as its visit is; TooMany.
    """
    if not _MORE < announced.size <= MOST_BYTES + _MORE:
        raise Invalid(
            Problem(_("The photo is too large."), "size", mend=_("10 MB at most."), code="size")
        )
    if not _is_proven(PhotoUpload(id=announced.photo_id, **_values(device_id, announced))):
        # Its number is left to whoever took it.
        raise Invalid(problem("proof"))
    with transaction.atomic():
        known = _locked(device_id, announced.photo_id)
        if known is not None and not _is_proven(known):
            PhotoUpload.objects.filter(pk=known.pk).delete()
            known = None
        if known is None:
            _refuse_many(device_id)
            known, made = PhotoUpload.objects.get_or_create(
                id=announced.photo_id, defaults=_values(device_id, announced)
            )
            if made:
                return known
        if not _is_same(known, device_id, announced):
            raise _other_body()
        if known.op_id != announced.op_id:
            if not _is_refused(known.op_id, device_id):
                raise _other_body()
            _follow(known, announced.op_id)
        return _stored(known) if known.state == State.WAITING else known


def _values(device_id: UUID, announced: Announced) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "op_id": announced.op_id,
        "key_id": announced.key_id,
        "epk": announced.epk,
        "nonce": announced.nonce,
        "sha256": announced.sha256,
        "box_sha256": announced.box_sha256,
        "size": announced.size,
        "proof": announced.proof,
    }


def _is_same(known: PhotoUpload, device_id: UUID, announced: Announced) -> bool:
    """Whether it is the same photo of the same phone, for whichever visit."""
    return all(
        (bytes(kept) if isinstance(kept := getattr(known, name), memoryview) else kept) == value
        for name, value in _values(device_id, announced).items()
        if name != "op_id"
    )


def _follow(upload: PhotoUpload, op_id: UUID) -> None:
    """Belong to another visit from now on; what was thrown away with the first is asked for again.

    One that was refused for itself stays refused.
    """
    upload.op_id, upload.touched_at = op_id, timezone.now()
    if upload.state == State.REJECTED and upload.problem == "visit":
        upload.state, upload.problem, upload.received = State.RECEIVING, "", 0
    upload.save(update_fields=["op_id", "touched_at", "state", "problem", "received"])


def _other_body() -> Invalid:
    return Invalid(
        Problem(
            _("This number was used for another photo."),
            "photo",
            mend=_("Send it under a number of its own."),
            code="other_body",
        )
    )


def _refuse_many(device_id: UUID) -> None:
    open_ = PhotoUpload.objects.filter(device_id=device_id, state__in=OPEN)
    sums = open_.aggregate(n=Count("id"), size=Sum("size"))
    if sums["n"] >= MOST_OPEN or (sums["size"] or 0) >= MOST_OPEN_BYTES:
        raise TooMany(_("Too many photos are on their way: first finish those."))


def _locked(device_id: UUID, photo_id: UUID) -> PhotoUpload | None:
    found = PhotoUpload.objects.select_for_update().filter(pk=photo_id).first()
    if found is not None and found.device_id != device_id:
        raise _other_body()
    return found


def add_part(device_id: UUID, photo_id: UUID, begin: int, content: bytes) -> PhotoUpload | None:
    """Take in bytes from ``begin`` on; None: no such upload is known, it is to be announced first.

    A part that does not begin where the last one ended changes nothing: ``received`` says where to
    go on. With the last one the photo is checked and stored.
    """
    with transaction.atomic():
        upload = _locked(device_id, photo_id)
        if upload is None or upload.state != State.RECEIVING:
            return upload
        fits = 0 < len(content) <= PART_BYTES and upload.received + len(content) <= upload.size
        if begin != upload.received or not fits:
            return upload
        PhotoPart.objects.create(upload=upload, begin=begin, content=content)
        upload.received += len(content)
        upload.touched_at = timezone.now()
        upload.save(update_fields=["received", "touched_at"])
        return upload if upload.received < upload.size else _whole(upload)


def _whole(upload: PhotoUpload) -> PhotoUpload:
    """All bytes are here: they are those that were announced, or all are asked for again."""
    if hashlib.sha256(_box(upload)).digest() != bytes(upload.box_sha256):
        upload.parts.all().delete()
        return _became(upload, State.RECEIVING, "damaged", received=0)
    return _stored(_became(upload, State.WAITING))


def _box(upload: PhotoUpload) -> bytes:
    parts = upload.parts.order_by("begin").values_list("content", flat=True)
    return b"".join(bytes(part) for part in parts)


def _became(
    upload: PhotoUpload, state: State, problem: str = "", received: int | None = None
) -> PhotoUpload:
    upload.state, upload.problem, upload.touched_at = state, problem, timezone.now()
    if received is not None:
        upload.received = received
    if state in (State.STORED, State.REJECTED):
        upload.parts.all().delete()
    upload.save(update_fields=["state", "problem", "received", "touched_at"])
    return upload


def _stored(upload: PhotoUpload) -> PhotoUpload:
    """Store a whole one if its visit is there; else it waits, or is refused with its visit."""
    if _is_refused(upload.op_id, upload.device_id):
        return _became(upload, State.REJECTED, "visit")
    with acting(system_actor("field.photos")) as by:
        visit = Visit.objects.filter(op_id=upload.op_id).select_related("form").first()
        if visit is None:
            return upload
        if not _is_proven(upload):
            PhotoUpload.objects.filter(pk=upload.pk).delete()
            upload.state, upload.problem = State.REJECTED, "proof"
            return upload
        if upload.pk not in photos_in(visit.form.questionnaire(), visit.answers):
            return _became(upload, State.REJECTED, "not_asked")
        try:
            picture = _opened(upload)
        except KeyForgotten:
            return _became(upload, State.REJECTED, "key")
        except Unreadable:
            return _became(upload, State.REJECTED, "unreadable")
        except NoPicture:
            return _became(upload, State.REJECTED, "picture")
        try:
            keep_photo(by=by, visit=visit, photo_id=upload.pk, picture=picture)
        except KeyDestroyed:
            return _became(upload, State.REJECTED, "emergency")
    return _became(upload, State.STORED)


def _is_refused(op_id: UUID, device_id: UUID) -> bool:
    """Whether its visit never comes into the ledger, or is another phone's."""
    operation = Operation.objects.filter(op_id=op_id).first()
    if operation is None:
        return False
    return operation.device_id != device_id or operation.result == "rejected"


def _is_proven(upload: PhotoUpload) -> bool:
    """Whether who made its visit took it, as far as that is proven of the visit itself."""
    visit = Operation.objects.filter(op_id=upload.op_id, device_id=upload.device_id).first()
    if visit is None or visit.user_id is None or not visit.proven:
        return True
    proof, digest = bytes(upload.proof), bytes(upload.sha256)
    return Proofs(upload.device_id).hold(proof, visit.user_id, upload.id, digest, PHOTO)


def _opened(upload: PhotoUpload) -> Picture:
    box = Box(bytes(upload.epk), bytes(upload.nonce), _box(upload))
    plain = unseal(box, Opener().key(upload.key_id), upload.pk.bytes, PHOTO)
    if hashlib.sha256(plain).digest() != bytes(upload.sha256):
        raise Unreadable("the hash is that of another photo")
    return plain_picture(plain)


def _on_their_way(emergency_id: UUID) -> QuerySet[PhotoUpload]:
    held = HeldOperation.objects.filter(emergency_id=emergency_id).values("op_id")
    visits = Visit.objects.filter(emergency_id=emergency_id).values("op_id")
    return PhotoUpload.objects.filter(Q(op_id__in=held) | Q(op_id__in=visits), state__in=OPEN)


def count_with_emergency(emergency_id: UUID) -> int:
    """The photos that are on their way for an emergency that has ended."""
    return _on_their_way(emergency_id).using("maintenance").count()


def forget_with_emergency(_by: Actor, emergency_id: UUID) -> None:
    """Remove what is on its way for an emergency that has ended: it opens by another key."""
    _on_their_way(emergency_id).delete()


def problem_of(upload: PhotoUpload) -> Problem | None:
    """What is wrong with an upload, in words."""
    return problem(upload.problem) if upload.problem else None


def problem(code: str) -> Problem:
    """One of ``PROBLEMS``."""
    message, mend = PROBLEMS[code]
    return Problem(message, "photo", mend=mend, code=code)


def try_again(now: dt.datetime | None = None) -> int:
    """Store those whose visit has come meanwhile; forget what is finished or given up for long.

    Returns how many were stored or refused.
    """
    moment = now or timezone.now()
    done = 0
    for photo_id in _waiting():
        with transaction.atomic():
            upload = (
                PhotoUpload.objects.select_for_update(skip_locked=True)
                .filter(pk=photo_id, state=State.WAITING)
                .first()
            )
            done += upload is not None and _stored(upload).state != State.WAITING
    past = moment - dt.timedelta(days=phone_rules().operations_days)
    over = Q(touched_at__lt=past) & ~Q(state=State.WAITING)
    # One whose visit is undecided is kept as long as it could be opened.
    PhotoUpload.objects.filter(over | Q(touched_at__lt=moment - kept_for())).delete()
    return done


def _waiting() -> Iterator[UUID]:
    """Those that wait for something that is there now, or refused now."""
    waiting = PhotoUpload.objects.filter(state=State.WAITING)
    by_op = dict(waiting.values_list("pk", "op_id"))
    known = set(
        Operation.objects.filter(op_id__in=set(by_op.values()))
        .exclude(result__in=["", "held"])
        .values_list("op_id", flat=True)
    )
    yield from (photo_id for photo_id, op_id in by_op.items() if op_id in known)
