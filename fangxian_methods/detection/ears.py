"""EARS: the Early Aberration Reporting System's C1, C2 and C3, for short histories.

L. Hutwagner, W. Thompson, G. M. Seeman, T. Treadwell: The bioterrorism preparedness and response
Early Aberration Reporting System (EARS). Journal of Urban Health 80 (2003) i89–i96; with a bound
for each significance level as in M. Salmon, D. Schumacher, M. Höhle: Monitoring count time series
in R. Journal of Statistical Software 70 (2016) 10.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from scipy import stats

from .model import Detection, Floats, above, as_series, gathered, moments

# How many of the latest counts the baseline leaves out, and the level that is usual.
LAG: Final = {"C1": 0, "C2": 2, "C3": 2}
ALPHA: Final = {"C1": 0.001, "C2": 0.001, "C3": 0.025}


def ears(
    series: Any,
    kind: Literal["C1", "C2", "C3"] = "C1",
    *,
    baseline: int = 7,
    alpha: float | None = None,
    min_sigma: float = 0.0,
    least: int | None = None,
) -> Detection:
    """Compare each count with the ``baseline`` counts before it (C2, C3: two left out between).

    The bound is mean + z(1 − ``alpha``) · sd, the sd at least ``min_sigma``. C3 adds what the two
    times before had beyond one sd: an alarm means that they, together, are beyond z; its bound is
    observed + sd · (z − sum), at least 0. A baseline with fewer than ``least`` known counts (all of
    them by default) isn't judged. Where all of it is equal and ``min_sigma`` is 0, any count above
    it is an alarm of C1 and C2, and scores infinity.
    """
    if kind not in LAG:
        raise ValueError(f"{kind!r} is none of {', '.join(LAG)}")
    if baseline < 2:
        raise ValueError("a baseline has at least two counts")
    y = as_series(series)
    z = float(stats.norm.isf(ALPHA[kind] if alpha is None else alpha))
    lag = LAG[kind]
    before = gathered(y, np.arange(-lag - baseline, -lag))
    mean, sd = moments(before, baseline if least is None else least)
    sd = np.maximum(sd, min_sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(sd > 0, (y - mean) / sd, np.sign(y - mean) * np.inf)
    apart = np.where((sd == 0) & (y == mean), 0.0, apart)
    if kind != "C3":
        bound = mean + z * sd
        return Detection(mean, bound, _scored(apart, y), above(y, bound))
    return _c3(y, mean, sd, apart, z)


def _c3(y: Floats, mean: Floats, sd: Floats, apart: Floats, z: float) -> Detection:
    with np.errstate(invalid="ignore", divide="ignore"):
        # A history without any variance says nothing of a sum of deviations in units of it.
        excess = np.where(np.isfinite(apart), np.maximum(apart - 1.0, 0.0), apart)
    past = gathered(excess, [-2, -1]).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        bound = np.maximum(y + sd * (z - past), 0.0)
    return Detection(mean, bound, _scored(past, y), above(y, bound))


def _scored(score: Floats, y: Floats) -> Floats:
    return np.where(np.isnan(y), np.nan, score)
