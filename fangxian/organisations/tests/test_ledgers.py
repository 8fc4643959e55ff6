"""Ledgers in and out: twice is once, rows in = accepted + rejected, no identity number leaves."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian import organisations
from fangxian.accounts.models import AccessLog
from fangxian.common.errors import Forbidden, Invalid
from fangxian.common.scoping import acting
from fangxian.common.sheets import cell_text, find_table, read_workbook
from fangxian.core import ledgers
from fangxian.core.actions import create_emergency
from fangxian.core.imports import problems_of
from fangxian.core.models import ImportRun
from fangxian.core.tests import importing
from fangxian.core.tests.importing import run_job
from fangxian.organisations.actions import change_member
from fangxian.organisations.exporting import EXPORTS, written
from fangxian.organisations.models import Member, Organisation, Responsibility
from fangxian.people.models import PersonDocument, PersonPhone

NUMBER = "11010519491231002X"
HEAD = "区域代码,责任区,角色,责任人,身份证号,单位名称,责任人电话,开始日期"
UNITS = "单位名称,单位类型,上级单位,统一社会信用代码,区划代码,姓名,身份证号,联系电话,职务,政治面貌"


def previewed(by: Any, kind: str, text: str, place: str, **options: Any) -> ImportRun:
    data = text.encode("gb18030")
    return importing.previewed(by, data, place, kind=kind, name="台账.csv", options=options)


def imported(by: Any, kind: str, text: str, place: str, **options: Any) -> ImportRun:
    data = text.encode("gb18030")
    return importing.imported(by, data, place, kind=kind, name="台账.csv", options=options)


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


@pytest.fixture
def bodies(hq, places):
    return lines(
        UNITS,
        f"示例局,机关单位,,91350100M000100Y43,{places.county},王一,{NUMBER},13800000001,局长,党员",
        f"示例局,,,,{places.county},王二,,13800000002,科员,群众",
        f"示例科,机关单位,示例局,,{places.county},,,,,",
        "无类局,,,,,,,,,",
        "错码局,机关单位,,91350100M000100Y44,,,,,,",
    )


def test_organisations_and_members_twice_is_once(hq, places, bodies):
    first = imported(hq, "organisations", bodies, places.county)
    assert (first.rows_in, first.accepted, first.rejected) == (5, 3, 2)
    assert first.result_file_id is not None
    with acting(hq):
        members = list(Member.objects.order_by("created_at").values_list("duty", "party_member"))
        assert members == [("局长", True), ("科员", False)]
        assert Organisation.objects.get(name="示例科").parent.name == "示例局"
    second = imported(hq, "organisations", bodies, places.county)
    assert (second.accepted, second.rejected, second.changed) == (3, 2, 0)
    with acting(hq):
        assert Member.objects.count() == 2
        assert Organisation.objects.count() == 2


def test_numbers_of_new_members_end_with_the_emergency_of_their_ledger(hq, places, bodies):
    emergency = create_emergency(
        by=hq, name="示例疫情", disease="示例疾病", place_code=places.county, level=2
    )
    data = bodies.encode("gb18030")
    of_it = {"emergency_id": emergency.id}
    run = importing.imported(
        hq, data, places.county, kind="organisations", name="台账.csv", **of_it
    )
    assert run.accepted == 3
    with acting(hq):
        for model, count in ((PersonDocument, 1), (PersonPhone, 2)):
            assert model.objects.filter(**of_it).count() == model.objects.count() == count
    # What tells who answers is of the register: no emergency's key would seal its numbers.
    for kind in ("responsibilities", "member_households"):
        with pytest.raises(Invalid, match="emergency_id"):
            ledgers.upload(
                by=hq, kind=kind, place_code=places.county, name="台账.csv", data=data, **of_it
            )


def test_where_members_wish_to_serve_comes_in_and_goes_out(hq, places):
    head = "单位名称,单位类型,姓名,联系电话,意愿服务地点"
    rows = [
        ("王一", "13800000001", places.grid),
        ("王二", "13800000002", "第1镇第1社区"),
        ("王三", "13800000003", "没有的社区"),
        ("王四", "13800000004", places.county),
        ("王五", "13800000005", places.outside),
    ]
    text = lines(head, *(f"示例局,机关单位,{','.join(row)}" for row in rows))
    run = imported(hq, "organisations", text, places.county)
    assert (run.accepted, run.rejected) == (3, 2)
    with acting(hq):
        wishes = dict(Member.objects.values_list("person__name", "wish__code"))
        assert wishes == {"王一": places.grid, "王二": places.community, "王五": places.outside}
        problems = [p for _n, _v, found in problems_of(run) for p in found]
        assert [(p.field, p.code) for p in problems] == [("wish", "no_place"), ("wish", "too_wide")]
        data = written(EXPORTS["organisations"], places.county)
    back = importing.imported(hq, data, places.county, kind="organisations", name="单位.xlsx")
    assert "wish" in back.mapping.values()
    assert (back.accepted, back.rejected, back.changed) == (3, 0, 0)


def test_the_preview_writes_nothing_and_says_what_the_import_will_do(hq, places, bodies):
    run = previewed(hq, "organisations", bodies, places.county)
    shown = run.options["preview"]
    assert (shown["rows"], shown["counts"]) == (5, {"changed": 3, "refused": 2})
    with acting(hq):
        assert not Organisation.objects.exists()
        assert not Member.objects.exists()


def test_who_answers_by_name_number_phone_and_organisation(hq, places, bodies):
    imported(hq, "organisations", bodies, places.county)
    text = lines(
        HEAD,
        f"{places.community},,包联领导,王一,{NUMBER},示例局,13811110000,2020-03-01",
        f"{places.community},,包联单位,,,示例局,,2020-03-01",
        f"{places.grid},,网格员,王二,,,13800000002,2020-03-01",
        f"{places.other_grid},,网格员,查无此人,,,,",
        f"{places.grid},,网格员,王一,{NUMBER},,,",
        f"{places.grid},,皇帝,王一,{NUMBER},,,",
        f"{places.outside},,包联单位,,,示例局,,",
        ",第1网格,网格员,王二,,,,",
    )
    first = imported(hq, "responsibilities", text, places.county)
    assert (first.rows_in, first.accepted, first.rejected) == (8, 3, 5)
    second = imported(hq, "responsibilities", text, places.county)
    assert (second.accepted, second.rejected, second.changed) == (3, 5, 0)
    with acting(hq):
        rows = {r.role: r for r in Responsibility.objects.all()}
        assert set(rows) == {"community_leader", "linked_unit", "grid_officer"}
        assert rows["community_leader"].contact == "13811110000"
        assert rows["community_leader"].member is not None
        codes = {p.code for _n, _v, found in problems_of(first) for p in found}
    assert codes == {"no_person", "overlap", "unknown_role", "no_place", "several_places"}


WIDE = "序号,社区,网格,包联领导,电话,包联单位,书记,联系电话,网格员,电话"


def test_a_row_with_a_column_for_each_role_is_unfolded(hq, places, bodies, person):
    imported(hq, "organisations", bodies, places.county)
    for name in ("张书记", "李格", "赵格"):
        person(hq, name)
    text = lines(
        WIDE,
        "1,第1镇第1社区,第1网格,王一,13811110001,示例局,张书记,13811110002,李格,13811110003",
        # All that a row says is written, or nothing of it.
        "2,第1镇第1社区,第2网格,王一,,示例局,查无此人,,赵格,",
        "3,第1镇第2社区,,,,,,,赵格,",
        "4,第1镇第2社区,,,,,,,,",
        "5,第1镇第2社区,第2网格,,,,,,赵格,",
    )
    first = imported(hq, "responsibilities", text, places.county)
    with acting(hq):
        rows = Responsibility.objects.order_by("role", "place_code")
        assert [(r.place_code, r.role, r.holder_name, r.contact) for r in rows] == [
            (places.community, "community_leader", "王一", "13811110001"),
            (places.community, "community_secretary", "张书记", "13811110002"),
            (places.grid, "grid_officer", "李格", "13811110003"),
            ("130902001002002", "grid_officer", "赵格", None),
            (places.community, "linked_unit", "示例局", None),
        ]
        found = problems_of(first)
        problems = sorted([p.code for p in of_row] for _number, _values, of_row in found)
    assert problems == [["no_person"], ["required"], ["which_place"]]
    assert (first.rows_in, first.accepted, first.rejected) == (5, 2, 3)
    again = imported(hq, "responsibilities", text, places.county)
    assert (again.accepted, again.rejected, again.changed) == (2, 3, 0)


def test_a_replacing_row_that_is_refused_relieves_nobody(hq, places, bodies, person):
    imported(hq, "organisations", bodies, places.county)
    for name in ("张书记", "李书记"):
        person(hq, name)
    head = "社区,包联领导,书记,开始日期"
    old = lines(head, "第1镇第1社区,王一,张书记,2020-03-01")
    imported(hq, "responsibilities", old, places.county)
    bad = lines(head, "第1镇第1社区,查无此人,李书记,2020-06-01")
    assert imported(hq, "responsibilities", bad, places.county, replace=True).rejected == 1
    with acting(hq):
        assert set(Responsibility.objects.values_list("holder_name", "to_date")) == {
            ("王一", None),
            ("张书记", None),
        }
    good = lines(head, "第1镇第1社区,王一,李书记,2020-06-01")
    run = imported(hq, "responsibilities", good, places.county, replace=True)
    assert (run.accepted, run.changed) == (1, 1)
    assert imported(hq, "responsibilities", good, places.county, replace=True).changed == 0


def test_a_preview_keeps_nobody_waiting_for_the_list_of_vacancies(hq, places, bodies, monkeypatch):
    from fangxian.organisations import vacancies

    imported(hq, "organisations", bodies, places.county)
    locked = []
    monkeypatch.setattr(vacancies, "_lock", lambda codes: locked.extend(codes))
    text = lines(HEAD, f"{places.grid},,网格员,王一,{NUMBER},,,2020-03-01")
    previewed(hq, "responsibilities", text, places.county)
    assert locked == []
    imported(hq, "responsibilities", text, places.county)
    assert locked == [places.grid]


@pytest.mark.parametrize(
    ("number", "kind"),
    [("H12345678", "hk_macao_permit"), ("810000199001010019", "residence_permit")],
)
def test_documents_of_members_keep_their_kind(hq, places, bodies, number, kind):
    text = lines(UNITS, f"示例局,机关单位,,,{places.county},陈一,{number},,,")
    assert imported(hq, "organisations", text, places.county).accepted == 1
    with acting(hq):
        assert PersonDocument.objects.get().kind == kind


def test_a_new_list_hands_over_where_it_is_asked_to(hq, places, bodies):
    imported(hq, "organisations", bodies, places.county)
    old = lines(HEAD, f"{places.grid},,网格员,王一,{NUMBER},,,2020-03-01")
    new = lines(HEAD, f"{places.grid},,网格员,王二,,,,2020-06-01")
    imported(hq, "responsibilities", old, places.county)
    assert imported(hq, "responsibilities", new, places.county).rejected == 1
    run = imported(hq, "responsibilities", new, places.county, replace=True)
    assert (run.accepted, run.rejected, run.changed) == (1, 0, 1)
    assert run.options["preview"]["counts"] == {"changed": 1}
    with acting(hq):
        rows = Responsibility.objects.order_by("from_date").values_list("holder_name", "to_date")
        assert [(name, str(last)) for name, last in rows] == [
            ("王一", "2020-05-31"),
            ("王二", "None"),
        ]


def test_what_is_taken_away_can_be_brought_back_and_holds_no_identity_number(hq, places, bodies):
    imported(hq, "organisations", bodies, places.county)
    imported(
        hq,
        "responsibilities",
        lines(HEAD, f"{places.community},,包联领导,王一,{NUMBER},示例局,13811110000,2020-03-01"),
        places.county,
    )
    with acting(hq):
        for name in ("organisations", "responsibilities"):
            data = written(EXPORTS[name], places.county)
            table = find_table(read_workbook(data, f"{name}.xlsx").sheets[0])
            texts = [cell_text(cell) for row in table.data_rows() for cell in row.cells]
            assert "王一" in texts
            assert not any(NUMBER in text for text in texts)
            assert "13811110000" not in texts
        assert "138****0000" in texts
    back = importing.previewed(hq, data, places.county, kind="responsibilities", name="包保.xlsx")
    assert {"place_code", "role", "responsible", "organisation"} <= set(back.mapping.values())
    run_job(hq, ledgers.confirm(by=hq, run_id=back.id))
    back = importing.seen(hq, back.id)
    assert (back.accepted, back.rejected, back.changed) == (1, 0, 0)


def test_work_phones_leave_in_full_only_for_a_reason_and_are_logged(
    hq, places, bodies, client_of, settings
):
    imported(hq, "organisations", bodies, places.county)
    imported(
        hq,
        "responsibilities",
        lines(HEAD, f"{places.community},,包联领导,王一,{NUMBER},示例局,13811110000,2020-03-01"),
        places.county,
    )
    settings.FANGXIAN_REVEALS_PER_HOUR = 1
    client = client_of("headquarters")
    at = reverse("organisations:export", args=["responsibilities"])

    def texts(response):
        book = read_workbook(response.content, "包保.xlsx")
        rows = find_table(book.sheets[0]).data_rows()
        return [cell_text(cell) for row in rows for cell in row.cells]

    place = {"code": places.county}
    assert "138****0000" in texts(client.post(at, place))
    assert client.post(at, {**place, "reason": "?"}).status_code == 422
    with acting(hq):
        assert not AccessLog.objects.exclude(revealed="").exists()
    assert "13811110000" in texts(client.post(at, {**place, "reason": "防汛联络名册"}))
    with acting(hq):
        person = Responsibility.objects.get().person_id
        log = AccessLog.objects.exclude(revealed="").get()
        assert (log.persons, log.revealed, log.purpose) == ([person], "work phone", "防汛联络名册")
    assert client.post(at, {**place, "reason": "防汛联络名册"}).status_code == 429


def test_an_export_says_party_membership_in_a_word_that_the_import_reads(hq, places, bodies):
    imported(hq, "organisations", bodies, places.county)
    export = EXPORTS["organisations"]
    with acting(hq):
        member = Member.objects.filter(party_member=True).order_by("id")[0]
        told = {"duty": member.duty, "rank": member.rank, "wish": None, "party_member": True}
        change_member(by=hq, member=member, probationary=True, **told)
        said = {row[9] for row in export.rows(places.county, False) if row[9]}
        member.refresh_from_db()
    assert said - {"是"} == {"否", "预备党员"}
    assert (member.party_member, member.probationary) == (True, True)
    data = Path(organisations.__file__).parent / "data" / "words.json"
    words = json.loads(data.read_text("utf-8"))
    assert "是" in words["party"]
    assert "预备党员" in words["probationary"]
    assert "否" not in words["party"]


def test_a_large_export_is_a_job(hq, places, bodies):
    from fangxian.core.actions import read_file, start_job

    imported(hq, "organisations", bodies, places.county)
    args = {"ledger": "organisations", "code": places.county}
    job = start_job(by=hq, kind="organisations.export", args=args, place_code=places.county)
    file = run_job(hq, job)
    with acting(hq):
        data = read_file(by=hq, file_id=file.id)
    assert io.BytesIO(data).read(2) == b"PK"


def test_a_list_with_full_numbers_is_read_by_whoever_gave_the_reason_alone(hq, places):
    from fangxian.core.actions import read_file, start_job

    place_code = places.county
    at = {"ledger": "responsibilities", "code": place_code}
    masked, clear = (
        run_job(hq, start_job(by=hq, kind="organisations.export", args=args, place_code=place_code))
        for args in (at, at | {"reveal": str(uuid4())})
    )
    other = dataclasses.replace(hq, user_id=uuid4())
    assert read_file(by=other, file_id=masked.id)
    assert read_file(by=hq, file_id=clear.id)
    with pytest.raises(Forbidden):
        read_file(by=other, file_id=clear.id)


cells = st.sampled_from(
    [
        "",
        "网格员",
        "包联单位",
        "王一",
        "示例局",
        "130902001001001",
        "第1社区",
        "2020-03-01",
        "=1+1",
        "张",
        "?",
    ]
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(st.lists(cells, min_size=8, max_size=8), min_size=1, max_size=6))
def test_rows_in_are_accepted_or_rejected_whatever_they_hold(hq, places, rows):
    filled = [row for row in rows if any(row)]
    text = lines(HEAD, f"{places.grid},,网格员,某人,,,,", *(",".join(row) for row in filled))
    run = imported(hq, "responsibilities", text, places.county)
    assert run.rows_in == run.accepted + run.rejected
    again = imported(hq, "responsibilities", text, places.county)
    assert (again.accepted, again.rejected, again.changed) == (run.accepted, run.rejected, 0)
