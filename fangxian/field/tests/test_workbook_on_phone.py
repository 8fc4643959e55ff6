"""A workbook that was imported, filled in on a phone: what is pulled, what the app makes of it
(``frontend/field/questions.test.ts`` fills the same form), what is pushed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from fangxian.common.scoping import acting
from fangxian.common.sheets import read_workbook
from fangxian.field.models import Photo, Visit
from fangxian.field.questionnaire import pyxforms, xlschild
from fangxian.field.questionnaire.xlsform import read_xlsform
from fangxian.field.tests.conftest import begin
from fangxian.field.tests.test_photos import send, shoot
from fangxian.field.tests.test_push import phone_of
from fangxian.field.tests.test_xlsform import book
from fangxian.register.actions import create_household
from tests.kit.phone import Phone

CORPUS = json.loads((Path(__file__).parent / "corpus" / "forms.json").read_text("utf-8"))
FORM = CORPUS["forms"]["workbook"]
GOOD, *BAD = [case for case in CORPUS["cases"] if case["form"] == "workbook"]
HEAD = [
    *("type", "name", "label", "required", "choice_filter", "constraint", "constraint_message"),
    *("calculation", "read_only", "default", "repeat_count"),
]
SURVEY = [
    HEAD,
    ["note", "hello", "您好"],
    ["select_one town", "town", "乡镇", "yes"],
    ["select_one village", "village", "村", "yes", "town = ${town}"],
    ["select_multiple care", "care", "需要"],
    ["integer", "rooms_n", "几间", "yes", "", ". >= 1 and . <= 20", "1 至 20 间"],
    ["decimal", "warmth", "体温"],
    ["date", "since", "何时起", "", "", "", "", "", "", "today()"],
    ["time", "at", "几点"],
    ["dateTime", "seen", "何时"],
    ["geopoint", "place", "位置"],
    ["barcode", "code", "编码"],
    ["text", "who", "谁"],
    ["begin_repeat", "rooms", "房间", "", "", "", "", "", "", "", "${rooms_n}"],
    ["image", "picture", "照片", "yes"],
    ["integer", "beds", "床位", "", "", ". <= 10"],
    ["calculate", "twice", "", "", "", "", "", "${beds} * 2"],
    ["end_repeat"],
    ["calculate", "beds_all", "", "", "", "", "", "sum(${beds})"],
    ["integer", "spare", "空床", "", "", "", "", "${beds_all} - 1", "yes"],
    ["note", "told", "共 ${beds_all} 床"],
]
CHOICES = [
    ["list_name", "name", "label", "town"],
    ["town", "east", "东镇", ""],
    ["town", "west", "西镇", ""],
    ["village", "east1", "东一村", "east"],
    ["village", "west1", "西一村", "west"],
    ["care", "food", "买菜", ""],
    ["care", "medicine", "买药", ""],
]


@pytest.fixture
def phone(cast: Any, places: Any, bob: Any, monkeypatch: pytest.MonkeyPatch) -> Phone:
    """Bob's phone, the workbook's form fetched."""
    # The same code without the start of a process.
    monkeypatch.setattr(pyxforms, "_asked", xlschild.understood)
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    _title, schema = read_xlsform(read_workbook(book(SURVEY, CHOICES), "form.xlsx"))
    begin(hq, places, schema=schema, every_door=True)
    found = phone_of(bob)
    found.pull()
    return found


def sent(questions: list[dict[str, Any]], answers: dict[str, Any]) -> dict[str, Any]:
    """What a phone sends: the server works calculations out."""
    return {
        one["name"]: [sent(one["questions"], row) for row in value] if "questions" in one else value
        for one in questions
        if (value := answers.get(one["name"])) is not None and "calculation" not in one
    }


def test_the_phone_gets_the_form_that_it_is_tested_with(phone: Phone) -> None:
    (form,) = phone.all("form")
    assert {part: form[part] for part in ("schema", "compiled", "defaults")} == FORM


def test_what_it_fills_in_is_recorded_with_the_photos_of_each_row(phone: Phone, bob: Any) -> None:
    answers = json.loads(json.dumps(GOOD["answers"]))
    for row in answers["rooms"]:
        row["picture"] = str(uuid4())
    one = phone.visit(phone.doors()[0], answers=sent(FORM["compiled"], answers))
    assert [told["result"] for told in phone.push()] == ["applied"]
    with acting(bob):
        assert json.loads(Visit.objects.get().answers) == answers
    for row in answers["rooms"]:
        send(phone, shoot(phone, one.op_id, photo_id=row["picture"]))
    with acting(bob):
        assert {str(photo.pk) for photo in Photo.objects.all()} == {
            row["picture"] for row in answers["rooms"]
        }


@pytest.mark.parametrize("case", BAD, ids=lambda case: " ".join(case["problems"]))
def test_what_it_would_not_send_is_refused_with_the_same_reasons(
    phone: Phone, case: dict[str, Any]
) -> None:
    phone.visit(phone.doors()[0], answers=case["given"])
    (told,) = phone.push()
    assert told["result"] == "rejected"
    assert [problem["field"] for problem in told["problems"]] == case["problems"]
