"""Instances made from a seed in the format of Curtois and Qu, as large as the published ones.

Everybody's days are drawn first, within limits that all of a group share; the cover is what they
make, a little more or less here and there. So each instance has a roster that keeps every rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

# Number of the published instance → days, people, kinds of shift.
SHAPES: dict[int, tuple[int, int, int]] = {
    1: (14, 8, 1),
    2: (14, 14, 2),
    3: (14, 20, 3),
    4: (28, 10, 2),
    5: (28, 16, 2),
    6: (28, 18, 3),
    7: (28, 20, 3),
    8: (28, 30, 4),
    9: (28, 36, 4),
    10: (28, 40, 5),
    11: (28, 50, 6),
    12: (28, 60, 10),
    13: (28, 120, 18),
    14: (42, 32, 4),
    15: (42, 45, 6),
    16: (56, 20, 3),
    17: (56, 32, 4),
    18: (84, 22, 3),
    19: (84, 40, 5),
    20: (182, 50, 6),
    21: (182, 100, 8),
    22: (364, 50, 10),
    23: (364, 100, 16),
    24: (364, 150, 32),
}

DAY = 24 * 60
REST = 11 * 60


@dataclass(slots=True)
class Group:
    """People with the same limits: minutes a week, days in a row at most and at least, days off at
    least, the part of all weekends that they work; and what their days came to."""

    minutes: int
    row: int
    least_row: int
    least_off: int
    weekends: float
    worked: list[int] = field(default_factory=list)
    worked_weekends: int = 0


def text(days: int, people: int, kinds: int, seed: int) -> str:
    """An instance. Raises ValueError where nobody's days can be drawn."""
    rng = np.random.default_rng(seed)
    lengths, bars = _kinds(rng, kinds)
    groups = [
        Group(2220, 5, 2, 2, 0.55),
        Group(2220, 6, 2, 3, 0.55),
        Group(1500, 5, 1, 2, 0.7),
        Group(2160, 5, 3, 2, 0.55),
    ]
    group_of = [groups[int(rng.choice(4, p=(0.5, 0.25, 0.15, 0.1)))] for _ in range(people)]
    able = [_able(rng, kinds) for _ in range(people)]
    heads = np.zeros((days, kinds), dtype=np.int64)
    drawn = []
    for group, some in zip(group_of, able, strict=True):
        mine = _days(rng, days, group, some, lengths, bars)
        drawn.append(mine)
        for day in np.nonzero(mine >= 0)[0].tolist():
            heads[day, mine[day]] += 1
        group.worked.append(int(lengths[mine[mine >= 0]].sum()))
        group.worked_weekends = max(group.worked_weekends, _weekends(mine))
    ids = [f"s{n}" for n in range(kinds)]
    lines = ["SECTION_HORIZON", "# days; day 0 is a Monday", str(days), "", "SECTION_SHIFTS"]
    for k, one in enumerate(ids):
        after = "|".join(ids[other] for other in range(kinds) if bars[k, other])
        lines.append(f"{one},{lengths[k]},{after}")
    lines += ["", "SECTION_STAFF"]
    for n, (group, some, mine) in enumerate(zip(group_of, able, drawn, strict=True)):
        most = "|".join(
            f"{one}={_most(rng, days, int((mine == k).sum())) if k in some else 0}"
            for k, one in enumerate(ids)
        )
        least, longest = min(group.worked), max(group.worked)
        lines.append(
            f"p{n},{most},{longest},{least},{group.row},{group.least_row},{group.least_off},"
            f"{group.worked_weekends}"
        )
    lines += ["", "SECTION_DAYS_OFF"]
    for n, mine in enumerate(drawn):
        free = np.nonzero(mine < 0)[0]
        chosen = np.sort(rng.choice(free, min(len(free), max(1, days // 14)), replace=False))
        lines.append(",".join([f"p{n}", *map(str, chosen.tolist())]))
    for section, sign in (("ON", 1), ("OFF", -1)):
        lines += ["", f"SECTION_SHIFT_{section}_REQUESTS"]
        for n in range(people):
            for _ in range(max(1, days // 14)):
                begin, kind = int(rng.integers(0, days)), int(rng.integers(0, kinds))
                if sign > 0:
                    kind = int(rng.choice(sorted(able[n])))
                weight = int(rng.integers(1, 4))
                for day in range(begin, min(days, begin + int(rng.integers(1, 5)))):
                    lines.append(f"p{n},{day},{ids[kind]},{weight}")
    lines += ["", "SECTION_COVER"]
    for day in range(days):
        for k, one in enumerate(ids):
            wanted = max(0, int(heads[day, k]) + int(rng.choice(3, p=(0.12, 0.76, 0.12))) - 1)
            lines.append(f"{day},{one},{wanted},100,1")
    return "\n".join(lines) + "\n"


def _kinds(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Minutes (k), and which may not follow which (k, k): there would be too little rest."""
    start = np.sort(np.concatenate([[360], rng.integers(12, 47, count - 1) * 30]))
    lengths = np.full(count, 480)
    if count > 4:
        lengths = rng.choice([360, 480, 600, 720], count, p=(0.2, 0.5, 0.2, 0.1))
    rest = DAY + start[None, :] - (start + lengths)[:, None]
    return lengths, (rest < REST) & ~np.eye(count, dtype=np.bool_)


def _able(rng: np.random.Generator, kinds: int) -> set[int]:
    """Kinds that somebody works: one at least, most of few, some of many."""
    part = 0.75 if kinds <= 6 else 0.45
    return {int(rng.integers(0, kinds))} | {k for k in range(kinds) if rng.random() < part}


def _most(rng: np.random.Generator, days: int, worked: int) -> int:
    """How many of a kind: mostly as many as one likes, else not many more than were drawn."""
    return days if rng.random() < 0.6 else max(worked + 1, days // 4)


def _weekends(mine: np.ndarray) -> int:
    return len({int(day) // 7 for day in np.nonzero(mine >= 0)[0] if day % 7 >= 5})


def _days(
    rng: np.random.Generator,
    days: int,
    group: Group,
    able: set[int],
    lengths: np.ndarray,
    bars: np.ndarray,
) -> np.ndarray:
    """Somebody's kinds by day (d), −1 for a day off, near the group's minutes and weekends."""
    mine = np.full(days, -1, dtype=np.int64)
    day = int(rng.integers(0, group.least_off + 2))
    some = sorted(able)
    while day < days:
        best, least = (1, group.least_off), np.inf
        for _ in range(6):
            row = int(rng.integers(group.least_row, group.row + 1))
            off = int(rng.integers(group.least_off, group.least_off + 4))
            end = min(days, day + row + off)
            trial = mine.copy()
            trial[day : day + row] = some[0]
            minutes = lengths[mine[mine >= 0]].sum() + 480 * min(row, days - day)
            late = _weekends(trial) - group.weekends * (end // 7)
            error = abs(minutes - group.minutes * end / 7) / 480 + 2 * max(0.0, late)
            if error < least:
                best, least = (row, off), error
        row, off = best
        for at in range(day, min(days, day + row)):
            last = mine[at - 1] if at else -1
            choices = [k for k in some if last < 0 or not bars[last, k]]
            if not choices:
                raise ValueError("a kind may not follow itself")
            usual = choices[: max(1, len(choices) // 2)] if rng.random() < 0.6 else choices
            mine[at] = int(rng.choice(usual))
        day += row + off
    return mine
