"""From the words of a selection to the shifts that are offered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .cleaning import fold
from .model import Doubt, Offered
from .when import Days, Hours
from .words import shift_words

_PARTS = {"am": (6 * 60, 12 * 60), "pm": (12 * 60, 18 * 60), "eve": (18 * 60, 24 * 60)}


@dataclass
class Atom:
    """Days, shifts and posts said together; None is not said."""

    days: Days | None = None
    shifts: list[Any] = field(default_factory=list)
    posts: set[str] = field(default_factory=set)
    several_posts: bool = False


def start_of(offered: Offered) -> int:
    """Minutes after midnight."""
    return offered.starts.hour * 60 + offered.starts.minute


def class_of(offered: Offered) -> str:
    """The class of shifts its name says, or an empty string."""
    found = shift_words().get(fold(offered.name))
    return found[0][0] if found and len(found[0]) == 1 else ""


def _by_class(
    code: str, short: bool, pool: Sequence[Offered], everything: Sequence[Offered]
) -> list[Offered]:
    if code.startswith("own:"):
        return [o for o in pool if fold(o.name) == code[4:]]
    fits = [o for o in pool if class_of(o) == code]
    if fits:
        return fits
    classes = {class_of(o) for o in everything}
    if code in {"late", "night"} and not {"late", "night"} <= classes:
        fits = [o for o in pool if class_of(o) in {"late", "night"}]
        if fits:
            return fits
    if code == "daytime":
        fits = [o for o in pool if class_of(o) == "day"]
        return fits or [o for o in pool if class_of(o) in {"am", "pm"}]
    part = {"early": "am", "late": "eve", "night": "eve"}.get(code, "") if short else code
    if part in _PARTS:
        low, high = _PARTS[part]
        return [o for o in pool if low <= start_of(o) < high]
    return []


def _by_hours(hours: Hours, pool: Sequence[Offered], loose: bool) -> list[Offered]:
    days = sorted({o.day for o in pool})
    found: list[Offered] = []
    for day in days:
        here = [o for o in pool if o.day == day]
        found += _in_range(hours, here) if hours.ends else _starting(hours, here)
    if not found and loose and hours.part in _PARTS:
        low, high = _PARTS[hours.part]
        return [o for o in pool if low <= start_of(o) < high]
    return found


def _starting(hours: Hours, pool: Sequence[Offered]) -> list[Offered]:
    for start in hours.starts:
        fits = [o for o in pool if start_of(o) == start % 1440]
        if fits:
            return [o for o in pool if start_of(o) >= start % 1440] if hours.after else fits
    return []


def _in_range(hours: Hours, pool: Sequence[Offered]) -> list[Offered]:
    for exact in (True, False):
        for start in hours.starts:
            for last in hours.ends:
                end = last if last > start else last + 1440
                if end - start > 1440 or end <= start or start >= 1440:
                    continue
                inside = [
                    o for o in pool if start <= start_of(o) and start_of(o) + o.minutes <= end
                ]
                touched = [o for o in pool if start_of(o) < end and start_of(o) + o.minutes > start]
                if not inside or len(touched) != len(inside):
                    continue
                fits = (
                    min(map(start_of, inside)) == start
                    and max(start_of(o) + o.minutes for o in inside) == end
                )
                if fits or (not exact and len({start_of(o) for o in inside}) == 1):
                    return inside
    return []


def select(
    atom: Atom, offered: Sequence[Offered], pool: Sequence[Offered], intent: str, all_days: bool
) -> tuple[list[Offered], bool]:
    """The shifts of an atom, and whether only one of them can be meant. Raises Doubt."""
    here = list(pool)
    if atom.days is not None:
        wanted: Iterable[date] = atom.days.days
        days = {o.day for o in offered}
        missing = [d for d in wanted if d not in days]
        if (missing and not atom.days.loose) or not set(wanted) & days:
            raise Doubt("no_such_shift")
        here = [o for o in here if o.day in set(wanted)]
        if not here:
            here = [o for o in offered if o.day in set(wanted)]
    if atom.posts:
        here = [o for o in here if fold(o.post) in atom.posts]
    several = {o.day for o in here}
    refusing = intent in {"cannot", "withdraw"}
    if atom.days is None and len(several) > 1 and not all_days and not refusing:
        raise Doubt("which_day")
    loose = False
    found: list[Offered] = []
    for one in atom.shifts or [None]:
        if one is None:
            fits = here
            loose |= len({(o.day, o.post) for o in fits}) < len(fits) or (
                len({o.post for o in fits}) > 1 and not atom.several_posts
            )
        elif isinstance(one, Hours):
            fits = _by_hours(one, here, refusing)
        else:
            codes, short = one
            fits = []
            for code in codes:
                more = _by_class(code, short, here, offered)
                if not more:
                    raise Doubt("no_such_shift")
                loose |= len({o.day for o in more}) < len({(o.day, start_of(o)) for o in more})
                fits += more
            if (
                not refusing
                and len({o.post for o in fits}) > 1
                and intent == "can"
                and not atom.several_posts
            ):
                raise Doubt("which_shift")
        if not fits:
            raise Doubt("no_such_shift")
        found += [o for o in fits if o not in found]
    if atom.posts and len(atom.posts) > 1 and not atom.several_posts and intent == "can":
        raise Doubt("which_shift")
    return found, loose
