"""Positions of a list: in the coordinates that it was made with, and near their community."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.regions.actions.buildings import DIGITS
from fangxian.regions.coordinates import BD09, GCJ02, WGS84, to_wgs84
from fangxian.regions.models import Region
from fangxian.regions.nearness import check_in_china, check_near
from fangxian.register.importing.ground import refusal

# Without either, positions are WGS 84.
SYSTEMS: Final[dict[str, Any]] = {
    GCJ02: gettext_lazy("The positions are GCJ-02 (Amap, Tencent), not WGS 84"),
    BD09: gettext_lazy("The positions are BD-09 (Baidu), not WGS 84"),
}


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
    check_in_china(x, y)
    x, y = to_wgs84([(x, y)], system or WGS84)[0]
    check_near((x, y), community, places)
    return round(x, DIGITS), round(y, DIGITS)
