"""Signing in through HTTP, as a browser does it."""

from __future__ import annotations

import datetime as dt
import re
import time
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.cache.backends import locmem
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts import actions
from fangxian.accounts.adapter import FactorAdapter
from fangxian.accounts.models import Grant, SecurityAlert, SharedCache, User
from fangxian.accounts.sessions import BEGAN, POLL_HEADER, SEEN
from fangxian.accounts.shared import forget_the_past

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
NEW_PASSWORD = "another horse battery"
SECRET = "JBSWY3DPEHPK3PXP"
SIGN_IN = "/sign-in/"
OPEN = "/accounts/"  # needs accounts.see
WHY = "lost the telephone"


@pytest.fixture(autouse=True)
def _no_remembered_rates(db):
    cache.clear()


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch):
    """One moment for all codes: a sign-in may last beyond the half minute for which one holds."""
    now = time.time()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: now))


def sign_in(username, password=PASSWORD, client=None, **extra):
    client = client or Client()
    return client, client.post(SIGN_IN, {"login": username, "password": password}, **extra)


def code(secret=SECRET):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def enrol(user):
    TOTP.activate(user, SECRET)


def goal(response):
    return response["Location"].partition("?")[0]


def test_one_signs_in_with_name_and_password(cast):
    client, response = sign_in("bob")
    assert goal(response) == "/"
    assert client.get("/accounts/").status_code == 403  # signed in; the right is missing


def test_wrong_name_wrong_password_and_disabled_account_read_alike(cast):
    User.objects.filter(username="charlie").update(is_active=False)
    pages = set()
    for username, password in (("nobody", PASSWORD), ("bob", "wrong"), ("charlie", "wrong")):
        _client, response = sign_in(username, password)
        assert response.status_code == 200
        text = response.content.decode()
        pages.add(re.sub(r'(value|content)="[^"]*"', "", text))
    assert len(pages) == 1


def test_a_disabled_account_does_not_get_in(cast):
    User.objects.filter(username="bob").update(is_active=False)
    client, response = sign_in("bob")
    assert goal(response) == reverse("account_inactive")
    assert goal(client.get(OPEN)) == SIGN_IN


def test_there_is_no_sign_up_and_no_recovery_by_mail(db):
    for path in ("signup/", "password/reset/", "email/", "login/code/"):
        assert Client().get(SIGN_IN + path).status_code == 404


# Second factor


def test_a_wide_role_reaches_only_the_enrolment_until_it_has_a_second_factor(cast):
    client, response = sign_in("headquarters")
    assert goal(response) == "/"
    assert goal(client.get(OPEN)) == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200


def test_a_role_within_a_community_needs_none(cast):
    client, _response = sign_in("alice")
    assert client.get(OPEN).status_code == 403


def test_enrolment_asks_for_the_password_again_and_then_lets_in(cast):
    client, _response = sign_in("system_administrator")
    url = reverse("mfa_activate_totp")
    assert goal(client.get(url)) == reverse("account_reauthenticate")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(url)
    secret = page.context["form"].secret
    assert client.post(url, {"code": code(secret)}).status_code == 302
    assert client.get(OPEN).status_code == 200
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert FactorAdapter().decrypt(stored) == secret


def test_the_second_factor_is_asked_at_sign_in(cast):
    enrol(cast.user("system_administrator"))
    client, response = sign_in("system_administrator")
    assert goal(response) == reverse("mfa_authenticate")
    assert goal(client.get(OPEN)) == SIGN_IN
    assert client.post(response["Location"], {"code": "000000"}).status_code == 200
    assert goal(client.get(OPEN)) == SIGN_IN
    assert client.post(response["Location"], {"code": code()}).status_code == 302
    assert client.get(OPEN).status_code == 200


def test_a_session_from_before_the_enrolment_is_asked_too(cast):
    old, _response = sign_in("system_administrator")
    enrol(cast.user("system_administrator"))
    assert goal(old.get(OPEN)) == reverse("mfa_reauthenticate")
    response = old.post(reverse("mfa_reauthenticate") + "?next=/accounts/", {"code": code()})
    assert response.status_code == 302
    assert old.get(OPEN).status_code == 200


def test_who_needs_a_second_factor_can_not_remove_the_last(cast):
    user = cast.user("system_administrator")
    enrol(user)
    client, response = sign_in("system_administrator")
    client.post(response["Location"], {"code": code()})
    cache.clear()
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    response = client.post(reverse("mfa_deactivate_totp"))
    assert response.status_code == 200
    assert Authenticator.objects.filter(user=user, type="totp").exists()


def test_a_passkey_is_asked_of_the_browser(cast):
    client, _response = sign_in("alice")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_add_webauthn"))
    options = page.context["js_data"]["creation_options"]["publicKey"]
    assert options["rp"]["name"] == "Fangxian"
    assert "challenge" in options
    offered = Client().get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert "challenge" in offered.json()["request_options"]["publicKey"]


def test_a_lost_second_factor_is_removed_by_the_security_administrator(cast, places):
    user = cast.user("headquarters")
    User.objects.filter(pk=user.pk).update(region=places["130902"])
    enrol(user)
    security = cast.actor("security_administrator")
    assert actions.reset_second_factor(by=security, user_id=user.pk, reason=WHY) == 1
    client, response = sign_in("headquarters")
    assert goal(response) == "/"
    assert goal(client.get(OPEN)) == reverse("mfa_index")


# Temporary passwords


@pytest.fixture
def dora(cast, places):
    made = actions.create_user(
        by=cast.actor("system_administrator"),
        username="dora",
        display_name="Dora",
        region_code=places.community,
    )
    Grant.objects.create(
        user=made.user,
        role_id="community_staff",
        region=places[places.community],
        valid_from="2020-01-01",
    )
    return made


def test_a_temporary_password_must_be_changed_first(dora):
    client, _response = sign_in("dora", dora.password)
    url = reverse("account_change_password")
    assert goal(client.get(OPEN)) == url
    response = client.post(
        url, {"oldpassword": dora.password, "password1": "short", "password2": "short"}
    )
    assert response.status_code == 200
    assert goal(client.get(OPEN)) == url
    client.post(
        url,
        {"oldpassword": dora.password, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    assert client.get(OPEN).status_code == 403
    dora.user.refresh_from_db()
    assert dora.user.password_expires_at is None


def test_a_temporary_password_ends_by_itself(dora):
    User.objects.filter(pk=dora.user.pk).update(password_expires_at=timezone.now())
    client, response = sign_in("dora", dora.password)
    assert response.status_code == 200
    assert goal(client.get(OPEN)) == SIGN_IN


def test_a_changed_password_says_who_and_from_where(dora):
    from fangxian.accounts.models import UserHistory

    client, _response = sign_in("dora", dora.password)
    client.post(
        reverse("account_change_password"),
        {"oldpassword": dora.password, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    last = UserHistory.objects.filter(pgh_obj_id=dora.user.pk).latest("pgh_id")
    assert last.pgh_context["who"] == "dora"
    assert last.pgh_context["source"] == "web 127.0.0.1"
    assert last.pgh_context["why"] == "page account_change_password"


# Sessions


def signed_in(username):
    client, _response = sign_in(username)
    assert client.get(OPEN).status_code == 403
    return client


@pytest.mark.parametrize("how", ["disable", "reset", "revoke", "password", "elsewhere"])
def test_sessions_end_at_once(cast, places, how):
    bob = cast.user("bob")
    User.objects.filter(pk=bob.pk).update(region=places[places.grid])
    client, other = signed_in("bob"), signed_in("bob")
    if how == "disable":
        actions.disable_user(by=cast.actor("system_administrator"), user_id=bob.pk, reason=WHY)
    elif how == "reset":
        actions.reset_password(by=cast.actor("system_administrator"), user_id=bob.pk, reason=WHY)
    elif how == "revoke":
        grant = Grant.objects.get(user=bob)
        actions.revoke_grant(by=cast.actor("security_administrator"), grant_id=grant.pk, reason=WHY)
    elif how == "password":
        other.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )
        assert other.get(OPEN).status_code == 403  # the one it was changed in goes on
    else:
        listed = other.get(reverse("usersessions_list"))
        assert len(listed.context["sessions"]) == 2
        other.post(reverse("usersessions_list"))
        assert other.get(OPEN).status_code == 403
    assert goal(client.get(OPEN)) == SIGN_IN
    if how in ("disable", "reset", "revoke"):
        assert goal(other.get(OPEN)) == SIGN_IN
        assert not UserSession.objects.filter(user=bob).exists()


def test_a_session_slides_with_use_by_one_write_a_minute(cast, django_assert_num_queries):
    client = signed_in("bob")
    before = Session.objects.get().expire_date
    client.get(OPEN)
    assert Session.objects.get().expire_date == before
    session = client.session
    session[SEEN] = time.time() - 61
    session.save()
    Session.objects.update(expire_date=timezone.now() + dt.timedelta(minutes=2))
    client.get(OPEN, headers={POLL_HEADER: "1"})
    assert Session.objects.get().expire_date < timezone.now() + dt.timedelta(minutes=3)
    client.get(OPEN)
    assert Session.objects.get().expire_date > timezone.now() + dt.timedelta(minutes=20)


def test_an_idle_session_ends(cast):
    client = signed_in("bob")
    Session.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    assert goal(client.get(OPEN)) == SIGN_IN


def test_a_session_in_use_ends_too_after_its_hours(cast, settings):
    client = signed_in("bob")
    session = client.session
    session[BEGAN] = time.time() - settings.FANGXIAN_SESSION_HOURS * 3600 - 1
    session.save()
    assert goal(client.get(OPEN)) == SIGN_IN


def test_signing_out_ends_the_session_on_the_server(cast):
    client = signed_in("bob")
    key = client.session.session_key
    client.post(reverse("account_logout"))
    assert not Session.objects.filter(pk=key).exists()


# Lock-out


def test_failed_attempts_lock_name_and_address_with_a_clear_word(cast, places):
    bob = cast.user("bob")
    User.objects.filter(pk=bob.pk).update(region=places[places.grid])
    for _i in range(5):
        _client, response = sign_in("bob", "wrong")
    assert response.status_code == 429
    assert "15" in response.content.decode()
    _client, response = sign_in("bob")
    assert response.status_code == 429
    assert SecurityAlert.objects.get().kind == "lockout"
    # Another address, and another name from the same address, are not locked.
    _client, response = sign_in("bob", REMOTE_ADDR="10.0.0.9")
    assert response.status_code == 302
    _client, response = sign_in("alice")
    assert response.status_code == 302
    actions.unlock_user(by=cast.actor("security_administrator"), user_id=bob.pk, reason=WHY)
    _client, response = sign_in("bob")
    assert response.status_code == 302


def test_who_guesses_names_is_told_of(cast, places, settings, client_of):
    # Of an installation that has nobody above its counties.
    settings.FANGXIAN_AREA = places.county[:4]
    for number in range(19):
        sign_in(f"guess{number}", "wrong")
        sign_in(f"other{number % 4}", "wrong", REMOTE_ADDR="10.0.0.9")
    sign_in("bob", "wrong")
    assert not SecurityAlert.objects.exists()
    _client, response = sign_in("guess19", "wrong")
    assert response.status_code == 200
    alert = SecurityAlert.objects.get()
    assert (alert.kind, alert.user_id, alert.source) == ("unknown_names", None, "web 127.0.0.1")
    shown = client_of("security_administrator").get(reverse("accounts:alerts")).content.decode()
    assert str(alert.pk) in shown
    security = cast.actor("security_administrator")
    actions.settle_alert(by=security, alert_id=alert.pk, note="a list of common names")


def test_a_name_typed_wrong_leaves_no_number_behind(cast):
    for _i in range(6):
        _client, response = sign_in("13800001234", "wrong")
    assert response.status_code == 429
    assert not SecurityAlert.objects.exists()
    kept = AccessAttempt.objects.get()
    assert "13800001234" not in f"{kept.username} {kept.post_data} {kept.get_data}"


def test_the_client_can_not_choose_the_address_that_is_locked(cast, settings):
    for i in range(5):
        sign_in("bob", "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{i}")
    _client, response = sign_in("bob", HTTP_X_FORWARDED_FOR="10.0.0.99")
    assert response.status_code == 429
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for i in range(5):
        sign_in("alice", "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{i}, 192.0.2.1")
    _client, response = sign_in("alice", HTTP_X_FORWARDED_FOR="10.0.0.77, 192.0.2.1")
    assert response.status_code == 429


def test_a_fragment_is_led_to_sign_in_never_filled_with_it(cast):
    response = Client().get(
        OPEN, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/x/?a=1"}
    )
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/sign-in/?next=%2Fx%2F%3Fa%3D1"
    assert response.content == b""


def test_nobody_is_sent_elsewhere_after_sign_in(cast):
    _client, response = sign_in("bob")
    client = Client()
    response = client.post(
        SIGN_IN, {"login": "bob", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert response["Location"] == "/"


# What web processes share


def _another_process():
    """All that a process keeps in its own memory is not there in another."""
    locmem._caches.clear()


def test_a_code_is_not_taken_twice_by_another_process_either(cast):
    enrol(cast.user("system_administrator"))
    used = code()
    client, response = sign_in("system_administrator")
    assert client.post(response["Location"], {"code": used}).status_code == 302
    _another_process()
    thief, response = sign_in("system_administrator")
    assert thief.post(response["Location"], {"code": used}).status_code == 200
    assert goal(thief.get(OPEN)) == SIGN_IN


def test_wrong_codes_are_counted_by_all_processes_together(cast):
    enrol(cast.user("system_administrator"))
    client, response = sign_in("system_administrator")
    for _time in range(10):
        client.post(response["Location"], {"code": "000000"})
        _another_process()
    # The right one, too late.
    client.post(response["Location"], {"code": code()})
    assert goal(client.get(OPEN)) == SIGN_IN


def test_the_shared_table_names_nobody(cast):
    enrol(cast.user("system_administrator"))
    used = code()
    client, response = sign_in("system_administrator")
    client.post(response["Location"], {"code": used})
    sign_in("11010519491231002X", "wrong")
    rows = SharedCache.objects.values_list("cache_key", "value")
    assert rows
    for key, value in rows:
        assert re.fullmatch("[0-9a-f]{32}", key)
        # As a number: the digits of a moment may hold it.
        assert not re.search(rf"(?<![\d.]){used}(?!\d)", value)
        assert "11010519491231002X" not in value


def test_what_has_ended_is_removed(cast):
    client, _response = sign_in("bob")
    gone, _response = sign_in("alice")
    past = timezone.now() - dt.timedelta(days=2)
    Session.objects.filter(session_key=gone.session.session_key).update(expire_date=past)
    SharedCache.objects.create(cache_key="old", value="x", expires=past)
    done = forget_the_past()
    assert done["listed_sessions"] == 1
    assert done["counts"] >= 1
    assert [row.session_key for row in UserSession.objects.all()] == [client.session.session_key]
    assert Session.objects.filter(session_key=client.session.session_key).exists()
    assert not Session.objects.filter(expire_date=past).exists()


# Asked once more, and told why


def _age_the_password(client):
    session = client.session
    session["account_authentication_methods"] = [
        dict(record, at=record["at"] - 3600) for record in session["account_authentication_methods"]
    ]
    session.save()


def test_an_enrolment_left_open_asks_for_the_password_again(cast):
    client, _response = sign_in("system_administrator")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    url = reverse("mfa_activate_totp")
    secret = client.get(url).context["form"].secret
    _age_the_password(client)
    asked = client.post(url, {"code": code(secret)})
    assert goal(asked) == reverse("account_reauthenticate")
    # The form is not lost: it goes on where it was.
    client.post(asked["Location"], {"password": PASSWORD, "next": url})
    assert Authenticator.objects.filter(type="totp").exists()


def test_who_is_led_away_is_told_why(cast, dora):
    client, _response = sign_in("system_administrator")
    client.get(OPEN)
    told = client.get(OPEN, follow=True).context["messages"]
    assert len([str(message) for message in told]) == 1
    temporary, _response = sign_in("dora", dora.password)
    told = temporary.get(OPEN, follow=True).context["messages"]
    assert len([str(message) for message in told]) == 1


def test_changing_the_area_leads_to_the_first_page(cast, places):
    grant = Grant.objects.create(
        user=cast.user("alice"),
        role_id="grid_officer",
        region=places[places.outside],
        valid_from="2020-01-01",
    )
    client, _response = sign_in("alice")
    inside = reverse("regions:place", args=[places.community])
    switched = client.post(reverse("accounts:switch"), {"grant": grant.pk, "next": inside})
    assert switched["Location"] == "/"


# Kept by the browser


def test_texts_of_the_islands_are_kept_by_the_browser(cast):
    client, _response = sign_in("alice")
    page = client.get("/").content.decode()
    address = re.search(r'src="(/catalogue.js[^"]*)"', page).group(1).replace("&amp;", "&")
    answer = client.get(address)
    assert "immutable" in answer["Cache-Control"]
    assert b"gettext" in answer.content
    assert client.get("/catalogue.js?l=en&v=other")["Cache-Control"] == "private, no-cache"
    assert client.get("/catalogue.js?l=xx").status_code == 200


def test_unread_messages_are_counted_once_for_a_page(cast, django_assert_max_num_queries):
    from types import SimpleNamespace

    from fangxian.accounts.context import actor as context_of
    from fangxian.common.scoping import acting

    by = cast.actor("alice")
    request = SimpleNamespace(actor=by, grants=[], session={})
    with acting(by):
        first = context_of(request)
        with django_assert_max_num_queries(0):
            assert context_of(request) is first
