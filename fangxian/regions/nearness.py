"""Whether a position is believable: in China, and near the place that it is said to lie in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.regions.coordinates import Point, in_china
from fangxian.regions.models import Region

# Kilometres from the middle of a place within which what lies in it is believed.
NEAR: Final = {Level.VILLAGE: 30.0, Level.TOWN: 60.0, Level.COUNTY: 150.0}


def check_in_china(longitude: float, latitude: float) -> None:
    """Raise Invalid (code ``position``) for a position elsewhere, or with its numbers exchanged."""
    if not in_china(longitude, latitude):
        turned = in_china(latitude, longitude)
        raise Invalid(
            Problem(
                _("Longitude and latitude are exchanged.")
                if turned
                else _("This lies outside China."),
                "longitude",
                mend=_("Write longitude (73 to 136) and latitude (3 to 54) in degrees."),
                code="position",
            )
        )


def check_near(at: Point, code: str, places: Mapping[str, Region]) -> None:
    """Raise Invalid (code ``far``) for a position far from the place ``code`` that holds it.

    The nearest place above of which ``places`` know a position counts; without one, nothing does.
    """
    for level, near in NEAR.items():
        place = places.get(code[: int(level)]) if len(code) >= level else None
        if place is None or place.longitude is None or place.latitude is None:
            continue
        far = _kilometres(at, (place.longitude, place.latitude))
        if far > near:
            raise Invalid(
                Problem(
                    _("This lies %(far)s km from %(place)s.")
                    % {"far": round(far), "place": place.name},
                    "longitude",
                    mend=_("Correct longitude and latitude, or leave them out."),
                    code="far",
                )
            )
        return


def _kilometres(a: Point, b: Point) -> float:
    narrow = math.cos(math.radians((a[1] + b[1]) / 2))
    return 111.2 * math.hypot((a[0] - b[0]) * narrow, a[1] - b[1])
