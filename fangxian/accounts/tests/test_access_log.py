"""The access log is found by area, also by the codes that places had before."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.accounts import queries
from fangxian.accounts.models import AccessLog
from fangxian.common.actor import Actor
from fangxian.regions import recode

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def look(area: str) -> AccessLog:
    return AccessLog.objects.create(
        actor="bob", area=area, purpose="page", source="test", persons=[uuid4()]
    )


def found(area: str) -> set[Any]:
    return set(queries.access_log(area).values_list("pk", flat=True))


def test_reads_made_where_a_place_lay_before_a_redraw_are_found(places: Any) -> None:
    old, grid = places.building, places.other_grid
    new = grid + "009"
    before = look(old)
    deeper = look(places.unit)
    elsewhere = look(places.grid)
    recode.move(
        by=Actor.system("test", ""),
        pairs=recode.with_places_below({old: new}),
        area=places.community,
        on=timezone.localdate(),
        tell=False,
    )
    after = look(new)
    assert found(grid) == {before.pk, deeper.pk, after.pk}
    assert found(new) == {before.pk, deeper.pk, after.pk}
    assert elsewhere.pk in found(places.community)


def test_reads_under_a_code_that_another_place_has_by_now_are_not(places: Any) -> None:
    old, grid = places.building, places.other_grid
    recode.move(
        by=Actor.system("test", ""),
        pairs=recode.with_places_below({old: grid + "009"}),
        area=places.community,
        on=timezone.localdate() - DAY,
        tell=False,
    )
    later = look(old)
    assert later.pk not in found(grid)
