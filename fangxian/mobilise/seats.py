"""Which people fill a shift: each head is a seat, some of them ask for a skill."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


def seated(heads: int, skills: Mapping[str, int], people: Sequence[Collection[str]]) -> int:
    """How many of ``people`` (each the skills of one) can have a seat of their own at most.

    Of ``heads`` seats so many as ``skills`` says ask for a skill, the others for none. Somebody
    without a skill never takes a seat that asks for one, even while nobody else wants it.
    """
    seats = [skill for skill, n in sorted(skills.items()) for _ in range(n)][:heads]
    seats += [""] * (heads - len(seats))
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

    return sum(seat(person, set()) for person in range(len(people)))


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
