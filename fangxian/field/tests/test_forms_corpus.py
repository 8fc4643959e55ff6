"""Whole forms that the server and the phone (``frontend/field/questions.test.ts``) judge alike."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from fangxian.field.questionnaire import check_answers, parse_questionnaire
from fangxian.field.questionnaire.fields import compiled

CORPUS = json.loads((Path(__file__).parent / "corpus" / "forms.json").read_text("utf-8"))


@pytest.mark.parametrize("name", CORPUS["forms"])
def test_phones_are_given_these_trees(name: str) -> None:
    form = CORPUS["forms"][name]
    made = compiled(parse_questionnaire(form["schema"]))
    assert json.loads(json.dumps(made)) == form["compiled"]


@pytest.mark.parametrize("case", CORPUS["cases"], ids=lambda case: json.dumps(case["given"]))
def test_the_server_judges_as_the_corpus_says(case: dict[str, Any]) -> None:
    found = check_answers(
        parse_questionnaire(CORPUS["forms"][case["form"]]["schema"]),
        case["given"],
        today=dt.date.fromisoformat(CORPUS["today"]),
        now=dt.datetime.fromisoformat(CORPUS["now"]),
    )
    assert found.answers == case["answers"]
    assert [problem.field for problem in found.problems] == case["problems"]
    assert found.exceptions == case["exceptions"]
