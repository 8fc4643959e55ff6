"""How many grids, and how large each may be, where single buildings are too large for any."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .model import Building, Code, Message, Parameters, Part
from .partition import Window

COUNTS_TRIED = 4


def fraction(tolerance: float) -> Fraction:
    """The tolerance as written: 0.1 is a tenth."""
    return Fraction(str(tolerance))


@dataclass(frozen=True, slots=True)
class Share:
    """What each of ``k`` grids of a community should get.

    giants
        Buildings without units, and units, that alone exceed what the tolerance allows. Each
        spoils its grid whatever is done, so that the other grids are judged without them.
    mean
        Mean size of the other ``k − len(giants)`` grids.
    """

    k: int
    giants: dict[Part, int]
    mean: Fraction

    def window(self, tolerance: float) -> Window:
        """Whole sizes that keep the tolerance; the nearest two to the mean if there is none."""
        share = fraction(tolerance)
        low, high = math.ceil(self.mean * (1 - share)), math.floor(self.mean * (1 + share))
        if low > high:
            low, high = math.floor(self.mean), math.ceil(self.mean)
        return Window(low, high)


def share_of(buildings: Sequence[Building], k: int, tolerance: float) -> Share:
    """What each of ``k`` grids should get; the largest are set apart one by one."""
    bound = 1 + fraction(tolerance)
    rest = sum(building.households for building in buildings)
    giants: dict[Part, int] = {}
    for size, part in sorted(_whole(buildings), key=lambda one: (-one[0], one[1].building)):
        others = k - len(giants)
        if size * others <= bound * rest:
            break
        giants[part] = size
        rest -= size
    return Share(k, giants, Fraction(rest, k - len(giants)))


def indivisible(buildings: Sequence[Building]) -> list[int]:
    """Households of what can't be divided: units, and buildings without several."""
    return [size for size, _part in _whole(buildings)]


def _whole(buildings: Sequence[Building]) -> list[tuple[int, Part]]:
    found = []
    for building in buildings:
        if len(building.units) > 1:
            found += [(unit.households, Part(building.id, unit.id)) for unit in building.units]
        else:
            found.append((building.households, Part(building.id)))
    return found


class TooManyGrids(ValueError):
    """More grids are ``asked`` for than the buildings, units and households allow (``most``)."""

    def __init__(self, community: str, asked: int, most: int) -> None:
        super().__init__(
            f"community {community}: {asked} grids are asked for, but its buildings, units and "
            f"households allow {most} at most"
        )
        self.asked = asked
        self.most = most


def most_grids(buildings: Sequence[Building]) -> int:
    """How many grids the buildings and their units can fill, a household in each at least."""
    parts = sum(max(1, len(building.units)) for building in buildings)
    return min(parts, max(1, sum(building.households for building in buildings)))


def counts(
    community: str, buildings: Sequence[Building], parameters: Parameters
) -> tuple[list[int], list[Message]]:
    """Numbers of grids to try, the best first. Raises TooManyGrids for more than can be filled."""
    p, total, most = (
        parameters,
        sum(building.households for building in buildings),
        most_grids(buildings),
    )
    bounds = {"low": p.min_households, "high": p.max_households}
    if p.grids is not None:
        if p.grids > most:
            raise TooManyGrids(community, p.grids, most)
        mean = share_of(buildings, p.grids, p.tolerance).mean
        if p.min_households <= mean <= p.max_households:
            return [p.grids], []
        values = {"grids": p.grids, "mean": round(mean), **bounds}
        return [p.grids], [Message(Code.MEAN_OUTSIDE_RANGE, values)]
    if total <= p.max_households:
        return [1], [Message(Code.ONE_GRID, {"households": total})]
    # What can't be divided and alone exceeds the ceiling is a grid of its own: the others are
    # counted without it.
    alone = [size for size in indivisible(buildings) if size > p.max_households]
    rest, extra = total - sum(alone), len(alone)
    few, many = -(-rest // p.max_households), rest // p.min_households
    near = sorted(
        range(max(few, 1 - extra), many + 1),
        key=lambda k: (abs(rest / k - p.target_households) if k else 0.0, k),
    )
    found = [k + extra for k in near if 1 <= k + extra <= most]
    if found:
        return found[:COUNTS_TRIED], []

    def miss(k: int) -> float:
        """By what factor a mean size misses the range; none joins what is too large anyhow."""
        mean = rest / k if k else rest
        return max(p.min_households / max(mean, 1e-9), mean / p.max_households) if k else 2.0

    possible = [k for k in (many, few) if 1 <= k + extra <= most] or [most - extra]
    best = min(possible, key=miss)
    k = max(1, best + extra)
    mean = share_of(buildings, k, p.tolerance).mean
    values = {"households": total, "grids": k, "mean": round(mean), **bounds}
    return [k], [Message(Code.NO_COUNT_FITS, values)]


def windows(
    buildings: Sequence[Building], tried: Sequence[int], parameters: Parameters
) -> list[tuple[Share, Window]]:
    """Shares with the sizes allowed: first all within the range too, then without it."""
    p = parameters
    shares = [share_of(buildings, k, p.tolerance) for k in tried]
    tolerated = [(share, share.window(p.tolerance)) for share in shares]
    bounded = [
        (share, Window(max(w.low, p.min_households), min(w.high, p.max_households)))
        for share, w in tolerated
    ]
    tries = [(share, w) for share, w in bounded if w.low <= share.mean <= w.high]
    return tries + [one for one in tolerated if one not in tries]
