"""A questionnaire as phones get it and its answers as they send them, for the protocol's document.

The shapes describe, they refuse nothing: a form was judged when it was published
(``questionnaire/schema.py``), answers are by ``questionnaire/answers.py``. docs/methods/sync.md,
section "Forms", says how a form is gone over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Final, NotRequired
from uuid import UUID

from pydantic import BaseModel, Field, GetJsonSchemaHandler, RootModel, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import TypedDict  # pydantic asks for it below Python 3.12

from fangxian.field.questionnaire.answers import MAX_NUMBER, MAX_REPEATS, MAX_TEXT
from fangxian.field.questionnaire.expression import BINARY
from fangxian.field.questionnaire.functions import ARITY
from fangxian.field.questionnaire.schema import KINDS

Number = Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Kind = Annotated[str, WithJsonSchema({"enum": sorted(KINDS)})]
Texts = Annotated[
    dict[str, str] | str,
    Field(description="By language (zh-hans, zh-hant, en …); a bare text is zh-hans."),
]
Source = Annotated[
    str, Field(description="As it was written; its tree: ``compiled``, ``defaults``.")
]


class Tree(RootModel[list[Any]]):
    """An expression: a list of its operator and what that works on. See "Trees" in
    docs/methods/sync.md.
    """


class Answers(RootModel[dict[str, "str | float | list[str] | list[Answers]"]]):
    """Answers by the names of the questions, in a repeat those of one row: for each kind what
    AnswersByKind shows. What was skipped or not answered is left out.
    """


class AnswersByKind(BaseModel):
    """One answer to a question of each kind. ``note``, ``calculate`` and ``result`` have none.

    ``choice``: the code of an option; ``choices``: several; ``datetime``: on the clock on the wall;
    ``position``: longitude and latitude (WGS 84, degrees); ``photo``: the id under which it is
    sent; ``repeat``: its rows.
    """

    choice: str
    choices: list[str]
    text: Annotated[str, Field(max_length=MAX_TEXT)]
    barcode: Annotated[str, Field(max_length=MAX_TEXT)]
    integer: Annotated[int, Field(ge=-int(MAX_NUMBER), le=int(MAX_NUMBER))]
    decimal: Number
    date: dt.date
    time: Annotated[str, Field(pattern=r"^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
    datetime: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$")]
    position: Annotated[str, Field(pattern=r"^-?\d{1,3}(\.\d+)?,-?\d{1,3}(\.\d+)?$")]
    photo: UUID
    repeat: Annotated[list[Answers], Field(max_length=MAX_REPEATS)]


class OptionData(TypedDict):
    """An option; ``values``: the columns that ``choice_filter`` looks at, beside its code."""

    code: str
    label: NotRequired[Texts]
    values: NotRequired[dict[str, str]]


class QuestionData(TypedDict):
    """A question as it was written. Members that it has not are left out, or empty.

    ``required``: true, or the source of a condition; ``default``: what it begins with;
    ``questions``: those of a repeat. Texts may name answers above as ``${name}``.
    """

    name: str
    kind: Kind
    label: NotRequired[Texts]
    hint: NotRequired[Texts]
    options: NotRequired[list[OptionData]]
    required: NotRequired[bool | str]
    relevant: NotRequired[Source]
    constraint: NotRequired[Source]
    constraint_message: NotRequired[Texts]
    exception_when: NotRequired[Source]
    choice_filter: NotRequired[Source]
    calculation: NotRequired[Source]
    default: NotRequired[str | float | list[str]]
    default_value: NotRequired[Source]
    count: NotRequired[Source]
    questions: NotRequired[list[QuestionData]]


class FormSchema(TypedDict):
    """The questions, in order."""

    questions: list[QuestionData]


class CompiledQuestion(TypedDict):
    """The logic of a question, in the order of the schema. A member that is not there: always asked
    (``relevant``), any answer (``constraint``), no exception, all options, as many rows as are
    added (``count``).

    ``message``: what a constraint says, and ``labels``: by code, of the options that logic calls by
    them, both in the language of the pull; ``options``: what a filter sees of each; ``questions``:
    those of a repeat.
    """

    name: str
    kind: Kind
    relevant: NotRequired[Tree]
    calculation: NotRequired[Tree]
    count: NotRequired[Tree]
    required_when: NotRequired[Tree]
    constraint: NotRequired[Tree]
    exception_when: NotRequired[Tree]
    message: NotRequired[str]
    choice_filter: NotRequired[Tree]
    options: NotRequired[list[dict[str, str]]]
    labels: NotRequired[dict[str, str]]
    questions: NotRequired[list[CompiledQuestion]]


@dataclass(frozen=True)
class DescribedAs:
    """What a member is in the document, where it is read as anything."""

    model: type[BaseModel]

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(self.model.__pydantic_core_schema__)


_NAME: Final = {"type": "string"}
_TREE: Final = object()
# What the operators that are not of two sides work on.
HEADS: Final[Mapping[str, tuple[Any, ...]]] = {
    "value": ({"type": ["string", "number"]},),
    "field": (_NAME,),
    "column": (_NAME,),
    "self": (),
    "row": (),
    "label": (_TREE, _NAME),
    "neg": (_TREE,),
}


def tree_schema(tree: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of trees; ``tree`` refers to it."""
    nodes = [
        _node({"const": head}, *(tree if part is _TREE else part for part in parts))
        for head, parts in HEADS.items()
    ]
    nodes.append(_node({"enum": list(BINARY)}, tree, tree))
    by_arity = sorted(ARITY, key=lambda name: (str(ARITY[name]), name))
    for (fewest, most), names in groupby(by_arity, key=lambda name: ARITY[name]):
        head = {"const": "call"}, {"enum": list(names)}
        call = _node(*head, *[tree] * (fewest if most is None else most))
        call["minItems"] = len(head) + fewest
        if most is None:
            del call["maxItems"]
            call["items"] = tree
        nodes.append(call)
    return {"description": " ".join((Tree.__doc__ or "").split()), "anyOf": nodes}


def _node(*parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "array",
        "prefixItems": list(parts),
        "minItems": len(parts),
        "maxItems": len(parts),
    }
