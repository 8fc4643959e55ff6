"""Reading the instances of Curtois and Qu (2014), "Computational results on new staff scheduling
benchmark instances", and writing rosters as they are exchanged."""

from __future__ import annotations

from .model import Days, Demand, Kind, Limits, Person, Problem

_SECTIONS = {
    "SECTION_HORIZON",
    "SECTION_SHIFTS",
    "SECTION_STAFF",
    "SECTION_DAYS_OFF",
    "SECTION_SHIFT_ON_REQUESTS",
    "SECTION_SHIFT_OFF_REQUESTS",
    "SECTION_COVER",
}


_WIDTHS = {
    "SECTION_STAFF": 8,
    "SECTION_SHIFT_ON_REQUESTS": 4,
    "SECTION_SHIFT_OFF_REQUESTS": 4,
    "SECTION_COVER": 5,
}


class Unreadable(ValueError):
    """A line that can't be read; says which, and why."""


def read(text: str) -> Problem:
    """The problem that a file tells. Raises Unreadable naming the line.

    The days before the first are as one needs them: an unknown number of days off or of work. A
    shift on a day without a line of cover may be worked and costs nothing by itself.
    """
    lines = _lines(text)
    days = _horizon(lines)
    kinds = tuple(_kind(number, cells) for number, cells in lines["SECTION_SHIFTS"])
    known = {kind.id for kind in kinds}
    off: dict[str, set[int]] = {}
    for number, cells in lines["SECTION_DAYS_OFF"]:
        off.setdefault(cells[0], set()).update(_int(number, cell) for cell in cells[1:])
    wants = _requests(lines["SECTION_SHIFT_ON_REQUESTS"], known)
    avoids = _requests(lines["SECTION_SHIFT_OFF_REQUESTS"], known)
    people = tuple(
        _person(number, cells, off, wants, avoids) for number, cells in lines["SECTION_STAFF"]
    )
    demands: dict[tuple[int, str], Demand] = {}
    for number, cells in lines["SECTION_COVER"]:
        if len(cells) != 5 or cells[1] not in known:
            raise Unreadable(f"line {number}: cover has day, shift, how many and two weights")
        day, least, under, over = (_int(number, cell) for cell in (cells[0], *cells[2:]))
        demands[day, cells[1]] = Demand(f"{day}/{cells[1]}", day, cells[1], least, under, over)
    for day in range(days):
        for kind in kinds:
            free = Demand(f"{day}/{kind.id}", day, kind.id, 0, 0, 0)
            demands.setdefault((day, kind.id), free)
    try:
        return Problem(days, kinds, people, tuple(demands[key] for key in sorted(demands)))
    except ValueError as error:
        raise Unreadable(str(error)) from error


def write(problem: Problem, roster: dict[str, Days]) -> str:
    """A roster, a person a line: the shifts of the days, tabs between them, none for a day off."""
    kind = {demand.id: demand.kind for demand in problem.demands}
    return "".join(
        "\t".join("" if one is None else kind[one] for one in roster[person.id]) + "\n"
        for person in problem.people
    )


Lines = dict[str, list[tuple[int, list[str]]]]


def _lines(text: str) -> Lines:
    found: Lines = {name: [] for name in _SECTIONS}
    section = ""
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if not line.strip(","):
            continue
        if line.startswith("SECTION_"):
            section = line.rstrip(", ")
            if section not in _SECTIONS:
                raise Unreadable(f"line {number}: {section} is no section of this format")
        elif not section:
            raise Unreadable(f"line {number}: stands before the first section")
        else:
            found[section].append((number, [cell.strip() for cell in line.split(",")]))
    for name, lines in found.items():
        # Commas at the end say nothing, whatever wrote them.
        found[name] = [(number, _trimmed(cells, _WIDTHS.get(name, 1))) for number, cells in lines]
    return found


def _trimmed(cells: list[str], least: int) -> list[str]:
    """The cells without empty ones at the end, but for those that a line must have."""
    while len(cells) > least and not cells[-1]:
        cells = cells[:-1]
    return cells


def _horizon(lines: Lines) -> int:
    if len(lines["SECTION_HORIZON"]) != 1:
        raise Unreadable("SECTION_HORIZON must hold one number of days")
    ((number, cells),) = lines["SECTION_HORIZON"]
    return _int(number, cells[0])


def _int(number: int, cell: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise Unreadable(f"line {number}: {cell!r} must be a whole number") from None


def _kind(number: int, cells: list[str]) -> Kind:
    if len(cells) < 2:
        raise Unreadable(f"line {number}: a shift has a name and minutes")
    bars = frozenset(one.strip() for one in cells[2].split("|")) if len(cells) > 2 else frozenset()
    return Kind(cells[0], _int(number, cells[1]), bars=bars - {""})


def _requests(
    lines: list[tuple[int, list[str]]], known: set[str]
) -> dict[str, dict[tuple[int, str], float]]:
    found: dict[str, dict[tuple[int, str], float]] = {}
    for number, cells in lines:
        if len(cells) != 4 or cells[2] not in known:
            raise Unreadable(f"line {number}: a request has person, day, shift and weight")
        asked = found.setdefault(cells[0], {})
        key = _int(number, cells[1]), cells[2]
        asked[key] = asked.get(key, 0) + _int(number, cells[3])
    return found


def _person(
    number: int,
    cells: list[str],
    off: dict[str, set[int]],
    wants: dict[str, dict[tuple[int, str], float]],
    avoids: dict[str, dict[tuple[int, str], float]],
) -> Person:
    if len(cells) != 8:
        raise Unreadable(f"line {number}: a person has 8 columns, not {len(cells)}")
    most_of = {
        kind.strip(): most
        for kind, _equals, most in (part.partition("=") for part in cells[1].split("|"))
        if most
    }
    minutes_most, minutes_least, row_most, row_least, off_least, weekends = (
        _int(number, cell) for cell in cells[2:]
    )
    limits = Limits(
        most_minutes=minutes_most,
        least_minutes=minutes_least,
        most_in_row=row_most,
        least_in_row=row_least,
        least_off=off_least,
        most_weekends=weekends,
        most_of={kind: _int(number, most) for kind, most in most_of.items()},
    )
    name = cells[0]
    return Person(
        name,
        limits,
        off=frozenset(off.get(name, ())),
        wants=wants.get(name, {}),
        avoids=avoids.get(name, {}),
    )
