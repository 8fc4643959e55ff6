from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import Grant, User
from fangxian.accounts.sessions import REASON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("system_administrator", "users"),
        ("system_administrator", "create"),
        ("security_administrator", "roles"),
        ("security_administrator", "alerts"),
        ("audit_administrator", "access"),
    ],
)
def test_pages_are_shown(client_of, who, name):
    response = client_of(who).get(reverse(f"accounts:{name}"))
    assert response.status_code == 200


@pytest.mark.parametrize("name", ["account_change_password", "mfa_index", "usersessions_list"])
def test_pages_of_the_own_account_lead_back_to_work(client_of, cast, name):
    client = client_of("alice")
    shown = client.get(reverse(name))
    labels = [item.url_name for item in shown.context["nav_items"]]
    assert labels == [item.url_name for item in client.get("/").context["nav_items"]]
    assert f'class="fx-nav__link" href="{reverse("core:tasks")}"' in shown.content.decode()


def test_who_has_to_choose_a_password_is_led_nowhere_else(client_of, cast):
    client = client_of("alice")
    User.objects.filter(username="alice").update(password_expires_at=timezone.now())
    assert client.get(reverse("account_change_password")).context["nav_items"] == []


@pytest.mark.parametrize("who", ["system", "security", "audit"])
def test_an_account_is_shown_with_its_roles(client_of, cast, who):
    response = client_of(f"{who}_administrator").get(
        reverse("accounts:user", args=[cast.user("alice").pk])
    )
    assert response.status_code == 200
    assert "Alice" in response.content.decode()


def test_a_temporary_password_is_shown_once(client_of, places):
    client = client_of("system_administrator")
    response = client.post(
        reverse("accounts:create"),
        {"username": "dora", "display_name": "Dora", "place": places.community},
    )
    user = User.objects.get(username="dora")
    shown = response.content.decode()
    assert user.check_password(shown.partition("<code>")[2].partition("</code>")[0])
    assert user.region == places[places.community]


def test_a_wrong_field_is_named_beside_it(client_of, places):
    response = client_of("system_administrator").post(
        reverse("accounts:create"),
        {"username": "13800000000", "display_name": "D", "place": places.community},
    )
    assert response.status_code == 422
    assert "username" in response.context["form"].errors


def test_a_role_is_given_and_taken_back(client_of, cast, places):
    client = client_of("security_administrator")
    alice = cast.user("alice")
    response = client.post(
        reverse("accounts:grant", args=[alice.pk]),
        {"role": "grid_officer", "place": places.grid, "reason": "covers for Bob"},
    )
    assert response.status_code == 302, response.context["grant_form"].errors
    grant = Grant.objects.get(user=alice, role_id="grid_officer")
    response = client.post(reverse("accounts:revoke", args=[grant.pk]), {"reason": "Bob is back"})
    assert response.status_code == 302
    grant.refresh_from_db()
    assert grant.revoked_at is not None


def test_reads_name_what_the_session_works_on_until_it_ends(client_of, places):
    client = client_of("alice")
    here = reverse("regions:place", args=[places.grid])
    address = reverse("accounts:reason")

    def purpose():
        return client.get(here).wsgi_request.actor.purpose

    assert purpose() == "page regions:place"
    sent = client.post(address, {"reason": "  核查返乡\n人员 ", "next": here})
    assert sent["Location"] == here
    assert client.post(address, {"reason": "x" * 61}).status_code == 422
    assert client.post(address, {"reason": "疫", "next": here}).status_code == 422
    assert "核查返乡 人员" in client.get(here).content.decode()
    assert purpose() == "核查返乡 人员"
    # What reads like a purpose of the system is marked as said.
    client.post(address, {"reason": "page x\0y", "next": "https://elsewhere.example/"})
    assert purpose() == "said page x y"
    assert client.post(address, {"reason": "", "next": here})["Location"] == here
    assert purpose() == "page regions:place"
    client.post(address, {"reason": "核查返乡人员"})
    client.post(reverse("account_logout"))
    assert REASON not in client.session


def test_the_working_area_is_switched_among_own_grants_only(client_of, cast, places):
    client = client_of("alice")
    other = Grant.objects.create(
        user=cast.user("alice"),
        role_id="grid_officer",
        region=places[places.other_grid],
        valid_from="2020-01-01",
    )
    response = client.post(reverse("accounts:switch"), {"grant": str(other.pk), "next": "/x/"})
    # The page one came from may lie outside the new area.
    assert response["Location"] == "/"
    assert client.session["grant"] == str(other.pk)
    foreign = Grant.objects.get(user=cast.user("charlie"))
    assert client.post(reverse("accounts:switch"), {"grant": str(foreign.pk)}).status_code == 404
    assert client.session["grant"] == str(other.pk)
