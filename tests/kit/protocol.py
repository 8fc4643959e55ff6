"""The protocol of phones as its own OpenAPI document tells it: what travels is held to that.

Closed where the document is open: a member that it does not name is a mistake here, so that it
names all there is.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs  # schemathesis brings it
from ninja.responses import NinjaJSONEncoder

from fangxian.config.api_urls import phones

PREFIX = "/api/field/sync/"
TAKEN = ("applied", "merged", "conflict")


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document as it is served."""
    return dict(json.loads(json.dumps(phones.get_openapi_schema(), cls=NinjaJSONEncoder)))


@lru_cache(maxsize=1)
def _closed() -> dict[str, Any]:
    schemas = copy.deepcopy(document()["components"]["schemas"])
    waiting: list[Any] = [schemas]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("properties"), dict):
                one.setdefault("additionalProperties", False)
            waiting += [inner for name, inner in one.items() if name != "examples"]
        elif isinstance(one, list):
            waiting += one
    return {"components": {"schemas": schemas}}


@lru_cache(maxsize=64)
def _validator(reference: str) -> Any:
    schema = {"$ref": reference, **_closed()}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def mistakes(name: str, value: object) -> list[str]:
    """What speaks against the value being a component of that name."""
    found = _validator(f"#/components/schemas/{name}").iter_errors(value)
    return [f"{'.'.join(map(str, one.instance_path))}: {one.message[:300]}" for one in found]


def _names(schema: Mapping[str, Any]) -> list[str]:
    """The components that a body may be."""
    return [one["$ref"].rpartition("/")[2] for one in schema.get("anyOf", [schema])]


def check_exchange(path: str, sent: object, status: int, told: object) -> None:
    """Hold a request, where it was taken, and its answer to the document."""
    found = document()["paths"][PREFIX + path]["post"]
    if status == 200:
        (asked,) = _names(found["requestBody"]["content"]["application/json"]["schema"])
        assert not (wrong := mistakes(asked, sent)), (asked, wrong)
    # Any 5xx means the same: try again.
    if status < 500:
        assert str(status) in found["responses"], f"{path} does not say that it answers {status}"
        schema = found["responses"][str(status)]["content"]["application/json"]["schema"]
        wrong = [mistakes(name, told) for name in _names(schema)]
        assert not all(wrong), (path, status, wrong)


def check_operation(plain: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """What was taken is described, and what is described is not refused for its form."""
    # An envelope is of one entity; its own mistakes say more than those of all.
    entity = "".join(part.capitalize() for part in str(plain.get("entity")).split("_"))
    known = f"{entity}Operation" in document()["components"]["schemas"]
    wrong = mistakes(f"{entity}Operation", plain) if known else ["no such entity"]
    if answer["result"] in TAKEN:
        assert not wrong, (plain, wrong)
    elif any(problem["code"] == "malformed" for problem in answer["problems"]):
        assert wrong, (plain, answer)
