"""XLSForm workbooks: what is translated, and what is refused by row and name."""

from __future__ import annotations

import datetime as dt
import json
import re
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.urls import reverse
from django.utils import translation

from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.common.sheets import SheetError, read_workbook
from fangxian.common.sheets.reader import Rows, Sheet, Workbook
from fangxian.core.actions import read_file
from fangxian.field.models import FormDefinition
from fangxian.field.questionnaire import (
    Questionnaire,
    check_answers,
    parse_questionnaire,
    pyxforms,
    xlschild,
    xlsform,
)
from fangxian.field.questionnaire.answers import MAX_REPEATS
from fangxian.field.questionnaire.fields import answers_of, compiled, fields_of_form
from fangxian.field.questionnaire.xlserrors import problems_of
from fangxian.field.questionnaire.xlsform import read_xlsform

CHOICES = [
    ["list_name", "name", "label"],
    ["yn", "yes", "是"],
    ["yn", "no", "否"],
]
HEAD = ["type", "name", "label"]
APART = pyxforms._asked


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code without the start of a process for each form; pages use the process."""
    monkeypatch.setattr(pyxforms, "_asked", xlschild.understood)


def book(
    survey: list[list[str]],
    choices: list[list[str]] | None = None,
    settings: list[list[str]] | None = None,
) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        sheets = {"survey": survey, "choices": choices or CHOICES, "settings": settings or []}
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return out.getvalue()


def read(
    survey: list[list[str]],
    choices: list[list[str]] | None = None,
    settings: list[list[str]] | None = None,
) -> Questionnaire:
    data = book(survey, choices, settings)
    return parse_questionnaire(read_xlsform(read_workbook(data, "form.xlsx"))[1])


def refused(survey: list[list[str]], choices: list[list[str]] | None = None) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read(survey, choices)
    assert all(problem.mend for problem in caught.value.problems)
    return [problem.message for problem in caught.value.problems]


def check(form: Questionnaire, **given: Any) -> tuple[dict[str, Any], list[str]]:
    checked = check_answers(form, given, today=dt.date(2020, 3, 5))
    return checked.answers, [problem.field for problem in checked.problems]


def test_relevance_follows_names_in_capitals() -> None:
    form = read(
        [
            [*HEAD, "relevant", "required"],
            ["select_one yn", "Fever", "有无发热", "", "yes"],
            ["decimal", "Temp", "体温", "${Fever} = 'yes'", "TRUE"],
        ]
    )
    assert check(form, fever="no") == ({"fever": "no"}, [])
    assert check(form, fever="yes")[1] == ["temp"]
    assert check(form, fever="yes", temp="38.5") == ({"fever": "yes", "temp": 38.5}, [])


def test_constraints_with_their_message() -> None:
    form = read(
        [
            [*HEAD, "constraint", "constraint_message"],
            ["integer", "Age", "年龄", ". >= 0 and . <= 120", "0 至 120"],
            ["integer", "Rooms", "间数", ". <= ${Age}", ""],
        ]
    )
    assert check(form, age="130")[1] == ["age"]
    assert check(form, age="30", rooms="31")[1] == ["rooms"]
    assert form.questions[0].constraint_message["zh-hans"] == "0 至 120"


def test_a_group_hands_its_condition_down_and_its_name_is_read_out() -> None:
    form = read(
        [
            [*HEAD, "relevant"],
            ["select_one yn", "Ill", "有症状", ""],
            ["begin_group", "Symptoms", "症状", "${Ill} = 'yes'"],
            ["text", "Since", "何时起", ""],
            ["begin_repeat", "People", "哪些人", ""],
            ["text", "Who", "谁", ""],
            ["end_repeat", "", "", ""],
            ["end_group", "", "", ""],
        ]
    )
    assert [(q.name, q.kind) for q in form.questions] == [
        ("ill", "choice"),
        ("symptoms", "note"),
        ("since", "text"),
        ("people", "repeat"),
    ]
    given = {"since": "昨天", "people": [{"who": "甲"}]}
    assert check(form, ill="no", **given)[0] == {"ill": "no"}
    assert check(form, ill="yes", **given)[0] == {"ill": "yes", **given}


def test_each_language_keeps_its_own_text() -> None:
    form = read(
        [
            ["type", "name", "label::Chinese (zh)", "label::English (en)", "label::French (fr)"],
            ["text", "where", "来自哪里", "Where from", "Provenance"],
        ]
    )
    (question,) = form.questions
    with translation.override("zh-hans"):
        assert question.text() == "来自哪里"
    with translation.override("en"):
        assert question.text() == "Where from"
    assert question.label["fr"] == "Provenance"


def test_other_asks_what() -> None:
    form = read([HEAD, ["select_one yn or_other", "Kind", "哪一种"]])
    assert [q.kind for q in form.questions] == ["choice", "text"]
    assert check(form, kind="other", kind_other="x")[0] == {"kind": "other", "kind_other": "x"}
    assert check(form, kind="yes", kind_other="x")[0] == {"kind": "yes"}


def test_what_every_visit_keeps_is_not_asked() -> None:
    form = read([HEAD, ["start", "start", ""], ["today", "today", ""], ["text", "a", "甲"]])
    assert [q.name for q in form.questions] == ["a"]


REFUSED = {
    "choice_filter": ["text", "city", "市", "province = ${a}"],
    "calculation": ["text", "sum", "和", "1 + 1"],
    "default": ["text", "city", "市", "${a}"],
    "readonly": ["text", "city", "市", "${a} = 'x'"],
    "media::image": ["text", "city", "市", "x.png"],
    "parameters": ["text", "city", "市", "randomize=true"],
    "appearance": ["select_one yn", "city", "市", "search('places')"],
    "trigger": ["text", "city", "市", "${a}"],
    "required": ["note", "city", "市", "yes"],
}


@pytest.mark.parametrize("column", list(REFUSED))
def test_a_column_that_would_be_lost_is_refused_by_row(column: str) -> None:
    choices = [[*CHOICES[0], "province"], *([*row, "x"] for row in CHOICES[1:])]
    (message,) = refused([[*HEAD, column], ["text", "a", "甲", ""], REFUSED[column]], choices)
    assert "3" in message
    assert "survey" in message
    assert column.replace("readonly", "read_only") in message


@pytest.mark.parametrize(
    "kind",
    [
        "audio",
        "video",
        "rank yn",
        "geotrace",
        "file",
        "start-geopoint",
        "select_one_from_file a.csv",
    ],
)
def test_a_type_that_cannot_be_asked_is_refused_by_row(kind: str) -> None:
    messages = refused([HEAD, ["text", "a", "甲"], [kind, "thing", "甲"]])
    assert len(messages) == 1
    assert "3" in messages[0]
    assert kind.split(" ")[0].split("_from")[0] in messages[0] or "a.csv" in messages[0]


def test_a_photo_has_no_default() -> None:
    (message,) = refused([[*HEAD, "default"], ["image", "a", "甲", "x.png"]])
    assert "2" in message
    assert "default" in message


CHECKED: dict[str, tuple[list[list[str]], list[list[str]] | None, tuple[str, ...]]] = {
    "no type": ([["", "a", "甲"]], None, ("2", "survey", "type")),
    "no name": ([["text", "", "甲"]], None, ("2", "survey", "name")),
    "no such name": ([["text", "1 a", "甲"]], None, ("2", "survey", "name")),
    "a name twice": ([["text", "a", "甲"], ["text", "a", "乙"]], None, ("3", "name", "“a”")),
    "no such list": ([["select_one x", "a", "甲"]], None, ("2", "type", "“x”")),
    "no end": ([["begin group", "g", "组"], ["text", "a", "甲"]], None, ("2", "type", "group")),
    "no begin": ([["text", "a", "甲"], ["end group", "", ""]], None, ("3", "type", "group")),
    "no such question": ([["note", "a", "${b}"]], None, ("2", "survey", "label", "“b”")),
    "a choice twice": (
        [["select_one yn", "a", "甲"]],
        [*CHOICES, ["yn", "no", "否"]],
        ("4", "choices", "name"),
    ),
    "a choice with a space": (
        [["select_multiple yn", "a", "甲"]],
        [*CHOICES, ["yn", "not yet", "未"]],
        ("choices", "name", "“not yet”", "“yn”"),
    ),
    "a list without choices": ([["select_one yn", "a", "甲"]], [CHOICES[0]], ("type", "choices")),
}


@pytest.mark.parametrize("what", list(CHECKED))
def test_what_its_checker_refuses_is_told_by_cell(what: str) -> None:
    survey, choices, words = CHECKED[what]
    (message,) = refused([HEAD, *survey], choices)
    for word in words:
        assert word in message
    left = message
    for word in (*words, "survey", "choices", "begin", "end"):
        left = left.replace(word, "")
    assert not re.search("[A-Za-z]{2}", left), message


def test_what_is_not_known_of_its_checker_names_the_cell() -> None:
    said = "[row : 7] On the 'survey' sheet, the 'save_to' value is invalid. Quite so."
    (problem,) = problems_of(said)
    assert all(word in problem.message for word in ("7", "survey", "save_to"))
    assert "Quite so." in problem.mend
    (problem,) = problems_of("Something else")
    assert "Something else" in problem.mend
    assert "XLSForm" in problem.message


def test_a_counted_repeat_has_so_many_rows() -> None:
    rows = [
        [*HEAD, "repeat_count", "required"],
        ["integer", "N", "几人", "", ""],
        ["begin_repeat", "people", "", "${N} + 1", ""],
        ["text", "who", "谁", "", "yes"],
        ["end_repeat", "", "", "", ""],
    ]
    form = read(rows)
    assert [q.name for q in form.walk()] == ["n", "people", "who"]
    two = [{"who": "甲"}, {"who": "乙"}]
    assert check(form, n="1", people=two) == ({"n": 1, "people": two}, [])
    assert check(form, n="1", people=two[:1])[1] == ["people.1.who"]
    assert check(form, n="0", people=two)[1] == ["people"]
    drawn = fields_of_form(form, {"n": 2}, {}, today=dt.date(2020, 3, 5))
    assert len(drawn[1]["rows"]) == 3


def test_pictures_of_choices_are_refused() -> None:
    choices = [[*CHOICES[0], "image"], ["yn", "yes", "是", "a.png"], ["yn", "no", "否", ""]]
    (message,) = refused([HEAD, ["select_one yn", "a", "甲"]], choices)
    assert "choices" in message


CASCADE = [
    [*HEAD, "choice_filter", "required"],
    ["select_one town", "Town", "乡镇", "", "yes"],
    ["select_one village", "Village", "村", "town = ${Town}", "yes"],
    ["select_multiple group", "Groups", "村民小组", "town = ${Town} and village=${Village}", ""],
]
PLACES = [
    ["list_name", "name", "label", "town", "village"],
    ["town", "t1", "甲镇", "", ""],
    ["town", "t2", "乙镇", "", ""],
    ["town", "t3", "丙镇", "", ""],
    ["village", "v1", "一村", "t1", ""],
    ["village", "v2", "二村", "t2", ""],
    ["village", "v3", "三村", "t2", ""],
    ["group", "g1", "一组", "t1", "v1"],
    ["group", "g2", "二组", "t2", "v2"],
    ["group", "g3", "三组", "t2", "v2"],
]


def test_choices_are_filtered_by_the_answers_above() -> None:
    form = read(CASCADE, PLACES)
    assert check(form, town="t2", village="v3") == ({"town": "t2", "village": "v3"}, [])
    whole = {"town": "t2", "village": "v2", "groups": ["g2", "g3"]}
    assert check(form, **whole) == (whole, [])
    assert check(form, town="t1", village="v2") == ({"town": "t1"}, ["village"])
    assert check(form, town="t2", village="v2", groups=["g1"])[1] == ["groups"]
    assert check(form, town="t2")[1] == ["village"], "it has choices, so it must be answered"
    assert check(form, town="t3") == ({"town": "t3"}, []), "nothing is left to choose from"
    assert check(form, town="t3", village="v1")[1] == ["village"]
    # The mend names what is left.
    (problem,) = check_answers(
        form, {"town": "t2", "village": "v1"}, today=dt.date(2020, 3, 5)
    ).problems
    assert "二村、三村" in problem.mend
    assert "一村" not in problem.mend


def test_only_columns_that_a_filter_reads_are_kept_with_the_choices() -> None:
    choices = [[*PLACES[0], "remark"], *([*row, "x"] for row in PLACES[1:])]
    _title, schema = read_xlsform(read_workbook(book(CASCADE, choices), "form.xlsx"))
    town, village, groups = schema["questions"]
    assert "values" not in town["options"][0]
    assert village["options"][0]["values"] == {"town": "t1"}
    assert groups["options"][0]["values"] == {"town": "t1", "village": "v1"}


def test_a_filter_inside_a_repeat_reads_its_own_row() -> None:
    rows = [
        [*HEAD, "choice_filter"],
        ["begin_repeat", "Trips", "去过哪里", ""],
        ["select_one town", "Town", "乡镇", ""],
        ["select_one village", "Village", "村", "town = ${Town}"],
        ["end_repeat", "", "", ""],
    ]
    form = read(rows, PLACES)
    trips = [{"town": "t1", "village": "v1"}, {"town": "t2", "village": "v1"}]
    assert check(form, trips=trips)[1] == ["trips.1.village"]


@pytest.mark.parametrize(
    "unfit",
    [
        "city = ${Town}",
        "town = current()/../Town",
        "pulldata('x', 'y', 'z', ${Town}) = town",
        ". = ${Town}",
        "town = ",
    ],
)
def test_a_filter_that_cannot_be_followed_is_refused_by_row(unfit: str) -> None:
    rows = [CASCADE[0], CASCADE[1], [*CASCADE[2][:3], unfit, ""]]
    (message,) = refused(rows, PLACES)
    assert "3" in message
    assert "survey" in message
    assert "choice_filter" in message


@pytest.mark.parametrize("column", ["relevant", "constraint"])
def test_logic_that_cannot_be_followed_is_refused_by_row(column: str) -> None:
    rows = [[*HEAD, column], ["text", "a", "甲", ""], ["text", "b", "乙", "jr:choice-name(1)"]]
    (message,) = refused(rows)
    assert "3" in message
    assert "survey" in message
    assert column in message


def test_a_page_draws_what_is_left_after_an_answer() -> None:
    form = read(CASCADE, PLACES)

    def drawn(**given: Any) -> list[list[str]]:
        fields = fields_of_form(form, given, {}, today=dt.date(2020, 3, 5))
        # Of what was chosen above another may be chosen, so all are there.
        assert [len(field["options"]) for field in fields] == [3, 3, 3]
        return [
            [option["code"] for option in field["options"] if not option["hidden"]]
            for field in fields
        ]

    assert drawn()[1] == ["v1", "v2", "v3"], "without scripts one must be able to answer at once"
    assert drawn(town="t2")[1:] == [["v2", "v3"], ["g1", "g2", "g3"]]
    assert drawn(town="t2", village="v2")[1:] == [["v2", "v3"], ["g2", "g3"]]
    fields = fields_of_form(form, {"town": "t2", "village": "v1"}, {}, today=dt.date(2020, 3, 5))
    assert not any(option["checked"] for option in fields[1]["options"]), "not left, not chosen"
    # What the browser narrows by.
    assert compiled(form)[1]["options"][0] == {"name": "v1", "town": "t1"}


def test_choices_that_wait_for_a_calculation_are_there_to_be_chosen() -> None:
    rows = [
        [*HEAD, "calculation", "choice_filter"],
        ["select_one town", "town", "乡镇", "", ""],
        ["calculate", "area", "", "${town}", ""],
        ["select_one village", "village", "村", "", "town = ${area}"],
        ["begin_repeat", "child", "子女", "", ""],
        ["text", "who", "谁", "", ""],
        ["end_repeat", "", "", "", ""],
        ["select_one village", "school", "学校在", "", "count(${who}) > 0 and town != ''"],
    ]
    form = read(rows, PLACES)

    def shown(given: Any) -> list[list[str]]:
        fields = fields_of_form(form, given, {}, today=dt.date(2020, 3, 5))
        return [
            [option["code"] for option in fields[at]["options"] if not option["hidden"]]
            for at in (2, 4)
        ]

    assert shown(None) == [["v1", "v2", "v3"]] * 2
    assert shown({"town": "t2", "child": [{"who": "甲"}]}) == [["v2", "v3"], ["v1", "v2", "v3"]]


def test_rows_of_a_counted_repeat_keep_their_places() -> None:
    rows = [
        [*HEAD, "repeat_count"],
        ["begin_repeat", "member", "成员", "3"],
        ["select_one yn", "works", "在业", ""],
        ["end_repeat", "", "", ""],
    ]
    form = read(rows)
    sent = QueryDict("a.member.1.works=yes&a.member.2.works=no")
    given = answers_of(form, sent)
    assert given == {"member": [{}, {"works": "yes"}, {"works": "no"}]}
    assert check(form, **given)[0] == given
    many = answers_of(form, QueryDict("a.member.9999.works=yes"))
    assert len(many["member"]) == MAX_REPEATS + 1


def test_a_repeat_that_is_skipped_has_no_rows() -> None:
    rows = [
        [*HEAD, "relevant", "calculation"],
        ["select_one yn", "paid", "有无收入", "", ""],
        ["begin_repeat", "income", "收入", "${paid} = 'yes'", ""],
        ["decimal", "amount", "金额", "", ""],
        ["end_repeat", "", "", "", ""],
        ["calculate", "total", "", "", "sum(${amount})"],
    ]
    form = read(rows)
    assert check(form, paid="no", income=[{"amount": "5"}]) == ({"paid": "no", "total": 0}, [])
    assert check(form, paid="yes", income=[{"amount": "5"}])[0]["total"] == 5


def sheets(survey: list[list[str]], choices: list[list[str]]) -> Workbook:
    rows = {"survey": [HEAD, *survey], "choices": [CHOICES[0], *choices]}
    return Workbook(
        "form.xlsx", "xlsx", tuple(Sheet(name, Rows.of(of)) for name, of in rows.items())
    )


def test_the_process_says_what_pyxform_says_and_costs_no_more_than_a_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [{"type": "select_one yn", "name": n, "label": n} for n in ("a", "b")]
    listed = [dict(zip(CHOICES[0], row, strict=True)) for row in CHOICES[1:]]
    for survey in (rows, [{"type": "select_one", "name": "a"}]):
        asked = json.dumps({"survey": survey, "choices": listed}).encode()
        assert APART(asked) == xlschild.understood(asked)
    monkeypatch.setattr(pyxforms, "_asked", APART)
    monkeypatch.setattr(pyxforms, "WALL_SECONDS", 0.0)
    with pytest.raises(SheetError) as caught:
        read([["text", "a", "甲"]])
    assert caught.value.code == "too_slow"


def test_a_workbook_that_nobody_would_answer_is_refused_before_it_is_understood() -> None:
    most = xlsform.MOST_ROWS
    # Nothing of it is what pyxform takes, and nobody asked it.
    survey = [["nonsense", "", "甲"]] * (most["survey"] + 1)
    with pytest.raises(Invalid) as caught:
        read_xlsform(sheets(survey, [["", "", ""]] * (most["choices"] + 1)))
    assert [problem.code for problem in caught.value.problems] == ["xlsform", "xlsform"]
    for problem, name in zip(caught.value.problems, ("survey", "choices"), strict=True):
        assert f"“{name}”" in problem.message
        assert str(most[name] + 1) in problem.message
        assert problem.mend


def test_the_choices_of_all_questions_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsform, "MOST_OFFERED", 5)
    asked = [["select_one yn", name, "甲"] for name in ("a", "b", "c")]
    assert read([HEAD, *asked[:2]]).questions
    with pytest.raises(Invalid) as caught:
        read([HEAD, *asked])
    (problem,) = caught.value.problems
    assert (problem.field, problem.code) == ("c", "question")
    assert "4" in problem.message, "its row"
    assert problem.mend


def test_the_workbook_is_kept_with_its_version(client_of: Any, cast: Any, places: Any) -> None:
    hq = cast.actor("headquarters")
    data = book([HEAD, ["text", "a", "甲"]])
    sent = {"code": "kept", "name": "Kept", "file": SimpleUploadedFile("表.xlsx", data)}
    client = client_of("headquarters")
    made = client.post(reverse("field:form_import"), sent)
    assert made.status_code == 302
    form = FormDefinition.objects.get(code="kept")
    with acting(hq):
        assert form.file is not None
        assert read_file(by=hq, file_id=form.file_id) == data
    link = reverse("core:file", args=[form.file_id])
    assert link in client.get(made["Location"]).content.decode()
    assert client.get(link).content == data
