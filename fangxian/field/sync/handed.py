"""A file of unsent work, for the day on which a phone can send no more.

The phone writes what waits as it is, sealed (``frontend/field/outbox.ts``); its maker hands the
file in at a desk. No cookie vouches for the phone then, so only what the person who is signed in
made himself is applied, and of that no proof is asked; what others made is held for a decision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import orjson
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ValidationError

from fangxian.accounts import limits
from fangxian.accounts.devices import at_desk, is_anothers
from fangxian.common.actor import Actor
from fangxian.common.crypto import Unreadable
from fangxian.common.errors import Invalid, Problem, TooMany
from fangxian.core.queries import server_epoch
from fangxian.field.models import Operation, PhotoUpload
from fangxian.field.sync import operations, photos
from fangxian.field.sync.entities import Result
from fangxian.field.sync.exchange import EnvelopeIn, Opening
from fangxian.field.sync.operations import Answer, Sender, Sent, said
from fangxian.field.sync.photo_api import PhotoIn, announced_by
from fangxian.field.sync.sealing import decode

FORMAT: Final = "fangxian operations 2"
MOST_BYTES: Final = 10 * 1024 * 1024
MOST: Final = 5_000
# So many files in so many seconds: some weeks of photos have a few to a file.
LIMITS: Final = ((60, 600), (300, 86_400))
State = PhotoUpload.State


class HandedPhotoIn(PhotoIn):
    """A photo as a phone announces it, with all of its sealed bytes (base64url)."""

    box: str


class HandedDeviceIn(Schema):
    """What was made while the phone was one device: its envelopes and photos."""

    device: UUID
    operations: list[EnvelopeIn]
    photos: list[HandedPhotoIn]


class HandedIn(Schema):
    """The file. A phone that was signed in anew as another device has work of several."""

    format: str
    exported_at: dt.datetime
    devices: list[HandedDeviceIn]


def take_in(*, by: Actor, data: bytes, standings: Sequence[Actor] = ()) -> list[Answer]:
    """Apply a file of unsent work; one answer for each operation and photo.

    ``standings``: ``by`` under each of his grants, the widest first, as a phone works under all of
    them; without them ``by`` alone. Taking it in twice is safe. Raises Invalid where it is no such
    file, TooMany.
    """
    for most, seconds in LIMITS:
        if not limits.take(f"handed in {seconds} {by.user_id}", most=most, seconds=seconds):
            raise TooMany(
                _("%(n)d files were handed in within %(minutes)d minutes: go on later.")
                % {"n": most, "minutes": seconds // 60}
            )
    handed = _read(data)
    answers: list[Answer] = []
    for one in handed.devices:
        answers += _operations(by, one, standings or [by])
        answers += [_photo(one.device, photo) for photo in one.photos]
    return answers


def _operations(by: Actor, made: HandedDeviceIn, standings: Sequence[Actor]) -> list[Answer]:
    opener = Opening(made.device, server_epoch())
    opener.read({one.key for one in made.operations})

    def actors(user_id: UUID, _captured_at: dt.datetime) -> Sequence[Actor]:
        if user_id != by.user_id:
            return []
        return [at_desk(one, made.device, user_id) for one in standings]

    sent = [opener.sent(one) for one in made.operations]
    if is_anothers(made.device, by.user_id):
        # Who has it no more counts as he likes: nothing that its holder of now makes is before it.
        sent = [replace(one, proven=one.proven and not _is_of(by, one)) for one in sent]
    sender = Sender(made.device, by.user_id or made.device, False, actors, present=by.user_id)
    answers: list[Answer] = []
    for begin in range(0, len(sent), operations.MOST):
        answers += operations.push(sender, sent[begin : begin + operations.MOST])
    return answers


def _is_of(by: Actor, sent: Sent) -> bool:
    return sent.operation is not None and sent.operation.user_id == by.user_id


def _photo(device_id: UUID, handed: HandedPhotoIn) -> Answer:
    """Take in a photo as if the phone had sent it; it waits where its visit is held.

    Not before that has come: a file names whatever phone it likes.
    """
    if not Operation.objects.filter(op_id=handed.op_id, device_id=device_id).exists():
        return Answer(handed.photo, Result.RETRY, said([_without_visit()]))
    try:
        box = decode(handed.box)
        upload: PhotoUpload | None = photos.announce(device_id, announced_by(handed))
        while upload and upload.state == State.RECEIVING and upload.received < len(box):
            begin = upload.received
            upload = photos.add_part(
                device_id, handed.photo, begin, box[begin : begin + photos.PART_BYTES]
            )
            if upload is None or upload.received <= begin:
                break
    except TooMany:
        return Answer(handed.photo, Result.RETRY)
    except Invalid as error:
        return Answer(handed.photo, Result.REJECTED, said(error.problems))
    except Unreadable:
        return Answer(handed.photo, Result.REJECTED, said([photos.problem("unreadable")]))
    problem = photos.problem_of(upload) if upload else None
    if upload is None or problem is not None:
        return Answer(handed.photo, Result.REJECTED, said([problem] if problem else []))
    if upload.state == State.WAITING:
        return Answer(handed.photo, Result.HELD, said([_waits()]))
    stored = upload.state == State.STORED
    return Answer(handed.photo, Result.APPLIED if stored else Result.REJECTED)


def _read(data: bytes) -> HandedIn:
    try:
        handed = HandedIn.model_validate(orjson.loads(data))
    except (orjson.JSONDecodeError, ValidationError):
        raise Invalid(_no_such_file()) from None
    if handed.format != FORMAT:
        raise Invalid(_no_such_file())
    n = sum(len(one.operations) + len(one.photos) for one in handed.devices)
    if not 0 < n <= MOST:
        raise Invalid(
            Problem(
                _("The file has %(n)d records.") % {"n": n},
                field="file",
                mend=_("From 1 to %(n)d can be handed in at once.") % {"n": MOST},
                code="size",
            )
        )
    return handed


def _waits() -> Problem:
    return Problem(_("The photo waits until its visit is decided on."), "photo", code="waiting")


def _without_visit() -> Problem:
    return Problem(
        _("The visit of this photo has not come."),
        field="photo",
        mend=_("Hand in the file with the visit, then this one again."),
        code="visit",
    )


def _no_such_file() -> Problem:
    return Problem(
        _("This is no file of unsent work."),
        field="file",
        mend=_("Take the file that the app’s sync box wrote, unchanged."),
        code="file",
    )
