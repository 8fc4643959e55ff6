"""A ledger that comes back: unchanged it changes nothing, corrected it corrects."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.core.imports import problems_of
from fangxian.core.tests import importing
from fangxian.organisations.actions import (
    add_member,
    appoint,
    change_organisation,
    create_organisation,
    link_households,
    name_contact_leader,
    substitute,
)
from fangxian.organisations.exporting import EXPORTS, written
from fangxian.organisations.models import Member, Organisation, OrganisationKind, Responsibility
from fangxian.organisations.queries import in_force
from fangxian.organisations.tests.test_ledgers import HEAD, UNITS, imported, lines
from fangxian.people.actions import add_phone
from fangxian.register.actions import create_establishment, create_household

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


@pytest.fixture
def officers(hq, places, person):
    return [person(hq, name) for name in ("王一", "王二", "王三")]


def _rows():
    rows = Responsibility.objects.order_by("place_code", "role", "from_date", "holder_name")
    return list(
        rows.values_list("role", "holder_name", "from_date", "to_date", "substitute_for", "contact")
    )


def _problems(by, run):
    with acting(by):
        return [p for _number, _values, found in problems_of(run) for p in found]


def _codes(by, run):
    return [p.code for p in _problems(by, run)]


@pytest.mark.parametrize("replace", [False, True])
def test_an_export_that_comes_back_changes_nothing(
    hq, alice, places, unit, officers, person, replace
):
    first, second, third = officers
    grid = places[places.grid]
    row = appoint(by=hq, place=grid, role="grid_officer", holder=first, from_date=TODAY - 9 * DAY)
    substitute(
        by=hq, responsibility=row, holder=second, from_date=TODAY - DAY, to_date=TODAY + 2 * DAY
    )
    hospital = create_establishment(
        by=hq, place_code=places.building, name="示例医院", kind="hospital"
    )
    led = name_contact_leader(by=hq, establishment=hospital, holder=third, on=TODAY - DAY)
    substitute(by=hq, responsibility=led, holder=first, from_date=TODAY, to_date=TODAY + DAY)
    # Another of the same name: the organisation tells who is meant.
    person(hq, "王二")
    member = add_member(by=hq, person=second, organisation=unit)
    home = create_household(by=alice, place_code=places.unit, room="101")
    link_households(by=hq, member=member, place=places[places.building], households=[home])
    with acting(hq):
        before = _rows()
        data = written(EXPORTS["responsibilities"], places.county)
    choices = {"kind": "responsibilities", "options": {"replace": replace}}
    run = importing.imported(hq, data, places.county, **choices)
    # The stand-in is called as two are, and belongs to no organisation: who is not clear.
    assert (run.accepted, run.changed, _codes(hq, run)) == (4, 0, ["several_persons"])
    with acting(hq):
        assert _rows() == before


STANDS = "区域代码,角色,责任人,责任人电话,开始日期,结束日期,备注"


def test_a_ledger_says_who_stands_in_and_until_when(hq, places, officers):
    place, since, until = places.grid, TODAY - 5 * DAY, TODAY + 3 * DAY
    text = lines(
        STANDS,
        f"{place},网格员,王二,13800000002,{TODAY},{until},代班",
        f"{place},网格员,王一,,{since},,",
        f"{place},网格员,王三,,{TODAY},,代班",
        f"{places.other_grid},网格员,王三,,{TODAY},{until},代班",
    )
    run = imported(hq, "responsibilities", text, places.county)
    assert (run.accepted, run.changed) == (2, 2)
    assert _codes(hq, run) == ["required", "stands_in_for"]
    with acting(hq):
        held = Responsibility.objects.get(substitute_for=None)
        stand_in = Responsibility.objects.exclude(id=held.id).get()
        assert (held.holder_name, held.to_date) == ("王一", None)
        assert (stand_in.substitute_for_id, stand_in.to_date) == (held.id, until)
    again = imported(hq, "responsibilities", text, places.county, replace=True)
    assert (again.accepted, again.rejected, again.changed) == (2, 2, 0)
    longer = lines(STANDS, f"{place},网格员,王二,,{TODAY},{until + DAY},代班")
    assert _codes(hq, imported(hq, "responsibilities", longer, places.county)) == ["ends"]


LEADERS = "区域代码,场所,角色,责任人,开始日期"


def test_a_ledger_names_contact_leaders_of_establishments(hq, places, officers):
    create_establishment(by=hq, place_code=places.building, name="示例医院", kind="hospital")
    text = lines(
        LEADERS,
        f"{places.building},示例医院,联系领导,王一,2020-03-01",
        f"{places.building},没有的医院,联系领导,王一,2020-03-01",
        f"{places.building},,党员联户（1+10）,王一,2020-03-01",
    )
    run = imported(hq, "responsibilities", text, places.county)
    assert (run.accepted, run.changed, _codes(hq, run)) == (1, 1, ["on_its_page", "on_its_page"])
    other = lines(LEADERS, f"{places.building},示例医院,联系领导,王二,2020-06-01")
    assert _codes(hq, imported(hq, "responsibilities", other, places.county)) == ["overlap"]
    assert imported(hq, "responsibilities", other, places.county, replace=True).changed == 1
    with acting(hq):
        rows = Responsibility.objects.order_by("from_date").values_list("holder_name", "to_date")
        assert list(rows) == [("王一", dt.date(2020, 5, 31)), ("王二", None)]


def test_a_wrong_ledger_of_this_morning_is_corrected(hq, places, officers):
    before = appoint(
        by=hq, place=places[places.grid], role="grid_officer", holder=officers[2],
        from_date=TODAY - 9 * DAY,
    )  # fmt: skip
    head = "区域代码,角色,责任人"
    for name in ("王一", "王二"):
        text = lines(head, f"{places.grid},网格员,{name}", f"{places.other_grid},网格员,{name}")
        imported(hq, "responsibilities", text, places.county, replace=True)
    text = lines(head, f"{places.grid},网格员,王二")
    assert imported(hq, "responsibilities", text, places.county, replace=True).changed == 0
    with acting(hq):
        rows = Responsibility.objects.filter(place_code=places.grid).order_by("from_date")
        assert [(row.holder_name, row.to_date) for row in rows] == [
            ("王三", TODAY - DAY),
            ("王二", None),
        ]
        assert rows[0].cut_for_id == rows[1].id
        before.refresh_from_db()
        assert before.to_date == TODAY - DAY


def test_who_is_moved_by_a_ledger_is_relieved_wherever_his_row_stands(hq, places, officers):
    grids = [places.grid, places.other_grid, "130902001002001"]
    head = "区域代码,角色,责任人"

    def ledger(*names):
        rows = zip(grids, names, strict=True)
        return lines(head, *(f"{grid},网格员,{name}" for grid, name in rows if name))

    imported(hq, "responsibilities", ledger("", "王一", "王二"), places.county)
    shifted = ledger("王一", "王二", "王三")
    run = imported(hq, "responsibilities", shifted, places.county, replace=True)
    assert (run.accepted, run.rejected) == (3, 0)
    with acting(hq):
        rows = Responsibility.objects.order_by("place_code").values_list(
            "place_code", "holder_name"
        )
        assert dict(rows) == dict(zip(grids, ("王一", "王二", "王三"), strict=True))


def _changing_posts(hq, places, rows, size=100):
    head = "区域代码,角色,责任人,开始日期"
    text = lines(head, *(f"{grid},网格员,{name},{TODAY}" for grid, name in rows))
    run = importing.imported(
        hq, text.encode(), places.county, kind="responsibilities", name="台账.csv",
        sizes={"size": size}, options={"replace": True},
    )  # fmt: skip
    with acting(hq):
        held = in_force().values_list("place_code", "holder_name")
        return run, dict(held)


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("since", [TODAY, TODAY - 9 * DAY])
@pytest.mark.parametrize("names", [("王二", "王一", "王三"), ("王三", "王一", "王二")])
def test_who_change_posts_in_one_ledger_are_judged_after_it(
    hq, places, officers, names, since, size
):
    grids = [places.grid, places.other_grid, "130902001002001"]
    for grid, officer in zip(grids, officers, strict=True):
        appoint(by=hq, place=places[grid], role="grid_officer", holder=officer, from_date=since)
    wanted = dict(zip(grids, names, strict=True))
    run, held = _changing_posts(hq, places, wanted.items(), size)
    moved = sum(a != b for a, b in zip(names, ("王一", "王二", "王三"), strict=True))
    assert run.options["preview"]["counts"].get("refused", 0) == 0
    assert (run.accepted, run.rejected, run.changed) == (3, 0, moved)
    assert held == wanted
    run, held = _changing_posts(hq, places, wanted.items(), size)
    assert (run.accepted, run.changed, held) == (3, 0, wanted)


@pytest.mark.parametrize("size", [1, 100])
def test_a_ring_without_one_of_its_rows_is_judged_without_it(hq, places, person, officers, size):
    grids = [places.grid, places.other_grid, "130902001002001", "130902001002002"]
    people = [*officers, person(hq, "王四")]
    for grid, officer in zip(grids, people, strict=True):
        appoint(
            by=hq, place=places[grid], role="grid_officer", holder=officer,
            from_date=TODAY - 9 * DAY,
        )  # fmt: skip
    before = dict(zip(grids, ("王一", "王二", "王三", "王四"), strict=True))
    # 王三 was to go to the first grid, but that row names somebody unknown: nobody moves.
    broken = [(grids[0], "查无此人"), (grids[1], "王一"), (grids[2], "王二")]
    run, held = _changing_posts(hq, places, broken, size)
    assert (run.accepted, _codes(hq, run), held) == (0, ["no_person", "load", "load"], before)
    # Two of four change posts, the other two rows fit with nothing.
    rows = [(grids[0], "王二"), (grids[1], "王一"), (grids[2], "王四"), (grids[3], "查无此人")]
    run, held = _changing_posts(hq, places, rows, size)
    assert (run.accepted, _codes(hq, run)) == (2, ["load", "no_person"])
    assert held == before | {grids[0]: "王二", grids[1]: "王一"}


def test_contact_leaders_who_have_the_most_exchange_establishments(hq, places, officers):
    def led(name, holder):
        one = create_establishment(by=hq, place_code=places.building, name=name, kind="enterprise")
        name_contact_leader(by=hq, establishment=one, holder=holder, on=TODAY - 9 * DAY)

    for n in range(5):
        led(f"甲{n}", officers[0])
        led(f"乙{n}", officers[1])
    rows = ("甲0,联系领导,王二", "乙0,联系领导,王一")
    text = lines(LEADERS, *(f"{places.building},{row},{TODAY}" for row in rows))
    run = imported(hq, "responsibilities", text, places.county, replace=True)
    assert (run.accepted, run.changed) == (2, 2)
    run = imported(
        hq, "responsibilities", lines(LEADERS, f"{places.building},甲1,联系领导,王二,{TODAY}"),
        places.county, replace=True,
    )  # fmt: skip
    assert _codes(hq, run) == ["load"]


@pytest.mark.parametrize("since", ["2020-03-01", "2020-01-01"])
def test_a_replacing_row_that_comes_too_early_says_so(hq, places, officers, since):
    head = "区域代码,角色,责任人,开始日期"
    text = lines(head, f"{places.grid},网格员,王一,2020-03-01")
    imported(hq, "responsibilities", text, places.county)
    text = lines(head, f"{places.grid},网格员,王二,{since}")
    run = imported(hq, "responsibilities", text, places.county, replace=True)
    assert [(p.code, p.field) for p in _problems(hq, run)] == [("too_early", "start_date")]


def test_another_last_day_or_organisation_of_a_row_is_not_passed_over(hq, places, unit, officers):
    head = "区域代码,角色,责任人,单位名称,开始日期,结束日期"
    row = f"{places.grid},网格员,王一"
    imported(hq, "responsibilities", lines(head, f"{row},,2020-03-01,"), places.county)
    add_member(by=hq, person=officers[0], organisation=unit)
    text = lines(head, f"{row},示例局,2020-03-01,{TODAY + 9 * DAY}")
    refused = imported(hq, "responsibilities", text, places.county)
    assert [(p.code, p.field) for p in _problems(hq, refused)] == [("ends", "end_date")]
    with acting(hq):
        assert Responsibility.objects.get().member is None
    run = imported(hq, "responsibilities", text, places.county, replace=True)
    assert (run.accepted, run.changed) == (1, 1)
    with acting(hq):
        held = Responsibility.objects.get()
        assert held.member is not None
        assert (held.to_date, held.member.organisation_id) == (TODAY + 9 * DAY, unit.id)
    for replace in (False, True):
        again = imported(hq, "responsibilities", text, places.county, replace=replace)
        assert (again.accepted, again.changed) == (1, 0)
    later = lines(head, f"{row},,2020-03-01,{TODAY + 12 * DAY}")
    run = imported(hq, "responsibilities", later, places.county, replace=True)
    assert _codes(hq, run) == ["ends"]


def test_of_many_of_one_name_the_phone_tells_who_is_meant(hq, places, person):
    namesakes = [person(hq, "王伟") for _ in range(60)]
    for one in namesakes:
        add_phone(by=hq, person_id=one.id, number="13800000001")
        break
    meant = namesakes[-1]
    add_phone(by=hq, person_id=meant.id, number="13800000077")
    text = lines(HEAD, f"{places.grid},,网格员,王伟,,,13800000077,2020-03-01")
    assert imported(hq, "responsibilities", text, places.county).accepted == 1
    with acting(hq):
        assert Responsibility.objects.get().person_id == meant.id


def test_bodies_of_one_name_are_told_apart(hq, places):
    county = places.county
    text = lines(
        UNITS,
        f"县医院党委,党委,,,{county},,,,,",
        f"县一中党委,党委,,,{county},,,,,",
        "第一党支部,党支部,县医院党委,,,王一,,13800000001,书记,党员",
        "第一党支部,党支部,县一中党委,,,王二,,13800000002,书记,党员",
        "第一党支部,,,,,王三,,13800000003,书记,党员",
    )
    run = imported(hq, "organisations", text, county)
    assert (run.accepted, _codes(hq, run)) == (4, ["several_organisations"])
    with acting(hq):
        secretaries = Member.objects.order_by("person__name")
        assert [(one.person.name, one.organisation.parent.name) for one in secretaries] == [
            ("王一", "县医院党委"),
            ("王二", "县一中党委"),
        ]
    assert imported(hq, "organisations", text, county).changed == 0


def test_a_body_of_another_county_is_not_this_one(hq, places):
    kind = OrganisationKind.objects.get(code="department")
    province = dataclasses.replace(hq, area="13")
    elsewhere = create_organisation(
        by=province, name="财政局", kind=kind, seat=places[places.outside]
    )
    text = lines(UNITS, "财政局,机关单位,,,,,,,,", "国库科,机关单位,财政局,,,,,,,")
    assert imported(hq, "organisations", text, places.county).accepted == 2
    with acting(hq):
        here = Organisation.objects.exclude(id=elsewhere.id).get(name="财政局")
        assert here.seat.code == places.county
        assert Organisation.objects.get(name="国库科").parent_id == here.id
    chain = lines(HEAD, f"{places.community},,包联单位,,,财政局,,2020-03-01")
    assert imported(hq, "responsibilities", chain, places.county).accepted == 1
    with acting(hq):
        assert Responsibility.objects.get().organisation_id == here.id


def test_a_name_is_there_once_below_a_parent_and_once_without(hq, places, unit):
    from fangxian.common.errors import Invalid

    def found(**details):
        return create_organisation(
            by=hq, name="第一党支部", kind=unit.kind, seat=unit.seat, **details
        )

    alone, below = found(), found(parent=unit)
    for details in ({}, {"parent": unit}):
        with pytest.raises(Invalid) as twice:
            found(**details)
        assert twice.value.problems[0].code == "twice"
    with pytest.raises(Invalid):
        change_organisation(by=hq, organisation=below, parent=None)
    with acting(hq):
        assert alone.parent_id is None
