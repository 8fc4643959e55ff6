from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from fangxian.organisations.actions import create_organisation
from fangxian.organisations.models import OrganisationKind
from fangxian.people.actions import create_person


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
