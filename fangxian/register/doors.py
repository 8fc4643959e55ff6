"""A household's door, as people say it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fangxian.common import codes
from fangxian.regions.queries import names
from fangxian.register.models import Household


def doors_of(households: Sequence[Household]) -> dict[UUID, str]:
    """Building, unit and room (or household number) of each. One query."""
    known = names(code for home in households for code in {home.place_code, home.place_code[:18]})
    return {home.pk: _door(home, known) for home in households}


def _door(home: Household, known: dict[str, str]) -> str:
    building = known.get(home.place_code[:18], home.place_code)
    unit = known.get(home.place_code, "") if len(home.place_code) == codes.Level.UNIT else ""
    return " ".join(filter(None, (building, unit, home.room or home.number)))
