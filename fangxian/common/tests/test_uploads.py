"""What is uploaded is limited before it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from fangxian.common import uploads


@pytest.fixture(autouse=True)
def _small(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FANGXIAN_UPLOAD_MB = 1
    monkeypatch.setattr(uploads, "SLACK_MB", 0)


def _body(size: int) -> dict[str, Any]:
    return {"name": "x", "file": SimpleUploadedFile("ledger.csv", b"x" * size)}


def test_a_body_within_the_limit_is_read_whole() -> None:
    request = RequestFactory().post("/", _body(1_000_000))
    assert request.FILES["file"].size == 1_000_000
    assert request.POST["name"] == "x"


def test_a_longer_one_is_refused_unread() -> None:
    request = RequestFactory().post("/", _body(1_100_000))
    with pytest.raises(RequestDataTooBig):
        _ = request.FILES
    assert request.read(1_000_000)


@pytest.mark.django_db
def test_nobody_signed_in_can_fill_the_disk() -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("account_login"))
    assert client.post(reverse("account_login"), _body(1_100_000)).status_code == 400


@pytest.mark.parametrize("value", [{"features": []}, [1.5, "名", None]])
def test_json_is_read_in_a_process_of_its_own(value: Any) -> None:
    assert uploads.read_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("data", "too_much"),
    [
        (b"", False),
        (b"{", False),
        (b"PK\x03\x04", False),
        (b"\xff\xfe", False),
        (b'{"a": NaN}', False),
        (b'["\\ud800"]', False),
        (b"[" * 200_000, True),
        (b"[" * 100 + b"]" * 100, True),
        (b"[" + b"0," * 5_000_000 + b"0]", True),
        (b"[" + b"{}," * 6_000_000 + b"{}]", True),
    ],
)
def test_hostile_json_harms_nothing(data: bytes, too_much: bool) -> None:
    with pytest.raises(uploads.UnreadableJson) as refused:
        uploads.read_json(data)
    assert refused.value.too_much is too_much
