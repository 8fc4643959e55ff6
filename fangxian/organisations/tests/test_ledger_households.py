"""The ledger of 1+10: every household with its member; out, back, and corrected."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.common.sheets import cell_text, read_workbook
from fangxian.core.imports import problems_of
from fangxian.core.tests import importing
from fangxian.organisations import queries
from fangxian.organisations.actions import (
    add_member,
    create_organisation,
    link_households,
    unlink_household,
)
from fangxian.organisations.exporting import EXPORTS, written
from fangxian.organisations.ledger_households import said_before
from fangxian.organisations.models import Responsibility, ResponsibilityHousehold
from fangxian.organisations.tests.test_ledgers import imported, lines
from fangxian.register.actions import create_household, move_in

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)
KIND = "member_households"
HEAD = "区域代码,楼栋,单元,室号,户号,户主姓名,联户长,单位名称,开始日期,结束日期"


@pytest.fixture
def homes(alice, places):
    return [
        create_household(by=alice, place_code=places.unit, room=f"{n}", number="")
        for n in range(101, 112)
    ]


@pytest.fixture
def members(hq, person, unit):
    return [add_member(by=hq, person=person(hq, n), organisation=unit) for n in ("王一", "王二")]


@pytest.fixture
def given(hq, places, homes, members):
    """王一 looks after ten households, 王二 after one, since nine days ago."""
    building, since = places[places.building], TODAY - 9 * DAY
    for member, some in zip(members, (homes[:10], homes[10:]), strict=True):
        link_households(by=hq, member=member, place=building, households=some, on=since)


def _now(hq):
    with acting(hq):
        rows = queries.links_on().order_by("household__room")
        return list(
            rows.values_list(
                "household__room", "responsibility__holder_name", "from_date", "to_date"
            )
        )


def _codes(by, run):
    with acting(by):
        return [p.code for _number, _values, found in problems_of(run) for p in found]


def _table(data):
    rows = read_workbook(data, "1+10.xlsx").sheets[0].rows
    return [[cell_text(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("replace", [False, True])
def test_an_export_names_each_door_and_comes_back_unchanged(
    hq, alice, places, person, homes, given, replace
):
    who = person(hq, "欧阳修")
    move_in(by=alice, household_id=homes[0].id, person_id=who.id, relation="head", on=TODAY)
    with acting(hq):
        data = written(EXPORTS[KIND], places.county)
        stored = list(ResponsibilityHousehold.objects.order_by("id").values())
    table = _table(data)
    assert len(table) == 12
    assert table[1][0] == places.unit
    assert table[1][6:11] == ["101", "", "欧**", "王一", "示例局"]
    run = importing.imported(hq, data, places.county, kind=KIND, options={"replace": replace})
    assert (run.rows_in, run.accepted, run.changed) == (11, 11, 0)
    with acting(hq):
        assert list(ResponsibilityHousehold.objects.order_by("id").values()) == stored


def test_a_changed_row_moves_an_added_one_adds_and_a_missing_one_changes_nothing(
    hq, alice, places, homes, given
):
    extra = create_household(by=alice, place_code=places.unit, room="201")
    text = lines(
        HEAD,
        f"{places.unit},,,101,,,王二,,{TODAY},",
        f"{places.unit},,,{extra.room},,,王二,示例局,,",
        f"{places.unit},,,102,,,王一,,,{TODAY}",
        f"{places.unit},,,999,,,王一,,,",
        f"{places.community},,,103,,,王一,,,",
        f"{places.unit},,,104,,,无此人,,,",
    )
    run = imported(hq, KIND, text, places.county)
    wrong = ["no_household", "required", "no_person"]
    assert (run.rows_in, run.accepted, run.changed) == (6, 1, 1)
    assert sorted(_codes(hq, run)) == sorted(["overlap", "ends", *wrong])
    run = imported(hq, KIND, text, places.county, replace=True)
    assert (run.accepted, run.rejected, run.changed) == (3, 3, 2)
    assert imported(hq, KIND, text, places.county, replace=True).changed == 0
    since = TODAY - 9 * DAY
    now = {room: rest for room, *rest in _now(hq)}
    assert now["101"] == ["王二", TODAY, None]
    assert now["201"] == ["王二", TODAY, None]
    assert now["102"] == ["王一", since, TODAY]
    assert now["103"] == ["王一", since, None]
    with acting(hq):
        before = ResponsibilityHousehold.objects.get(household=homes[0], from_date=since)
        assert before.to_date == TODAY - DAY
        # The member's own row takes the added ones: no second one for the same building.
        assert Responsibility.objects.count() == 2


def test_days_that_are_over_are_not_rewritten(hq, places, homes, given):
    text = lines(HEAD, f"{places.unit},,,101,,,王二,,{TODAY - 20 * DAY},")
    run = imported(hq, KIND, text, places.county, replace=True)
    assert _codes(hq, run) == ["too_early"]
    with acting(hq):
        data = written(EXPORTS[KIND], places.county)
        link = queries.links_on().get(household=homes[0])
    unlink_household(by=hq, link=link)
    before = _now(hq)
    # An older ledger gives nobody back what he has given up meanwhile.
    run = importing.imported(hq, data, places.county, kind=KIND, options={"replace": True})
    assert (run.accepted, run.changed) == (11, 0)
    assert _now(hq) == before
    again = lines(HEAD, f"{places.unit},,,101,,,王一,,{TODAY},")
    assert imported(hq, KIND, again, places.county).changed == 1
    assert len(_now(hq)) == 11


@pytest.mark.parametrize("size", [1, 100])
def test_members_who_have_the_most_exchange_households(hq, places, homes, given, size):
    def ledger(*moves):
        rows = (f"{places.unit},,,{room},,,{name},,{TODAY}," for room, name in moves)
        return lines(HEAD, *rows).encode()

    def sent(data):
        return importing.imported(
            hq, data, places.county, kind=KIND, name="1+10.csv", sizes={"size": size},
            options={"replace": True},
        )  # fmt: skip

    run = sent(ledger(("111", "王一")))
    assert _codes(hq, run) == ["load"]
    run = sent(ledger(("111", "王一"), ("101", "王二")))
    assert run.options["preview"]["counts"] == {"changed": 2}
    assert (run.accepted, run.rejected, run.changed) == (2, 0, 2)
    now = {room: name for room, name, *_days in _now(hq)}
    assert (now["101"], now["111"]) == ("王二", "王一")


def test_a_household_is_said_once_however_far_apart(hq, places, homes, members, given):
    said = (("101", "王一"), ("102", "王一"), ("101", "王二"))
    data = lines(HEAD, *(f"{places.unit},,,{room},,,{name},,," for room, name in said)).encode()
    run = importing.imported(
        hq, data, places.county, kind=KIND, name="1+10.csv", sizes={"size": 1},
        options={"replace": True},
    )  # fmt: skip
    assert run.options["preview"]["kinds"] == {"twice": 1}
    assert _codes(hq, run) == ["twice"]
    assert (run.accepted, run.changed) == (2, 0)
    # An attempt that goes on knows what the one before it said.
    with acting(hq):
        assert said_before(hq, run) == {homes[0].id: 2, homes[1].id: 3}


def test_a_row_of_days_that_are_over_when_others_begin_is_not_too_much(
    hq, places, homes, members, given
):
    """A row with a last day counts until then alone."""
    with acting(hq):
        one = ResponsibilityHousehold.objects.get(household=homes[0])
    unlink_household(by=hq, link=one, on=TODAY)
    link_households(
        by=hq, member=members[0], place=places[places.building],
        households=homes[:1], on=TODAY + 9 * DAY,
    )  # fmt: skip
    row = f"{places.unit},,,111,,,王一,,{TODAY},"
    run = imported(hq, KIND, lines(HEAD, f"{row}{TODAY + 9 * DAY}"), places.county, replace=True)
    assert _codes(hq, run) == ["load"]
    run = imported(hq, KIND, lines(HEAD, f"{row}{TODAY + 8 * DAY}"), places.county, replace=True)
    assert (run.accepted, run.changed) == (1, 1)


def test_a_member_of_two_organisations_is_named_with_one(hq, places, unit, person, homes, members):
    branch = create_organisation(by=hq, name="示例支部", kind=unit.kind, seat=unit.seat)
    add_member(by=hq, person=members[0].person, organisation=branch)
    row = f"{places.unit},,,101,,,王一"
    run = imported(hq, KIND, lines(HEAD, f"{row},,,"), places.county)
    assert _codes(hq, run) == ["several_members"]
    run = imported(hq, KIND, lines(HEAD, f"{row},示例支部,,"), places.county)
    assert (run.accepted, run.changed) == (1, 1)
    # By whichever he does it, he is the one who is named; a work phone is brought up to date.
    assert imported(hq, KIND, lines(HEAD, f"{row},,,"), places.county).changed == 0
    called = lines(f"{HEAD},责任人电话", f"{row},示例支部,,,13800000001")
    for changed in (1, 0):
        assert imported(hq, KIND, called, places.county).changed == changed
    with acting(hq):
        assert Responsibility.objects.get().contact == "13800000001"
