"""What goes in and out of every method of detection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Detection:
    """What a method says of each series at each time; all arrays are (series, times).

    ``expected``: how many cases there should have been; ``upperbound``: above how many (for methods
    that say so: from how many) it alarms; ``score``: how far beyond, in the method's own measure,
    larger is stranger; ``alarm``. ``nan`` and no alarm stand where a time isn't judged: its history
    is too short or too much of it is missing, or (alarm and score) it is missing itself.
    """

    expected: Floats
    upperbound: Floats
    score: Floats
    alarm: Bools

    @property
    def judged(self) -> Bools:
        """Where the method could say something."""
        return ~np.isnan(self.upperbound)


def as_series(given: Any) -> Floats:
    """Counts as (series, times) floats; one series may be given alone, missing ones are nan.

    Raises ValueError naming the series and time of a count that can't be.
    """
    series = np.atleast_2d(np.asarray(given, dtype=np.float64))
    if series.ndim != 2:
        raise ValueError(
            f"series must be a table of series by times, not {series.ndim}-dimensional"
        )
    wrong = np.argwhere((series < 0) | np.isinf(series))
    if len(wrong):
        row, at = wrong[0]
        raise ValueError(f"series {row}, time {at}: {series[row, at]} is no count")
    return series


def gathered(series: Floats, offsets: Any) -> Floats:
    """The counts at times shifted by each offset: (series, times, offsets), nan beyond the ends."""
    shift = np.asarray(offsets, dtype=np.int64)
    at = np.arange(series.shape[1])[:, None] + shift[None, :]
    inside = (at >= 0) & (at < series.shape[1])
    found = series[:, np.where(inside, at, 0)]
    found[:, ~inside] = np.nan
    return found


def moments(values: Floats, least: int) -> tuple[Floats, Floats]:
    """Mean and sample standard deviation over the last axis of what isn't missing.

    nan where fewer than ``least`` (at least two) values are known.
    """
    known = ~np.isnan(values)
    n = known.sum(axis=-1)
    enough = n >= max(least, 2)
    safe = np.where(enough, n, 2)
    mean = np.where(known, values, 0.0).sum(axis=-1) / safe
    apart = np.where(known, values - mean[..., None], 0.0)
    deviation = np.sqrt((apart * apart).sum(axis=-1) / (safe - 1))
    nothing = np.nan
    return np.where(enough, mean, nothing), np.where(enough, deviation, nothing)


def above(series: Floats, upperbound: Floats) -> Bools:
    """Where a count lies above its bound; never where either is missing."""
    with np.errstate(invalid="ignore"):
        return np.asarray(series > upperbound)
