"""Ledgers as offices lay them out, through the whole import; and imports that were cut short."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
import xlwt

from fangxian.common.scoping import acting
from fangxian.core import ledgers
from fangxian.core.models import ImportRun, Job
from fangxian.core.tests.importing import proposed, run_job
from fangxian.regions.actions import create_building
from fangxian.register.importing import runs
from fangxian.register.models import Residency
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import person, workbook

pytestmark = pytest.mark.django_db

PEOPLE = [person(n) for n in range(6)]
ROOMS = ["101", "101", "101", "102", "102", "102"]
BASE = ["姓名", "身份证号", "与户主关系"]


def book(write: Callable[[Any, Any], None]) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    write(made, made.add_worksheet("台账"))
    made.close()
    return out.getvalue()


def base(at: int) -> list[str]:
    return [PEOPLE[at][name] for name in BASE]


def two_rows_of_header(_book: Any, sheet: Any) -> None:
    sheet.merge_range(0, 0, 0, 5, "示例社区居民台账")
    sheet.merge_range(1, 0, 1, 2, "人员信息")
    sheet.merge_range(1, 3, 1, 5, "房屋信息")
    sheet.write_row(2, 0, [*BASE, "楼号", "单元", "室"])
    for at, room in enumerate(ROOMS):
        sheet.write_row(3 + at, 0, [*base(at), "1", "1", room])


def merged_downwards(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["住址", *BASE])
    for at in range(6):
        sheet.write_row(1 + at, 1, base(at))
    sheet.merge_range(1, 0, 3, 0, "1号楼1单元101")
    sheet.merge_range(4, 0, 6, 0, "1号楼1单元102")


def under_sections(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["1号楼"])
    sheet.write_row(1, 0, [*BASE, "室"])
    sheet.write_row(2, 0, ["1单元"])
    for at, room in enumerate(ROOMS):
        sheet.write_row(3 + at, 0, [*base(at), room])


def on_the_second_sheet(made: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["说明"])
    sheet.write_row(1, 0, ["本表由网格员填写。"])
    other = made.add_worksheet("居民")
    other.write_row(0, 0, [*BASE, "现住址"])
    for at, room in enumerate(ROOMS):
        other.write_row(1 + at, 0, [*base(at), f"1-1-{room}"])


def as_gbk_text() -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(
        [[*BASE, "现住址"], *([*base(at), f"1-1-{room}"] for at, room in enumerate(ROOMS))]
    )
    return out.getvalue().encode("gbk")


@pytest.mark.parametrize(
    "layout", [two_rows_of_header, merged_downwards, under_sections, on_the_second_sheet, None]
)
def test_however_a_ledger_is_laid_out_it_says_the_same(alice, places, layout):
    data = book(layout) if layout else as_gbk_text()
    more = {"sheet": 1} if layout is on_the_second_sheet else {}
    run = imported(alice, data, places.grid, **more)
    assert (run.rows_in, run.accepted) == (6, 6)
    with acting(alice):
        lives = Residency.objects.values_list("person__name", "household__room", "relation")
        found = set(lives.filter(household__place_code=places.unit))
    relations = ("head", "spouse", "son")
    assert found == {(PEOPLE[at]["姓名"], ROOMS[at], relations[at % 3]) for at in range(6)}
    assert imported(alice, data, places.grid, **more).changed == 0


def test_a_workbook_of_excel_97_is_imported(alice, places):
    book = xlwt.Workbook()
    sheet = book.add_sheet("台账", cell_overwrite_ok=True)
    sheet.write_merge(0, 0, 0, 3, "示例社区居民台账")
    for column, header in enumerate([*BASE, "现住址"]):
        sheet.write(1, column, header)
    for at, room in enumerate(ROOMS):
        for column, text in enumerate([*base(at), f"1号楼1单元{room}"]):
            sheet.write(2 + at, column, text)
    sheet.write(7, 1, "123")
    out = io.BytesIO()
    book.save(out)
    run = imported(alice, out.getvalue(), places.grid, name="台账.xls")
    assert (run.rows_in, run.accepted, run.rejected) == (6, 5, 1)
    with acting(alice):
        assert set(Residency.objects.values_list("person__name", "household__room")) == {
            (PEOPLE[at]["姓名"], ROOMS[at]) for at in range(5)
        }
    assert run.result_file_id


def test_the_workbook_of_errors_is_made_even_if_the_work_ended_right_before(alice, places):
    run = imported(alice, workbook([person(0), person(1, 手机号="12")]), places.grid)
    assert run.result_file_id
    with acting(alice):
        ImportRun.objects.filter(pk=run.pk).update(result_file=None)
        Job.objects.filter(pk=run.job_id).update(state="queued", finished_at=None)
        job = Job.objects.get(pk=run.job_id)
    run_job(alice, job)
    with acting(alice):
        assert ledgers.run_of(run.pk).result_file_id


def test_an_import_that_stopped_goes_on_with_what_was_told(alice, places, monkeypatch):
    """A household of which only the head's name is known is still one after a fall."""
    create_building(by=alice, grid_code=places.grid, name="3组", kind="village_group")
    rows = [{"姓名": f"甲{n}", "小组": "3组", "户主姓名": "王示例"} for n in "一二三四"]
    data = workbook(rows, ["姓名", "小组", "户主姓名"])
    run = ledgers.upload(
        by=alice, kind="register", place_code=places.grid, name="a.xlsx", data=data
    )
    mapping = proposed(alice, run.pk)
    run_job(alice, ledgers.choose(by=alice, run_id=run.pk, mapping=mapping))
    job = ledgers.confirm(by=alice, run_id=run.pk)
    tell, told = runs.changed, []

    def fall_at_the_second_chunk(by: Any, households: Any) -> None:
        told.append(1)
        if len(told) == 2:
            raise _Fall
        tell(by, households)

    monkeypatch.setattr(runs, "changed", fall_at_the_second_chunk)
    with pytest.raises(_Fall):
        run_job(alice, job, size=2)
    run_job(alice, job, size=2)
    with acting(alice):
        assert Residency.objects.count() == 4
        assert Residency.objects.values("household").distinct().count() == 1


class _Fall(Exception):
    """The worker falls."""
