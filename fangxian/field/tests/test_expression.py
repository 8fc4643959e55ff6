"""The corpus that the server and the browser (``questionnaire.test.ts``) must both agree with."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from fangxian.field.questionnaire.expression import (
    ExpressionError,
    Tree,
    compile_expression,
    evaluate,
    fields_of,
    truth,
)

CORPUS = json.loads((Path(__file__).parent / "corpus" / "expressions.json").read_text("utf-8"))


def _compiled(case: dict[str, Any]) -> Tree:
    # A case with a choice is a filter of choices.
    return compile_expression(case["source"], case["choice"].keys() if "choice" in case else None)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case["source"])
def test_corpus(case: dict[str, Any]) -> None:
    tree = _compiled(case)
    assert tree == case["tree"], "the browser is given this tree"
    today = dt.date.fromisoformat(case["today"])
    value = evaluate(tree, case["fields"], own=case["own"], choice=case.get("choice"), today=today)
    expected = case["expected"]
    if isinstance(expected, bool):
        assert truth(value) is expected
    else:
        assert value == expected


def test_the_tree_is_json_and_the_corpus_uses_every_function() -> None:
    from fangxian.field.questionnaire.expression import _FUNCTIONS

    trees = [_compiled(case) for case in CORPUS]
    assert json.loads(json.dumps(trees)) == trees
    called = {name for case in CORPUS for name in _FUNCTIONS if f"{name}(" in case["source"]}
    assert called == set(_FUNCTIONS)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("${a", "1"),
        ("1 +", "ends too early"),
        ("foo(1)", "foo"),
        ("(1", "ends too early"),
        ("1 2", "2"),
        ("selected(1)", "1"),
        ("(" * 60 + "1" + ")" * 60, "deeply"),
        ("1" * 3000, "longer"),
        ("regex(., '(a+)+')", "pattern"),
        ("regex(., '[')", "pattern"),
        ("regex(., ${t})", "pattern"),
    ],
)
def test_what_is_no_expression_says_where(source: str, said: str) -> None:
    from django.utils.translation import override

    with override("en"), pytest.raises(ExpressionError, match=said):
        compile_expression(source)


def test_fields_of_an_expression() -> None:
    tree = compile_expression("${a} = 1 and not(selected(${b}, 'x'))")
    assert fields_of(tree) == {"a", "b"}
