"""Phones fetch: their own places, no more, page by page, again as often as an answer is lost."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fangxian.accounts.actions import disable_user, enable_user, make_device_code
from fangxian.accounts.models import AccessLog, Device, Grant
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import close_task, open_task
from fangxian.core.models import ServerEpoch
from fangxian.core.rules import add_rule_version, rule
from fangxian.field.actions import close_campaign, write_message
from fangxian.field.models import Campaign, HeldOperation, Target
from fangxian.field.sync import pulled, pulling
from fangxian.field.tests.conftest import OTHER_UNIT
from fangxian.field.tests.test_push import phone_of
from fangxian.organisations.models import Responsibility
from fangxian.register.actions import (
    change_household,
    close_household,
    create_household,
    join_group,
    move_in,
    move_out,
)
from fangxian.register.models import Household, Residency
from tests.kit.phone import Phone

NUMBER, CALL = "11010519491231002X", "13800131949"


@pytest.fixture
def lived_in(campaign: Campaign, alice: Any) -> list[Residency]:
    """Two residents in Bob's grid, one next door to it."""
    with acting(alice):
        homes = list(Household.objects.order_by("place_code", "room"))
    return [
        move_in(
            by=alice,
            household_id=home.pk,
            on=dt.date(2020, 1, 1),
            name=f"查无此人{home.room}",
            documents=[("identity", NUMBER)] if at == 0 else [],
            phones=[CALL] if at == 0 else [],
            relation="head",
        )
        for at, home in enumerate(homes)
        if at != 2
    ]


@pytest.fixture
def phone(lived_in: list[Residency], bob: Any) -> Phone:
    return phone_of(bob)


def test_the_first_pull_has_what_the_grid_has_and_nothing_else(
    phone: Phone, lived_in: list[Residency], places: Any
) -> None:
    (page,) = phone.pull()
    assert page["reset"]
    text = json.dumps(page, ensure_ascii=False)
    assert NUMBER not in text
    assert CALL not in text
    assert OTHER_UNIT not in text
    counts: dict[str, int] = {}
    for entity, _id in phone.records:
        counts[entity] = counts.get(entity, 0) + 1
    assert counts == {
        "words": 1,
        "grid": 1,
        "duty_rules": 1,
        "campaign": 1,
        "form": 1,
        "door": 3,
        "household": 3,
        "resident": 2,
    }
    (campaign,) = phone.all("campaign")
    assert {one["code"] for one in campaign["outcomes"]} >= {"all_well", "absent"}
    (grid,) = phone.all("grid")
    assert (grid["id"], grid["code"]) == (str(places[places.grid].id), places.grid)
    assert (grid["name"], grid["kind"]) == ("第1社区 第1网格", "grid")
    (words,) = phone.all("words")
    assert words["relations"]["head"] == {"zh": "户主", "hant": "戶主", "en": "Head of household"}
    assert words["sexes"]["1"] == {"zh": "男", "hant": "男", "en": "male"}
    assert {one["hant"] for one in campaign["outcomes"]} >= {"全員正常", "無人在家"}
    (form,) = phone.all("form")
    assert form["schema"]["questions"][0]["name"] == "fever"
    assert [one["name"] for one in form["compiled"]] == ["fever", "temperature", "returned"]
    resident = min(phone.all("resident"), key=lambda one: one["name"])
    assert resident["name"] == "查无此人101"
    assert resident["household_id"] == str(lived_in[0].household_id)
    assert (resident["relation"], resident["groups"]) == ("head", [])
    assert set(resident) == {
        "id",
        "version",
        "household_id",
        "name",
        "sex",
        "birth_year",
        "relation",
        "kind",
        "groups",
        "away_since",
        "away_where",
    }


def test_a_version_is_read_with_what_it_is_of(
    phone: Phone, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.pull()
    home = phone.all("household")[0]
    changed = change_household(by=bob, household_id=UUID(home["id"]), note="改过").pk
    read, between = pulled._homes, ["又改过"]

    def slow(reach: Any) -> Any:
        found = read(reach)
        if between:
            # As another worker would while the rest is read.
            change_household(by=bob, household_id=changed, note=between.pop())
        return found

    monkeypatch.setattr(pulled, "_homes", slow)
    phone.pull()
    before = next(one for one in phone.all("household") if one["id"] == home["id"])
    assert before["note"] == "改过"
    phone.pull()
    after = next(one for one in phone.all("household") if one["id"] == home["id"])
    assert (after["note"], after["version"] > before["version"]) == ("又改过", True)


def test_only_what_differs_is_sent_and_only_that_is_noted(
    phone: Phone, lived_in: list[Residency], alice: Any, bob: Any
) -> None:
    phone.pull()
    first = AccessLog.objects.filter(user_id=bob.user_id).order_by("id").last()
    assert first is not None
    assert set(first.persons) == {row.person_id for row in lived_in[:2]}
    noted = AccessLog.objects.filter(user_id=bob.user_id).count()
    known = phone.cursor
    (page,) = phone.pull()
    assert (page["records"], page["gone"], page["reset"]) == ([], [], False)
    assert phone.cursor == known
    assert AccessLog.objects.filter(user_id=bob.user_id).count() == noted
    join_group(by=alice, person_id=lived_in[0].person_id, group="elderly_alone")
    (page,) = phone.pull()
    assert [one["entity"] for one in page["records"]] == ["resident"]
    assert page["records"][0]["data"]["groups"] == ["elderly_alone"]
    last = AccessLog.objects.filter(user_id=bob.user_id).order_by("id").last()
    assert last is not None
    assert last.persons == [lived_in[0].person_id]


def test_whatever_leaves_the_scope_is_gone(
    phone: Phone, lived_in: list[Residency], alice: Any, cast: Any, places: Any
) -> None:
    phone.pull()
    empty = next(one for one in phone.all("household") if one["room"] == "201")
    close_household(by=alice, household_id=empty["id"])
    move_out(by=alice, residency_id=lived_in[0].pk, on=timezone.localdate())
    (page,) = phone.pull()
    gone = sorted(one["entity"] for one in page["gone"])
    assert gone == ["door", "household", "resident"]
    close_campaign(by=cast.actor("headquarters"), campaign=Campaign.objects.get())
    (page,) = phone.pull()
    # Nothing is to be done at their doors any more: nobody is on the phone without a task.
    assert {one["entity"] for one in page["gone"]} == {
        "campaign",
        "form",
        "door",
        "household",
        "resident",
    }
    Grant.objects.filter(user=cast.user("bob")).update(revoked_at=timezone.now())
    (page,) = phone.pull()
    assert {one["entity"] for one in page["gone"]} == {"words", "duty_rules", "grid"}
    assert phone.records == {}


def test_only_who_has_to_be_visited_is_on_the_phone(
    phone: Phone, lived_in: list[Residency], alice: Any, bob: Any, places: Any
) -> None:
    """A door of a sweep, or a task of the holder: nobody else's name leaves the server."""
    with acting(alice):
        Target.objects.filter(household__room="102").update(state=Target.State.GONE)
    phone.pull()
    assert {one["room"] for one in phone.all("household")} == {"101", "201"}
    assert {one["name"] for one in phone.all("resident")} == {"查无此人101"}
    with acting(alice):
        home = Household.objects.get(room="102", place_code=places.unit)
    for name, whose in (("his", bob), ("hers", alice)):
        open_task(
            by=alice,
            kind="field.revisit",
            place_code=places.unit,
            title=name,
            due_at=timezone.now(),
            object_type="register.Household",
            object_id=home.pk,
            assignee_user_id=whose.user_id,
            dedupe_key=name,
        )
        if whose is bob:
            phone.pull()
            assert {one["name"] for one in phone.all("resident")} == {"查无此人101", "查无此人102"}
            close_task(by=alice, kind="field.revisit", dedupe_key=name, done_fact="field.visit")
    phone.pull()
    assert {one["name"] for one in phone.all("resident")} == {"查无此人101"}


def test_how_long_a_phone_keeps_what_was_acknowledged_is_told(
    campaign: Campaign, bob: Any, cast: Any, places: Any, settings: Any
) -> None:
    settings.FANGXIAN_AREA = places.county
    phone = phone_of(bob)
    assert [page["keep_days"] for page in phone.pull()] == [14]
    hq, since = cast.actor("headquarters"), timezone.localdate()
    with acting(hq):
        data = {**rule("phones").data, "operations_days": 21}
    add_rule_version(by=hq, name="phones", data=data, source="指挥部第1号令", valid_from=since)
    assert [page["keep_days"] for page in phone.pull()] == [21]


def test_what_begins_within_the_lease_is_there_before_it(
    campaign: Campaign, bob: Any, cast: Any, places: Any
) -> None:
    """A phone that is offline over midnight has what begins then: it compares the days itself."""
    today = timezone.localdate()
    with acting(cast.actor("headquarters")) as by:
        soon, later = (
            write_message(
                by=by,
                place=places[places.county],
                text=text,
                kind="loudspeaker",
                from_date=today + dt.timedelta(days=days),
                to_date=today + dt.timedelta(days=9),
            )
            for text, days in (("后天起封路", 2), ("九天后放学", 9))
        )
        Campaign.objects.update(starts_on=today + dt.timedelta(days=1))
    phone = phone_of(bob)
    phone.pull()
    (message,) = phone.all("message")
    assert (message["id"], message["from_date"]) == (str(soon.id), str(soon.from_date))
    assert message["id"] != str(later.id)
    (sweep,) = phone.all("campaign")
    assert sweep["starts_on"] == str(today + dt.timedelta(days=1))
    assert len(phone.doors()) == 3
    Campaign.objects.update(starts_on=today + dt.timedelta(days=7))
    phone.pull()
    assert phone.doors() == phone.all("campaign") == phone.all("resident") == []


def test_a_lost_page_is_given_again(
    phone: Phone, alice: Any, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "MOST", 4)
    lost = phone.ask().json()
    assert len(lost["records"]) == 4
    assert lost["more"]
    # The first page has no cursor to name: it begins anew.
    first = phone.ask().json()
    assert first["reset"]
    phone.take_page(first)
    second, again = phone.ask().json(), phone.ask().json()
    assert again["cursor"] == second["cursor"]
    assert again["records"] == second["records"]
    assert not again["reset"]
    # What changed meanwhile comes as it is now, or not at all.
    ids = {one["id"] for one in second["records"]}
    create_household(by=alice, place_code=places.unit, room="999")
    third = phone.ask().json()
    assert third["cursor"] == second["cursor"]
    assert {one["id"] for one in third["records"]} <= ids
    phone.take_page(third)
    phone.pull()
    assert sorted(one["room"] for one in phone.all("household"))[-1] == "999"
    fresh = Phone(phone.client, device_id=phone.device_id, token=phone.token)
    fresh.pull()
    assert fresh.records == phone.records


@pytest.mark.parametrize("taken", ["first", "second"])
def test_what_came_and_went_between_two_answers_is_told_anew(
    phone: Phone, cast: Any, alice: Any, places: Any, taken: str
) -> None:
    """An answer is lost, the person is moved, asks again and is moved back: nothing is missing."""
    phone.pull()
    home = phone.all("household")[0]
    change_household(by=alice, household_id=home["id"], note="x")
    pages = [phone.ask().json()]
    grants = Grant.objects.filter(user=cast.user("bob"))
    grants.update(region=places[places.other_grid])
    pages.append(phone.ask().json())
    phone.take_page(pages[0] if taken == "first" else pages[1])
    grants.update(region=places[places.grid])
    phone.pull()
    assert phone.records["household", home["id"]]["data"]["note"] == "x"
    grants.update(region=places[places.other_grid])
    phone.pull()
    assert ("household", home["id"]) not in phone.records


def test_an_unknown_cursor_and_another_epoch_begin_anew(phone: Phone) -> None:
    phone.pull()
    whole = dict(phone.records)
    phone.cursor = "never-given"
    (page,) = phone.pull()
    assert page["reset"]
    assert phone.records == whole
    ServerEpoch.objects.update(epoch="01a00000-0000-7000-8000-000000000000")
    before = phone.epoch
    (page,) = phone.pull()
    assert page["reset"]
    assert page["epoch"] == phone.epoch != before
    assert {key: one["data"] for key, one in phone.records.items()} == {
        key: one["data"] for key, one in whole.items()
    }
    # The numbers of history rows are told with the epoch: no old one is taken for a new one.
    homes = [key for key in whole if key[0] == "household"]
    assert homes
    assert all(phone.records[key]["version"] != whole[key]["version"] for key in homes)


def test_who_may_fetch(phone: Phone, campaign: Campaign, bob: Any) -> None:
    assert Phone(Client(), device_id=phone.device_id).ask().status_code == 401
    token, phone.token = phone.token, "wrong"
    refused = phone.ask()
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_again")
    phone.token = token
    other = phone_of(bob)
    mine, phone.device_id = phone.device_id, other.device_id
    assert phone.ask().status_code == 401
    assert phone.send([phone.visit({"campaign_id": "", "household_id": ""})]).status_code == 401
    phone.device_id = mine
    Device.objects.filter(pk=mine).update(expires_at=timezone.now())
    assert phone.ask().json()["code"] == "sign_in_again"
    phone.queue.clear()
    phone.visit({"campaign_id": str(campaign.id), "household_id": str(campaign.id)})
    assert phone.push()[0]["result"] == "rejected"


def test_the_phone_of_a_disabled_account_is_told_to_wipe(
    phone: Phone, alice: Any, bob: Any
) -> None:
    """Locked, too. The account is enabled again, and the phone enrolled by a new code."""
    phone.pull()
    phone.visit(phone.doors()[0])
    by, token = Actor.system("test", ""), phone.token
    disable_user(by=by, user_id=bob.user_id, reason="left the office")
    for phone.token in ("", token):
        refused = phone.ask()
        told = refused.json()
        assert (refused.status_code, told["code"], told["wipe"]) == (403, "device_disabled", True)
    assert [one["result"] for one in phone.push()] == ["held"]
    with acting(alice):
        assert HeldOperation.objects.get().why == "account"
    enable_user(by=by, user_id=bob.user_id, reason="is back")
    assert phone.ask().json()["code"] == "sign_in_again"
    phone.enrol(make_device_code(by=bob, strong=False).code, device_id=phone.device_id)
    phone.cursor = None
    phone.pull()
    assert phone.doors()


def test_a_wide_grant_gives_the_posts_in_it(
    lived_in: list[Residency], alice: Any, cast: Any, places: Any
) -> None:
    phone = phone_of(alice)
    phone.pull()
    # No home of a community that nobody walks; only what is set up in it.
    assert {entity for entity, _id in phone.records} == {"duty_rules", "grid"}
    # She may name the community and its grids.
    assert {one["code"] for one in phone.all("grid")} == {
        places.community,
        places.grid,
        places.other_grid,
    }
    user = cast.user("alice")
    user.person_id = lived_in[0].person_id
    user.save()
    with acting(alice):
        Responsibility.objects.create(
            place=places[places.grid],
            place_code=places.grid,
            role="grid_officer",
            person_id=user.person_id,
            holder_name="Alice",
            from_date=dt.date(2020, 1, 1),
            rule_version=1,
        )
    phone.pull()
    assert len(phone.doors()) == 3


def test_a_page_takes_as_many_statements_however_many_doors_there_are(
    phone: Phone, alice: Any, places: Any
) -> None:
    def statements() -> int:
        phone.cursor = None
        with CaptureQueriesContext(connection) as told:
            assert phone.ask().status_code == 200
        return len(told)

    statements()
    few = statements()
    for room in range(301, 331):
        home = create_household(by=alice, place_code=places.unit, room=str(room))
        move_in(by=alice, household_id=home.pk, on=dt.date(2020, 1, 1), name="查无此人")
    assert statements() == few


def test_an_answer_is_packed_where_that_is_taken(phone: Phone) -> None:
    body = {"device": phone.device_id, "cursor": None, "epoch": phone.epoch}
    headers = {"Authorization": f"Bearer {phone.token}", "Accept-Encoding": "gzip, br"}
    answer = phone.post("pull", body, **headers)
    assert answer["Content-Encoding"] == "gzip"
    assert answer["X-Fangxian"] == "sync"
    assert json.loads(gzip.decompress(answer.content))["reset"]
