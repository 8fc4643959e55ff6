"""The protocol of phones fed from its own OpenAPI document, with what fits it and what does not.

As for the API of the web: whatever is sent, by an enrolled phone or by none, the answer is never a
failure of ours, is marked as an answer, and never shows what lies in another area.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
import schemathesis
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from fangxian.accounts.actions import make_device_code
from fangxian.config.api_urls import phones
from fangxian.field.sync.sealing import decode, encode, seal_operation
from tests.kit.phone import Phone
from tests.security.world import World, undone

PHASES = (Phase.explicit, Phase.generate)
ODD: list[Any] = ["\x00", "a\x00b", "9" * 400, "1e999", 1e300, -1, True, None, [], {}, [[{}]], "界"]
OPERATIONS = list(schemathesis.openapi.from_dict(phones.get_openapi_schema()).get_all_operations())


@pytest.fixture(scope="module")
def phone(world: World) -> Phone:
    """Bob's phone."""
    found = Phone(Client())
    code = make_device_code(by=world.cast.actor("bob"), strong=False).code
    assert found.enrol(code).status_code == 200
    return found


def _known(phone: Phone, world: World) -> dict[str, list[Any]]:
    """Names in the document whose values lead somewhere."""
    foreign = world.foreign.get("field:photo_id")
    return {
        "device": [phone.device_id],
        "device_id": [phone.device_id, None],
        "key": [phone.key["id"]],
        "epoch": [phone.epoch, ""],
        "cursor": [None],
        "photo": [str(foreign), str(uuid4())],
        "photo_id": [str(foreign)],
        "begin": ["0", "1"],
        "operations": [[_envelope(phone)], [_envelope(phone), _envelope(phone)]],
        "epk": [encode(b"\x04" + b"1" * 64)],
        "nonce": [encode(b"1" * 12)],
        "proof": [encode(b"1" * 32), ""],
        "size": [20, 2_000],
    }


def _envelope(phone: Phone) -> dict[str, str]:
    """What opens and is odd inside."""
    op_id = uuid4()
    plain = b'{"op_id": "%s", "device": "%s", "patch": {}}' % (
        str(op_id).encode(),
        phone.device_id.encode(),
    )
    key = UUID(phone.key["id"]), decode(phone.key["public"]), decode(phone.proof_key)
    return seal_operation(op_id, plain, *key)


def _planted(draw: Any, value: Any, known: dict[str, list[Any]]) -> Any:
    """The same structure with some values that lead somewhere, and some that nobody should send."""
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        if name in known and draw(st.integers(0, 9)) < 8:
            found[name] = draw(st.sampled_from(known[name]))
        elif draw(st.integers(0, 19)) == 0:
            found[name] = draw(st.sampled_from(ODD))
        else:
            found[name] = _planted(draw, inner, known)
    return found


def _send(client: Client, token: str, case: Any) -> Any:
    kwargs = case.as_transport_kwargs(base_url="http://testserver")
    fits = ("method", "url", "headers", "params", "data", "json")
    sent = requests.Request(**{name: kwargs[name] for name in fits if name in kwargs}).prepare()
    body = sent.body or b""
    headers = {
        name: value
        for name, value in sent.headers.items()
        if name.lower() not in ("cookie", "host", "content-length", "authorization")
    }
    return client.generic(
        str(sent.method),
        str(sent.path_url),
        body if isinstance(body, bytes) else str(body).encode(),
        content_type=headers.pop("Content-Type", "application/json"),
        headers={**headers, "Authorization": f"Bearer {token}"},
    )


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.ok().label)
def test_no_request_of_a_phone_fails_or_shows_another_area(
    world: World, phone: Phone, operation: Any, mode: GenerationMode
) -> None:
    strategy = operation.ok().as_strategy(generation_mode=mode)
    known = _known(phone, world)
    secrets = [text.encode() for text in world.foreign.secrets.values()]

    @settings(
        max_examples=25,
        phases=PHASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, data=st.data(), enrolled=st.sampled_from([True, True, True, False]))
    def fuzz(case: Any, data: Any, enrolled: bool) -> None:
        if isinstance(case.path_parameters, dict):
            planted = _planted(data.draw, case.path_parameters, known)
            case.path_parameters = {name: str(value) for name, value in planted.items()}
        if isinstance(case.body, dict):
            case.body = _planted(data.draw, case.body, known)
        with undone():
            # Enrolling is limited, which is another test.
            cache.clear()
            answer = _send(phone.client if enrolled else Client(), phone.token, case)
        assert answer.status_code < 500, (answer.status_code, case.body, answer.content)
        if answer.status_code not in (404, 405):
            assert answer["X-Fangxian"] == "sync", (answer.status_code, answer.content)
        assert not any(secret in answer.content for secret in secrets)

    fuzz()
