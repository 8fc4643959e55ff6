"""What the names of an office's columns mean."""

from __future__ import annotations

import json

import pytest

from fangxian.common.actor import Actor
from fangxian.common.facts import tables
from fangxian.common.sheets.filling import TableOutline, outline
from fangxian.common.sheets.tests.filling_corpus import Form
from fangxian.common.sheets.words import key
from fangxian.reporting.filling.matching import DATA, figure_for, figure_of, propose_in
from fangxian.reporting.tests.header_names import HEADERS

SHARE = 0.95


def tables_of(names: list[str]) -> list[TableOutline]:
    """Each name as a column of a template's table of its own."""
    form = Form()
    for number, name in enumerate(names):
        top = 4 * number
        form.sheet.write_row(top, 0, ["序号", name, "其他事项"], form.head)
        form.prepared(top + 2, top + 3, [form.cell] * 3)
    found = [table for _, table in outline("a.xlsx", form.done()).tables()]
    assert len(found) == len(names)
    return found


@pytest.mark.parametrize("facts", HEADERS)
def test_names_are_understood(facts: str) -> None:
    expected = HEADERS[facts]
    assert len(expected) >= 30
    assert set(expected.values()) <= tables.get(facts).by_name.keys()
    wrong = {}
    for (name, wanted), table in zip(expected.items(), tables_of(list(expected)), strict=True):
        found = propose_in(Actor.system("test", ""), table, "rows", facts).columns[
            table.columns[0].label
        ]
        if found != wanted:
            wrong[name] = found
    assert len(wrong) <= len(expected) * (1 - SHARE), wrong


def test_what_is_called_otherwise_is_a_column() -> None:
    for facts, columns in json.loads((DATA / "columns.json").read_text("utf-8")).items():
        known = {one.name for table in tables for one in table.columns}
        if facts != "*":
            known = set(tables.get(facts).by_name)
        assert columns.keys() <= known, facts
        words = [word for own in columns.values() for word in set(map(key, own))]
        assert len(words) == len(set(words)), facts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "本社区共有____户____人，其中独居老人____人。",
            "households residents group.elderly_alone",
        ),
        ("常住人口____户____人，外出____人，租户____人", " residents away tenants"),
        (
            "辖区共有____个网格、____栋楼、____个单元",
            "regions.grids regions.buildings regions.units",
        ),
        ("应排查____户，已排查____户，未排查____户", "field.target field.visited field.gap"),
        ("发现异常____起", ""),
    ],
)
def test_sentences_ask_for_figures(text: str, expected: str) -> None:
    form = Form()
    form.sheet.write("A1", text)
    [sheet] = outline("a.xlsx", form.done()).sheets
    found = [figure_of(Actor.system("test", ""), blank) for blank in sheet.blanks]
    assert [name.removeprefix("register.") for name in found] == expected.split(" ")


@pytest.mark.parametrize(
    "name",
    ["60岁以上人数", "党员人数", "发热人数", "确诊人数", "隔离人数", "死亡人数", "密切接触者人数",
     "低保户数", "拒访户数", "未登记户数", "今日新增走访户数"],
)  # fmt: skip
def test_a_part_of_them_is_not_all_of_them(name: str) -> None:
    found, _score, _why = figure_for(Actor.system("test", ""), name)
    assert found not in ("register.residents", "register.households", "field.visited"), found


@pytest.mark.parametrize(
    ("name", "expected"),
    [("总户数", "register.households"), ("本社区常住居民", "register.residents"),
     ("辖区居民人数", "register.residents")],
)  # fmt: skip
def test_words_that_narrow_nothing_may_stand_before(name: str, expected: str) -> None:
    assert figure_for(Actor.system("test", ""), name)[0] == expected
