"""Which people fill a shift: each head is a seat, some of them ask for a skill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence


def seated(heads: int, skills: Mapping[str, int], people: Sequence[Collection[str]]) -> int:
    """How many of ``people`` (each the skills of one) can have a seat of their own at most.

    Of ``heads`` seats so many as ``skills`` says ask for a skill, the others for none. Somebody
    without a skill never takes a seat that asks for one, even while nobody else wants it.
    """
    asked = len(_asked(heads, skills))
    skilled = asked - len(_asked(asked, remaining(asked, skills, people)))
    # The others ask for nothing: who has none of the first takes any of these.
    return skilled + min(heads - asked, len(people) - skilled)


def remaining(
    heads: int, skills: Mapping[str, int], people: Sequence[Collection[str]]
) -> dict[str, int]:
    """How many heads with which skill are still asked for beside ``people``, who are there."""
    asked = _asked(heads, skills)
    able = [has for has in people if not skills.keys().isdisjoint(has)]
    taken = [seat for seat in assigned(len(asked), skills, able) if seat]
    return dict(sorted((Counter(asked) - Counter(taken)).items()))


def _asked(heads: int, skills: Mapping[str, int]) -> list[str]:
    return [seat for seat in labels(heads, skills) if seat]


def without(heads: int, skills: Mapping[str, int], people: Sequence[Collection[str]]) -> list[int]:
    """Which of ``people``, by number, can have no seat of their own; who came first has one."""
    seats = assigned(heads, skills, people)
    return [person for person, seat in enumerate(seats) if seat is None]


def labels(heads: int, skills: Mapping[str, int]) -> list[str]:
    """What each seat of a shift asks for, "" for nothing."""
    found = [skill for skill, n in sorted(skills.items()) for _ in range(n)][:heads]
    return found + [""] * (heads - len(found))


def assigned(
    heads: int, skills: Mapping[str, int], people: Sequence[Collection[str]]
) -> list[str | None]:
    """What the seat of each asks for, "" for nothing, None without a seat; most have one."""
    seats = labels(heads, skills)
    holder: list[int | None] = [None] * len(seats)

    def seat(person: int, tried: set[int]) -> bool:
        for at, skill in enumerate(seats):
            if at in tried or (skill and skill not in people[person]):
                continue
            tried.add(at)
            before = holder[at]
            if before is None or seat(before, tried):
                holder[at] = person
                return True
        return False

    for person in range(len(people)):
        seat(person, set())
    found: list[str | None] = [None] * len(people)
    for at, who in enumerate(holder):
        if who is not None:
            found[who] = seats[at]
    return found


def has_room(
    heads: int,
    skills: Mapping[str, int],
    people: Sequence[Collection[str]],
    one: Collection[str],
) -> bool:
    """Whether one more can have a seat beside those who are there.

    Of these some may have none any more, because a certificate was taken away: they keep their
    places, and nobody else waits for that.
    """
    if len(people) >= heads:
        return False
    return seated(heads, skills, [*people, one]) > seated(heads, skills, people)
