"""The shifted coordinates of Chinese maps: GCJ-02 (Amap, Tencent) and BD-09 (Baidu) to WGS 84.

The shift itself is not published; these are the formulas in public use since 2010, as in
github.com/googollee/eviltransform and github.com/wandergis/coordtransform, with their parameters
of the Krasovsky 1940 ellipsoid. All functions take and give longitude and latitude in degrees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

AXIS: Final = 6_378_245.0
ECCENTRICITY: Final = 0.006_693_421_622_965_943
_BAIDU: Final = math.pi * 3000.0 / 180.0
_ROUNDS: Final = 8

Point = tuple[float, float]

WGS84, GCJ02, BD09 = "wgs84", "gcj02", "bd09"
SYSTEMS: Final[dict[str, Any]] = {
    WGS84: _("WGS 84 (GPS, Tianditu)"),
    GCJ02: _("GCJ-02 (Amap, Tencent)"),
    BD09: _("BD-09 (Baidu)"),
}


def in_china(longitude: float, latitude: float) -> bool:
    """Whether a position lies in the rectangle around China."""
    return 73.0 <= longitude <= 136.0 and 3.0 <= latitude <= 54.0


def to_wgs84(points: Sequence[Point], system: str) -> list[Point]:
    """Positions of one of ``SYSTEMS`` in WGS 84, all at once."""
    if system == WGS84 or not points:
        return list(points)
    import numpy as np  # few files are in other coordinates: not every process loads it

    x, y = np.array(points, dtype=np.float64).T
    if system == BD09:
        x, y = _without_baidu(x, y, np)
    x, y = _without_shift(x, y, np)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def wgs84_to_gcj02(longitude: float, latitude: float) -> Point:
    """Shift a position as the maps of China do."""
    found: Point = _shifted(longitude, latitude, math)
    return found


def gcj02_to_wgs84(longitude: float, latitude: float) -> Point:
    """Take the shift back, to less than a millimetre of :func:`wgs84_to_gcj02`."""
    found: Point = _without_shift(longitude, latitude, math)
    return found


def bd09_to_gcj02(longitude: float, latitude: float) -> Point:
    """Take the further shift of Baidu's maps back."""
    found: Point = _without_baidu(longitude, latitude, math)
    return found


def bd09_to_wgs84(longitude: float, latitude: float) -> Point:
    """Take both shifts back."""
    return gcj02_to_wgs84(*bd09_to_gcj02(longitude, latitude))


# The formulas themselves, on numbers with ``math`` and on arrays with ``numpy``.


def _shifted(longitude: Any, latitude: Any, m: Any) -> tuple[Any, Any]:
    sin, cos, sqrt, pi = m.sin, m.cos, m.sqrt, m.pi
    x, y = longitude - 105.0, latitude - 35.0
    common = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + common
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + common
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    magic = 1.0 - ECCENTRICITY * sin(m.radians(latitude)) ** 2
    north_degrees = north * 180.0 / (AXIS * (1.0 - ECCENTRICITY) / (magic * sqrt(magic)) * pi)
    east_degrees = east * 180.0 / (AXIS / sqrt(magic) * cos(m.radians(latitude)) * pi)
    return longitude + east_degrees, latitude + north_degrees


def _without_shift(longitude: Any, latitude: Any, m: Any) -> tuple[Any, Any]:
    x, y = longitude, latitude
    for _round in range(_ROUNDS):
        shifted = _shifted(x, y, m)
        x, y = x - (shifted[0] - longitude), y - (shifted[1] - latitude)
    return x, y


def _without_baidu(longitude: Any, latitude: Any, m: Any) -> tuple[Any, Any]:
    x, y = longitude - 0.0065, latitude - 0.006
    length = m.hypot(x, y) - 0.00002 * m.sin(y * _BAIDU)
    angle = (m.atan2 if m is math else m.arctan2)(y, x) - 0.000003 * m.cos(x * _BAIDU)
    return length * m.cos(angle), length * m.sin(angle)
