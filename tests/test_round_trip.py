"""Ledger → Excel → corrected → taken back: for every ledger that can be taken back.

What went out unchanged changes nothing; one corrected cell changes one row.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from fangxian.common import facts
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.facts import FactTable, View
from fangxian.common.facts.plans import stream
from fangxian.common.facts.rowkeys import opened_key, row_key
from fangxian.common.scoping import acting
from fangxian.common.sheets import cell_text
from fangxian.config.demo.accounts import community_of
from fangxian.core.imports import problems_of
from fangxian.core.tests.importing import imported, previewed
from fangxian.mobilise.models import Volunteer
from fangxian.people.queries import find_by_phone
from fangxian.regions.queries import current
from fangxian.reporting.writing import export_columns, keyed, rows_of, write
from tests.browser.county import copied, make_template
from tests.test_demonstration import COUNTY, past_midnight

pytestmark = [pytest.mark.slow(40), pytest.mark.timeout(600)]
TABLES = [table for table in facts.tables if table.taken_back]


@pytest.fixture(scope="module")
def county(
    django_db_setup: None, template_database: str, django_db_blocker: Any, worker_id: str
) -> Iterator[Actor]:
    with django_db_blocker.unblock():
        past_midnight()
        name = make_template(template_database)
        with copied(name, f"fx_{os.getpid()}_{worker_id}_round"):
            yield Actor.system("test", COUNTY)


def taken(by: Actor, table: FactTable, place: str, *, clear: bool = True) -> bytes:
    """The table with all its columns as Excel, numbers in full or (not ``clear``) masked."""
    view = View(table.name, columns=tuple(column.name for column in table.columns))
    out = io.BytesIO()
    with acting(by):
        bears = keyed(view, "xlsx")
        columns = export_columns(view, by, clear=clear, keyed=bears)
        rows = list(rows_of(view, by, place, clear=clear, keyed=bears))
    assert rows, "the demonstration has some"
    write(out, "xlsx", columns, rows, title=str(table.label), taken="x")
    return out.getvalue()


@pytest.mark.parametrize("clear", [True, False], ids=["in full", "masked"])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_goes_out_comes_back_unchanged(county: Actor, table: FactTable, clear: bool) -> None:
    place = community_of(COUNTY)
    data = taken(county, table, place, clear=clear)
    run = previewed(county, data, place, kind=table.taken_back)
    counts = run.options["preview"]["counts"]
    problems = run.options["preview"]["problems"][:3]
    assert set(counts) <= {"known", "unchanged"}, (counts, problems)


# A cell that is corrected in Excel: its column, and what stands in it then.
CORRECTED: dict[str, tuple[str, Any]] = {
    "register.residents": ("employer", "示例更正单位"),
    "regions.buildings": ("households", 77),
    "organisations.organisations": ("credit_code", "91350100M000100Y43"),
    "organisations.members": ("duty", "更正职务"),
    "organisations.responsibilities": ("contact", "13900001234"),
    "organisations.member_households": (
        "to_date",
        dt.datetime.combine(timezone.localdate(), dt.time()),
    ),
    "organisations.seconded": ("duty", "更正职务"),
    "mobilise.volunteers": ("echelon", 3),
}


def lines_of(by: Actor, table: FactTable, place: str) -> dict[Any, tuple[Any, ...]]:
    view = View(table.name, columns=tuple(column.name for column in table.columns))
    with acting(by):
        return {line.key: line.cells for line in stream(view, by, place, clear=True)}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_one_corrected_cell_changes_one_row(county: Actor, table: FactTable) -> None:
    place = community_of(COUNTY)
    name, value = CORRECTED[table.name]
    book = load_workbook(io.BytesIO(taken(county, table, place)))
    sheet = book.active
    at = [column.name for column in table.columns].index(name) + 1
    row = next(r for r in range(3, sheet.max_row + 1) if sheet.cell(r, at).value != value)
    sheet.cell(row, at).value = value
    out = io.BytesIO()
    book.save(out)
    before = lines_of(county, table, place)
    # What takes something from somebody has to be chosen.
    options = {"replace": True} if name == "to_date" else {}
    run = imported(county, out.getvalue(), place, kind=table.taken_back, options=options)
    assert (run.rejected, run.changed) == (0, 1), list(problems_of(run))
    after = lines_of(county, table, place)
    assert after.keys() <= before.keys()
    other = [key for key in before if before[key] != after.get(key)]
    assert len(other) == 1
    if other[0] in after:
        cells = enumerate(zip(before[other[0]], after[other[0]], strict=True), 1)
        assert [i for i, (old, new) in cells if old != new] == [at]
    else:
        # Only a last day takes a row out of its table.
        assert name == "to_date"


RESIDENTS = "register.residents"


class Sheet:
    """A ledger of a community as Excel has it, with what its rows are known by."""

    def __init__(
        self, by: Actor, place: str, table: str = RESIDENTS, *, clear: bool = True
    ) -> None:
        self.table = facts.tables.get(table)
        self.book = load_workbook(io.BytesIO(taken(by, self.table, place, clear=clear)))
        self.page = self.book.active
        self.at = {column.name: n for n, column in enumerate(self.table.columns, 1)}
        self.at["key"] = len(self.at) + 1

    def cell(self, row: int, name: str) -> Any:
        return self.page.cell(row, self.at[name])

    def row(self, **of: Any) -> int:
        """The first row of which this is true."""
        return next(
            row
            for row in range(3, self.page.max_row + 1)
            if all((self.cell(row, name).value == value) for name, value in of.items())
        )

    def saved(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


def test_a_corrected_name_stays_the_same_person(county: Actor) -> None:
    place = community_of(COUNTY)
    sheet = Sheet(county, place)
    letter = sheet.page.cell(2, sheet.at["key"]).column_letter
    assert sheet.page.column_dimensions[letter].hidden, "nobody is bothered by it"
    before = lines_of(county, sheet.table, place)
    # A member and a head of a household whose documents aren't known; and who has one.
    rows = [
        sheet.row(relation="配偶"), sheet.row(relation="户主"),
        next(r for r in range(3, sheet.page.max_row + 1)
             if sheet.cell(r, "identity").value and sheet.cell(r, "relation").value != "户主"
             and r != sheet.row(relation="配偶")),
    ]  # fmt: skip
    for number, row in enumerate(rows):
        sheet.cell(row, "name").value = f"更正某{'甲乙丙'[number]}"
    run = imported(county, sheet.saved(), place, kind="register")
    problems = list(problems_of(run))
    after = lines_of(county, sheet.table, place)
    assert run.rejected == 0, problems
    assert after.keys() == before.keys(), "nobody was made, nobody has left"
    at = sheet.at["name"] - 1
    named = {line[at] for line in after.values()} - {line[at] for line in before.values()}
    assert named == {"更正某甲", "更正某乙", "更正某丙"}


def test_a_name_of_a_row_is_no_pass(county: Actor) -> None:
    """Made up, copied to another row, or of a row that is no more here: refused, with the row."""
    place = community_of(COUNTY)
    sheet = Sheet(county, place)
    rows = [r for r in range(3, 40) if sheet.cell(r, "relation").value not in ("户主", None)][:3]
    copied_from, forged, gone = rows
    key = sheet.cell(copied_from, "key").value
    last = sheet.page.max_row + 1
    for name, at in sheet.at.items():
        sheet.page.cell(last, at).value = sheet.cell(copied_from, name).value
    sheet.cell(last, "name").value = "新来某某"
    sheet.cell(last, "identity").value = None
    sheet.cell(forged, "key").value = ("A" if key[0] != "A" else "B") + key[1:]
    sheet.cell(gone, "key").value = row_key(RESIDENTS, uuid4())
    run = previewed(county, sheet.saved(), place, kind="register")
    found = {problem[0]: problem[1] for problem in run.options["preview"]["problems"]}
    assert found == {last: "row_key", forged: "row_key", gone: "row_key"}
    assert row_key("register.households", uuid4()) != key
    other = opened_key("register.households", key)
    assert other is None, "a name of one table is none of another"


def test_a_sorted_sheet_without_some_columns_is_known_by_its_rows(county: Actor) -> None:
    place = community_of(COUNTY)
    sheet = Sheet(county, place)
    rows = [[cell.value for cell in line] for line in sheet.page.iter_rows(min_row=3)]
    for line in sheet.page.iter_rows(min_row=3):
        for cell in line:
            cell.value = None
    for number, line in enumerate(sorted(rows, key=lambda line: str(line[-1])), 3):
        for at, value in enumerate(line, 1):
            sheet.page.cell(number, at).value = value
    sheet.page.delete_cols(sheet.at["identity"])
    run = previewed(county, sheet.saved(), place, kind="register")
    counts = run.options["preview"]["counts"]
    assert set(counts) <= {"known", "unchanged"}, (counts, run.options["preview"]["problems"][:3])


# What names a row of a ledger, by which it would not be found once it is corrected.
NAMED = {
    "organisations.organisations": ("name", "organisations", "示例更正单位"),
    "organisations.members": ("name", "organisations", "更正某"),
    "organisations.seconded": ("name", "seconded", "更正某"),
    "mobilise.volunteers": ("name", "volunteers", "更正某"),
}


@pytest.mark.parametrize("clear", [True, False], ids=["in full", "masked"])
@pytest.mark.parametrize("name", NAMED)
def test_a_corrected_name_stays_the_same_row(county: Actor, name: str, clear: bool) -> None:
    place = community_of(COUNTY)
    column, kind, value = NAMED[name]
    value += "甲" if clear else "乙"
    sheet = Sheet(county, place, name, clear=clear)
    sheet.cell(3, column).value = value
    before = lines_of(county, sheet.table, place)
    run = imported(county, sheet.saved(), place, kind=kind)
    assert (run.rejected, run.changed) == (0, 1), list(problems_of(run))
    after = lines_of(county, sheet.table, place)
    assert after.keys() == before.keys(), "none was made, none has gone"
    [other] = [key for key in before if before[key] != after[key]]
    assert after[other][sheet.at[column] - 1] == value


@pytest.mark.parametrize("name", NAMED)
def test_names_of_rows_are_refused_wherever_they_are_no_pass(county: Actor, name: str) -> None:
    place = community_of(COUNTY)
    sheet = Sheet(county, place, name)
    last = sheet.page.max_row + 1
    for at in sheet.at.values():
        sheet.page.cell(last, at).value = sheet.page.cell(3, at).value
    sheet.cell(4, "key").value = row_key(name, uuid4())
    sheet.cell(5, "key").value = row_key("register.households", uuid4())
    run = previewed(county, sheet.saved(), place, kind=NAMED[name][1])
    found = [problem[:2] for problem in run.options["preview"]["problems"]]
    assert found == [[4, "row_key"], [5, "row_key"], [last, "row_key"]]


def test_another_name_of_who_answers_is_another_holder(county: Actor) -> None:
    """A post is handed over, nobody renamed."""
    place = community_of(COUNTY)
    sheet = Sheet(county, place, "organisations.responsibilities")
    sheet.cell(3, "holder").value = "查无此人"
    sheet.cell(3, "identity").value = None
    run = previewed(county, sheet.saved(), place, kind="responsibilities")
    # Who stands in for the one who was there finds nobody to stand in for.
    refused = [problem[0] for problem in run.options["preview"]["problems"]]
    assert refused[0] == 3
    assert run.options["preview"]["counts"]["known"] == sheet.page.max_row - 2 - len(refused)


def test_a_phone_that_is_corrected_is_added(county: Actor) -> None:
    place = community_of(COUNTY)
    sheet = Sheet(county, place, "mobilise.volunteers", clear=False)
    sheet.cell(3, "phone").value = "13900004321"
    run = imported(county, sheet.saved(), place, kind="volunteers")
    assert (run.rejected, run.changed) == (0, 1), list(problems_of(run))
    with acting(county):
        assert find_by_phone("13900004321").count() == 1


def test_a_masked_number_without_a_name_of_the_row_is_refused(county: Actor) -> None:
    place = community_of(COUNTY)
    sheet = Sheet(county, place, "organisations.members", clear=False)
    row = next(r for r in range(3, 40) if "*" in str(sheet.cell(r, "identity").value))
    sheet.cell(row, "key").value = None
    run = previewed(county, sheet.saved(), place, kind="organisations")
    [problem] = run.options["preview"]["problems"]
    assert problem[:2] == [row, "identity"]
    assert "打星" in problem[2]


# A cell that is corrected though nothing takes it in, and what stands in it then.
UNTAKEN: dict[str, tuple[str, Any]] = {
    "register.residents": ("age", 199),
    "regions.buildings": ("community", None),
    "organisations.organisations": ("founded_on", dt.date(2001, 2, 3)),
    "organisations.members": ("ended_by", "更正原因"),
    "organisations.responsibilities": ("reason", "更正原因"),
    "organisations.member_households": ("state", "更正状态"),
    "organisations.seconded": ("home", "更正单位"),
    "mobilise.volunteers": ("rank", 77),
}


@pytest.mark.parametrize("clear", [True, False], ids=["in full", "masked"])
@pytest.mark.parametrize("name", UNTAKEN)
def test_a_correction_that_is_not_taken_in_is_told(county: Actor, name: str, clear: bool) -> None:
    place = community_of(COUNTY)
    column, value = UNTAKEN[name]
    sheet = Sheet(county, place, name, clear=clear)
    row = 4
    old = sheet.cell(row, column).value
    sheet.cell(row, column).value = value
    run = previewed(county, sheet.saved(), place, kind=sheet.table.taken_back)
    preview = run.options["preview"]
    assert preview.get("untaken_count") == 1, (preview.get("untaken"), preview["problems"][:3])
    [[number, label, was, now, why]] = preview["untaken"]
    assert (number, label) == (row, sheet.table.column(column).title)
    assert why == ("emptied" if value is None else "kept" if column == "home" else "column")
    assert (was or None) == (None if old is None else cell_text(old))
    assert now == ("" if value is None else cell_text(value))
    assert preview["counts"].keys() <= {"known", "unchanged"}, preview["problems"][:3]


def test_masked_numbers_overwrite_nothing_and_are_told_when_touched(county: Actor) -> None:
    place = community_of(COUNTY)
    sheet = Sheet(county, place, clear=False)
    row = next(r for r in range(3, 60) if "*" in str(sheet.cell(r, "identity").value))
    sheet.cell(row, "identity").value = "1****************9"
    before = lines_of(county, sheet.table, place)
    run = imported(county, sheet.saved(), place, kind="register")
    [[number, _label, was, now, why]] = run.options["preview"]["untaken"]
    assert (number, why) == (row, "masked")
    assert "*" in was
    assert "*" in now
    assert lines_of(county, sheet.table, place) == before


def test_what_was_corrected_in_the_system_meanwhile_is_no_correction(county: Actor) -> None:
    """A sheet of yesterday doesn't say that its readers have changed what they have not."""
    place = community_of(COUNTY)
    sheet = Sheet(county, place, "mobilise.volunteers")
    name = sheet.cell(5, "key").value
    with acting(county):
        one = Volunteer.objects.get(pk=opened_key("mobilise.volunteers", name))
        Volunteer.objects.filter(pk=one.pk).update(rank=(one.rank or 0) + 5)
    run = previewed(county, sheet.saved(), place, kind="volunteers")
    assert "untaken" not in run.options["preview"]
    with acting(county):
        Volunteer.objects.filter(pk=one.pk).update(rank=one.rank)


# What tells which row of a ledger is meant, that its import doesn't correct: another row is meant.
FIXED: dict[str, tuple[str, str]] = {
    "organisations.members": ("organisation", "organisation"),
    "organisations.responsibilities": ("role", "role"),
    "organisations.member_households": ("room", "room"),
}


@pytest.mark.parametrize("name", FIXED)
def test_what_is_not_corrected_by_a_sheet_is_refused_with_its_row(county: Actor, name: str) -> None:
    """Neither does it change what it says it was taken from, nor make another one beside it."""
    place = community_of(COUNTY)
    column, field = FIXED[name]
    sheet = Sheet(county, place, name)
    at = sheet.at[column]
    values = {r: sheet.page.cell(r, at).value for r in range(3, sheet.page.max_row + 1)}
    # Another role of a place of the same level, so that the place could have it.
    row = next(
        r
        for r in values
        if values[r] not in (None, values[3])
        and (field != "role" or sheet.cell(r, "unit").value == sheet.cell(3, "unit").value)
    )
    sheet.page.cell(row, at).value = values[3]
    if name == "organisations.member_households":
        # A door that is there, of another household.
        for part in ("place_code", "community", "grid", "building", "unit", "household_number"):
            if part in sheet.at:
                sheet.cell(row, part).value = sheet.cell(3, part).value
    before = lines_of(county, sheet.table, place)
    run = imported(county, sheet.saved(), place, kind=sheet.table.taken_back)
    found = {problem[0]: problem[1] for problem in run.options["preview"]["problems"]}
    assert found.get(row) in (field, "place"), run.options["preview"]["problems"][:3]
    assert lines_of(county, sheet.table, place) == before


@pytest.mark.parametrize("kept", [True, False], ids=["with its code", "without"])
def test_a_corrected_name_of_a_building_renames_it(county: Actor, kept: bool) -> None:
    place = community_of(COUNTY)
    sheet = Sheet(county, place, "regions.buildings")
    name = "更正一号楼" if kept else "更正二号楼"
    sheet.cell(3, "building").value = name
    if not kept:
        sheet.page.delete_cols(sheet.at["place_code"])
    before = lines_of(county, sheet.table, place)
    run = imported(county, sheet.saved(), place, kind="buildings")
    assert (run.rejected, run.changed) == (0, 1), run.options["preview"]["problems"][:3]
    after = lines_of(county, sheet.table, place)
    assert after.keys() == before.keys(), "none was made, none has gone"
    [other] = [key for key in before if before[key] != after[key]]
    assert after[other][sheet.at["building"] - 1] == name


@pytest.mark.parametrize("name", sorted({table.name for table in TABLES} - {RESIDENTS}))
def test_forged_and_foreign_names_of_rows_are_refused(county: Actor, name: str) -> None:
    """Signed for another table, made up, of nothing, of what lies outside, and one twice."""
    place = community_of(COUNTY)
    sheet = Sheet(county, place, name)
    key = sheet.cell(4, "key").value
    sheet.cell(4, "key").value = ("A" if key[0] != "A" else "B") + key[1:]
    sheet.cell(5, "key").value = row_key(name, uuid4())
    sheet.cell(6, "key").value = row_key(RESIDENTS, opened_key(name, sheet.cell(6, "key").value))
    last = sheet.page.max_row + 1
    for at in sheet.at.values():
        sheet.page.cell(last, at).value = sheet.page.cell(3, at).value
    run = previewed(county, sheet.saved(), place, kind=sheet.table.taken_back)
    found = {problem[0]: problem[1] for problem in run.options["preview"]["problems"]}
    assert {row: found.get(row) for row in (4, 5, 6, last)} == dict.fromkeys(
        (4, 5, 6, last), "row_key"
    )


@pytest.mark.parametrize(
    "name", ["organisations.organisations", "organisations.members", "mobilise.volunteers"]
)
def test_names_of_rows_of_another_place_are_refused(county: Actor, name: str) -> None:
    """Also where the reader may see that place: the ledger is about this one."""
    place = community_of(COUNTY)
    with acting(county):
        others = current().filter(code__startswith=COUNTY, level=int(Level.VILLAGE))
        other = others.exclude(code=place).order_by("code").values_list("code", flat=True)[0]
    sheet = Sheet(county, place, name)
    if name == "mobilise.volunteers":
        sheet.page.delete_cols(sheet.at["organisation"])
    run = previewed(county, sheet.saved(), other, kind=sheet.table.taken_back)
    preview = run.options["preview"]
    assert set(preview["counts"]) == {"refused"}
    assert {problem[1] for problem in preview["problems"]} == {"row_key"}
