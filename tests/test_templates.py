"""Any office's template: sent in, corrected once, filled; the next day with one click."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import openpyxl
import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl.styles import Border, Font, Side
from openpyxl.worksheet.datavalidation import DataValidation

from fangxian.common.facts import Filter, Sort, View
from fangxian.common.scoping import acting
from fangxian.common.sheets import read_workbook
from fangxian.common.sheets.filling import outline
from fangxian.common.sheets.tests.corpus_forms import with_pivot
from fangxian.common.sheets.tests.filling_corpus import BUILDERS
from fangxian.common.ui.formats import date
from fangxian.core.models import Job
from fangxian.core.tests.importing import run_job
from fangxian.organisations.actions import appoint
from fangxian.people.actions import change_person, create_person
from fangxian.reporting import actions
from fangxian.reporting.filling.writing import REASONS
from fangxian.reporting.models import Filling, OfficeTemplate, Taking
from tests.test_ledgers import NAMES, NUMBER, answer, one, people, sent, text

__all__ = ["people"]


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def roster(day: str = "12日") -> bytes:
    """A list as offices ask for it: two-row header, unit, total by formula, a single line above."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "人员"
    sheet.merge_cells("A1:G1")
    sheet["A1"] = f"常住人员情况统计表（{day}）"
    sheet["A1"].font = Font(size=18, bold=True)
    sheet["A2"] = "填报单位："
    sheet["E2"] = "填报日期："
    for at, (top, low) in enumerate(
        [("序号", ""), ("基本信息", "姓名"), ("基本信息", "性别"), ("基本信息", "身份证号码"),
         ("居住情况", "门"), ("居住情况", "年龄（岁）"), ("防疫专干", "")],
        1,
    ):  # fmt: skip
        sheet.cell(3, at, top)
        sheet.cell(4, at, low or None)
    for span in ("A3:A4", "B3:D3", "E3:F3", "G3:G4"):
        sheet.merge_cells(span)
    for row in range(5, 8):
        for column in range(1, 8):
            sheet.cell(row, column).font = Font(name="FangSong", size=11)
    sheet["A8"] = "合计"
    sheet["F8"] = "=SUM(F5:F7)"
    sheet["A9"] = "注：本表每日17时前报送。"
    book.create_sheet("码表").sheet_state = "hidden"
    return saved(book)


def board(communities: list[str]) -> bytes:
    """Printed names of communities, figures, totals."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["社区", "常住居民", "租户", "无此指标"])
    for name in communities:
        sheet.append([name, None, None, None])
    sheet.append(["合计", f"=SUM(B2:B{len(communities) + 1})", None, None])
    check = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
    sheet.add_data_validation(check)
    check.add("B2:C9")
    return saved(book)


def upload(client: Any, data: bytes, name: str = "表.xlsx", **more: Any) -> Any:
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("reporting:template_new"), {"file": file, **more})


def filled(by: Any) -> tuple[Filling, bytes]:
    """What the last filling gave."""
    with acting(by):
        job = Job.objects.filter(kind="reporting.fill", state="queued").latest("created_at")
    run_job(by, job)
    from fangxian.core.actions import read_file

    with acting(by):
        row = Filling.objects.get(job=job)
        assert row.file_id is not None
        return row, read_file(by=by, file_id=row.file_id)


def test_sent_in_corrected_once_filled_and_the_next_day_one_click(
    people: Any, client_of: Callable[[str], Any], cast: Any, places: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    shown = upload(alice, roster(), office="市卫健委")
    template = one(OfficeTemplate)
    assert shown["Location"] == reverse("reporting:template", args=[template.pk])
    assert not template.checked
    page = text(alice.get(shown["Location"]))
    assert "register.residents" in page
    (choice,) = template.choices["tables"].values()
    assert (choice["mode"], choice["facts"]) == ("rows", "register.residents")
    chosen = {label.split("/")[-1]: name for label, name in choice["columns"].items()}
    assert chosen["姓名"] == "name"
    assert chosen["身份证号码"] == "identity"
    assert [name for label, name in chosen.items() if "年龄" in label] == ["age"]
    assert set(template.choices["blanks"].values()) == {"place", "day"}
    # One column has another name than any fact: the clerk says once what it is.
    ((_sheet, table),) = outline("x", roster()).tables()
    labels = [column.label for column in table.columns]
    form = {"t0_mode": "rows", "t0_facts": "register.residents", "t0_level": "12"}
    form |= {f"t0_c{at}": choice["columns"][label] for at, label in enumerate(labels)}
    door = next(at for at, label in enumerate(labels) if label.endswith("门"))
    form[f"t0_c{door}"] = "room"
    form |= {"b0": "place", "b1": "day"}
    assert sent(alice, "template", template.pk, **form).status_code == 302
    assert one(OfficeTemplate).checked
    sent(alice, "template_fill", template.pk, way="one", clear="on", reason="上级要求核对")
    row, data = filled(by)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["人员"]
    assert sheet["A1"].value == "常住人员情况统计表（12日）"
    assert "第1社区" in sheet["A2"].value
    assert f"{timezone.localdate().day}日" in sheet["E2"].value
    rows = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=5, max_row=9)]
    assert [line[0] for line in rows] == [1, 2, 3, 4, 5]
    assert {line[1] for line in rows} == set(NAMES)
    numbers = {line[1]: line[3] for line in rows}
    assert numbers["王小二"] == NUMBER
    assert {line[4] for line in rows} == {"101", "102"}
    # Two rows more than were prepared: the total moved down and grew, the note with it.
    assert sheet["A10"].value == "合计"
    assert sheet["F10"].value == "=SUM(F5:F9)"
    assert sheet["A11"].value.startswith("注")
    assert sheet["B9"].font.name == "FangSong"
    assert book["码表"].sheet_state == "hidden"
    page = text(answer(alice, "filling", row.pk))
    assert "防疫专干" in page, "what could not be filled is listed"
    # The next day the same office sends the same columns: known, one click.
    again = upload(alice, roster("13日"), office="市卫健委")
    second = one(OfficeTemplate, checked=True, office="市卫健委", name="表", file__isnull=False,
                 pk=again["Location"].rstrip("/").rpartition("/")[2])  # fmt: skip
    assert second.pk != template.pk
    assert sent(alice, "template_fill", second.pk).status_code == 302
    _row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["人员"]
    assert {sheet.cell(row, 5).value for row in range(5, 10)} == {"101", "102"}
    assert NUMBER not in {sheet.cell(row, 4).value for row in range(5, 10)}, (
        "masked without a reason"
    )


def listed(title: str, rows: list[list[Any]], names: list[str] | None = None) -> bytes:
    """A list with this title, its columns, rows as the office printed them."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.merge_cells("A1:F1")
    sheet["A1"] = title
    sheet.append(names or ["序号", "姓名", "性别", "年龄", "房号", "防疫专干"])
    for row in rows:
        sheet.append(row)
    edge = Side(style="thin")
    for line in sheet.iter_rows(min_row=2, max_row=max(sheet.max_row, 4), max_col=6):
        for cell in line:
            cell.border = Border(edge, edge, edge, edge)
    return saved(book)


def test_the_title_proposes_the_table_and_the_rows(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    shown = upload(alice, listed("租户花名册", []))
    template = one(OfficeTemplate)
    (choice,) = template.choices["tables"].values()
    assert choice["facts"] == "register.residents"
    assert choice["filters"] == [["kind", "is", "tenant"]]
    page = text(alice.get(shown["Location"]))
    assert "将填 1 行" in page, "it says before how many rows it gets"
    labels = [
        column.label for _s, t in outline("x", listed("", [])).tables() for column in t.columns
    ]
    form = {"t0_mode": "rows", "t0_facts": "register.residents", "t0_level": "12"}
    form |= {f"t0_c{at}": choice["columns"].get(label, "") for at, label in enumerate(labels)}
    assert sent(alice, "template", template.pk, **form, t0_f0="on").status_code == 302
    sent(alice, "template_fill", template.pk)
    _row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [sheet.cell(row, 2).value for row in range(3, 6)] == [NAMES[4], None, None]
    # Another list with the same columns asks for others: it isn't taken for known.
    upload(alice, listed("80岁以上独居老人花名册", []), "另一张.xlsx")
    other = one(OfficeTemplate, name="另一张")
    assert not other.checked
    (second,) = other.choices["tables"].values()
    assert second["facts"] == "register.key_groups"
    assert sorted(second["filters"]) == [["age", "from", "80"], ["group", "is", "elderly_alone"]]
    # The condition can be left out: then everybody is listed, and that is said.
    assert sent(alice, "template", template.pk, **form).status_code == 302
    assert "将填 5 行" in text(alice.get(shown["Location"]))


def test_halves_called_men_and_women_get_their_own(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    with acting(by):
        for at, sex in ((0, "1"), (1, "2"), (2, "2")):
            change_person(by=by, person_id=people[at].person_id, sex=sex)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["男", None, None, None, "女性", None, None])
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("E1:G1")
    sheet.append(["序号", "姓名", "房号", None, "序号", "姓名", "房号"])
    edge = Side(style="thin")
    for line in sheet.iter_rows(min_row=2, max_row=6, max_col=7):
        for cell in line:
            if cell.column != 4:
                cell.border = Border(edge, edge, edge, edge)
    upload(alice, saved(book))
    template = one(OfficeTemplate)
    filters = [choice["filters"] for choice in template.choices["tables"].values()]
    assert filters == [[["sex", "is", "1"]], [["sex", "is", "2"]]]
    sent(alice, "template_fill", template.pk)
    _row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    men = {sheet.cell(row, 2).value for row in range(3, 7)} - {None}
    women = {sheet.cell(row, 6).value for row in range(3, 7)} - {None}
    assert (men, women) == ({NAMES[0]}, {NAMES[1], NAMES[2]})


def test_who_answers_for_the_place_is_asked_beside_a_table(
    people: Any, places: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    alice, by, chief = client_of("alice"), cast.actor("alice"), cast.actor("headquarters")
    with acting(chief):
        secretary = create_person(
            by=chief, name="示例书记", place_code=places.community, link_kind="test",
            source_id=uuid4(),
        )  # fmt: skip
        appoint(
            by=chief, place=places[places.community], role="community_secretary",
            holder=secretary, contact="13900001234",
        )  # fmt: skip
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "社区书记：____________"
    sheet["D1"] = "电话：______________"
    sheet["A2"] = "负责人：____________"
    sheet.append(["序号", "姓名", "性别", "房号"])
    edge = Side(style="thin")
    for line in sheet.iter_rows(min_row=3, max_row=6, max_col=4):
        for cell in line:
            cell.border = Border(edge, edge, edge, edge)
    upload(alice, saved(book))
    template = one(OfficeTemplate)
    assert set(template.choices["blanks"].values()) == {
        "holder:community_secretary", "contact:community_secretary", "",
    }  # fmt: skip
    page = text(answer(alice, "template", template.pk))
    assert 'value="holder:community_secretary" selected' in page
    sent(alice, "template_fill", template.pk, clear="on", way="one", reason="上级要求核对")
    row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert "示例书记" in sheet["A1"].value
    assert "13900001234" in sheet["D1"].value
    assert "____" in sheet["A2"].value
    sent(alice, "template_fill", template.pk)
    row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert "13900001234" not in sheet["D1"].value, "in full for a reason only"
    page = text(answer(alice, "filling", row.pk))
    assert ">A2<" in page


def test_nothing_is_proposed_where_most_columns_are_unknown(
    people: Any, client_of: Callable[[str], Any]
) -> None:
    names = ["序号", "姓名", "血型", "口味", "鞋码", "爱好"]
    upload(client_of("alice"), listed("居民花名册", [], names))
    (choice,) = one(OfficeTemplate).choices["tables"].values()
    assert choice["mode"] == "skip"


@pytest.mark.parametrize(
    "sample",
    [["例", "陈小明", "男", 33, "101", "无"], [1, "张三", "男", 33, "101", "无"],
     [1, "如：陈小明", "男", 33, "101", "无"]],
)  # fmt: skip
def test_a_sample_row_stays_and_is_told(
    people: Any, client_of: Callable[[str], Any], cast: Any, sample: list[Any]
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    upload(alice, listed("登记表", [sample]))
    template = one(OfficeTemplate)
    (choice,) = template.choices["tables"].values()
    assert choice["columns"]["姓名"] == "name"
    sent(alice, "template_fill", template.pk)
    row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [cell.value for cell in sheet[3]][:6] == sample
    assert {sheet.cell(at, 2).value for at in range(4, 9)} == set(NAMES)
    page = text(answer(alice, "filling", row.pk))
    assert str(REASONS["sample"]) in page
    assert ">A3<" in page


def test_what_is_printed_or_unknown_of_a_day_is_listed_with_its_cell(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    place = by.area
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["社区", "街道", "常住居民", "空户", "无此指标"])
    for name in ("第1社区", "第2社区"):
        sheet.append([name, "第1街道", None, None, None])
    upload(alice, saved(book))
    template = one(OfficeTemplate)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    sent(alice, "template_fill", template.pk, way="one", day=yesterday.isoformat())
    row, _data = filled(by)
    with acting(by):
        left = {tuple(one[1:4]) for one in orjson.loads(Filling.objects.get(pk=row.pk).left)}
    assert place
    assert ("", "街道", "printed") in left
    assert ("D1", "空户", "now_only") in left
    assert ("E1", "无此指标", "no_fact") in left
    assert "C1" not in {cell for cell, _label, _code in left}


def test_the_rows_are_those_of_a_ledger_where_one_is_chosen(
    people: Any, client_of: Callable[[str], Any], cast: Any, places: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    view = View(
        "register.residents", columns=("name",), filters=(Filter("room", "is", "101"),),
        sorts=(Sort("name", falling=True),),
    )  # fmt: skip
    kept = actions.keep(by=by, view=view, place_code=by.area, name="一零一室")
    upload(alice, roster())
    template = one(OfficeTemplate)
    (choice,) = template.choices["tables"].values()
    form = {"t0_mode": "rows", "t0_facts": "register.residents", "t0_ledger": str(kept.pk)}
    ((_sheet, table),) = outline("x", roster()).tables()
    labels = [column.label for column in table.columns]
    form |= {f"t0_c{at}": choice["columns"][label] for at, label in enumerate(labels)}
    assert sent(alice, "template", template.pk, **form, b0="place").status_code == 302
    assert "一零一室" in text(answer(alice, "template", template.pk))
    sent(alice, "template_fill", template.pk)
    _row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["人员"]
    names = [sheet.cell(row, 2).value for row in (5, 6, 7)]
    assert names == sorted((NAMES[at] for at in (0, 2, 4)), reverse=True)
    # It is removed: nothing is filled rather than everybody, and that is said.
    actions.remove(by=by, ledger_id=kept.pk)
    sent(alice, "template_fill", template.pk)
    row, data = filled(by)
    assert openpyxl.load_workbook(io.BytesIO(data))["人员"]["B5"].value is None
    assert str(REASONS["no_ledger"]) in text(answer(alice, "filling", row.pk))


def test_figures_by_printed_places(people: Any, client_of: Callable[[str], Any], cast: Any) -> None:
    chief, by = client_of("headquarters"), cast.actor("headquarters")
    upload(chief, board(["第1社区", "第2", "不存在的社区"]))
    template = one(OfficeTemplate)
    (choice,) = template.choices["tables"].values()
    assert choice["mode"] == "figures"
    assert choice["columns"]["常住居民"] == "register.residents"
    sent(chief, "template_fill", template.pk)
    row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [sheet.cell(row, 2).value for row in (2, 3, 4)] == [5, 0, None]
    assert [sheet.cell(row, 3).value for row in (2, 3, 4)] == [1, 0, None]
    assert sheet["B5"].value == "=SUM(B2:B4)"
    page = text(answer(chief, "filling", row.pk))
    assert "不存在的社区" in page
    assert "无此指标" in page


def test_one_workbook_with_a_sheet_each_and_one_book_each(
    people: Any, client_of: Callable[[str], Any], cast: Any, places: Any
) -> None:
    chief, by = client_of("headquarters"), cast.actor("headquarters")
    upload(chief, roster())
    template = one(OfficeTemplate)
    town = reverse("reporting:template_fill", args=[template.pk]) + f"?place={places.town}"
    chief.post(town, {"way": "sheets"})
    _row, data = filled(by)
    book = openpyxl.load_workbook(io.BytesIO(data))
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    assert [sheet.title for sheet in visible] == ["第1社区", "第2社区"]
    assert {visible[0].cell(row, 2).value[0] for row in range(5, 10)} == {
        "=",
        "王",
        "李",
        "韩",
        "赵",
    }
    assert visible[1]["B5"].value is None
    chief.post(town, {"way": "books"})
    _row, data = filled(by)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert [name.split()[-1] for name in archive.namelist()] == ["第1社区.xlsx", "第2社区.xlsx"]


def test_a_sheet_with_a_pivot_table_becomes_a_book_each(
    people: Any, client_of: Callable[[str], Any], cast: Any, places: Any
) -> None:
    chief, by = client_of("headquarters"), cast.actor("headquarters")
    upload(chief, with_pivot())
    template = one(OfficeTemplate)
    form = {"t0_mode": "rows", "t0_facts": "register.residents", "t0_level": "12"}
    assert sent(chief, "template", template.pk, **form).status_code == 302
    town = reverse("reporting:template_fill", args=[template.pk]) + f"?place={places.town}"
    chief.post(town, {"way": "sheets"})
    row, data = filled(by)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert [name.split()[-1] for name in archive.namelist()] == ["第1社区.xlsx", "第2社区.xlsx"]
        book = read_workbook(archive.read(archive.namelist()[0]))
    assert {line[1] for line in book.sheets[0].rows[3:8]} == set(NAMES)
    assert row.rows == 5, "nothing is counted twice"
    assert "数据透视表" in text(answer(chief, "filling", row.pk))


def test_a_form_of_one_person_is_filled_for_each(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    upload(alice, BUILDERS["vertical_form"]())
    template = one(OfficeTemplate)
    (choice,) = template.choices["tables"].values()
    assert (choice["mode"], choice["facts"]) == ("rows", "register.residents")
    sent(alice, "template_fill", template.pk)
    row, data = filled(by)
    sheets = openpyxl.load_workbook(io.BytesIO(data)).worksheets
    assert {sheet["B3"].value for sheet in sheets} == set(NAMES)
    assert len(sheets) == 5
    assert {sheet["A21"].value.split("填表日期：")[1] for sheet in sheets} == {
        date(timezone.localdate())
    }
    assert row.rows == 5
    # Two cards of four and one over: a second sheet.
    upload(alice, BUILDERS["four_cards"](), "卡.xlsx")
    second = one(OfficeTemplate, name="卡")
    assert sent(alice, "template_fill", second.pk).status_code == 302
    _row, data = filled(by)
    sheets = openpyxl.load_workbook(io.BytesIO(data)).worksheets
    names = [sheet[place].value for sheet in sheets for place in ("B3", "E3", "B8", "E8")]
    assert len(sheets) == 2
    assert {name for name in names if name} == set(NAMES)


def test_many_persons_wait_for_a_second_person(
    people: Any, client_of: Callable[[str], Any], cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filling a template is no way around the approval of large exports."""
    from fangxian.reporting.actions import taking as rules_of
    from fangxian.reporting.rules import ExportRules

    monkeypatch.setattr(rules_of, "export_rules", lambda: ExportRules(1, 3, 2, 3, 30, 1_000))
    alice, chief = client_of("alice"), client_of("headquarters")
    upload(alice, roster())
    template = one(OfficeTemplate)
    page = sent(alice, "template_fill", template.pk)
    row = one(Filling)
    assert row.job_id is None
    assert one(Taking).state == "asked"
    assert one(Taking).number in text(alice.get(page["Location"]))
    assert sent(chief, "taking_approve", row.taking_id).status_code == 302
    assert sent(alice, "taking_make", row.taking_id).status_code == 302
    made, _data = filled(cast.actor("alice"))
    assert made.pk == row.pk
    assert one(Taking).file_id == made.file_id


def test_what_is_no_template_is_refused_with_words(
    people: Any, client_of: Callable[[str], Any]
) -> None:
    alice = client_of("alice")
    full = openpyxl.Workbook()
    full.active["A1"] = "只是一段说明文字。"
    for data, name in ((b"no workbook", "a.xlsx"), (b"PK\x03\x04broken", "b.xlsx"),
                       (saved(full), "c.xlsx")):  # fmt: skip
        page = upload(alice, data, name)
        assert page.status_code == 422
        assert "fx-summary" in text(page)
    with pytest.raises(OfficeTemplate.DoesNotExist):
        one(OfficeTemplate)
    assert answer(client_of("bob"), "templates").status_code == 403


def test_facts_above_ones_rights_are_not_filled(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    """Whoever opens a template of others fills it with what they may read themselves."""
    upload(client_of("alice"), roster())
    template = one(OfficeTemplate)
    supply = client_of("supply")
    assert sent(supply, "template_fill", template.pk).status_code == 403
