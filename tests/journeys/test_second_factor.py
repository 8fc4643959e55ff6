"""The first day of an administrator: nothing opens before the second factor is enrolled."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from fangxian.accounts.tests.test_signin import PASSWORD, code, goal, sign_in

pytestmark = pytest.mark.django_db


def test_from_the_first_password_to_the_second_factor(cast: Any) -> None:
    cache.clear()
    client, answer = sign_in("headquarters")
    assert answer.status_code == 302
    # Whatever is asked for leads to the enrolment.
    enrol = reverse("mfa_activate_totp")
    for path in ("/", reverse("core:tasks"), reverse("command:board")):
        assert goal(client.get(path)).startswith("/sign-in/factors/"), path
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(enrol).context["form"].secret
    assert client.post(enrol, {"code": "000000"}).status_code == 200
    assert client.post(enrol, {"code": code(secret)}).status_code == 302
    assert client.get("/").status_code == 200

    # The next day both are asked, in any browser.
    client.post(reverse("account_logout"))
    cache.clear()
    client, answer = sign_in("headquarters", client=Client())
    assert goal(answer) == reverse("mfa_authenticate")
    assert client.get("/").status_code == 302
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert client.get("/").status_code == 302
