"""The protocol's document, against which another app is written: whole, served, and true."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import open_task
from fangxian.field.actions import write_message
from fangxian.field.models import Campaign, Gate, HeldOperation, Point, Round
from fangxian.field.questionnaire import check_answers, parse_questionnaire
from fangxian.field.questionnaire.expression import BINARY
from fangxian.field.questionnaire.functions import ARITY
from fangxian.field.questionnaire.schema import KINDS
from fangxian.field.sync import entities, photos, schemas
from fangxian.field.sync.forms import HEADS, CompiledQuestion, QuestionData
from fangxian.field.tests.test_duties import gate, walk
from fangxian.field.tests.test_push import phone_of
from fangxian.register.actions import join_group, move_in
from tests.kit import protocol

__all__ = ["gate", "walk"]

URL = "/api/field/sync/openapi.json"
ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "corpus" / "sealing.json"
CORPUS = Path(__file__).parent / "corpus"
FORMS: dict[str, Any] = json.loads((CORPUS / "forms.json").read_text("utf-8"))
EXPRESSIONS: list[Any] = json.loads((CORPUS / "expressions.json").read_text("utf-8"))
TOLD = (ROOT / "docs" / "methods" / "sync.md").read_text("utf-8")
SCHEMAS: dict[str, Any] = protocol.document()["components"]["schemas"]
SEALED = sorted(name for name in SCHEMAS if name.endswith(("Operation", "Record")))


def test_anybody_may_read_it_and_it_tells_of_nobody(client_of: Any) -> None:
    """Who writes another app has no account; there is nothing in it but the protocol."""
    answer = Client().get(URL)
    assert answer.status_code == 200
    assert answer.json() == protocol.document()
    assert client_of("bob").get(URL).content == answer.content


def test_each_entity_record_and_body_is_described_with_an_example() -> None:
    for entity in entities.pushed():
        assert entity.patch.__name__ in SCHEMAS
    for source in entities.sources():
        assert source.data.__name__ in SCHEMAS
    assert len(SEALED) == len(entities.pushed()) + len(entities.sources()) + 1
    operations = protocol.document()["paths"].values()
    bodies = [one["requestBody"] for path in operations for one in path.values()]
    asked = {
        schema["$ref"].rpartition("/")[2]
        for body in bodies
        for kind in body["content"].values()
        if "$ref" in (schema := kind["schema"])
    }
    assert asked == {"EnrolIn", "PushIn", "PullIn", "PhotoIn"}
    told = {"EnrolOut", "PushOut", "PullOut", "PhotoOut", "RefusedOut", "EnvelopeIn"}
    for name in {*SEALED, *asked, *told}:
        assert SCHEMAS[name]["examples"], name
    assert SCHEMAS["VisitOperation"]["properties"]["schema"] == {"const": schemas.PRESENT}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_examples_are_what_they_are_examples_of(name: str) -> None:
    for example in SCHEMAS[name].get("examples", ()):
        assert protocol.mistakes(name, example) == []


def test_the_example_of_an_envelope_is_one() -> None:
    vector = json.loads(VECTORS.read_text("utf-8"))["operations"][0]["envelope"]
    assert SCHEMAS["EnvelopeIn"]["examples"] == [vector]


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("change", ["unknown member", "without its entity", "of another entity"])
def test_what_is_none_is_told_apart(name: str, change: str) -> None:
    (example,) = SCHEMAS[name]["examples"]
    inner = "patch" if "patch" in example else "data"
    wrong = {
        "unknown member": example | {inner: example[inner] | {"mood": "good"}},
        "without its entity": {key: one for key, one in example.items() if key != "entity"},
        "of another entity": example | {"entity": "spell"},
    }
    assert protocol.mistakes(name, wrong[change])


def asked(questions: list[Any]) -> Iterator[dict[str, Any]]:
    for one in questions:
        yield one
        yield from asked(one.get("questions", []))


def form_data(name: str) -> dict[str, Any]:
    return {"code": name, "version": 1, "name": name, "defaults": {}} | FORMS["forms"][name]


@pytest.mark.parametrize("name", FORMS["forms"])
@pytest.mark.parametrize(
    "change", ["", "a member that no question has", "a tree that is none", "no such kind"]
)
def test_real_forms_are_as_they_are_described(name: str, change: str) -> None:
    data = copy.deepcopy(form_data(name))
    first, logic = data["schema"]["questions"][0], data["compiled"][0]
    if change == "a member that no question has":
        first["mood"] = "good"
    elif change == "a tree that is none":
        logic["relevant"] = ["spell", ["self"]]
    elif change == "no such kind":
        logic["kind"] = "mood"
    assert bool(protocol.mistakes("FormData", data)) is bool(change)


def test_the_real_forms_have_questions_of_every_kind_with_all_that_one_may_have() -> None:
    forms = [*map(form_data, FORMS["forms"]), SCHEMAS["FormData"]["examples"][0]]
    written = [one for form in forms for one in asked(form["schema"]["questions"])]
    made = [one for form in forms for one in asked(form["compiled"])]
    assert {one["kind"] for one in written} == KINDS
    assert {name for one in made for name in one} >= {*CompiledQuestion.__annotations__} - {
        "labels"
    }
    rare = {"default"}
    assert {name for one in written for name in one} >= {*QuestionData.__annotations__} - rare


@pytest.mark.parametrize("case", FORMS["cases"], ids=lambda case: json.dumps(case["given"]))
def test_answers_are_as_they_are_described_for_their_kinds(case: dict[str, Any]) -> None:
    """Those of the corpus are the server's, with the calculations."""
    kinds = {one["name"]: one["kind"] for one in asked(form_data(case["form"])["compiled"])}
    (example,) = SCHEMAS["AnswersByKind"]["examples"]
    assert protocol.mistakes("Answers", case["answers"]) == []
    waiting = [case["answers"]]
    for answers in waiting:
        for name, answer in answers.items():
            if kinds[name] in ("calculate", "result"):
                continue
            assert protocol.mistakes("AnswersByKind", example | {kinds[name]: answer}) == []
            waiting += answer if kinds[name] == "repeat" else []


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("choices", ["yes", ["no"]]),
        ("text", "x" * 2_001),
        ("barcode", "x" * 2_001),
        ("integer", 1.5),
        ("integer", 2e12),
        ("decimal", "much"),
        ("decimal", -2e12),
        ("date", "2020-02-30"),
        ("time", "24:00"),
        ("time", "14"),
        ("datetime", "14:30"),
        ("position", "116.85"),
        ("photo", "IMG_1.jpg"),
        ("repeat", [{}] * 51),
    ],
)
def test_what_is_no_answer_is_none_for_the_document_and_for_the_server(
    kind: str, wrong: Any
) -> None:
    (example,) = SCHEMAS["AnswersByKind"]["examples"]
    assert protocol.mistakes("AnswersByKind", example) == []
    assert protocol.mistakes("AnswersByKind", example | {kind: wrong})
    question: dict[str, Any] = {"name": "a", "kind": kind, "label": "a"}
    if kind == "choices":
        question["options"] = [{"code": code, "label": code} for code in ("yes", "no")]
    if kind == "repeat":
        question["questions"] = [{"name": "b", "kind": "text", "label": "b"}]
    form = parse_questionnaire({"questions": [question]})
    today = dt.date(2020, 3, 5)
    assert [one.field for one in check_answers(form, {"a": wrong}, today=today).problems] == ["a"]


def test_real_trees_are_as_they_are_described() -> None:
    wrong = [mistake for one in EXPRESSIONS if (mistake := protocol.mistakes("Tree", one["tree"]))]
    assert wrong == []


@pytest.mark.parametrize(
    "tree",
    [
        [],
        "value",
        ["value"],
        ["value", None],
        ["value", 1, 2],
        ["field", ["self"]],
        ["spell", ["self"]],
        ["+", ["self"]],
        ["not", ["self"]],
        ["call", "spell"],
        ["call", "today", ["self"]],
        ["call", "not"],
        ["call", "round", ["self"], ["self"], ["self"]],
        ["call", "concat", ["self"], "x"],
        ["and", ["self"], ["field"]],
    ],
    ids=json.dumps,
)
def test_what_is_no_tree_is_none(tree: Any) -> None:
    assert protocol.mistakes("Tree", tree)


def test_the_page_tells_every_kind_operator_and_function() -> None:
    """What another app has to know is on one page: none is added without a word there."""
    answers = TOLD.partition("### Answers")[2].partition("### Trees")[0]
    trees = TOLD.partition("### Trees")[2].partition("\n## ")[0]
    assert {kind for kind in KINDS if f"`{kind}`" not in answers} == set()
    assert {head for head in [*HEADS, *BINARY] if f'`["{head}"' not in trees} == set()
    assert {name for name in ARITY if f"`{name}(" not in trees} == set()


def test_all_codes_of_this_room_are_described() -> None:
    def described(name: str) -> set[str]:
        return {one["const"] for one in SCHEMAS[name]["oneOf"]}

    held = {f"held_{why}" for why in HeldOperation.Why.values}
    assert held | set(photos.PROBLEMS) <= described("ProblemCode")
    assert "not_enrolled" in described("RefusalCode")


def test_each_kind_goes_through_as_it_is_described(
    campaign: Campaign, gate: Gate, walk: Round, cast: Any, bob: Actor, alice: Actor, places: Any
) -> None:
    """The phone of the tests holds all that it sends and gets to the document (``tests/kit``)."""
    today = timezone.localdate()
    place = places[places.grid]
    write_message(by=alice, place=place, text="戴口罩", kind="car", from_date=today, to_date=today)
    phone = phone_of(bob)
    phone.pull()
    home = phone.all("household")[0]
    lives = move_in(
        by=alice, household_id=home["id"], on=dt.date(2020, 1, 1), name="查无此人", relation="head"
    )
    join_group(by=alice, person_id=lives.person_id, group="elderly_alone")
    open_task(
        by=cast.actor("headquarters"),
        kind="field.gap",
        place_code=places.grid,
        title="x",
        due_at=timezone.now(),
        assignee_user_id=bob.user_id,
        dedupe_key="x",
    )
    phone.pull()
    assert {entity for entity, _id in phone.records} == {one.name for one in entities.sources()}
    (resident,) = phone.all("resident")
    for entity in entities.pushed():
        patch = dict(SCHEMAS[entity.patch.__name__]["examples"][0])
        door = phone.doors()[0]
        patch |= {name: door[name] for name in ("campaign_id", "household_id") if name in patch}
        if "gate_id" in patch:
            patch["gate_id"] = phone.all("gate")[0]["id"]
        if "point_id" in patch:
            (round_,) = phone.all("round")
            with acting(bob):
                point = Point.objects.get(id=round_["points"][0]["id"])
            # What its code says is not known before it is read.
            assert point.token not in json.dumps(round_)
            digest = hashlib.sha256(point.token.encode()).hexdigest()
            assert round_["points"][0]["token_sha256"] == digest
            patch |= {"point_id": str(point.id), "token": point.token}
        if "place_code" in patch:
            patch["place_code"] = places.grid
        if "away_since" in patch:
            patch["away_since"] = str(today)
        changed = {"household": home, "residency": resident}.get(entity.name)
        id_ = changed["id"] if changed else str(uuid4())
        phone.record(entity.name, id_, patch, base=changed and changed["version"])
    told = phone.push()
    assert [one["result"] for one in told] == ["applied"] * len(entities.pushed()), told
