from __future__ import annotations

import io
import sys

import pytest
from django.core.management import CommandError, call_command, load_command_class

from fangxian.accounts.models import Grant, Role, User, UserHistory
from fangxian.accounts.tests.test_signin import NEW_PASSWORD, sign_in


def run(*args, stdin="", monkeypatch=None):
    out = io.StringIO()
    if monkeypatch is not None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    call_command(*args, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_fresh_install_has_no_account_until_one_is_made(monkeypatch):
    assert not User.objects.exists()
    assert not Grant.objects.exists()
    assert Role.objects.exists()
    for username in ("admin", "root", "fangxian", "demo", "test"):
        for password in ("", "admin", "password", "fangxian", "demo", username):
            client, _response = sign_in(username, password)
            assert client.get("/accounts/").status_code == 302
    assert "no account yet" in run("user_list")
    run(
        "user_create",
        "chief",
        "--role=system_administrator",
        "--staff-number=G-1",
        "--password-stdin",
        stdin=f"{NEW_PASSWORD}\n",
        monkeypatch=monkeypatch,
    )
    client, response = sign_in("chief", NEW_PASSWORD)
    assert response["Location"] == "/"
    assert client.get("/accounts/")["Location"] == "/sign-in/factors/"
    assert "chief" in run("user_list")


@pytest.mark.django_db
def test_a_temporary_password_is_made(places):
    out = run("user_create", "dora", "--name=Dora", f"--place={places.community}", "--temporary")
    password = out.partition("hours: ")[2].split()[0]
    user = User.objects.get(username="dora")
    assert user.check_password(password)
    assert user.password_expires_at is not None
    assert "no role yet" in out


@pytest.mark.django_db
def test_roles_are_given_and_taken_at_the_console(places):
    run("user_create", "dora", f"--place={places.community}", "--temporary")
    run("user_grant", "dora", "grid_officer", f"--place={places.grid}")
    assert f"grid_officer@{places.grid}" in run("user_list")
    run("user_grant", "DORA", "grid_officer", f"--place={places.grid}", "--revoke")
    assert "no role" in run("user_list")
    with pytest.raises(CommandError, match="does not hold"):
        run("user_grant", "dora", "grid_officer", f"--place={places.grid}", "--revoke")


@pytest.mark.django_db
def test_accounts_are_closed_opened_and_reset_at_the_console(places):
    run("user_create", "dora", "--temporary")
    run("user_disable", "dora", "--reason=left the office")
    assert not User.objects.get(username="dora").is_active
    assert "dora" not in run("user_list")
    assert "disabled" in run("user_list", "--all")
    run("user_disable", "dora", "--enable")
    before = User.objects.get(username="dora").password
    assert "72 hours" in run("user_reset_password", "dora", "--second-factor")
    assert User.objects.get(username="dora").password != before
    row = UserHistory.objects.filter(is_active=False).first()
    assert row.pgh_context["who"].startswith("console:")
    assert row.pgh_context["why"] == "left the office"
    assert row.pgh_context["source"] == "console"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("user_disable", "nobody"), "no account"),
        (("user_create", "13800001234", "--temporary"), "phone number"),
        (("user_create", "x", "--temporary", "--place=999999"), "no place"),
        (("user_create", "x", "--temporary", "--role=king"), "no such role"),
        (
            ("user_create", "x", "--temporary", "--role=audit_administrator"),
            "staff_number: Who holds an administrator's account must be named",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_and_leaves_nothing(args, word):
    with pytest.raises(CommandError, match=word):
        run(*args)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_weak_password_is_refused(monkeypatch):
    with pytest.raises(CommandError, match="too short"):
        run("user_create", "x", "--password-stdin", stdin="short\n", monkeypatch=monkeypatch)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_console_acts_in_the_area_of_the_installation(places, settings):
    settings.FANGXIAN_AREA = "130902"
    run("user_create", "inside", f"--place={places.community}", "--temporary")
    with pytest.raises(CommandError, match="130902"):
        run("user_create", "outside", f"--place={places.outside}", "--temporary")


@pytest.mark.parametrize("name", ["create", "grant", "disable", "reset_password", "list"])
def test_no_command_takes_a_password_as_argument(name):
    command = load_command_class("fangxian.accounts", f"user_{name}")
    takers = [
        option
        for entry in command.create_parser("fangxian", name)._actions
        if entry.nargs != 0
        for option in entry.option_strings or [entry.dest]
    ]
    assert not [option for option in takers if "password" in option or "secret" in option]
