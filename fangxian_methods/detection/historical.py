"""Methods that compare with the same season of the years before.

- RKI: D. Altmann, as in M. Höhle: surveillance: An R package for the monitoring of infectious
  diseases. Computational Statistics 22 (2007) 571–582.
- Bayes: A. Riebler: Empirischer Vergleich von statistischen Methoden zur Ausbruchserkennung bei
  Surveillance Daten. Thesis, Munich 2004; M. Höhle, ibid.
- Historical limits: D. F. Stroup, G. D. Williamson, J. L. Herndon, J. M. Karon: Detection of
  aberrations in the occurrence of notifiable diseases surveillance data. Statistics in Medicine 8
  (1989) 323–329.
- Moving percentile: W. Yang, Z. Li, Y. Lan et al.: A nationwide web-based automated system for
  early outbreak detection and rapid response in China. Western Pacific Surveillance and Response 2
  (2011) 10–15 (CIDARS).
- Limits of a Poisson mean: E. L. Crow, R. S. Gardner: Confidence intervals for the expectation of a
  Poisson variable. Biometrika 46 (1959) 441–453.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import stats

from .model import Detection, Floats, above, as_series, gathered, moments

# Upper 95 % limits of a Poisson mean by the number of events, 0 to 20 (Crow & Gardner, table 1).
POISSON_LIMITS: Final = (
    3.285, 5.323, 6.686, 8.102, 9.598, 11.177, 12.817, 13.765, 14.921, 16.768, 17.633, 19.050,
    20.335, 21.364, 22.945, 23.762, 25.400, 26.306, 27.735, 28.966, 30.017,
)  # fmt: skip


def season(years: int, half: int, period: int, *, this_year: bool = False) -> list[int]:
    """Offsets of the times that are compared: ``half`` either side of the same time of each year.

    ``this_year``: those just before as well.
    """
    if years < 0 or half < 0 or period < 2 * half + 1:
        raise ValueError("years and half are 0 or more, a period is longer than the window")
    found = [
        -period * back + apart for back in range(1, years + 1) for apart in range(-half, half + 1)
    ]
    return found + ([*range(-half, 0)] if this_year else [])


def rki(
    series: Any, *, years: int = 2, half: int = 4, period: int = 52, this_year: bool = False
) -> Detection:
    """Alarm above mean + 2 sd of the season; of a mean up to 20 above Crow & Gardner's limit.

    A time without its whole season isn't judged.
    """
    y = as_series(series)
    offsets = season(years, half, period, this_year=this_year)
    mean, sd = moments(gathered(y, offsets), len(offsets))
    rare = np.where(np.isnan(mean), 0, np.clip(mean, 0, 20)).astype(np.int64)
    bound = np.where(mean > 20, mean + 2 * sd, np.asarray(POISSON_LIMITS)[rare])
    bound = np.where(np.isnan(mean), np.nan, bound)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(bound > mean, (y - mean) / (bound - mean), np.nan)
    return Detection(mean, bound, score, above(y, bound))


def bayes(
    series: Any, *, years: int = 2, half: int = 6, period: int = 52, this_year: bool = True,
    alpha: float = 0.05,
) -> Detection:  # fmt: skip
    """Alarm above the 1 − ``alpha`` quantile of the next count, given those of the season.

    Counts are Poisson with Jeffreys' prior of their mean, so the next one is negative binomial. The
    score is the probability of fewer. Seasons with missing counts are judged by the others.
    """
    y = as_series(series)
    before = gathered(y, season(years, half, period, this_year=this_year))
    whole = _reach(y.shape[1], years, half, period)
    known = ~np.isnan(before)
    n = np.where(whole, known.sum(axis=-1), 0)
    total = np.where(known, before, 0.0).sum(axis=-1) + 0.5
    judged = n > 0
    chance = np.where(judged, n, 1) / (np.where(judged, n, 1) + 1.0)
    bound = np.where(judged, stats.nbinom.ppf(1 - alpha, total, chance), np.nan)
    expected = np.where(judged, total / np.where(judged, n, 1), np.nan)
    score = np.where(judged & ~np.isnan(y), stats.nbinom.cdf(y - 1, total, chance), np.nan)
    return Detection(expected, bound, score, above(y, bound))


def _reach(times: int, years: int, half: int, period: int) -> Any:
    """Whether the season of a time lies within the series, whatever is missing in it."""
    return np.arange(times) >= years * period + half


def historical_limits(
    series: Any, *, years: int = 5, span: int = 4, period: int = 52, limit: float = 2.0
) -> Detection:
    """The last ``span`` counts together against those of the same, the preceding and the following
    span of each year before; alarm above mean + ``limit`` sd. ``upperbound`` and ``expected`` are
    of the whole span. The score is the ratio to the mean.
    """
    y = as_series(series)
    lately = gathered(y, np.arange(-span + 1, 1)).sum(axis=-1)
    offsets = [
        -period * back + span * apart for back in range(1, years + 1) for apart in (-1, 0, 1)
    ]
    mean, sd = moments(gathered(lately, offsets), len(offsets))
    bound = mean + limit * sd
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(mean > 0, lately / mean, np.where(lately > 0, np.inf, 1.0))
    score = np.where(np.isnan(mean) | np.isnan(lately), np.nan, score)
    return Detection(mean, bound, score, above(lately, bound))


def moving_percentile(
    series: Any, *, percentile: float, years: int = 3, span: int = 7, period: int = 365,
    beside: int = 2, least: int = 10,
) -> Detection:  # fmt: skip
    """CIDARS: the last ``span`` days together against those of the years before.

    Of each year the same span counts, and the ``beside`` spans before and after it: with three
    years 15 values, with five 25. It alarms from the ``percentile`` of them on (``upperbound``),
    and never without a case. Spans with a missing day aren't known; with fewer than ``least``
    known ones, or before a first whole year, a time isn't judged. The score is the ratio to the
    percentile.
    """
    if not 0 < percentile < 100:
        raise ValueError("a percentile lies between 0 and 100")
    y = as_series(series)
    lately = gathered(y, np.arange(-span + 1, 1)).sum(axis=-1)
    offsets = [
        -period * back + span * apart
        for back in range(1, years + 1)
        for apart in range(-beside, beside + 1)
    ]
    before = gathered(lately, offsets)
    enough = (~np.isnan(before)).sum(axis=-1) >= least
    ranked = np.sort(before, axis=-1)
    bound = np.where(enough, _quantile(ranked, percentile / 100), np.nan)
    middle = np.where(enough, _quantile(ranked, 0.5), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        alarm = (lately >= bound) & (lately > 0)
        score = np.where(bound > 0, lately / bound, np.where(lately > 0, np.inf, 0.0))
    score = np.where(np.isnan(bound) | np.isnan(lately), np.nan, score)
    return Detection(middle, bound, score, np.asarray(alarm))


def _quantile(ranked: Floats, share: float) -> Floats:
    """A quantile of what is known, by linear interpolation; missing values stand last."""
    known = (~np.isnan(ranked)).sum(axis=-1)
    place = np.maximum(known - 1, 0) * share
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(known - 1, 0))
    below = np.take_along_axis(ranked, low[..., None], axis=-1)[..., 0]
    above_ = np.take_along_axis(ranked, high[..., None], axis=-1)[..., 0]
    return np.asarray(below + (above_ - below) * (place - low))


def fixed_threshold(series: Any, *, threshold: float = 1.0, span: int = 1) -> Detection:
    """Alarm from so many cases within ``span`` times on: one of plague, five of a school's week."""
    if threshold <= 0:
        raise ValueError("a threshold is above 0")
    y = as_series(series)
    lately: Floats = gathered(y, np.arange(-span + 1, 1)).sum(axis=-1)
    bound = np.where(np.isnan(lately), np.nan, threshold)
    with np.errstate(invalid="ignore"):
        alarm = np.asarray(lately >= threshold)
    return Detection(np.zeros_like(bound) + 0.0 * bound, bound, lately / threshold, alarm)
