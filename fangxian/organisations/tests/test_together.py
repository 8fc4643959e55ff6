"""Alliances of all units in a place; pairs of units, near and far."""

from __future__ import annotations

import datetime as dt
from html import unescape

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Conflict, Forbidden
from fangxian.common.scoping import acting
from fangxian.common.sheets import cell_text, read_workbook
from fangxian.organisations import invariants, stories, together
from fangxian.organisations.actions import (
    add_ally,
    add_entry,
    appoint,
    create_organisation,
    dissolve_organisation,
    end_alliance,
    end_ally,
    end_pairing,
    end_responsibility,
    found_alliance,
    pair,
    resume_alliance,
    resume_pairing,
    share_task,
)
from fangxian.organisations.models import (
    Alliance,
    Ally,
    OrganisationKind,
    Pairing,
    PairingEntry,
    Responsibility,
    SharedTask,
)
from fangxian.organisations.registered_coming import today as todays
from fangxian.organisations.settling import settle
from fangxian.organisations.tests.conftest import refused

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


def url(name: str, *args: object) -> str:
    return reverse(f"organisations:{name}", args=args)


def text(response) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def body(hq, places):
    """``body(name)`` is an organisation seated at the county, or at ``at``."""

    def make(name: str, kind: str = "enterprise", at: str = ""):
        seat = places[at or places.county]
        found = OrganisationKind.objects.get(code=kind)
        return create_organisation(by=hq, name=name, kind=found, seat=seat)

    return make


@pytest.fixture
def alliance(hq, places, unit):
    return found_alliance(
        by=hq, name="第1社区大党委", kind="great_committee", place=places[places.community],
        lead=unit, from_date=TODAY - 9 * DAY,
    )  # fmt: skip


def test_an_alliance_is_founded_joined_and_works_together(hq, client_of, places, unit, body):
    police, client = body("示例派出所", "department"), client_of("headquarters")
    assert client.get(url("alliance_create")).status_code == 200
    given = {
        "name": "第1社区党建联盟", "kind": "league", "place": places.community,
        "lead": "示例局", "from_date": TODAY,
    }  # fmt: skip
    assert client.post(url("alliance_create"), {**given, "kind": "moon"}).status_code == 422
    assert client.post(url("alliance_create"), given).status_code == 302
    assert client.post(url("alliance_create"), given).status_code == 409
    with acting(hq):
        row = Alliance.objects.get()
    join = url("alliance_join", row.id)
    assert f"organisation:{police.id}" in text(client.post(join, {"q": "派出所", "find": "1"}))
    sent = {"holder": f"organisation:{police.id}", "role": "police", "on": TODAY}
    assert client.post(join, sent).status_code == 302
    assert client.post(join, {**sent, "role": "part_time_member"}).status_code == 302
    assert client.post(join, {**sent, "holder": f"organisation:{unit.id}"}).status_code == 422
    shared = {"title": "联合巡查", "organisation": str(police.id), "due": TODAY}
    assert client.post(url("alliance_share", row.id), shared).status_code == 302
    page = text(client.get(url("alliance", row.id)))
    assert "示例派出所" in page
    assert "兼职委员单位" in page
    assert "联合巡查" in page
    with acting(hq):
        task = SharedTask.objects.get()
        assert Ally.objects.get().role == "part_time_member"
    assert client.post(url("shared_done", task.id), {"result": ""}).status_code == 422
    assert client.post(url("shared_done", task.id), {"result": "巡查3次"}).status_code == 302
    assert client.post(url("shared_done", task.id), {"result": "巡查3次"}).status_code == 409
    assert "巡查3次" in text(client.get(url("alliance", row.id)))
    assert client.post(url("shared_reopen", task.id)).status_code == 302
    # On the page of the place, of the units, in the list and in the search.
    for where in (
        reverse("regions:place", args=[places.community]),
        url("organisation", police.id),
        url("organisation", unit.id),
        url("alliances"),
    ):
        assert "第1社区党建联盟" in text(client.get(where)), where
    with acting(hq):
        ally = Ally.objects.get()
    assert client.post(url("ally_end", ally.id)).status_code == 302
    assert client.post(url("ally_end", ally.id)).status_code == 409
    assert client_of("charlie").get(url("alliance", row.id)).status_code == 404
    assert client_of("bob").post(url("ally_end", ally.id)).status_code == 403


def test_an_alliance_that_ended_goes_on_with_who_left_with_it(hq, alliance, body, client_of):
    early, late = (add_ally(by=hq, alliance=alliance, organisation=body(n), role="member",
                            on=TODAY - 5 * DAY) for n in ("甲厂", "乙厂"))  # fmt: skip
    client = client_of("headquarters")
    with acting(hq):
        Ally.objects.filter(id=early.id).update(to_date=TODAY - 2 * DAY)
    assert client.post(url("alliance_end", alliance.id), {"on": TODAY}).status_code == 302
    with acting(hq):
        assert Ally.objects.get(id=late.id).to_date == TODAY
        assert together.alliances_in(alliance.place_code).count() == 1  # its last day
    with pytest.raises(Conflict):
        end_alliance(by=hq, alliance=alliance)
    with pytest.raises(Conflict):
        share_task(by=hq, alliance=alliance, title="x")
    assert client.post(url("alliance_resume", alliance.id)).status_code == 302
    with pytest.raises(Conflict):
        resume_alliance(by=hq, alliance=alliance)
    with acting(hq):
        ends = dict(Ally.objects.values_list("id", "to_date"))
        assert ends == {early.id: TODAY - 2 * DAY, late.id: None}


def test_who_is_dissolved_leaves_and_late_tasks_are_seen(hq, alice, alliance, body, places):
    ally = add_ally(by=hq, alliance=alliance, organisation=body("甲厂"), role="member")
    share_task(by=hq, alliance=alliance, title="联合巡查", due=TODAY - DAY)
    with refused("unknown"):
        share_task(by=hq, alliance=alliance, title="x", organisation=body("乙厂"))
    with acting(alice):
        assert [item.count for item in todays(alice)] == [1]
    dissolve_organisation(by=hq, organisation=ally.organisation)
    settle(by=hq, area=places.county)
    with acting(hq):
        assert Ally.objects.get().to_date == TODAY


def test_two_units_are_a_pair_and_write_down_what_they_give(hq, client_of, unit, body, places):
    far = body("援建医院", "hospital")
    client = client_of("headquarters")
    given = {
        "organisation": "示例局", "partner": "援建医院", "purpose": "对口支援", "from_date": TODAY,
    }  # fmt: skip
    new = url("pairing_create")
    assert client.post(new, {**given, "partner": ""}).status_code == 422
    assert client.post(new, {**given, "place": places.town}).status_code == 422
    assert client.post(new, {**given, "partner": "示例局"}).status_code == 422
    assert client.post(new, given).status_code == 302
    other_way = {**given, "organisation": "援建医院", "partner": "示例局"}
    assert client.post(new, other_way).status_code == 409
    with acting(hq):
        row = Pairing.objects.get()
    entry = url("pairing_entry", row.id)
    said = {"on": TODAY, "kind": "goods", "text": "口罩2000只"}
    assert client.post(entry, {**said, "kind": "moon"}).status_code == 422
    assert client.post(entry, said).status_code == 302
    assert "口罩2000只" in text(client.get(url("pairing", row.id)))
    assert "对口支援" in text(client.get(url("pairings")))
    for one in (unit, far):
        assert "对口支援" in text(client.get(url("organisation", one.id)))
    with refused("outside"):
        add_entry(by=hq, pairing=row, on=TODAY - DAY, kind="goods", text="x")
    with acting(hq):
        written = PairingEntry.objects.get()
    assert client.post(url("pairing_entry_remove", written.id)).status_code == 302
    assert client.post(url("pairing_end", row.id), {"on": TODAY}).status_code == 302
    assert client.post(url("pairing_end", row.id), {"on": TODAY}).status_code == 409
    assert client.post(url("pairing_resume", row.id)).status_code == 302
    assert client_of("charlie").get(url("pairing", row.id)).status_code == 404
    # A place far away is one to pair with too; it is no link of a chain here.
    away = pair(by=hq, organisation=unit, other=places[places.outside], purpose="对口支援")
    assert not away.linked


def test_a_unit_paired_with_a_community_is_its_linked_unit(
    hq, alice, client_of, unit, places, body, monkeypatch
):
    here = places[places.community]
    row = pair(by=hq, organisation=unit, other=here, purpose="包联共建")
    assert row.linked
    with acting(hq):
        link = Responsibility.objects.get(role="linked_unit")
        assert (link.organisation_id, link.place_id) == (unit.id, here.id)
        assert together.link_of(row) == link
    client = client_of("headquarters")
    assert url("responsibility", link.id) in text(client.get(url("pairing", row.id)))
    assert "包联共建" in text(client.get(reverse("regions:place", args=[here.code])))
    with pytest.raises(Conflict):
        pair(by=hq, organisation=unit, other=here, purpose="包联共建")
    with refused("linked"):
        end_pairing(by=hq, pairing=row)
    # The link that is there is taken, not made twice.
    second = body("示例企业")
    appoint(by=hq, place=here, role="linked_unit", holder=second)
    pair(by=hq, organisation=second, other=here, purpose="共建")
    with acting(hq):
        assert Responsibility.objects.filter(role="linked_unit", place=here).count() == 2
    with pytest.raises(Forbidden):
        pair(by=alice, organisation=unit, other=here, purpose="x")
    # The rules of the chain hold for it.
    third, fourth = body("第三企业"), body("第四企业")
    pair(by=hq, organisation=third, other=here, purpose="共建")
    with refused("overlap"):
        pair(by=hq, organisation=fourth, other=here, purpose="共建")
    with acting(hq):
        assert not Pairing.objects.filter(organisation=fourth).exists()
    # It ends with the link.
    with acting(hq):
        Responsibility.objects.filter(id=link.id).update(from_date=TODAY - 5 * DAY)
        Pairing.objects.filter(id=row.id).update(from_date=TODAY - 5 * DAY)
    end_responsibility(by=hq, responsibility=link, on=TODAY - DAY)
    settle(by=hq, area=places.county)
    with acting(hq):
        assert Pairing.objects.get(id=row.id).to_date == TODAY - DAY
        assert Pairing.objects.filter(to_date=None).count() == 2
    with refused("linked"):
        resume_pairing(by=hq, pairing=row)
    monkeypatch.setattr(invariants, "connections", {"maintenance": connection})
    with acting(hq):
        assert list(invariants.unlinked()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"partner": None},
        {"linked": True},
        {"to_date": TODAY - 99 * DAY},
        {"partner": "itself"},
    ],
)
def test_what_is_no_pair_is_not_written(hq, unit, body, wrong):
    row = pair(by=hq, organisation=unit, other=body("援建医院"), purpose="对口支援")
    values = {k: unit if v == "itself" else v for k, v in wrong.items()}
    with acting(hq), pytest.raises(IntegrityError), transaction.atomic():
        Pairing.objects.filter(id=row.id).update(**values)


def test_a_pair_is_seen_at_both_its_ends_and_alliances_and_pairs_are_taken_away(
    hq, client_of, places, unit, body, alliance
):
    near, far = body("示例企业", at=places.community), body("示例商会", at=places.other_grid)
    add_ally(by=hq, alliance=alliance, organisation=near, role="member")
    row = pair(by=hq, organisation=unit, other=near, purpose="物资互助")
    pair(by=hq, organisation=unit, other=far, purpose="岗位互助")
    add_entry(by=hq, pairing=row, on=TODAY, kind="goods", text="口罩200只")
    client = client_of("headquarters")
    page = text(client.get(reverse("regions:place", args=[places.community])))
    assert "示例局 – 示例企业" in page
    assert "示例局 – 示例商会" in page
    # Its first end lies out of Alice's sight.
    assert "示例企业" not in text(client_of("alice").get(url("pairings")))
    assert "示例商会" not in text(client.get(reverse("regions:place", args=[places.grid])))

    def table(ledger):
        data = client.post(url("export", ledger), {"code": places.county}).content
        rows = read_workbook(data, "t.xlsx").sheets[0].rows
        return [[cell_text(cell) for cell in line] for line in rows][1:]

    assert [line[:2] + line[3:4] + line[5:6] for line in table("pairings")] == [
        ["示例局", "示例商会", "岗位互助", "0"],
        ["示例局", "示例企业", "物资互助", "1"],
    ]
    (line,) = table("alliances")
    assert line[0] == "第1社区大党委"
    assert line[4:6] == ["示例局", "示例企业"]
    assert client_of("grid_officer").post(url("export", "pairings")).status_code == 403


def test_an_alliance_that_goes_on_has_those_who_left_with_it(hq, alliance, body):
    """Not who had left before on the same day, nor who was dissolved since."""
    left, gone, stays = (body(name) for name in ("示例一厂", "示例二厂", "示例三厂"))
    first = add_ally(by=hq, alliance=alliance, organisation=left, role="part_time_member")
    for one in (gone, stays):
        add_ally(by=hq, alliance=alliance, organisation=one, role="part_time_member")
    with refused("future"):
        end_ally(by=hq, ally=first, on=TODAY + DAY)
    end_ally(by=hq, ally=first)
    # He came back and left with the others: of two rows of his one is in it again.
    end_ally(by=hq, ally=add_ally(by=hq, alliance=alliance, organisation=left, role="police"))
    add_ally(by=hq, alliance=alliance, organisation=left, role="police")
    end_alliance(by=hq, alliance=alliance)
    dissolve_organisation(by=hq, organisation=gone)
    resume_alliance(by=hq, alliance=alliance)
    with acting(hq):
        back = Ally.objects.filter(to_date=None)
        assert {(row.organisation_id, row.role) for row in back} == {
            (left.id, "police"),
            (stays.id, "part_time_member"),
        }


def test_an_alliance_without_its_lead_does_not_go_on(hq, alliance, unit):
    end_alliance(by=hq, alliance=alliance)
    dissolve_organisation(by=hq, organisation=unit)
    with refused("gone"):
        resume_alliance(by=hq, alliance=alliance)


def test_a_pair_is_taken_up_again_from_neither_side_twice(hq, unit, body):
    one, other = body("示例甲厂"), body("示例乙厂")
    ended = end_pairing(by=hq, pairing=pair(by=hq, organisation=one, other=other, purpose="支援"))
    again = pair(by=hq, organisation=other, other=one, purpose="支援")
    with pytest.raises(Conflict):
        resume_pairing(by=hq, pairing=ended)
    end_pairing(by=hq, pairing=again)
    dissolve_organisation(by=hq, organisation=other)
    with refused("gone"):
        resume_pairing(by=hq, pairing=ended)


def test_all_units_of_a_place_join_at_once_and_the_lead_changes(
    hq, client_of, places, unit, body, alliance
):
    """Who led goes on as a member; what a unit that left was to do is the lead's."""
    clinic, shop = (body(name, at=places.community) for name in ("示例诊所", "示例超市"))
    body("示例企业")
    client = client_of("headquarters")
    page, add = url("alliance", alliance.id), url("alliance_units", alliance.id)
    assert add in text(client.get(page))
    shown = text(client.get(add))
    assert "示例诊所" in shown
    assert "示例企业" not in shown
    sent = {"organisations": [clinic.id, shop.id], "role": "member", "on": TODAY}
    assert client.post(add, {**sent, "organisations": []}).status_code == 422
    assert client.post(add, sent).status_code == 302
    share_task(by=hq, alliance=alliance, title="联合巡查", organisation=shop)
    with acting(hq):
        ally = Ally.objects.get(organisation=shop)
    edit = url("alliance_edit", alliance.id)
    form = client.get(edit).context["form"]
    given = {**form.initial, "as_shown": form["as_shown"].value()}
    assert client.post(edit, {**given, "lead": "示例诊所"}).status_code == 302
    # A page that is behind is told.
    assert client.post(edit, {**given, "lead": "示例超市"}).status_code == 409
    end_ally(by=hq, ally=ally)
    with acting(hq):
        alliance.refresh_from_db()
        now = alliance.allies.filter(to_date=None)
        assert (alliance.lead_id, [one.organisation_id for one in now]) == (clinic.id, [unit.id])
        assert SharedTask.objects.get().organisation is None
        steps = {(one.what, one.name) for one in stories.of_alliance(alliance)}
    assert {("牵头单位", "示例诊所"), ("加入", "示例局"), ("退出", "示例超市")} <= steps
    dissolve_organisation(by=hq, organisation=clinic)
    assert "牵头单位已撤销" in text(client.get(page))
    # Ended, it is not taken up again around nobody; the page says why.
    end_alliance(by=hq, alliance=alliance)
    refused_page = client.post(url("alliance_resume", alliance.id), follow=True)
    assert "“示例诊所”已撤销" in text(refused_page)
    with acting(hq):
        assert Alliance.objects.get(id=alliance.id).to_date == TODAY


def test_what_a_pair_is_for_is_said_anew(hq, client_of, unit, body):
    row = pair(by=hq, organisation=unit, other=body("示例企业"), purpose="指导")
    edit = url("pairing_edit", row.id)
    client = client_of("headquarters")
    assert client.post(edit, {"purpose": ""}).status_code == 422
    assert client.post(edit, {"purpose": "复工指导"}).status_code == 302
    # Among the facts and in what happened.
    assert text(client.get(url("pairing", row.id))).count("复工指导") == 2
    end_pairing(by=hq, pairing=row)
    assert client.post(edit, {"purpose": "其他"}).status_code == 409


def test_a_unit_far_away_is_named_with_its_place(hq, client_of, places, unit, body):
    """It is not kept here; with its community the unit is not linked for that."""
    create, client = url("pairing_create"), client_of("headquarters")
    given = {
        "organisation": "示例局", "partner": "", "place": places.community,
        "unit_there": "远方示例医院", "purpose": "对口帮扶", "from_date": TODAY,
    }  # fmt: skip
    both = {**given, "place": "", "partner": body("示例企业").name}
    assert client.post(create, both).status_code == 422
    assert client.post(create, {**given, "place": ""}).status_code == 422
    made = client.post(create, given)
    assert made.status_code == 302
    assert client.post(create, given).status_code == 409
    assert client.post(create, {**given, "unit_there": "远方示例学校"}).status_code == 302
    name = f"远方示例医院（{places[places.community].name}）"
    for where in (made["Location"], url("pairings"), url("organisation", unit.id)):
        assert name in text(client.get(where)), where
    with acting(hq):
        assert not Pairing.objects.filter(linked=True).exists()
        assert not Responsibility.objects.filter(organisation=unit).exists()
