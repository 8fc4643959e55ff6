"""Forms whose logic or texts can't be followed are refused; languages by their usual names."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from fangxian.common.errors import Invalid
from fangxian.field.questionnaire import parse_questionnaire
from fangxian.field.questionnaire.languages import language_of
from fangxian.field.questionnaire.schema import filled, in_language
from fangxian.field.tests.test_xlsform import CHOICES, HEAD, check, read, refused


def fields_refused(*questions: dict[str, Any]) -> list[tuple[int | None, str | None]]:
    with pytest.raises(Invalid) as caught:
        parse_questionnaire({"questions": list(questions)})
    assert all(problem.mend for problem in caught.value.problems)
    return [(problem.row, problem.field) for problem in caught.value.problems]


def text(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "text", "label": "问题", **more}


def test_what_refers_to_an_answer_that_is_not_there_yet_is_refused() -> None:
    later = text("first", relevant="${second} = 'a'")
    assert fields_refused(later, text("second")) == [(1, "first")]
    assert fields_refused(text("own", relevant="${own} = 'a'")) == [(1, "own")]
    assert fields_refused(text("note", kind="note"), text("q", relevant="${note} = ''")) == [
        (2, "q")
    ]


def test_what_refers_into_a_repeat_from_outside_is_refused() -> None:
    rows = {"name": "people", "kind": "repeat", "label": "人员"}
    inside = rows | {"questions": [text("who"), text("ill", relevant="${who} = '甲'")]}
    outside = text("since", relevant="${ill} = 'yes'")
    assert fields_refused(inside, outside) == [(4, "since")]
    assert fields_refused(inside, text("since", relevant="${people} = ''")) == [(4, "since")]
    both = text("before", relevant="${who} = '甲'")
    assert fields_refused(both, inside) == [(1, "before")]


def test_a_row_of_a_repeat_sees_what_stands_above_it() -> None:
    rows = {"name": "people", "kind": "repeat", "label": "人员"}
    inside = [text("who", relevant="${town} = '东'"), text("why", relevant="${who} = '甲'")]
    form = parse_questionnaire({"questions": [text("town"), rows | {"questions": inside}]})
    given = {"people": [{"who": "甲", "why": "探亲"}, {"who": "乙", "why": "探亲"}]}
    answers, _problems = check(form, town="东", **given)
    assert answers["people"] == [{"who": "甲", "why": "探亲"}, {"who": "乙"}]


def test_a_constraint_may_name_its_own_question() -> None:
    form = parse_questionnaire(
        {"questions": [{**text("age"), "kind": "integer", "constraint": "${age} < 120"}]}
    )
    assert check(form, age="30") == ({"age": 30}, [])
    assert check(form, age="130")[1] == ["age"]


def test_a_workbook_that_refers_further_down_is_refused() -> None:
    survey = [
        [*HEAD, "relevant"],
        ["text", "Since", "何时起", "${Fever} = 'yes'"],
        ["select_one yn", "Fever", "有无发热", ""],
    ]
    (problem,) = refused(survey)
    assert "fever" in problem


@pytest.mark.parametrize("column", ["label", "hint", "constraint_message"])
def test_a_text_may_name_an_answer_above_it(column: str) -> None:
    assert fields_refused(text("b") | {column: "${a}今天的体温"}, text("a")) == [(1, "b")]
    assert fields_refused(text("b") | {column: "${a}今天的体温"}) == [(1, "b")]
    form = parse_questionnaire({"questions": [text("a"), text("b") | {column: "${a}今天的体温"}]})
    assert filled(in_language(getattr(form.questions[1], column)), {"a": "甲"}) == "甲今天的体温"
    head = ["type", "name", "label", "hint", "constraint_message"]
    row = dict(zip(head, ["decimal", "Temp", "体温", "", ""], strict=True))
    row[column] = "${Nobody}今天的体温"
    (problem,) = refused([head, ["text", "Member", "姓名", "", ""], list(row.values())])
    assert "3" in problem
    assert column in problem
    assert "Nobody" in problem


def test_a_choice_that_refers_to_an_answer_is_refused() -> None:
    survey = [HEAD, ["text", "Member", "姓名"], ["select_one yn", "Fever", "有无发热"]]
    (problem,) = refused(survey, [*CHOICES[:2], ["yn", "no", "${Member}没有"]])
    assert "choices" in problem


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("中文", "zh-hans"),
        ("简体中文", "zh-hans"),
        ("中文（简体）", "zh-hans"),
        ("Chinese (Simplified)", "zh-hans"),
        ("chinese  (zh)", "zh-hans"),
        ("中文 (zh-CN)", "zh-hans"),
        ("繁體中文", "zh-hant"),
        ("Chinese (Traditional)", "zh-hant"),
        ("中文 (zh_TW)", "zh-hant"),
        ("English", "en"),
        ("English (en)", "en"),
        ("français (fr)", "fr"),
        ("维吾尔语", "维吾尔语"),
    ],
)
def test_languages_have_many_names(name: str, code: str) -> None:
    assert language_of(name) == code


@pytest.mark.parametrize("chinese", ["中文", "Chinese (Simplified)", "简体中文", "中文 (zh)"])
def test_each_reader_reads_their_own_language(chinese: str) -> None:
    head = ["type", "name", "label::English", f"label::{chinese}", "label::繁體中文"]
    form = read([head, ["text", "from_place", "From where", "从哪里来", "從哪裡來"]])
    label = form.questions[0].label
    assert label == {"en": "From where", "zh-hans": "从哪里来", "zh-hant": "從哪裡來"}
    for language, said in (
        ("zh-hans", "从哪里来"),
        ("zh-hant", "從哪裡來"),
        ("en", "From where"),
    ):
        with translation.override(language):
            assert in_language(label) == said


def test_a_chinese_text_comes_before_a_foreign_one() -> None:
    head = ["type", "name", "label::English", "label::繁體中文"]
    form = read([head, ["text", "from_place", "From where", "從哪裡來"]])
    with translation.override("zh-hans"):
        assert form.questions[0].text() == "從哪裡來"
