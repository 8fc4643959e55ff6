"""What the protocol's OpenAPI document says of what travels sealed, and of each kind of record.

The calls know neither: an operation is sealed, a record's data is whatever its part gives. So the
components are made of the registered entities and sources, with one example each, and of what
forms and answers are made of (``forms.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from fangxian.field.sync import entities, forms, schemas
from fangxian.field.sync.entities import Entity, Source

REFERENCE: Final = "#/components/schemas/{model}"
HERE: Final = Path(__file__).parent

OPERATION: Final = (
    "The plaintext of an operation, UTF-8 JSON: what the box of an EnvelopeIn holds. Each is "
    "sealed once, and sent as it is until it is answered."
)
_ID: Final = {"type": "string", "format": "uuid"}
_WHOLE: Final = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_MEMBERS: Final[Mapping[str, Any]] = {
    "op_id": _ID | {"description": "UUID of version 7, used for nothing else"},
    "device": _ID,
    "seq": _WHOLE | {"description": "counts the operations of the device, never goes back"},
    "id": _ID | {"description": "the object; of what is only added, the new record’s own"},
    "base_version": {
        "anyOf": [_WHOLE, {"type": "null"}],
        "description": "the version of the record as the phone had it",
    },
    "captured_at": {
        "type": "string",
        "format": "date-time",
        "description": "the phone’s clock, with its zone",
    },
    "clock_offset": {
        "anyOf": [{"type": "integer"}, {"type": "null"}],
        "description": "milliseconds that the server was ahead at the last exchange",
    },
    "actor": _ID | {"description": "the user who made it; the envelope’s proof shows it"},
    "salt": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]{22,200}$",
        "description": "16 random bytes or more",
    },
}


def with_sealed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with components for plaintexts, patches, records, codes, and with examples."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    pushed, pulled = entities.pushed(), entities.sources()
    models: list[type[BaseModel]] = [
        *(one.patch for one in pushed),
        *(one.data for one in pulled),
        forms.AnswersByKind,
    ]
    _names, found = models_json_schema(
        [(model, "validation") for model in models], ref_template=REFERENCE
    )
    schemas |= found["$defs"]
    schemas["Tree"] = forms.tree_schema({"$ref": REFERENCE.format(model="Tree")})
    schemas |= {_named(one.name, "Operation"): _operation(one) for one in pushed}
    schemas |= {_named(one.name, "Record"): _record(one) for one in pulled}
    schemas["Operation"] = _one_of("Operation", [one.name for one in pushed], OPERATION)
    told = schemas["RecordOut"]["description"]
    schemas["RecordOut"] = _one_of("Record", [one.name for one in pulled], told)
    schemas["GoneOut"]["properties"]["entity"] = {"enum": [one.name for one in pulled]}
    codes = _read("codes.json")
    for name, where in (("ProblemCode", "ProblemOut"), ("RefusalCode", "RefusedOut")):
        schemas[name] = _codes(codes[name])
        schemas[where]["properties"]["code"] = {"$ref": REFERENCE.format(model=name)}
    schemas["EnvelopeIn"]["properties"]["box"]["x-plaintext"] = {
        "$ref": REFERENCE.format(model="Operation")
    }
    for name, example in _read("examples.json").items():
        schemas[name]["examples"] = [example]
    return document


@lru_cache(maxsize=2)
def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / name).read_text("utf-8"))
    return read


def _named(name: str, kind: str) -> str:
    """``gate_entry`` is GateEntryOperation."""
    return "".join(part.capitalize() for part in name.split("_")) + kind


def _operation(entity: Entity) -> dict[str, Any]:
    members = {
        **_MEMBERS,
        "schema": {"const": schemas.PRESENT},
        "entity": {"const": entity.name},
        "patch": {"$ref": REFERENCE.format(model=entity.patch.__name__)},
    }
    return {"type": "object", "properties": members, "required": list(members)}


def _record(source: Source) -> dict[str, Any]:
    members = {
        "entity": {"const": source.name},
        "id": _ID,
        "version": {"type": "integer", "format": "int64"},
        "data": {"$ref": REFERENCE.format(model=source.data.__name__)},
    }
    return {"type": "object", "properties": members, "required": list(members)}


def _one_of(kind: str, names: list[str], description: str) -> dict[str, Any]:
    references = {name: REFERENCE.format(model=_named(name, kind)) for name in names}
    return {
        "description": description,
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "entity", "mapping": references},
    }


def _codes(codes: Mapping[str, str]) -> dict[str, Any]:
    """Codes are for the app; the words beside them are for the person."""
    return {
        "type": "string",
        "oneOf": [{"const": code, "description": meaning} for code, meaning in codes.items()],
    }
