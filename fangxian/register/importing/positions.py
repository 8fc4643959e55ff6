"""Positions of a list: in the coordinates that it was made with, and near their community."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.codes import Level
from fangxian.regions.coordinates import bd09_to_wgs84, gcj02_to_wgs84, in_china
from fangxian.regions.models import Region
from fangxian.register.importing.ground import refusal

GCJ02: Final = "gcj02"
BD09: Final = "bd09"
# Without either, positions are WGS 84.
SYSTEMS: Final[dict[str, Any]] = {
    GCJ02: gettext_lazy("The positions are GCJ-02 (Amap, Tencent), not WGS 84"),
    BD09: gettext_lazy("The positions are BD-09 (Baidu), not WGS 84"),
}
# Kilometres from the middle of a place within which its buildings are believed.
NEAR: Final = {Level.VILLAGE: 30.0, Level.TOWN: 60.0, Level.COUNTY: 150.0}
DIGITS: Final = 6


def position_of(
    values: Mapping[str, Any], system: str, places: Mapping[str, Region], community: str
) -> tuple[float | None, float | None]:
    """Longitude and latitude (WGS 84) of a row, None when it has none.

    Raises Invalid for half a position, one outside China, and one far from the nearest place above
    it of which a position is known.
    """
    given = values.get("longitude"), values.get("latitude")
    if given == (None, None):
        return None, None
    if None in given:
        raise refusal(
            "longitude" if given[0] is None else "latitude",
            "half_position",
            _("The position is incomplete."),
            _("Give longitude and latitude in degrees, or neither."),
        )
    x, y = float(given[0] or 0), float(given[1] or 0)
    if not in_china(x, y):
        turned = in_china(y, x)
        raise refusal(
            "longitude",
            "position",
            _("Longitude and latitude are exchanged.") if turned else _("This lies outside China."),
            _("Write longitude (73 to 136) and latitude (3 to 54) in degrees."),
        )
    if system == GCJ02:
        x, y = gcj02_to_wgs84(x, y)
    elif system == BD09:
        x, y = bd09_to_wgs84(x, y)
    for level, near in NEAR.items():
        place = places.get(community[: int(level)])
        if place is None or place.longitude is None or place.latitude is None:
            continue
        far = _kilometres((x, y), (place.longitude, place.latitude))
        if far > near:
            raise refusal(
                "longitude",
                "far",
                _("This lies %(far)s km from %(place)s.")
                % {"far": round(far), "place": place.name},
                _("Correct longitude and latitude, or leave them out."),
            )
        break
    return round(x, DIGITS), round(y, DIGITS)


def _kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    narrow = math.cos(math.radians((a[1] + b[1]) / 2))
    return 111.2 * math.hypot((a[0] - b[0]) * narrow, a[1] - b[1])
