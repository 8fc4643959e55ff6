"""Days and times of day, read at one place of a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .model import Doubt
from .words import number, pattern, relative_days, vocabulary


@dataclass(frozen=True)
class Days:
    """Days that were named; `loose` ones need not all be offered, `kind` says how."""

    days: tuple[date, ...]
    loose: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Hours:
    """A start (with its other readings), or a range in minutes after midnight; `after` is open."""

    starts: tuple[int, ...]
    ends: tuple[int, ...] = ()
    after: bool = False
    part: str = ""


def _on(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Doubt("which_day") from None


def _near(today: date, month: int, day: int) -> date:
    near = _on(today.year, month, day)
    if (today - near).days > 180:
        return _on(today.year + 1, month, day)
    return near


def _numbered(text: str, at: int, today: date, offered: Sequence[date]) -> tuple[int, Days] | None:
    """Dates, lists and ranges of them: item by item, without backtracking.

    Bare numbers are days where a shift follows and that day is offered: “24早25中”.
    """
    p = vocabulary()["patterns"]
    full = re.compile(r"(\d{4})\s?[^\d\s,;]\s?(\d{1,2})\s?[^\d\s,;]\s?(\d{1,2})" + p["unit"] + "?")
    if (m := full.match(text, at)) and m[1].startswith("20"):
        return m.end(), Days((_on(int(m[1]), int(m[2]), int(m[3])),))
    if listed_ := _several(text, at, offered):
        return listed_
    item = re.compile(
        rf"(?:({p['number']})\s?{p['month']}|(\d{{1,2}})([/.])(?=\d))?"
        + rf"({p['number']})({p['unit']}(?!{p['not_unit']}))?"
    )
    join, comma = re.compile(p["date_joiner"]), re.compile(p["date_comma"])
    found: list[date] = []
    pending: list[tuple[bool, int, int]] = []
    month, place, good, through = 0, at, -1, False
    kept: list[date] = []
    for _ in range(14):
        m = item.match(text, place)
        if m is None or (m[5] is None and re.match(r"[:\d]", text[m.end() : m.end() + 1])):
            break
        dotted = m[3] is not None
        if dotted and (not 1 <= int(m[2]) <= 12 or not 1 <= number(m[4]) <= 31):
            break
        day = number(m[4])
        if not 1 <= day <= 31:
            break
        month = number(m[1] or m[2]) if (m[1] or m[2]) else month
        pending.append((through, month, day))
        plain = not (m[5] or m[1] or dotted) and (m[4].isascii() or len(m[4]) > 1)
        bare = plain and _of_shift(text, m.end(), pending, offered, since=at)
        if bare:
            month = bare
        if m[5] or m[1] or dotted or bare:
            for is_end, said, dom in pending:
                of = said or month or today.month
                when = _near(today, of, dom) if 1 <= of <= 12 else _on(today.year, of, dom)
                if is_end and found:
                    if when < found[-1] or (when - found[-1]).days > 40:
                        raise Doubt("which_day")
                    last = found[-1]
                    found += [last + timedelta(n + 1) for n in range((when - last).days)]
                else:
                    found.append(when)
            pending, kept, good = [], list(found), m.end()
        place = m.end()
        if j := join.match(text, place):
            through = True
        elif j := comma.match(text, place):
            through = False
        elif m[5] and item.match(text, place):
            through = False
            continue
        else:
            break
        place = j.end()
    return (good, Days(tuple(dict.fromkeys(kept)), kind="date")) if good > at else None


def _several(text: str, at: int, offered: Sequence[date]) -> tuple[int, Days] | None:
    """Days of the month between strokes or points with a shift behind: “24/25/26早班”."""
    m = re.compile(r"\d{1,2}(?:[/.]\d{1,2}){1,13}(?![\d:])").match(text, at)
    if m is None:
        return None
    said = [int(one) for one in re.split(r"[/.]", m[0])]
    if len(said) == 2 and any((d.month, d.day) == (said[0], said[1]) for d in offered):
        return None
    pending = [(False, 0, one) for one in said]
    unit = re.compile(vocabulary()["patterns"]["unit"]).match(text, m.end())
    end = unit.end() if unit else m.end()
    if not (_of_shift(text, end, pending, offered) or end > m.end()):
        return None
    days = [next((d for d in offered if d.day == one), None) for one in said]
    found = tuple(dict.fromkeys(d for d in days if d is not None))
    return (end, Days(found, kind="date")) if None not in days else None


def _of_shift(
    text: str,
    at: int,
    pending: Sequence[tuple[bool, int, int]],
    offered: Sequence[date],
    since: int | None = None,
) -> int:
    """The month of bare numbers with a shift beside them, 0 if they are no offered days.

    Behind a shift a range of small numbers is one of hours.
    """
    if pattern("shift_ahead").match(text, at) is None:
        hours = any(through for through, _, _ in pending) and pending[-1][2] <= 24
        behind = since is not None and pattern("shift_before").search(
            text[max(0, since - 4) : since]
        )
        if hours or not behind or re.match(r"\s*(?:$|[,;])", text[at:]) is None:
            return 0
    months = {day.month for day in offered if day.day == pending[-1][2]}
    if len(months) != 1 or any(not any(d.day == n for d in offered) for _, _, n in pending):
        return 0
    return months.pop()


def _weekday(today: date, day: int, which: str, offered: Sequence[date]) -> tuple[date, ...]:
    if day == 7:
        return _weekday(today, 5, which, offered) + _weekday(today, 6, which, offered)
    here = today - timedelta(today.weekday())
    if which:
        return (here + timedelta(7 * vocabulary()["weeks"][which] + day),)
    fits = [d for d in offered if d.weekday() == day]
    ahead = [d for d in fits if d >= today] or fits
    return (ahead[0],) if ahead else (today + timedelta((day - today.weekday()) % 7),)


def _weekdays(text: str, at: int, today: date, offered: Sequence[date]) -> tuple[int, Days] | None:
    p = vocabulary()["patterns"]
    first = pattern("week").match(text, at)
    if first is None:
        whole = pattern("week_whole").match(text, at)
        if whole is None:
            return None
        here = (
            today - timedelta(today.weekday()) + timedelta(7 * vocabulary()["weeks"][whole["next"]])
        )
        week = [here + timedelta(n) for n in range(7)]
        return whole.end(), Days(tuple(d for d in week if d >= today), loose=True, kind="each")
    names = vocabulary()["weekdays"]
    which = first["next"] or ""
    days = list(_weekday(today, names[first["day"]], which, offered))
    place = first.end()
    join, comma = re.compile(p["date_joiner"]), re.compile(p["date_comma"])
    bare = re.compile(p["week_more"])
    for _ in range(12):
        j, c = join.match(text, place), comma.match(text, place)
        joined = j or c
        then = joined.end() if joined else place
        m = pattern("week").match(text, then)
        name, end = (m["day"], m.end()) if m else ("", 0)
        if m is None and (b := bare.match(text, then)) and (j or not c):
            name, end = b[0], b.end()
        if not name:
            break
        more = _weekday(today, names[name], (m["next"] or which) if m else which, offered)
        if j:
            if more[-1] < days[-1]:
                raise Doubt("which_day")
            days += [days[-1] + timedelta(n + 1) for n in range((more[-1] - days[-1]).days)]
        else:
            days += more
        place = end
    return place, Days(tuple(dict.fromkeys(days)), kind="week")


def _some(text: str, at: int, offered: Sequence[date]) -> tuple[int, Days] | None:
    """The first or last days that are offered, or those that are no weekend: “前三天”, “工作日”."""
    for word in vocabulary()["working_days"]:
        if text.startswith(word, at):
            days = tuple(day for day in offered if day.weekday() < 5)
            return at + len(word), Days(days, loose=True, kind="each")
    m = pattern("some_days").match(text, at)
    if m is None:
        return None
    n, days = number(m["count"]), tuple(sorted(set(offered)))
    if n >= len(days):
        return None
    some = days[:n] if m["which"] in vocabulary()["first_ones"] else days[-n:]
    return m.end(), Days(some, kind="date")


def days_at(text: str, at: int, today: date, offered: Sequence[date]) -> tuple[int, Days] | None:
    """The days said at this place, and where that ends. Raises Doubt (a day that can't be)."""
    p = vocabulary()["patterns"]
    if text[at - 1 : at].isdigit():
        return None
    found = _weekdays(text, at, today, offered) or _some(text, at, offered)
    if found is None:
        try:
            found = _numbered(text, at, today, offered)
        except OverflowError:
            raise Doubt("which_day") from None
    if found is None:
        words = relative_days()
        for size in range(5, 0, -1):
            word = text[at : at + size]
            if len(word) == size and word in words:
                short = word in vocabulary()["short_days"]
                if short and not re.match(
                    vocabulary()["short_after"], text[at + size : at + size + 1]
                ):
                    continue
                if re.compile(p["day_open"]).match(text, at + size):
                    raise Doubt("which_day")
                far = words[word]
                return at + size, Days(tuple(today + timedelta(n) for n in far), kind="relative")
        for word in sorted(vocabulary()["all_days"], key=len, reverse=True):
            if text.startswith(word, at):
                return at + len(word), Days(tuple(offered), loose=True, kind="every")
        if re.compile(p["misspelt_day"]).match(text, at):
            raise Doubt("which_day")
        return None
    for name, keep in (("from_day", date.__ge__), ("to_day", date.__le__)):
        # Both with the day itself, as the law counts them.
        if (m := pattern(name).match(text, found[0])) and len(found[1].days) == 1:
            bound = found[1].days[0]
            open_ = tuple(day for day in offered if keep(day, bound))
            return m.end(), Days(open_ or (bound,), kind="date")
    if re.compile(p["day_open"]).match(text, found[0]):
        raise Doubt("which_day")
    return found


def _minutes(m: re.Match[str]) -> tuple[tuple[int, ...], str]:
    groups = m.groupdict()
    if groups.get("h4"):
        return (int(groups["h4"]) * 60 + int(groups["m4"]),), ""
    hour = number(groups["hour"])
    half = groups.get("half") or ""
    more = int(groups.get("minute") or 0) or (30 if half and not half[0].isdigit() else 0)
    if half[:1].isdigit():
        more = int(re.sub(r"\D", "", half))
    part = ""
    for name, words in vocabulary()["noon_parts"].items():
        if (groups.get("part") or "") in words:
            part = name
    return at_hour(hour, more, part, exact=bool(groups.get("minute"))), part


def at_hour(hour: int, more: int, part: str, exact: bool = False) -> tuple[int, ...]:
    """The minutes after midnight that an hour may mean."""
    if hour > 24 or more > 59:
        raise Doubt("no_such_shift")
    if part == "am" or hour > 12:
        return (hour * 60 + more,)
    if part in {"pm", "noon"}:
        return ((hour + 12 if hour < 11 else hour) * 60 + more,)
    if part == "eve":
        return ((hour + 12 if 5 <= hour <= 12 else hour) * 60 + more,)
    return (
        (hour * 60 + more,) if exact and hour == 0 else (hour * 60 + more, hour * 60 + more + 720)
    )


def hours_at(text: str, at: int) -> tuple[int, Hours] | None:
    """The time or range of times said at this place, and where that ends."""
    if text[at - 1 : at].isdigit():
        return None
    first = pattern("time").match(text, at) or pattern("hour_alone").match(text, at)
    if first is None:
        bare = pattern("time_bare").match(text, at)
        if bare is None:
            return None
        start, end = int(bare["from"]), int(bare["to"])
        if start > 24 or end > 24:
            return None
        return bare.end(), Hours(at_hour(start, 0, ""), at_hour(end, 0, ""))
    starts, part = _minutes(first)
    place = first.end()
    joined = re.compile(vocabulary()["patterns"]["time_joiner"]).match(text, place)
    if joined:
        last = pattern("time").match(text, joined.end()) or re.compile(
            r"(?P<hour>\d{1,2})(?![\d:.])").match(text, joined.end())  # fmt: skip
        if last:
            ends, _ = _minutes(last)
            if not last.groupdict().get("part") and part in {"pm", "eve"} and len(ends) > 1:
                ends = tuple(e for e in ends if e > starts[0]) or ends
            return last.end(), Hours(starts, ends, part=part)
    if m := re.compile(vocabulary()["patterns"]["time_after"]).match(text, place):
        return m.end(), Hours(starts, after=True, part=part)
    if m := re.compile(vocabulary()["patterns"]["time_before"]).match(text, place):
        return m.end(), Hours(())
    return place, Hours(starts, part=part)
