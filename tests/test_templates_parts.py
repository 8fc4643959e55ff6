"""Counts and their parts in an office's form: of so many persons so many men and women."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from fangxian.common.scoping import acting
from fangxian.common.sheets.filling import outline
from fangxian.common.sheets.tests.corpus_by_hand import parts_of_counts
from fangxian.common.sheets.tests.filling_corpus import Form
from fangxian.people.actions import change_person
from fangxian.people.models import Person
from fangxian.reporting.actions.templates import outline_of
from fangxian.reporting.filling.matching import blank_key, propose_blanks
from fangxian.reporting.filling.writing import REASONS
from fangxian.reporting.models import Filling, OfficeTemplate
from tests.test_ledgers import answer, one, people, sent, text
from tests.test_templates import filled, upload

__all__ = ["people"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "常住人口____人，其中：男____人，女____人；租户____户。",
            ["residents", "residents|sex|1", "residents|sex|2", ""],
        ),
        # Another unit, another sentence, nothing of this name: no part of that count.
        ("住户____户，其中男____人。", ["households", ""]),
        ("常住人口____人。男____人", ["residents", ""]),
        ("常住人口____人，其中红头发____人", ["residents", ""]),
        ("不明____人，其中男____人", ["", ""]),
        # A figure of its own is a part only where it has the conditions of the whole.
        ("常住人口____人，其中独居老人____人", ["residents", "group.elderly_alone"]),
        ("外出____人，其中租户____人", ["away", ""]),
    ],
)
def test_parts_are_counted_by_the_code_they_name(
    people: Any, cast: Any, line: str, expected: list[str]
) -> None:
    form = Form()
    form.sheet.write("A1", line)
    [sheet] = outline("a.xlsx", form.done()).sheets
    by = cast.actor("alice")
    with acting(by):
        found = [name for _blank, name in propose_blanks(by, sheet)]
    short = [name.removeprefix("part|").removeprefix("register.") for name in found]
    assert short == expected


def test_counts_are_split_by_the_named_code(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    with acting(by):
        for number, person in enumerate(Person.objects.order_by("pk")[:3]):
            change_person(by=by, person_id=person.pk, sex="1" if number else "2")
    upload(alice, parts_of_counts())
    template = one(OfficeTemplate)
    page = text(answer(alice, "template", template.pk))
    assert 'value="part|register.residents|sex|1"' in page
    [asked] = outline_of(template).sheets
    form = {
        f"b{at}": template.choices["blanks"][blank_key(asked, blank)]
        for at, blank in enumerate(asked.blanks)
    }
    assert sent(alice, "template", template.pk, **form).status_code == 302
    sent(alice, "template_fill", template.pk, way="one")
    row, data = filled(by)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet["A2"].value.startswith("本社区常住人口5人，其中：男2人，女1人；")
    assert sheet["A3"].value == "租户1人（其中男性0人、女性0人）"
    assert [sheet.cell(5, column).value for column in (2, 4, 6)] == [5, 2, 1]
    assert sheet["A7"].value == "排查____户，其中外来____人。"
    # As of a day no column says whether it was so then: it is told, not guessed.
    sent(alice, "template_fill", template.pk, way="one", day="2020-02-10")
    row, _data = filled(by)
    shown = text(answer(alice, "filling", row.pk))
    assert str(REASONS["now_only"]) in shown
    assert one(Filling, pk=row.pk).left_count >= 6
