"""The shifted coordinates of Chinese maps: GCJ-02 (Amap, Tencent) and BD-09 (Baidu) to WGS 84.

The shift itself is not published; these are the formulas in public use since 2010, as in
github.com/googollee/eviltransform and github.com/wandergis/coordtransform, with their parameters
of the Krasovsky 1940 ellipsoid. All functions take and give longitude and latitude in degrees.
"""

from __future__ import annotations

from math import atan2, cos, hypot, pi, radians, sin, sqrt
from typing import Final

AXIS: Final = 6_378_245.0
ECCENTRICITY: Final = 0.006_693_421_622_965_943
_BAIDU: Final = pi * 3000.0 / 180.0
_ROUNDS: Final = 8

Point = tuple[float, float]


def in_china(longitude: float, latitude: float) -> bool:
    """Whether a position lies in the rectangle around China."""
    return 73.0 <= longitude <= 136.0 and 3.0 <= latitude <= 54.0


def wgs84_to_gcj02(longitude: float, latitude: float) -> Point:
    """Shift a position as the maps of China do."""
    x, y = longitude - 105.0, latitude - 35.0
    common = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + common
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + common
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    magic = 1.0 - ECCENTRICITY * sin(radians(latitude)) ** 2
    north_degrees = north * 180.0 / (AXIS * (1.0 - ECCENTRICITY) / (magic * sqrt(magic)) * pi)
    east_degrees = east * 180.0 / (AXIS / sqrt(magic) * cos(radians(latitude)) * pi)
    return longitude + east_degrees, latitude + north_degrees


def gcj02_to_wgs84(longitude: float, latitude: float) -> Point:
    """Take the shift back, to less than a millimetre of :func:`wgs84_to_gcj02`."""
    x, y = longitude, latitude
    for _round in range(_ROUNDS):
        shifted = wgs84_to_gcj02(x, y)
        x, y = x - (shifted[0] - longitude), y - (shifted[1] - latitude)
    return x, y


def bd09_to_gcj02(longitude: float, latitude: float) -> Point:
    """Take the further shift of Baidu's maps back."""
    x, y = longitude - 0.0065, latitude - 0.006
    length = hypot(x, y) - 0.00002 * sin(y * _BAIDU)
    angle = atan2(y, x) - 0.000003 * cos(x * _BAIDU)
    return length * cos(angle), length * sin(angle)


def bd09_to_wgs84(longitude: float, latitude: float) -> Point:
    """Take both shifts back."""
    return gcj02_to_wgs84(*bd09_to_gcj02(longitude, latitude))
