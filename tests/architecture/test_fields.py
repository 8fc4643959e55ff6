"""Every field that can hold something personal is classified in ``fields.json``.

- ``none``: says nothing of a person;
- ``staff``: names who of the staff did it, or from where; kept for audit;
- ``open: why``: personal and readable in the database, for the reason given;
- ``sealed``: personal and encrypted; ``index``: the blind index of such a field;
- ``removed: hook``: personal and readable; of an emergency, that hook of the sunset removes it.

Numbers, moments, flags and keys can't by themselves; a date can (of birth, of death).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models

from fangxian.common.fields import BlindIndexField, PlaceCodeField, SealedTextField
from fangxian.core import sunset

FILE = Path(__file__).parent / "fields.json"
KINDS = {"none", "staff", "sealed", "index"}
TELLING = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.GenericIPAddressField,
    models.FileField,
)
# Classes outside the usual families.
TELLING_NAMES = {"DateField", "ArrayField", "SearchVectorField", "HStoreField"}


def models_of_ours() -> list[type[models.Model]]:
    """Models with fields of their own; a history model has those of its model."""
    every = apps.get_models(include_auto_created=True)
    ours = [m for m in every if m.__module__.startswith("fangxian.")]
    return [m for m in ours if not hasattr(m, "pgh_tracked_model")]


def telling(model: type[models.Model]) -> dict[str, Any]:
    return {
        field.name: field
        for field in model._meta.local_fields
        if not field.primary_key
        and not field.is_relation
        and not isinstance(field, PlaceCodeField)
        and (isinstance(field, TELLING) or field.get_internal_type() in TELLING_NAMES)
    }


CLASSES: dict[str, dict[str, str]] = json.loads(FILE.read_text("utf-8"))
EXPECTED = {m._meta.label: telling(m) for m in models_of_ours() if telling(m)}


def test_every_field_is_classified() -> None:
    missing = {
        label: dict.fromkeys(
            fields - known.keys(), "none | staff | open: why | sealed | index | removed: hook"
        )
        for label, fields, known in (
            (label, set(fields), CLASSES.get(label, {})) for label, fields in EXPECTED.items()
        )
        if fields - known.keys()
    }
    assert not missing, (
        f"say in {FILE.name} what these fields hold of persons (choose one each):\n"
        + json.dumps(missing, indent=1, sort_keys=True)
    )


def test_nothing_is_classified_that_is_gone() -> None:
    stale = [
        f"{label}.{name}"
        for label, fields in CLASSES.items()
        for name in fields
        if name not in EXPECTED.get(label, {})
    ]
    assert not stale, f"remove from {FILE.name}: {stale}"


def test_the_classes_are_known_and_reasons_given() -> None:
    wrong = [
        f"{label}.{name}: {kind}"
        for label, fields in CLASSES.items()
        for name, kind in fields.items()
        if (kind not in KINDS and len(kind.removeprefix("open: ")) < 10)
        or (kind.startswith("removed: ") and kind.removeprefix("removed: ") not in sunset.hooks)
    ]
    assert wrong == []


def test_sealed_is_what_is_classified_so() -> None:
    wrong = []
    for label, fields in EXPECTED.items():
        for name, field in fields.items():
            kind = CLASSES.get(label, {}).get(name)
            sealed = isinstance(field, SealedTextField)
            if sealed != (kind == "sealed"):
                wrong.append(f"{label}.{name} is {'' if sealed else 'not '}sealed, but says {kind}")
            if isinstance(field, BlindIndexField) != (kind == "index"):
                wrong.append(f"{label}.{name}: {kind}")
    assert not wrong, "\n".join(wrong)


def test_of_an_emergency_everything_personal_is_sealed_with_its_key() -> None:
    """Only then can ending it destroy all copies."""
    wrong = []
    for model in models_of_ours():
        names = {field.name for field in model._meta.local_fields}
        belongs = {"emergency", "emergency_id"} & names
        for name, field in telling(model).items() if belongs else ():
            if isinstance(field, SealedTextField) and not field.emergency_field:
                wrong.append(f"{model._meta.label}.{name}: give it emergency=")
            if CLASSES.get(model._meta.label, {}).get(name, "").startswith("open"):
                wrong.append(f"{model._meta.label}.{name}: seal it")
    assert wrong == []
