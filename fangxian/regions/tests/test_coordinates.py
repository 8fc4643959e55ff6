"""Shifted coordinates, against pairs that others have published."""

from __future__ import annotations

import pytest

from fangxian.regions.coordinates import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_wgs84,
    in_china,
    wgs84_to_gcj02,
)

# WGS 84 and GCJ-02 as in the tests of github.com/googollee/eviltransform.
PAIRS = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]


@pytest.mark.parametrize(("plain", "shifted"), PAIRS)
def test_gcj02(plain: tuple[float, float], shifted: tuple[float, float]) -> None:
    # Implementations differ by the axis of the ellipsoid: some centimetres.
    assert wgs84_to_gcj02(*plain) == pytest.approx(shifted, abs=1e-6)
    assert gcj02_to_wgs84(*shifted) == pytest.approx(plain, abs=1e-6)
    assert gcj02_to_wgs84(*wgs84_to_gcj02(*plain)) == pytest.approx(plain, abs=1e-10)


def test_bd09() -> None:
    # As in the description of github.com/wandergis/coordtransform.
    shifted = bd09_to_gcj02(116.404, 39.915)
    assert shifted == pytest.approx((116.39762729119315, 39.90865673957631), abs=1e-9)
    assert bd09_to_wgs84(116.404, 39.915) == gcj02_to_wgs84(*shifted)


def test_china() -> None:
    assert in_china(116.4, 39.9)
    assert not in_china(39.9, 116.4)
