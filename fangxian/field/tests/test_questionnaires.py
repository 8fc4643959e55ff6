"""Questionnaires as survey designers write them: they come in and mean what their authors mean."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import translation

from fangxian.common.sheets import read_workbook
from fangxian.field.questionnaire import Questionnaire, check_answers
from fangxian.field.questionnaire.draft import draft_of
from fangxian.field.questionnaire.fields import compiled, fields_of_form
from fangxian.field.questionnaire.schema import in_language
from fangxian.field.questionnaire.xlsform import read_xlsform
from fangxian.field.tests.test_xlsform import book, read, refused

TODAY = dt.date(2020, 3, 5)
NOW = dt.datetime(2020, 3, 5, 14, 30)  # noqa: DTZ001 (the clock on the wall)


def sheet(head: str, *rows: str) -> list[list[str]]:
    """A sheet written with “|” between the cells."""
    columns = [cell.strip() for cell in head.split("|")]
    table = [[cell.strip() for cell in row.split("|")] for row in rows]
    return [columns, *([*row, *([""] * (len(columns) - len(row)))] for row in table)]


def choices(*rows: str, head: str = "list_name|name|label::中文 (zh)|label::English (en)") -> Any:
    return sheet(head, "yn|yes|是|Yes", "yn|no|否|No", *rows)


def answered(form: Questionnaire, **given: Any) -> tuple[dict[str, Any], list[str]]:
    checked = check_answers(form, given, today=TODAY, now=NOW)
    return checked.answers, [problem.field for problem in checked.problems]


def message(form: Questionnaire, language: str, **given: Any) -> str:
    with translation.override(language):
        (problem,) = check_answers(form, given, today=TODAY, now=NOW).problems
    return problem.message


def test_a_symptom_check_with_metadata_two_languages_and_a_field_list() -> None:
    form = read(
        sheet(
            "type|name|label::中文 (zh)|label::English (en)|hint::中文 (zh)|appearance|"
            "relevant|required|"
            "constraint|constraint_message::中文 (zh)|constraint_message::English (en)",
            "start|start",
            "end|end",
            "today|today",
            "deviceid|deviceid",
            "username|username",
            "phonenumber|phonenumber",
            "audit|audit",
            "note|intro|以下由网格员询问|To be asked by the grid officer",
            "begin_group|person|基本情况|Person||field-list",
            "text|full_name|姓名|Name|与证件一致|||yes",
            "text|mobile|手机号|Mobile||numbers||yes|regex(., '^1[3-9][0-9]{9}$')|"
            "请填11位手机号|11 digits",
            "integer|age|年龄|Age||||yes|. >= 0 and . <= 120|0至120|0 to 120",
            "end_group",
            "select_multiple symptom|symptoms|症状|Symptoms||||yes|not(selected(., "
            "'none') and count-selected(.) > 1)|“无”不能与其他同选|"
            "None excludes the others",
            "begin_group|ill|发病情况|Illness|||not(selected(${symptoms}, 'none'))",
            "date|onset|发病日期|Onset||||yes|. <= ${today} and "
            ". >= date('2020-01-01')|日期不对|Wrong date",
            "decimal|temperature|体温|Temperature|||selected(${symptoms}, 'fever')|"
            "yes|. >= 35 and . <= 43",
            "end_group",
        ),
        choices("symptom|fever|发热|Fever", "symptom|cough|咳嗽|Cough", "symptom|none|无|None"),
    )
    whole = {
        "full_name": "甲",
        "mobile": "13800001111",
        "age": "40",
        "symptoms": ["fever", "cough"],
        "onset": "2020-03-01",
        "temperature": "38.2",
    }
    answers, problems = answered(form, **whole)
    assert problems == []
    assert answers["today"] == "2020-03-05"
    assert answers["temperature"] == 38.2
    assert answered(form, **whole | {"mobile": "12800001111"})[1] == ["mobile"]
    assert message(form, "zh-hans", **whole | {"mobile": "1"}) == "请填11位手机号"
    assert message(form, "en", **whole | {"mobile": "1"}) == "11 digits"
    assert answered(form, **whole | {"symptoms": ["none", "cough"]})[1] == ["symptoms"]
    assert answered(form, **whole | {"onset": "2020-03-06"})[1] == ["onset"]
    assert answered(form, **whole | {"onset": "2019-12-31"})[1] == ["onset"]
    well, problems = answered(form, **whole | {"symptoms": ["none"]})
    assert problems == []
    assert "onset" not in well


def test_a_household_roster_with_totals() -> None:
    form = read(
        sheet(
            "type|name|label|repeat_count|calculation|relevant|required|constraint|"
            "constraint_message",
            "integer|members|本户几人||||yes|. > 0 and . <= 20",
            "begin_repeat|member|家庭成员|${members}",
            "calculate|pos|||position(..)",
            "text|who|第${pos}人的姓名||||yes",
            "date|born|${who}的出生日期||||yes|. <= today()|不能晚于今天",
            "calculate|age|||int((today() - ${born}) div 365.25)",
            "note|told|${who}今年${age}岁",
            "select_one yn|works|${who}是否在业|||${age} >= 16|yes",
            "decimal|income|月收入|||${works} = 'yes'",
            "end_repeat",
            "calculate|n|||count(${member})",
            "calculate|total|||sum(${income})",
            "calculate|mean|||if(${n} > 0, round(${total} div ${n}, 1), 0)",
            "calculate|oldest|||max(${age})",
            "calculate|named|||join('、', ${who})",
            "note|summary|共${n}人（${named}），月收入合计${total}，人均${mean}，最大${oldest}岁",
            "select_one yn|elder|有无需要照护的老人|||${oldest} >= 65|yes",
        ),
        choices(),
    )
    people = [
        {"who": "甲", "born": "1950-01-01", "works": "no"},
        {"who": "乙", "born": "1985-06-01", "works": "yes", "income": "3000.5"},
        {"who": "丙", "born": "2015-06-01", "works": "yes", "income": "9"},
    ]
    answers, problems = answered(form, members="3", member=people, elder="no")
    assert problems == []
    assert [row["age"] for row in answers["member"]] == [70, 34, 4]
    assert [row["pos"] for row in answers["member"]] == [1, 2, 3]
    assert "works" not in answers["member"][2], "a child is not asked"
    assert (answers["n"], answers["total"], answers["mean"]) == (3, 3000.5, 1000.2)
    assert (answers["oldest"], answers["named"]) == (70, "甲、乙、丙")
    assert answered(form, members="3", member=people)[1] == ["elder"]
    drawn = fields_of_form(form, answers, {}, today=TODAY, now=NOW)
    summary = next(field for field in drawn if field["name"] == "summary")
    assert ">甲、乙、丙</span>" in summary["label"]
    assert ">70</span>岁" in summary["label"]
    assert ">乙</span>的出生日期" in drawn[1]["rows"][1][2]["label"]


def test_a_cascade_with_choices_of_one_name_and_or_other() -> None:
    form = read(
        sheet(
            "type|name|label|choice_filter|required",
            "select_one town|town|乡镇||yes",
            "select_one village|village|村|town = ${town}|yes",
            "select_multiple need or_other|needs|需要",
        ),
        sheet(
            "list_name|name|label|town",
            "town|a|甲镇",
            "town|b|乙镇",
            "village|1|东街村|a",
            "village|2|西街村|a",
            "village|1|南街村|b",
            "need|food|食品",
            "need|care|照护",
        ),
        settings=sheet("form_title|allow_choice_duplicates", "走访|yes"),
    )
    assert answered(form, town="b", village="1")[1] == []
    assert answered(form, town="b", village="2")[1] == ["village"]
    (village,) = [q for q in form.questions if q.name == "village"]
    assert [in_language(o.label) for o in village.left({"town": "b"}, today=TODAY)] == ["南街村"]
    drawn = fields_of_form(form, {"town": "b"}, {}, today=TODAY)
    shown = [(o["at"], o["label"]) for o in drawn[1]["options"] if not o["hidden"]]
    assert shown == [(2, "南街村")]
    answers, problems = answered(
        form, town="a", village="1", needs=["food", "other"], needs_other="轮椅"
    )
    assert problems == []
    assert answers["needs_other"] == "轮椅"
    with translation.override("zh-hans"):
        assert in_language(form.questions[2].options[-1].label) == "其他"


def test_a_risk_score_with_conditional_required_and_choice_names() -> None:
    form = read(
        sheet(
            "type|name|label|calculation|relevant|required|default",
            "select_one yn|fever|有无发热|||yes",
            "select_one yn|contact|有无接触|||yes",
            "range|severity|严重程度|||yes",
            "calculate|score||if(${fever} = 'yes', 2, 0) + if(${contact}='yes', 3, "
            "0) + coalesce(${severity}, 0)",
            "calculate|level||if(${score} >= 8, 'high', if(${score} >= 4, 'middle', 'low'))",
            "calculate|said||concat('发热：', jr:choice-name(${fever}, '${fever}'), "
            "'；', ${level})",
            "text|reason|原因|||${level} = 'high'",
            "hidden|version|||||2020-03",
            "date|seen|查看日期||||today()",
            "integer|people|人数||||1",
            "select_multiple yn|both|选项||||yes no",
            "acknowledge|sure|以上属实|||yes",
        ),
        choices(),
    )
    given = {"fever": "yes", "contact": "yes", "severity": "3", "sure": ["OK"]}
    assert answered(form, **given)[1] == ["reason"]
    answers, problems = answered(form, **given | {"severity": "2"})
    assert problems == []
    assert (answers["score"], answers["level"], answers["version"]) == (7, "middle", "2020-03")
    with translation.override("zh-hans"):
        assert answered(form, **given | {"severity": "2"})[0]["said"] == "发热：是；middle"
    assert answered(form, **given | {"severity": "2.5"})[1] == ["severity"]
    assert answered(form, **given | {"severity": "11"})[1] == ["severity"]
    assert answered(form, fever="no", contact="no", severity="1")[1] == ["sure"]
    begun = {one["name"]: one for one in fields_of_form(form, None, {}, today=TODAY, now=NOW)}
    assert (begun["seen"]["value"], begun["people"]["value"]) == ("2020-03-05", "1")
    assert [option["checked"] for option in begun["both"]["options"]] == [True, True]
    assert "required_when" in compiled(form)[6]


def test_a_kobo_form_with_its_names_consent_and_unlabelled_repeat() -> None:
    form = read(
        sheet(
            "type|name|label|required|relevant|$xpath|$autoname",
            "start|start",
            "end|end",
            "select_multiple consent|_001|是否同意接受访问|true",
            "begin_group|group_ab1cd23|住房|||selected(${_001}, 'agree')",
            "select_one yn|您家有无独立厨房_请如实回答|您家有无独立厨房？|false",
            "text|" + "a" * 60 + "|地址|false",
            "end_group",
            "begin_repeat|group_xy9",
            "text|_|访客姓名|false",
            "end_repeat",
            "barcode|code|码|false",
            "geopoint|place|位置|false",
            "image|door|门口照片|false",
            "time|at|几时|false",
            "dateTime|moment|何时|false",
        ),
        sheet("list_name|name|label", "consent|agree|同意", "yn|yes|是", "yn|no|否"),
    )
    names = [question.name for question in form.walk()]
    assert "_001" in names
    assert "您家有无独立厨房_请如实回答" in names
    assert answered(form)[1] == ["_001"]
    answers, problems = answered(
        form,
        _001=["agree"],
        您家有无独立厨房_请如实回答="yes",
        group_xy9=[{"_": "甲"}],
        place="116.8, 38.3",
        door="01945C00-0000-7000-8000-0000000000A1",
        at="8:30",
        moment="2020-03-05T08:30",
    )
    assert problems == []
    assert answers["您家有无独立厨房_请如实回答"] == "yes"
    assert answers["door"] == "01945c00-0000-7000-8000-0000000000a1"
    assert answered(form, _001=["agree"], door="x.jpg", at="25:00", moment="gestern")[1] == [
        "door",
        "at",
        "moment",
    ]


def test_a_date_calculation_form() -> None:
    form = read(
        sheet(
            "Type|Name|Label|Calculation|Constraint|Constraint_Message|Relevant|Read_Only",
            "date|arrived|到达日期||. <= today() and . >= date('2020-01-01')|日期不对",
            "calculate|days|天数（内部用）|today() - ${arrived}",
            "calculate|until||date(${arrived} + 14)",
            "calculate|shown||format-date(${until}, '%Y年%n月%e日')",
            "text|watched|观察至|concat('观察至', ${shown})||||yes",
            "select_one yn|over|是否已期满||||${days} >= 14",
            "dateTime|seen|巡查时间||. <= now()|不能晚于现在",
            "time|from_time|从",
            "time|to_time|到||. > ${from_time}|早于开始时间",
            "note|rest|已观察${days}天||||${days} < 14",
        ),
        choices(),
    )
    answers, problems = answered(
        form,
        arrived="2020-02-20",
        over="yes",
        seen="2020-03-05T14:00",
        from_time="08:00",
        to_time="17:30",
    )
    assert problems == []
    assert (answers["days"], answers["until"]) == (14, "2020-03-05")
    assert answers["watched"] == "观察至2020年3月5日"
    assert "over" not in answered(form, arrived="2020-03-01", over="yes")[0]
    late = answered(form, seen="2020-03-05T15:00", from_time="08:00", to_time="07:59")
    assert late[1] == ["seen", "to_time"]
    watched = next(q for q in form.questions if q.name == "watched")
    assert watched.kind == "result"
    # A calculation's label is its author's note, as with other programs that ask such forms.
    days = next(q for q in form.questions if q.name == "days")
    assert (days.kind, in_language(days.label)) == ("calculate", "天数（内部用）")
    assert "days" not in answered(form)[0], "nothing is worked out of no answer"


def test_a_lodgers_form_with_trips_in_a_table() -> None:
    form = read(
        sheet(
            "type|name|label|appearance|relevant|constraint|hint|guidance_hint",
            "begin group|check|逐项询问|table-list",
            "select_one yn|mask|戴口罩",
            "select_one yn|wash|勤洗手",
            "end group",
            "begin repeat|trip|行程||${mask} = 'yes' or ${wash} = 'yes'",
            "text|to_place|去哪里|||string-length(normalize-space(.)) > 1|写到县|可看票据",
            "select_one yn|public|公共交通",
            "text|number|车次||${public} = 'yes'|regex(., '[A-Z]?[0-9]{1,5}')",
            "end repeat",
            "note|many|行程较多||count(${trip}) > 2",
        ),
        choices(),
    )
    trips = [{"to_place": "沧州", "public": "yes", "number": "G123"}, {"to_place": "X"}]
    assert answered(form, mask="yes", trip=trips)[1] == ["trip.1.to_place"]
    assert answered(form, mask="yes", trip=[trips[0] | {"number": "g"}])[1] == ["trip.0.number"]
    assert answered(form, mask="no", wash="no", trip=trips) == ({"mask": "no", "wash": "no"}, [])
    trip = next(q for q in form.questions if q.name == "trip")
    assert in_language(trip.questions[0].hint) == "写到县 可看票据"


def test_what_cannot_be_done_is_refused_by_row_column_and_mend() -> None:
    survey = sheet(
        "type|name|label|calculation|relevant|default|media::image|parameters|required",
        "text|who|姓名",
        "video|film|拍摄",
        "audio|voice|录音",
        "rank yn|order|排序",
        "select_one_from_file places.csv|place|地点",
        "integer|sum|和|1 + 1",
        "calculate|rnd||once(random())",
        "text|pull|乡|||pulldata('a', 'b', 'c', ${who})",
        "text|later|后||${after} = 'x'",
        "text|after|前",
        "text|pic|看图||||a.png",
        "select_one yn|mix|选|||||randomize=true",
    )
    with translation.override("en"):
        said = refused(survey, choices())
    for row, name, what in [
        (3, "film", "video"),
        (4, "voice", "audio"),
        (5, "order", "rank"),
        (6, "place", "places.csv"),
        (7, "sum", "calculation"),
        (8, "rnd", "once"),
        (9, "pull", "default"),
        (12, "pic", "media::image"),
        (13, "mix", "parameters"),
    ]:
        (problem,) = [one for one in said if f"Row {row} " in one]
        assert name in problem
        assert what in problem
    # What refers further down is found once all else can be read.
    with translation.override("en"):
        (problem,) = refused([survey[0], *survey[1:2], *survey[9:11]], choices())
    assert "Row 3 " in problem
    assert "relevant" in problem
    assert "after" in problem


def test_problems_of_names_and_repeats_name_the_row_of_the_workbook() -> None:
    survey = sheet(
        "type|name|label",
        "note|a|说明",
        "begin_group|g|组",
        "text|Who|谁",
        "end_group",
        "begin_repeat|r|每人",
        "text|who|谁",
        "begin_repeat|inner|每次",
        "text|x|次",
        "end_repeat",
        "end_repeat",
        "text|c-d|丙",
        "text|empty|",
    )
    with translation.override("en"):
        said = refused(survey, choices())
    for row, what in [(7, "twice"), (8, "repeats"), (12, "characters"), (13, "no text")]:
        assert [one for one in said if f"Row {row} " in one and what in one], (row, said)
    assert len(said) == 4


def test_a_form_of_a_workbook_is_not_opened_in_the_builder_when_it_holds_more() -> None:
    simple: dict[str, Any] = {"name": "a", "kind": "text", "label": "甲"}
    assert draft_of({"questions": [simple]}) is not None
    for more in ({"calculation": "1"}, {"default": "x"}, {"required": "1 = 1"}, {"kind": "time"}):
        assert draft_of({"questions": [simple | more]}) is None


def test_a_title_comes_from_the_settings_or_there_is_none() -> None:
    survey = sheet("type|name|label|hint", "text|a||写明姓名", "text|b|乙|写到县")
    for settings, title in ((None, ""), (sheet("form_title", "入户登记"), "入户登记")):
        data = book(survey, None, settings)
        said, schema = read_xlsform(read_workbook(data, "form.xlsx"))
        assert said == title
    # A hint alone is what is read out.
    first, second = schema["questions"]
    assert (first["label"], first["hint"]) == ({"zh-hans": "写明姓名"}, {})
    assert second["hint"] == {"zh-hans": "写到县"}


def test_an_identity_number_is_checked_by_the_usual_pattern() -> None:
    pattern = (
        "^[1-9]\\d{5}(18|19|20)\\d{2}((0[1-9])|(1[0-2]))(([0-2][1-9])|10|20|30|31)\\d{3}[0-9Xx]$"
    )
    head = ["type", "name", "label", "constraint"]
    form = read([head, ["text", "id", "身份证", f"regex(., '{pattern}') or . = ‘无’"]])
    assert answered(form, id="13090219900101123X")[1] == []
    assert answered(form, id="无")[1] == []
    assert answered(form, id="13090219901301123X")[1] == ["id"]


@pytest.mark.parametrize("heading", ["Type", "TYPE", " type "])
def test_a_heading_may_be_in_capitals(heading: str) -> None:
    form = read(
        sheet(
            f"{heading}|Name|Label|Choice_Filter",
            "select_one town|town|乡镇",
            "select_one village|village|村|town = ${town}",
        ),
        sheet("list_name|name|label|town", "town|a|甲镇", "village|1|东街村|a", "village|2|西村|b"),
    )
    assert answered(form, town="a", village="2")[1] == ["village"]
