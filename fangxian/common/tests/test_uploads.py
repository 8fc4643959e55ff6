"""What is uploaded is limited before it is kept."""

from __future__ import annotations

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
