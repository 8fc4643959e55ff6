"""Each page of sign-in and accounts, in each language, without a word of another one."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from fangxian.accounts.models import Grant, User

pytestmark = pytest.mark.django_db

LATIN = re.compile(r"[A-Za-z]{2,}")
HAN = re.compile(r"[\u4e00-\u9fff]")
# Names of things, codes, sources.
ALIEN = re.compile(r"QR|TOTP|PIN|IP|JavaScript|APP|[A-Z2-7]{16,}|[0-9a-f-]{36}|Mozilla\S*|page \S+")


@pytest.fixture(autouse=True)
def _no_remembered_rates():
    cache.clear()


class Visible(HTMLParser):
    """Text and spoken attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0
        # The frame around it is tested with the common parts.
        self.inside = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.inside |= tag == "main"
        if not self.inside:
            return
        if tag in ("script", "style", "code", "output", "textarea"):
            self.hidden += 1
        for name in ("title", "aria-label", "placeholder", "alt"):
            self.parts.append(given.get(name) or "")
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.parts.append(given.get("value") or "")

    def handle_endtag(self, tag):
        self.inside &= tag != "main"
        if self.inside and tag in ("script", "style", "code", "output", "textarea"):
            self.hidden -= 1

    def handle_data(self, data):
        if self.inside and not self.hidden:
            self.parts.append(data)


def visible(response):
    parser = Visible()
    parser.feed(response.content.decode())
    text = " ".join(" ".join(part.split()) for part in parser.parts if part.strip())
    for user in User.objects.all():
        text = text.replace(user.display_name, "").replace(user.username, "")
    return ALIEN.sub("", text)


ENTRY = ["account_login", "account_inactive"]
OWN = [
    "account_change_password",
    "account_reauthenticate",
    "usersessions_list",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "account_logout",
]
ADMINISTRATION = [
    ("system_administrator", "accounts:users"),
    ("system_administrator", "accounts:create"),
    ("security_administrator", "accounts:roles"),
    ("security_administrator", "accounts:alerts"),
    ("audit_administrator", "accounts:access"),
]


@pytest.fixture(params=["zh-hans", "zh-hant", "en"])
def language(request):
    return request.param


def check(response, language, status=200):
    assert response.status_code == status, response.get("Location")
    text = visible(response)
    wrong = (HAN if language == "en" else LATIN).findall(text)
    assert not wrong, (wrong, text)
    if language != "en":
        assert HAN.search(text)


def open_page(client, url, language, **data):
    client.cookies["fangxian_language"] = language
    return client.get(url, data)


@pytest.fixture
def plain(places):
    """Places whose names would be Chinese in every language."""
    for number, region in enumerate(places.by_code.values()):
        region.name = str(number)
        region.save(update_fields=["name"])


@pytest.mark.parametrize("name", ENTRY)
def test_pages_before_sign_in(db, name, language):
    check(open_page(Client(), reverse(name), language), language)


@pytest.mark.parametrize("wrong", [{}, {"login": "x", "password": "y"}])
def test_errors_of_sign_in(db, wrong, language):
    client = Client()
    client.cookies["fangxian_language"] = language
    check(client.post(reverse("account_login"), wrong), language)


def test_the_locked_page(db, language):
    client = Client()
    client.cookies["fangxian_language"] = language
    for _i in range(5):
        response = client.post(reverse("account_login"), {"login": "x", "password": "y"})
    check(response, language, 429)


@pytest.mark.parametrize("name", OWN)
def test_pages_of_the_own_account(cast, plain, name, language):
    client = Client()
    client.post(reverse("account_login"), {"login": "alice", "password": "correct horse battery"})
    client.post(reverse("account_reauthenticate"), {"password": "correct horse battery"})
    if name not in ("mfa_activate_totp", "mfa_index", "mfa_list_webauthn", "mfa_add_webauthn"):
        TOTP.activate(cast.user("alice"), "JBSWY3DPEHPK3PXP")
    if name == "mfa_view_recovery_codes":
        client.post(reverse("mfa_generate_recovery_codes"))
    check(open_page(client, reverse(name), language), language)


def test_the_second_step_of_sign_in(cast, language):
    TOTP.activate(cast.user("alice"), "JBSWY3DPEHPK3PXP")
    client = Client()
    client.post(reverse("account_login"), {"login": "alice", "password": "correct horse battery"})
    check(open_page(client, reverse("mfa_authenticate"), language), language)
    check(client.post(reverse("mfa_authenticate"), {"code": "000000"}), language)


@pytest.mark.parametrize(("who", "name"), ADMINISTRATION)
def test_pages_of_the_administrators(client_of, plain, who, name, language):
    check(open_page(client_of(who), reverse(name), language), language)


@pytest.mark.parametrize("who", ["system", "security", "audit"])
def test_the_page_of_an_account(client_of, cast, plain, who, language):
    Grant.objects.update(reason="")
    User.objects.filter(username="alice").update(elders_edition=True)
    url = reverse("accounts:user", args=[cast.user("alice").pk])
    check(open_page(client_of(f"{who}_administrator"), url, language), language)


def test_problems_of_a_form(client_of, plain, language):
    client = client_of("system_administrator")
    client.cookies["fangxian_language"] = language
    for username in ("", "13800000000", "ALICE", "a b"):
        response = client.post(
            reverse("accounts:create"),
            {"username": username, "display_name": "", "place": "123"},
        )
        check(response, language, 422)
