"""The language of templates: what it reads, what it refuses, with the line."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.errors import Invalid
from fangxian.reporting.bulletins.parsing import Hole, read
from fangxian.reporting.bulletins.templates import shipped

HEAD = "标题：日报\n\n"


def problems(source: str) -> list[tuple[int | None, str]]:
    with pytest.raises(Invalid) as caught:
        read(source)
    assert all(str(problem.mend) for problem in caught.value.problems)
    return [(problem.row, str(problem.message)) for problem in caught.value.problems]


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.code)
def test_what_is_shipped_is_read(one: object) -> None:
    assert one.template.heads["title"]  # type: ignore[attr-defined]


def test_a_clerk_writes_names_or_codes() -> None:
    text_of = "有{{ regions.buildings }}栋，{{ regions.grids | 占 regions.communities + 2 }}。"
    made = read(HEAD + text_of + "\n{{ 填写 备注 }}")
    text, asked = made.nodes
    holes = [piece for piece in text.pieces if isinstance(piece, Hole)]
    assert [one.terms[0].name for one in holes] == ["regions.buildings", "regions.grids"]
    assert [(term.sign, term.name) for term in holes[1].share] == [
        (1, "regions.communities"),
        (1, "2"),
    ]
    assert made.asked == ["备注"]
    assert asked.kind == "ask"
    assert made.figures == ["regions.buildings", "regions.grids", "regions.communities"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{{ nothing.here }}", "nothing.here"),
        ("{{ regions.grids | 乘 }}", "乘"),
        ("{{ regions.grids", ""),
        ("{{ 表格 指标=regions.grids }}", ""),
        ("{{ 表格 指标=regions.grids 按=宇宙 }}", "宇宙"),
        ("{{ 清单 台账=regions.places 列=没有 }}", "没有"),
        ("{{ 清单 台账=regions.places 条件=“level=无此级” }}", "无此级"),
        ("{{ 如果 regions.grids 很多 }}", ""),
        ("{{ 完 }}", ""),
        ("{{ 图 样式=饼 指标=regions.grids 按=乡镇 }}", "饼"),
        ("{{ }}", ""),
        ("{{ 地点 + regions.grids }}", ""),
    ],
)
def test_each_mistake_is_named_with_its_line(line: str, said: str) -> None:
    found = problems(HEAD + "好。\n" + line)
    assert found[0][0] in (4, len((HEAD + "好。\n" + line).split("\n")))
    assert said in found[0][1] or not said


def test_all_mistakes_are_said_at_once() -> None:
    rows = {row for row, _said in problems("颜色：红\n\n{{ a }}\n好\n{{ b }}")}
    assert rows == {1, 3, 5}


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever is written is read or refused; nothing in it is run."""
    with suppress(Invalid):
        assert read(HEAD + text).heads["title"]


def test_it_is_no_template_engine() -> None:
    for line in ("{{ ''.__class__ }}", "{{ settings.SECRET_KEY }}", "{% load x %}", "{{ 7*7 }}"):
        if "{{" in line:
            assert problems(HEAD + line)
        else:
            assert read(HEAD + line).nodes[0].pieces == (line,)
