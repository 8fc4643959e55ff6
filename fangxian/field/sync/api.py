"""The protocol of phones (``docs/methods/sync.md``): enrolling, sending, reading.

Not used with a session of the web but with the cookie that a phone got when it was enrolled, which
is sent to these addresses only and never from another site. Every answer carries ``X-Fangxian``,
by which a phone knows it from that of a hotel's sign-in page.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from fangxian.accounts import devices
from fangxian.accounts.models import Device
from fangxian.accounts.queries import grants_of
from fangxian.core.queries import server_epoch
from fangxian.field.sync.answers import RefusedOut, answer
from fangxian.field.sync.keys import current_key, told
from fangxian.field.sync.phones import phone_rules
from fangxian.field.sync.proofs import proof_key
from fangxian.field.sync.sealing import encode

router = Router(tags=["sync"])
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class EnrolIn(Schema):
    """A code of “My phones”, the id of the device where it was enrolled before, and what it is."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    device_id: UUID | None = None
    name: Word = ""
    platform: Word = ""
    schema_: Annotated[int, Field(alias="schema", ge=1, le=1_000)] = 1


class SealKeyOut(Schema):
    """A public key to seal to: its raw point, 65 bytes as base64url without padding."""

    id: UUID
    public: str
    expires_at: dt.datetime


class GridOut(Schema):
    """The place of one of the person's grants: its present code and name."""

    code: str
    name: str


class EnrolOut(Schema):
    """Who the phone is and whose; ``pull_token`` is shown once, and is kept locked by the PIN as
    ``proof_key`` is: 32 bytes, base64url without padding.
    """

    device_id: UUID
    user_id: UUID
    user_name: str
    pull_token: str
    proof_key: str
    seal_key: SealKeyOut
    epoch: str
    server_time: dt.datetime
    lease_hours: int
    grids: list[GridOut]


def device_in(request: HttpRequest) -> Device:
    """The device of a request that passed the API's ``ByDevice``."""
    # The API's framework puts there what its authentication returned.
    device: Device = request.auth  # type: ignore[attr-defined]
    return device


@router.post(
    "/enrol",
    auth=None,
    response={200: EnrolOut, (403, 422, 429): RefusedOut},
    operation_id="enrol_device",
    by_alias=True,
)
def enrol(request: HttpRequest, body: EnrolIn) -> HttpResponse:
    """Enrol this phone by a code that its holder's signed-in session shows.

    With the id and the cookie of an enrolled device it is enrolled again in place: what is unsent
    stays, also where the phone now is another person's.
    """
    rules = phone_rules()
    enrolled = devices.enrol(
        request,
        code=body.code,
        device_id=body.device_id,
        name=body.name,
        platform=body.platform,
        schema=body.schema_,
        valid_for=dt.timedelta(days=rules.enrolled_days),
    )
    device = enrolled.device
    user = device.user
    answered = {
        "device_id": device.pk,
        "user_id": user.pk,
        "user_name": str(user),
        "pull_token": enrolled.pull_token,
        "proof_key": encode(proof_key(device.pk, user.pk)),
        "seal_key": told(current_key()),
        "epoch": server_epoch(),
        "server_time": timezone.now(),
        "lease_hours": rules.lease_hours,
        "grids": [
            {"code": grant.region.code, "name": grant.region.name}
            for grant in grants_of(user)
            if grant.region is not None
        ],
    }
    response = answer(answered)
    devices.set_cookie(response, enrolled.cookie)
    return response
