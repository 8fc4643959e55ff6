"""What ended yesterday is in no ledger; what ends today is in those of today, asked either way."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from fangxian.common import facts
from fangxian.common.facts import plans
from fangxian.common.scoping import acting
from fangxian.organisations import reporting
from fangxian.organisations.actions import (
    add_ally,
    add_member,
    claim_item,
    complete_claim,
    create_organisation,
    end_alliance,
    end_ally,
    end_membership,
    end_pairing,
    end_report,
    found_alliance,
    give_up_claim,
    list_item,
    pair,
    report_in,
    withdraw_item,
)
from fangxian.organisations.models import Member, OrganisationKind
from fangxian.organisations.tests.test_ledgers import NUMBER, imported, lines
from fangxian.people.vocabularies import IDENTITY

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)
SINCE = TODAY - 9 * DAY


def keys(name, place, day):
    return set(facts.tables.get(name).rows(place, day).values_list("pk", flat=True))


@pytest.fixture
def made(hq, places, unit, person):
    """``made[table](n)`` makes a row that began nine days ago; with how it is ended."""
    kind = OrganisationKind.objects.get(code="enterprise")
    alliance = found_alliance(
        by=hq, name="第1社区党建联盟", kind="league", place=places[places.community], lead=unit,
        from_date=SINCE,
    )  # fmt: skip

    def body(n):
        return create_organisation(by=hq, name=f"第{n}厂", kind=kind, seat=places[places.county])

    def begun(table, n):
        match table:
            case "members":
                return add_member(
                    by=hq, person=person(hq, f"甲{n}"), organisation=unit, from_date=SINCE
                )
            case "alliances":
                return found_alliance(
                    by=hq, name=f"联盟{n}", kind="league", place=places[places.community],
                    lead=unit, from_date=SINCE,
                )  # fmt: skip
            case "allies":
                return add_ally(
                    by=hq, alliance=alliance, organisation=body(n), role="member", on=SINCE
                )
        return pair(by=hq, organisation=unit, other=body(n), purpose="互助", from_date=SINCE)

    return begun


ENDS = {
    "members": lambda by, row, on: end_membership(by=by, member=row, on=on),
    "alliances": lambda by, row, on: end_alliance(by=by, alliance=row, on=on),
    "allies": lambda by, row, on: end_ally(by=by, ally=row, on=on),
    "pairings": lambda by, row, on: end_pairing(by=by, pairing=row, on=on),
}


@pytest.mark.parametrize("table", list(ENDS))
def test_the_last_day_is_a_day_of_it(table, made, hq, places):
    yesterday, today, open_ = (made(table, n) for n in (1, 2, 3))
    ENDS[table](hq, yesterday, TODAY - DAY)
    ENDS[table](hq, today, TODAY)
    name = f"organisations.{table}"
    with acting(hq):
        now = keys(name, places.county, None)
        assert now == keys(name, places.county, TODAY)
        assert now & {yesterday.id, today.id, open_.id} == {today.id, open_.id}
        assert yesterday.id in keys(name, places.county, TODAY - DAY)
        assert not keys(name, places.county, SINCE - DAY)
        assert open_.id in keys(name, places.county, TODAY + DAY)
        assert today.id not in keys(name, places.county, TODAY + DAY)


def shown(hq, place, table, column, day=None):
    view = facts.View(f"organisations.{table}", columns=(column,), day=day)
    return sorted(str(line.cells[0]) for line in plans.stream(view, hq, place))


def test_an_item_says_where_it_stands(hq, places, unit):
    community = places[places.community]
    report = report_in(by=hq, community=community, who=unit, on=SINCE, received=True)
    wanted = ("open", "claimed", "done", "withdrawn", "given up")
    items = {w: list_item(by=hq, community=community, kind="need", title=w) for w in wanted}
    for title in ("claimed", "done", "given up"):
        claim = claim_item(by=hq, item=items[title], report=report)
        if title == "done":
            complete_claim(by=hq, claim=claim, result="办成")
        if title == "given up":
            give_up_claim(by=hq, claim=claim)
    withdraw_item(by=hq, item=items["withdrawn"])
    with acting(hq):
        at = [places.county]
        count = {
            state: plans.measured(f"organisations.{state}_items", hq, at)[places.county]
            for state in ("open", "claimed", "done")
        }
        for state, n in count.items():
            assert n == reporting.items_in(places.county, state=state).count(), state
        assert count == {"open": 2, "claimed": 1, "done": 1}
        assert len(shown(hq, places.county, "claims", "item")) == 3
        assert plans.measured("organisations.units_reported", hq, at)[places.county] == 1
    end_report(by=hq, report=report)
    with acting(hq):
        assert not keys("organisations.reports_in", places.county, None)
        assert not keys("organisations.reports_in", places.county, TODAY)
        assert keys("organisations.reports_in", places.county, TODAY - DAY) == {report.id}
        before = shown(hq, places.county, "reports_in", "ended_on", TODAY - DAY)
        assert before == [str(TODAY)]
        assert plans.measured("organisations.units_reported", hq, at)[places.county] == 0


def test_who_leaves_today_does_not_come_back_with_the_ledger_of_today(hq, places, unit, person):
    one = person(hq, "甲", documents=[(IDENTITY, NUMBER)])
    row = add_member(by=hq, person=one, organisation=unit, from_date=SINCE)
    end_membership(by=hq, member=row, on=TODAY)
    head = "单位名称,单位类型,区划代码,姓名,身份证号,开始日期"
    told = f"示例局,,{places.county},甲,{NUMBER},"
    imported(hq, "organisations", lines(head, f"{told}{SINCE}"), places.county)
    with acting(hq):
        assert Member.objects.get().to_date == TODAY
    imported(hq, "organisations", lines(head, f"{told}{TODAY}"), places.county)
    with acting(hq):
        assert Member.objects.filter(to_date=None, from_date=TODAY).exists(), "begins anew"
