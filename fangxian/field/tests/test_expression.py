"""The corpus that the server and the browser (``questionnaire.test.ts``) must both agree with."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

import pytest

from fangxian.common.errors import Invalid
from fangxian.field.models import FormDefinition
from fangxian.field.questionnaire import check_answers, parse_questionnaire
from fangxian.field.questionnaire.expression import (
    ExpressionError,
    Tree,
    compile_expression,
    evaluate,
    fields_of,
)
from fangxian.field.questionnaire.patterns import is_safe, matches
from fangxian.field.questionnaire.values import truth

CORPUS = json.loads((Path(__file__).parent / "corpus" / "expressions.json").read_text("utf-8"))


def dumped(case: dict[str, Any]) -> str:
    return json.dumps(case["tree"])


def _compiled(case: dict[str, Any]) -> Tree:
    # A case with a choice is a filter of choices.
    return compile_expression(case["source"], case["choice"].keys() if "choice" in case else None)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case["source"])
def test_corpus(case: dict[str, Any]) -> None:
    tree = _compiled(case)
    assert tree == case["tree"], "the browser is given this tree"
    today = dt.date.fromisoformat(case["today"])
    around = dict(case.get("around", {}))
    if "now" in around:
        around["now"] = dt.datetime.fromisoformat(around["now"])
    value = evaluate(
        tree, case["fields"], own=case["own"], choice=case.get("choice"), today=today, **around
    )
    expected = case["expected"]
    if isinstance(expected, bool):
        assert truth(value) is expected
    else:
        assert value == expected


def test_the_tree_is_json_and_the_corpus_uses_every_function() -> None:
    from fangxian.field.questionnaire.functions import ARITY as _FUNCTIONS

    trees = [_compiled(case) for case in CORPUS]
    assert json.loads(json.dumps(trees)) == trees
    called = {name for case in CORPUS for name in _FUNCTIONS if f'"call", "{name}"' in dumped(case)}
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
        ("regex(., '.*.*.*.*.*.*x')", "pattern"),
        ("regex(., '" + "a?" * 40 + "x')", "pattern"),
        ("regex(., '(a|a){40}')", "pattern"),
        ("regex(., '.{0,99}.{0,99}.{0,99}.{0,99}x')", "pattern"),
        ("regex(., '((a|b)*c)*')", "pattern"),
        ("format-date(today(), '%b')", "%b"),
        ("format-date(today(), ${t})", "date"),
        ("jr:choice-name(${t}, ${t})", "quotes"),
        ("position(1)", "1"),
    ],
)
def test_what_is_no_expression_says_where(source: str, said: str) -> None:
    from django.utils.translation import override

    with override("en"), pytest.raises(ExpressionError, match=said):
        compile_expression(source)


def test_fields_of_an_expression() -> None:
    tree = compile_expression("${a} = 1 and not(selected(${b}, 'x'))")
    assert fields_of(tree) == {"a", "b"}


@pytest.mark.parametrize(
    "pattern",
    [
        "^1[3-9]\\d{9}$",
        "[0-9]{17}[0-9Xx]|[0-9]{15}",
        "([0-9]{3,4}-)?[0-9]{7,8}",
        "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}",
        "(\\d{1,3}\\.){3}\\d{1,3}",
        "[\u4e00-\u9fa5]{2,20}",
        "\\d+-\\d+-\\d+-\\d+",
        "[a-z]+@[a-z]+\\.[a-z]+\\.[a-z]+",
        "([a-z]+)\\s+([A-Z]\\w*)_?(\\d+)/(\\d+)#[^/]+",
        "(\\d+,)*\\d+",
    ],
)
def test_patterns_of_everyday_are_taken(pattern: str) -> None:
    tree = compile_expression(f"regex(., '{pattern}')")
    assert tree[0] == "call"


@pytest.mark.parametrize(
    "pattern",
    [
        "\\d+-?\\d+-?\\d+-?\\d+",
        "(?i)a+A+a+A+x",
        "(\\w+ ?)*x",
        "[^-]*-?[^-]*-?[^-]*-?[^-]*x",
        "(-\\d+)+x",
        ".*.*.*\\d+-",
    ],
)
def test_patterns_whose_parts_run_into_each_other_are_refused(pattern: str) -> None:
    assert not is_safe(pattern)


def test_separators_make_a_pattern_quick() -> None:
    pattern = "-".join(["\\d+"] * 12)
    assert is_safe(pattern)
    before = time.process_time()
    assert not matches("1" * 200, pattern)
    assert not matches("1-" * 100, pattern)
    assert matches("-".join(["1" * 9] * 12), pattern)
    assert time.process_time() - before < 20


def test_a_stored_form_is_read_though_its_pattern_would_be_refused_today() -> None:
    def schema(pattern: str) -> dict[str, Any]:
        logic = f"regex(., '{pattern}')"
        question = {"name": "code", "kind": "text", "label": "编号", "constraint": logic}
        return {"questions": [question]}

    for pattern, fits in (("(a+)+", True), ("[", False)):
        with pytest.raises(Invalid):
            parse_questionnaire(schema(pattern))
        form = FormDefinition(schema=schema(pattern)).questionnaire()
        given = check_answers(form, {"code": "aaa"}, today=dt.date(2020, 3, 5))
        assert given.ok is fits


SPACES = "\t\n\v\f\r \xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


@pytest.mark.parametrize(
    "character", [*SPACES, "\x1c", "\x85", "\u200b", "\u2060", "a", "。", "😀"]
)
def test_blanks_are_those_of_a_browser(character: str) -> None:
    blank = character in SPACES
    for pattern, fits in (
        ("\\s", blank),
        ("\\S", not blank),
        ("[\\s_]", blank),
        ("[^\\s]", not blank),
        ("[\\S_]", not blank),
        ("[\\s\\S]", True),
        ("\\\\s", False),
    ):
        assert matches(character, pattern) is fits, pattern


def test_a_pattern_at_the_limit_is_done_soon() -> None:
    """Three parts of free length on the longest text: a bounded number of steps, not for ever."""
    tree = compile_expression("regex(., '.*.*.*x')")
    before = time.process_time()
    assert truth(evaluate(tree, {}, own="a" * 5_000)) is False
    assert time.process_time() - before < 20
