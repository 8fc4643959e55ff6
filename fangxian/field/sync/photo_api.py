"""Sending photos (``docs/methods/sync.md``): announce one, then its parts from where it stopped."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from fangxian.common.crypto import Unreadable
from fangxian.field.models import PhotoUpload
from fangxian.field.sync import photos
from fangxian.field.sync.answers import RefusedOut, answer, refused
from fangxian.field.sync.api import device_in
from fangxian.field.sync.exchange import Base64, ProblemOut, Proof, counted
from fangxian.field.sync.operations import said
from fangxian.field.sync.photos import PART_BYTES, Announced
from fangxian.field.sync.sealing import NONCE_BYTES, POINT_BYTES, decode

router = Router(tags=["sync"])
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PhotoIn(Schema):
    """A sealed photo: whose answer it is, how it was sealed, and how many bytes are to come.

    ``photo`` is the answer in the visit ``op_id``; ``sha256`` is of the picture, ``box_sha256``
    of the ``size`` bytes that are sent (ciphertext and tag). ``proof`` is as in an envelope, over
    ``fangxian photo 1``, the 16 bytes of ``photo`` and the 32 of ``sha256``.
    """

    photo: UUID
    op_id: UUID
    key: UUID
    epk: Annotated[Base64, Field(max_length=100)]
    nonce: Annotated[Base64, Field(max_length=24)]
    sha256: Digest
    box_sha256: Digest
    size: Annotated[int, Field(ge=1, le=2**31 - 1)]
    proof: Proof = ""


class PhotoOut(Schema):
    """How far a photo is: ``receiving`` (go on from ``received``), ``waiting`` (for its visit: ask
    again later), ``stored``, or ``rejected`` with the problem."""

    photo: UUID
    state: PhotoUpload.State
    received: int
    part: int
    problems: list[ProblemOut] = []


def _told(upload: PhotoUpload) -> HttpResponse:
    problem = photos.problem_of(upload)
    return answer(
        {
            "photo": upload.pk,
            "state": upload.state,
            "received": upload.received,
            "part": PART_BYTES,
            "problems": said([problem] if problem else []),
        }
    )


@router.post(
    "/photos",
    response={200: PhotoOut, (401, 422, 429): RefusedOut},
    operation_id="announce_photo",
)
def announce(request: HttpRequest, body: PhotoIn) -> HttpResponse:
    """Announce a photo, or ask how far it is: safe to send again, also once it is stored."""
    try:
        announced = announced_by(body)
    except Unreadable:
        message = _("Not what the protocol says: %(where)s.") % {"where": "epk, nonce, proof"}
        return refused(422, "malformed", message, _("Update the app."))
    device = device_in(request)
    counted("photos", device)
    return _told(photos.announce(device.pk, announced))


def announced_by(body: PhotoIn) -> Announced:
    """The announcement as bytes. Raises Unreadable where it is sealed in no way that is known."""
    epk, nonce, proof = decode(body.epk), decode(body.nonce), decode(body.proof)
    if len(epk) != POINT_BYTES or len(nonce) != NONCE_BYTES:
        raise Unreadable("a point and a nonce have other lengths")
    return Announced(
        photo_id=body.photo,
        op_id=body.op_id,
        key_id=body.key,
        epk=epk,
        nonce=nonce,
        sha256=bytes.fromhex(body.sha256),
        box_sha256=bytes.fromhex(body.box_sha256),
        size=body.size,
        proof=proof,
    )


@router.put(
    "/photos/{photo_id}/{begin}",
    response={200: PhotoOut, (401, 404, 422, 429): RefusedOut},
    operation_id="send_photo_part",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        }
    },
)
def part(request: HttpRequest, photo_id: UUID, begin: int) -> HttpResponse:
    """Send up to 256 KiB from byte ``begin`` on; ``received`` says from where to go on.

    What was received before is not taken again, so a part whose answer was lost is sent again.
    """
    device = device_in(request)
    counted("photos", device)
    upload = photos.add_part(device.pk, photo_id, begin, request.body)
    if upload is None:
        first = _("Announce the photo first.")
        return refused(404, "not_found", _("No such photo is on its way."), first)
    return _told(upload)
