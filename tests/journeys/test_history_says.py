"""Each history row says who, why and from where, whichever way the row was written."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse

import tests.kit.makers  # noqa: F401  (the makers register themselves)
from fangxian.common.actor import Actor
from fangxian.common.bulk import Load
from fangxian.common.errors import Conflict
from fangxian.people.models import Person
from tests.kit.objects import MAKERS, PERSONAL, Side, codes_of

SAID = ("who", "why", "source")


def histories() -> list[Any]:
    return [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]


def last_rows() -> dict[Any, int]:
    return {
        model: model.objects.order_by("-pgh_id").values_list("pgh_id", flat=True).first() or 0
        for model in histories()
    }


def silent(since: dict[Any, int]) -> tuple[set[str], list[str]]:
    """The models with new history, and what new rows leave out."""
    seen, failures = set(), []
    for model, last in since.items():
        for row in model.objects.filter(pgh_id__gt=last):
            seen.add(model._meta.label)
            context = row.pgh_context or {}
            missing = [name for name in SAID if not context.get(name)]
            if missing:
                failures.append(f"{model._meta.label} {row.pgh_label}: no {', '.join(missing)}")
    return seen, failures


@pytest.mark.django_db
def test_of_every_object_that_can_be_made(places: Any, cast: Any, client_of: Any) -> None:
    from fangxian.common.scoping import acting

    side = Side("own", places, cast, codes_of(places.unit), viewer=cast.user("alice"))
    before = last_rows()
    for key in sorted(set(MAKERS) - PERSONAL):
        # Accounts and places of the cast are made by no action.
        if not key.startswith(("accounts", "regions")):
            # Two makers may make the same household.
            with suppress(Conflict):
                side.get(key)
    client_of("alice").post(
        reverse("people:change", args=[side.get("people:person_id")]), {"name": "查无此人丙"}
    )
    # Scoped history is seen in its area only.
    with acting(Actor.system("test", places.county)):
        seen, failures = silent(before)
    assert not failures, "\n".join(sorted(set(failures)))
    assert len(seen) > 10, sorted(seen)


@pytest.mark.parametrize("given", [{}, {"who": "clerk", "why": "first load", "source": "file 1"}])
def test_of_a_bulk_load(fresh_database: str, given: dict[str, str]) -> None:
    with Load([Person], using="owner", **given) as load, load.cursor() as cursor:
        cursor.execute("SELECT current_setting('pghistory.context_metadata')::jsonb")
        (context,) = cursor.fetchone()
    said = context if isinstance(context, dict) else json.loads(context)
    assert all(said.get(name) for name in SAID)
    assert said.items() >= given.items()


def test_a_job_says_why() -> None:
    assert Actor.system("kit", "").purpose == "job kit"
