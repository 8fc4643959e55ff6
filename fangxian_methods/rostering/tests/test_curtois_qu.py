"""Reading instances of the literature, and saying what can't be read."""

from __future__ import annotations

import pytest

from fangxian_methods.rostering import (
    Limits,
    Progress,
    Stop,
    breaches,
    cost,
    curtois_qu,
    solve,
)
from fangxian_methods.rostering.tests.shapes import SHAPES, text

TEXT = """\
# two people, a week
SECTION_HORIZON
7

SECTION_SHIFTS
E,480,
L,480,E|X

SECTION_STAFF
# ID, MaxShifts, MaxTotalMinutes, MinTotalMinutes, …
A,E=7|L=0,2400,960,5,2,2,1
B,E=7|L=3,2400,480,3,1,1,0

SECTION_DAYS_OFF
A,0,6

SECTION_SHIFT_ON_REQUESTS
A,2,E,4

SECTION_SHIFT_OFF_REQUESTS
B,1,L,3

SECTION_COVER
1,E,1,100,1
1,L,1,90,2
2,E,1,100,1
"""


def test_all_of_a_file_is_read() -> None:
    problem = curtois_qu.read(TEXT)
    assert problem.days == 7
    assert [(kind.id, kind.minutes, kind.bars) for kind in problem.kinds] == [
        ("E", 480, frozenset()),
        ("L", 480, frozenset({"E", "X"})),
    ]
    first, second = problem.people
    assert first.limits == Limits(2400, 960, 5, 2, 2, 1, most_of={"E": 7, "L": 0})
    assert first.limits.most_of == {"E": 7, "L": 0}
    assert (first.off, first.wants, first.avoids) == ({0, 6}, {(2, "E"): 4}, {})
    assert (second.off, second.avoids) == (frozenset(), {(1, "L"): 3})
    assert len(problem.demands) == 7 * 2
    by_id = {demand.id: demand for demand in problem.demands}
    assert (by_id["1/L"].least, by_id["1/L"].under, by_id["1/L"].over) == (1, 90, 2)
    assert (by_id["0/E"].least, by_id["0/E"].under, by_id["0/E"].over) == (0, 0, 0)


def test_it_is_solved_and_written() -> None:
    problem = curtois_qu.read(TEXT)
    result = solve(problem, stop=Stop(seconds=None, rounds=5))
    assert breaches(problem, result.roster) == ()
    # All are covered and every wish is met but that of B, who alone may work late.
    assert cost(problem, result.roster).total == 3
    lines = curtois_qu.write(problem, dict(result.roster)).splitlines()
    assert [line.split("\t")[1:3] for line in lines] == [["E", "E"], ["L", lines[1].split("\t")[2]]]


def _backwards(text: str) -> str:
    sections = text.split("SECTION_")
    return "".join(f"SECTION_{one}" for one in reversed(sections[1:]))


@pytest.mark.parametrize(
    "written",
    [
        TEXT.replace("\n", "\r\n"),
        "\ufeff" + TEXT,
        TEXT.rstrip("\n"),
        _backwards(TEXT),
        "\n".join(f"  {line},, " if line else "" for line in TEXT.splitlines()),
        "\n".join(f"{line}  # so it is" if line else "" for line in TEXT.splitlines()),
        TEXT.replace("E=7|L=0", " E = 7 | L = 0 ").replace("E|X", "E | X |"),
    ],
    ids=["windows", "mark", "no last line end", "order", "commas", "comments", "spaces"],
)
def test_however_it_is_written_it_says_the_same(written: str) -> None:
    first, again = curtois_qu.read(TEXT), curtois_qu.read(written)
    assert (again, [one.wants for one in again.people]) == (
        first,
        [one.wants for one in first.people],
    )
    assert [one.avoids for one in again.people] == [one.avoids for one in first.people]
    assert [one.limits.most_of for one in again.people] == [
        one.limits.most_of for one in first.people
    ]


def test_sections_may_be_empty() -> None:
    lines = TEXT.splitlines()
    begin, end = lines.index("SECTION_DAYS_OFF"), lines.index("SECTION_COVER")
    heads = [line for line in lines[begin:end] if line.startswith("SECTION")]
    problem = curtois_qu.read("\n".join([*lines[:begin], *heads, *lines[end:]]))
    assert [(one.off, one.wants, one.avoids) for one in problem.people] == [
        (frozenset(), {}, {}),
        (frozenset(), {}, {}),
    ]


@pytest.mark.parametrize("number", [1, 4, 9, 16])
def test_instances_of_the_published_shapes_are_solved_and_keep_every_rule(number: int) -> None:
    problem = curtois_qu.read(text(*SHAPES[number], seed=number))
    days, people, kinds = SHAPES[number]
    assert (problem.days, len(problem.people), len(problem.kinds)) == (days, people, kinds)
    calls = iter(range(60))
    stop = Stop(seconds=None, rounds=1)
    result = solve(problem, stop=stop, watch=lambda _now: next(calls, None) is not None)
    assert result.breaches == breaches(problem, result.roster) == ()
    nothing = 100 * sum(one.least for one in problem.demands)
    assert cost(problem, result.roster).total < nothing / 4


def test_a_year_is_solved_and_keeps_every_rule() -> None:
    problem = curtois_qu.read(text(364, 8, 5, seed=1))
    told: list[float] = []

    def listen(now: Progress) -> bool:
        told.append(now.points)
        return len(told) < 12

    result = solve(problem, stop=Stop(seconds=None, rounds=1), watch=listen)
    assert result.breaches == breaches(problem, result.roster) == ()
    assert told == sorted(told, reverse=True)
    assert result.cost.total == cost(problem, result.roster).total < told[0] / 4


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("E,480,", "E,long,", "line 6: 'long' must be a whole number"),
        ("SECTION_COVER", "SECTION_COVERS", "line 23: SECTION_COVERS is no section"),
        ("A,2,E,4", "A,2,N,4", "line 18: a request has person, day, shift and weight"),
        ("1,E,1,100,1", "1,N,1,100,1", "line 24: cover has day, shift, how many and two weights"),
        ("A,E=7|L=0,2400,960,5,2,2,1", "A,E=7,2400", "line 11: a person has 8 columns, not 3"),
        ("SECTION_HORIZON\n7", "SECTION_HORIZON", "one number of days"),
        ("2,E,1,100,1", "9,E,1,100,1", "day 9 lies outside the horizon"),
        ("# two people, a week", "7", "line 1: stands before the first section"),
    ],
)
def test_what_cant_be_read_is_named(old: str, new: str, said: str) -> None:
    with pytest.raises(curtois_qu.Unreadable, match=said):
        curtois_qu.read(TEXT.replace(old, new, 1))
