from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.common.errors import Invalid
from fangxian.organisations.actions import create_organisation
from fangxian.organisations.models import OrganisationKind
from fangxian.people.actions import create_person


@pytest.fixture(autouse=True)
def _the_day_stays(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Midnight may pass after a file was read: its TODAY is today."""
    today, localdate = getattr(request.module, "TODAY", None), timezone.localdate
    if today is None:
        return

    def on_that_day(value: Any = None, timezone: Any = None) -> Any:
        return today if value is None else localdate(value, timezone)

    monkeypatch.setattr(timezone, "localdate", on_that_day)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """What runs here is refused, with a problem of this code."""
    with pytest.raises(Invalid) as met:
        yield
    assert code in [problem.code for problem in met.value.problems]


@pytest.fixture
def hq(cast: Any) -> Any:
    return cast.actor("headquarters")


@pytest.fixture
def unit(hq: Any, places: Any) -> Any:
    kind = OrganisationKind.objects.get(code="department")
    return create_organisation(by=hq, name="示例局", kind=kind, seat=places[places.county])


@pytest.fixture
def person(places: Any) -> Callable[..., Any]:
    """``person(by, name)`` is somebody seen in Alice's community."""

    def make(by: Any, name: str, **details: Any) -> Any:
        return create_person(
            by=by,
            name=name,
            place_code=places.community,
            link_kind="met",
            source_id=uuid4(),
            **details,
        )

    return make
