from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from fangxian.common.errors import Forbidden, Invalid
from fangxian.common.scoping import acting
from fangxian.common.sheets import find_table, read_workbook
from fangxian.core.actions import read_file
from fangxian.people.models import MergeCandidate, NameToken, Person, PersonDocument
from fangxian.regions.actions import create_building
from fangxian.register import queries
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import HEADERS, identity, person, workbook

pytestmark = pytest.mark.django_db


def state(by: Any) -> list[Any]:
    """All that an import can change, without ids and times."""
    with acting(by):
        people = Person.objects.order_by("name", "id").values_list(
            "name", "sex", "birth_date", "ethnicity", "registered_address", "employer"
        )
        lives = Residency.objects.order_by("person__name", "id").values_list(
            "person__name", "household__place_code", "household__room", "household__number",
            "relation", "kind", "from_date", "to_date", "ended",
        )  # fmt: skip
        counts = [
            model.objects.count()
            for model in (Household, PersonDocument, NameToken, MergeCandidate, KeyGroupEntry)
        ]
        return [sorted(map(str, people)), sorted(map(str, lives)), counts]


def test_a_ledger_goes_in_door_by_door(alice, places, seen):
    run = imported(alice, workbook([person(n) for n in range(30)]), places.grid)
    assert (run.rows_in, run.accepted, run.rejected) == (30, 30, 0)
    assert seen(lambda: queries.counts(places.grid)) == {
        "households": 10, "empty": 0, "residents": 30, "away": 0, "tenants": 0,
        "separated": 0, "establishments": 0,
    }  # fmt: skip
    first = seen(lambda: queries.households_in(places.unit).first())
    assert first.room == "100"
    rows = seen(lambda: list(queries.residents_of([first.id])))
    assert [row.relation for row in rows] == ["head", "spouse", "son"]
    assert rows[0].person.sex == "1"
    assert rows[0].person.initials


def test_the_same_file_twice_changes_nothing(alice, places):
    data = workbook([person(n) for n in range(20)])
    imported(alice, data, places.grid)
    before = state(alice)
    run = imported(alice, data, places.grid)
    assert run.changed == 0
    assert run.accepted == 20
    assert state(alice) == before


def test_titles_notes_and_blank_rows_are_not_rows(alice, places):
    rows: list[dict[str, Any]] = [person(0), {}, person(1)]
    data = workbook(rows, title="甲县示例社区人口台账", notes=["填表人：某某", "备注：以上为示例"])
    run = imported(alice, data, places.grid)
    assert (run.rows_in, run.accepted) == (2, 2)


def test_bad_rows_come_back_marked_and_can_be_corrected(alice, places, seen):
    rows = [person(n) for n in range(4)]
    rows[1] = person(1, 身份证号=rows[1]["身份证号"][:-1] + "0")
    rows[2] = person(2, 现住址="第9栋1单元101室")
    rows[3] = person(3, 性别="男")
    run = imported(alice, workbook(rows), places.grid)
    assert (run.rows_in, run.accepted, run.rejected) == (4, 1, 3)
    data = read_file(by=alice, file_id=run.result_file_id)
    book = read_workbook(data, "errors.xlsx")
    table = find_table(book.sheets[0])
    assert table.error_column is not None
    column = table.error_column
    texts = [row[column] if len(row) > column else None for row in book.sheets[0].rows]
    assert [bool(text) for text in texts[1:]] == [False, True, True, True]
    again = imported(alice, data, places.grid)
    assert (again.rows_in, again.accepted, again.rejected) == (4, 1, 3)
    assert again.changed == 0
    mended = imported(alice, workbook([person(n) for n in range(4)]), places.grid)
    assert (mended.accepted, mended.changed) == (4, 3)


def test_each_problem_names_row_field_and_mend(alice, places):
    run = previewed(alice, workbook([person(0), person(1, 手机号="12")]), places.grid)
    (problem,) = run.options["preview"]["problems"]
    row, field, message, mend = problem
    assert (row, field) == (3, "phone")
    assert message
    assert mend


def test_the_preview_counts_what_the_commit_does(alice, places):
    imported(alice, workbook([person(n) for n in range(6)]), places.grid)
    rows = [
        person(0),
        person(1, 手机号="13900000001"),
        person(2, 现住址="第1栋1单元900室"),
        person(7),
        person(7),
        person(8, 身份证号="123"),
    ]
    run = previewed(alice, workbook(rows), places.grid)
    assert run.options["preview"]["counts"] == {
        "known": 1, "changed": 1, "moved": 1, "new": 1, "duplicate": 1, "refused": 1,
    }  # fmt: skip


def test_the_same_person_at_two_doors_in_one_file_is_refused_once(alice, places):
    rows = [person(0), person(0, 现住址="第1栋2单元202室")]
    run = imported(alice, workbook(rows), places.grid)
    assert (run.accepted, run.rejected) == (1, 1)


def test_a_known_document_under_another_name_is_refused(alice, places):
    imported(alice, workbook([person(0)]), places.grid)
    run = imported(alice, workbook([person(0, 姓名="别人")]), places.grid)
    assert run.rejected == 1


def test_persons_without_documents_are_known_again_by_door_and_name(alice, places):
    rows = [person(n, 身份证号="", 手机号="") for n in range(6)]
    imported(alice, workbook(rows), places.grid)
    before = state(alice)
    run = imported(alice, workbook(rows), places.grid)
    assert run.changed == 0
    assert state(alice) == before


def test_a_document_learnt_later_joins_the_known_person(alice, places, seen):
    imported(alice, workbook([person(0, 身份证号="", 性别="")]), places.grid)
    run = imported(alice, workbook([person(0)]), places.grid)
    assert run.changed == 1
    assert seen(lambda: Person.objects.count()) == 1
    assert seen(lambda: PersonDocument.objects.count()) == 1


def test_name_and_phone_at_another_door_go_to_the_merge_queue(alice, places, seen):
    imported(alice, workbook([person(0, 身份证号="")]), places.grid)
    other = person(0, 身份证号="", 现住址="第1栋2单元303室")
    imported(alice, workbook([other]), places.grid)
    (pair,) = seen(lambda: list(MergeCandidate.objects.all()))
    assert pair.reason == "phone"
    assert pair.place_code == places.building


def test_a_village_group_tells_households_apart_by_head(alice, places, seen):
    create_building(by=alice, grid_code=places.grid, name="3组", kind="village_group")
    rows = [
        {"姓名": "甲一", "与户主关系": "户主", "小组": "第三组"},
        {"姓名": "甲二", "与户主关系": "妻", "小组": "第三组"},
        {"姓名": "乙一", "与户主关系": "户主", "小组": "3组"},
        {"姓名": "丙一", "与户主关系": "户主", "小组": "4组"},
    ]
    headers = ["姓名", "与户主关系", "小组"]
    run = imported(alice, workbook(rows, headers), places.grid)
    assert (run.accepted, run.rejected) == (3, 1)
    homes = seen(
        lambda: [
            sorted(r.person.name for r in queries.residents_of([home.id]))
            for home in queries.households_in(places.grid)
        ]
    )
    assert sorted(homes) == [["乙一"], ["甲一", "甲二"]]
    again = imported(alice, workbook(rows, headers), places.grid)
    assert again.changed == 0


def test_missing_buildings_are_made_when_asked(alice, places, seen):
    rows = [person(0, 现住址="第9栋1单元101室"), person(1, 现住址="第9栋2单元201室")]
    run = imported(alice, workbook(rows), places.grid, options={"make_places": True})
    assert (run.accepted, run.rejected) == (2, 0)
    codes = seen(lambda: set(Household.objects.values_list("place_code", flat=True)))
    assert {len(code) for code in codes} == {20}
    assert len({code[:18] for code in codes}) == 1


def test_nothing_is_written_for_who_may_not(bob, charlie, alice, places):
    data = workbook([person(0)])
    with pytest.raises(Forbidden):
        imported(bob, data, places.grid)
    with pytest.raises(Forbidden):
        imported(charlie, data, places.grid)


def test_a_file_without_a_table_is_refused_with_a_mend(alice, places):
    with pytest.raises(Invalid) as caught:
        imported(alice, b"PK\x03\x04 broken", places.grid)
    assert caught.value.problems[0].mend


def test_identity_numbers_stay_out_of_the_database_and_the_jobs(alice, places):
    imported(alice, workbook([person(0)]), places.grid)
    wanted = [identity(0).encode(), b"13800000000"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL fangxian.lo = '0'")
        cursor.execute("SET LOCAL fangxian.hi = ':'")
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (text,) in cursor.fetchall():
                for number in wanted:
                    assert number.decode() not in text, table
                    assert number.hex() not in text, table


def test_moves_in_a_ledger_carry_their_day(alice, places, seen):
    headers = [*HEADERS, "入住时间"]
    imported(alice, workbook([person(0) | {"入住时间": "2020-05-01"}], headers), places.grid)
    later = person(0, 现住址="第1栋2单元200室") | {"入住时间": "2021-06-01"}
    imported(alice, workbook([later], headers), places.grid)
    rows = seen(lambda: list(Residency.objects.order_by("from_date")))
    assert [(r.from_date, r.to_date) for r in rows] == [
        (dt.date(2020, 5, 1), dt.date(2021, 6, 1)),
        (dt.date(2021, 6, 1), None),
    ]
