"""Seats of shifts and lines, held against trying every way to seat people."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from fangxian.mobilise.seats import has_room, labels, remaining, seated

SKILLS = ("driver", "nurse")
WANTED = st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 2))
PEOPLE = st.lists(st.sets(st.sampled_from(SKILLS)), max_size=4)


def _most(heads: int, skills: dict[str, int], people: list[set[str]]) -> int:
    seats = labels(heads, skills) + [None] * len(people)
    return max(
        sum(
            seat is not None and (not seat or seat in has)
            for seat, has in zip(order, people, strict=False)
        )
        for order in permutations(seats, len(people))
    )


@given(st.integers(1, 4), WANTED, PEOPLE)
def test_as_many_are_seated_as_can_be(
    heads: int, skills: dict[str, int], people: list[set[str]]
) -> None:
    """None more and none less, and somebody new has room where that makes it one more."""
    assert seated(heads, skills, people) == _most(heads, skills, people)
    for new in (set[str](), {"nurse"}, {"driver", "nurse"}):
        one_more = _most(heads, skills, [*people, new]) > _most(heads, skills, people)
        assert has_room(heads, skills, people, new) == (one_more and len(people) < heads)


@given(st.integers(1, 4), WANTED, PEOPLE)
def test_what_is_still_asked_for_can_be_added(
    heads: int, skills: dict[str, int], people: list[set[str]]
) -> None:
    """Who has one of the skills that remain takes a seat of its own beside all others."""
    left = remaining(heads, skills, people)
    have = _most(heads, skills, people)
    come = [{skill} for skill, n in left.items() for _ in range(n)]
    if len(people) + len(come) <= 5:
        assert _most(heads, skills, [*people, *come]) == have + len(come)
