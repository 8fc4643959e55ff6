"""Heads of households in columns of their own, beside the members."""

from __future__ import annotations

from typing import Any

import pytest

from fangxian.common.scoping import acting
from fangxian.core import imports
from fangxian.people.models import Person
from fangxian.register.importing.runs import LEDGER
from fangxian.register.models import Residency
from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import identity, workbook
from fangxian.register.tests.test_import_households import refused
from fangxian.register.tests.test_import_sheets import book

pytestmark = pytest.mark.django_db
HEADERS = [
    "户主姓名", "户主身份证号", "户主电话", "姓名", "身份证号", "电话", "与户主关系", "现住址",
]  # fmt: skip
ADDRESS = "第1栋1单元101室"


def row(head: int = 0, member: int | None = None, **changes: Any) -> dict[str, Any]:
    made = {
        "户主姓名": f"赵示{'一二三四'[head]}", "户主身份证号": identity(head),
        "户主电话": f"1380000000{head}", "现住址": f"第1栋1单元{101 + head}室",
    }  # fmt: skip
    if member is not None:
        made |= {"姓名": f"钱示{'一二三四'[member]}", "身份证号": identity(member + 50)}
        made |= {"与户主关系": "儿子"}
    return made | changes


def lives(by: Any) -> list[tuple[str, str, int]]:
    """Name, relation and number of phones of the residents."""
    with acting(by):
        found = Residency.objects.filter(to_date=None).order_by("household__room", "person__name")
        return [(r.person.name, r.relation, r.person.phones.count()) for r in found]


def test_a_head_who_lives_alone_is_a_person(alice, places):
    data = workbook([row(0), row(1, 0)], HEADERS)
    run = imported(alice, data, places.grid)
    assert (run.rows_in, run.accepted, run.rejected) == (2, 2, 0)
    # The head's phone is not that of the son.
    assert lives(alice) == [("赵示一", "head", 1), ("钱示一", "son", 0)]
    with acting(alice):
        assert Person.objects.filter(documents=None).count() == 0
    assert imported(alice, data, places.grid).changed == 0


def test_heads_without_a_row_are_told_of_and_registered_when_asked(alice, places):
    data = workbook([row(0, 0), row(0, 1), row(1, 2)], HEADERS)
    run = previewed(alice, data, places.grid)
    assert run.options["preview"]["heads_left_out"] == 2
    assert LEDGER.notes is not None
    assert [kind for kind, _text in LEDGER.notes(run.options["preview"])] == ["warn"]
    options = {"register_heads": True}
    for sizes in ({"size": 1}, {"size": 500}):
        run = imported(alice, data, places.grid, options=options, sizes=sizes)
        assert (run.rows_in, run.accepted, run.rejected) == (5, 5, 0)
        assert run.options["preview"]["heads_left_out"] == 0
    assert run.changed == 0
    assert lives(alice) == [
        ("赵示一", "head", 1), ("钱示一", "son", 0), ("钱示二", "son", 0),
        ("赵示二", "head", 1), ("钱示三", "son", 0),
    ]  # fmt: skip


def test_heads_are_told_of_beside_a_sheet_of_tables_side_by_side(alice, places):
    one, two = [[row(0, n).get(name, "") for name in HEADERS] for n in (0, 1)]
    data = book({"甲": [HEADERS, one], "乙": [HEADERS * 2, two * 2]})
    run = previewed(alice, data, places.grid)
    assert [sheet["rows"] for sheet in run.options["preview"]["sheets"]] == [1, 1]
    assert run.options["preview"]["heads_left_out"] == 1


def test_heads_who_have_a_row_are_not_taken_twice(alice, places):
    own = {"姓名": "赵示一", "身份证号": identity(0), "与户主关系": "户主"}
    plain = {"姓名": "赵示二", "与户主关系": "户主"}
    rows = [row(0, 0), row(0) | own, row(1, 1), row(1) | plain]
    run = imported(alice, workbook(rows, HEADERS), places.grid, options={"register_heads": True})
    assert (run.rows_in, run.accepted) == (4, 4)
    assert run.options["preview"]["heads_left_out"] == 0


def test_a_wrong_number_of_a_head_is_marked_at_its_column(alice, places):
    rows = [row(0, 0, 户主身份证号="123"), row(1, 户主身份证号="123")]
    run = imported(alice, workbook(rows, HEADERS), places.grid, options={"register_heads": True})
    assert (run.rows_in, run.accepted, run.rejected) == (3, 1, 2)
    assert refused(alice, run) == {2: ["document_unknown"], 3: ["document_unknown"]}
    with acting(alice):
        fields = {p.field for _n, _v, problems in imports.problems_of(run) for p in problems}
    assert fields == {"head_identity"}


def test_an_unnamed_member_is_not_the_head(alice, places):
    rows = [row(0, 性别="女"), row(1, 与户主关系="妻"), row(2, 身份证号=identity(60))]
    run = imported(alice, workbook(rows, [*HEADERS, "性别"]), places.grid)
    assert run.rejected == 3
    assert {code for codes in refused(alice, run).values() for code in codes} == {"required"}


def test_an_empty_dwelling_of_a_head_stays_one(alice, places):
    rows = [row(0, 居住状态="空置")]
    run = imported(alice, workbook(rows, [*HEADERS, "居住状态"]), places.grid)
    assert (run.accepted, lives(alice)) == (1, [])


def test_members_in_columns_of_one_row_are_told_of(alice, places):
    headers = ["户主姓名", "现住址", "成员1姓名", "成员1身份证号", "成员2姓名", "成员2身份证号"]
    rows = [
        {"户主姓名": "赵示一", "现住址": ADDRESS, "成员1姓名": "钱示一", "成员2姓名": "钱示二",
         "成员1身份证号": identity(1), "成员2身份证号": identity(2)},
    ]  # fmt: skip
    run = previewed(alice, workbook(rows, headers), places.grid)
    assert run.options["preview"]["persons_left_out"] == ["成员2姓名", "成员2身份证号"]


def test_remarks_that_speak_of_a_death_are_told_of(alice, places):
    rows = [row(0, 0), row(1, 1, 备注="2021年去世"), row(2, 2, 备注="未搬走")]
    run = previewed(alice, workbook(rows, [*HEADERS, "备注"]), places.grid)
    summary = run.options["preview"]
    assert (summary["doubtful"], summary["doubtful_rows"]) == (1, [3])
    assert summary["counts"] == {"new": 3}
