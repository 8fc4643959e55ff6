"""From pledges and lines of a call to a proposal who goes where: the only door to the method."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fangxian_methods.assignment import Node, Parameters, Person, Reason, assign

METRES_PER_DEGREE: Final = 111_320.0
Position = tuple[float, float] | None
BANNED: Final = "banned"
NOBODY: Final = "nobody"
# What says most about a line that lacks heads, when echelons have different reasons.
_FIRST: Final = (Reason.NOBODY_FREE, Reason.TOO_FAR, Reason.NO_SKILL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line that wants ``heads`` more, of which ``skills`` (code → heads) must be able to."""

    key: str
    heads: int
    skills: Mapping[str, int] = field(default_factory=dict)
    position: Position = None


@dataclass(frozen=True, slots=True)
class Ready:
    """A pledge: ``heads`` who may go to different lines; ``wishes`` are keys of lines.

    ``bans``: keys of lines where they must not go.
    """

    key: str
    heads: int = 1
    skills: frozenset[str] = frozenset()
    position: Position = None
    wishes: tuple[str, ...] = ()
    bans: frozenset[str] = frozenset()
    echelon: int = 1


@dataclass(slots=True)
class Matched:
    """Who goes where, who stays without a line and why, what a line lacks and why.

    ``placed``: pledge, line, heads, metres (None: unknown), whether it was wished for. ``left``:
    pledge, heads, reason, values. ``short``: line, heads, reason, values. ``cost``: points.
    """

    placed: list[tuple[str, str, int, float | None, bool]] = field(default_factory=list)
    left: list[tuple[str, int, str, dict[str, Any]]] = field(default_factory=list)
    short: list[tuple[str, int, str, dict[str, Any]]] = field(default_factory=list)
    cost: dict[str, float] = field(default_factory=dict)
    # Whether it is certain that no more can be placed; not where the time was over before.
    complete: bool = True


def matched(
    wanted: Sequence[Wanted],
    ready: Sequence[Ready],
    weights: Mapping[str, float],
    *,
    most_km: float = 0,
    whole: bool = False,
    seconds: float | None = None,
    step: Callable[[int, int], None] | None = None,
) -> Matched:
    """Propose lines for pledges, echelon by echelon: as many heads as can be, then near.

    ``whole``: a pledge is a unit that takes ``heads`` lines over, each once; else each of its heads
    goes by itself. Each echelon has so many ``seconds``. ``step`` is told how many pledges are
    done, of how many; it may raise to stop.
    Raises ValueError naming a weight that does not exist.
    """
    parameters = Parameters.from_mapping(
        {**weights, "longest_m": most_km * 1000 if most_km else None}
    )
    positions = [*(one.position for one in wanted), *(one.position for one in ready)]
    origin = next((position for position in positions if position), None)
    seats = _Seats(wanted, origin)
    found = Matched(cost={"distance": 0.0, "wish": 0.0, "load": 0.0})
    reasons: defaultdict[str, list[tuple[Reason, dict[str, Any]]]] = defaultdict(list)
    at = {one.key: rank for rank, one in enumerate(ready)}
    done = 0
    for echelon in sorted({one.echelon for one in ready}):
        called = [one for one in ready if one.echelon == echelon]
        if step is not None:
            step(done, len(ready))
        _one_echelon(
            called, seats, parameters, origin, found, reasons, whole=whole, seconds=seconds
        )
        done += len(called)
    lacks: Counter[str] = Counter()
    why: defaultdict[str, list[tuple[Reason, dict[str, Any]]]] = defaultdict(list)
    for node, missing in seats.open().items():
        lacks[seats.line_of[node]] += missing
        why[seats.line_of[node]] += reasons[node]
    found.short = [
        (one.key, lacks[one.key], *_main(why[one.key])) for one in wanted if lacks[one.key]
    ]
    found.placed.sort(key=lambda row: at[row[0]])
    found.left.sort(key=lambda row: at[row[0]])
    if step is not None:
        step(len(ready), len(ready))
    return found


class _Seats:
    """The nodes of lines: one for those of any skill, one for each skill that is asked for."""

    def __init__(self, wanted: Sequence[Wanted], origin: Position) -> None:
        self.line_of: dict[str, str] = {}
        self.nodes_of: dict[str, list[str]] = {}
        self._left: dict[str, int] = {}
        self._made: dict[str, tuple[tuple[float | None, float | None], frozenset[str]]] = {}
        self.skills: set[str] = set()
        for one in wanted:
            plain = one.heads
            parts = []
            for skill, heads in sorted(one.skills.items()):
                parts.append((f"{one.key} {skill}", min(heads, plain), frozenset({skill})))
                plain -= min(heads, plain)
                self.skills.add(skill)
            parts.append((one.key, plain, frozenset[str]()))
            self.nodes_of[one.key] = [key for key, _heads, _skills in parts]
            for key, heads, skills in parts:
                self.line_of[key], self._left[key] = one.key, heads
                self._made[key] = (_metres(one.position, origin), skills)

    def nodes(self, banned: Mapping[str, int], heads: Mapping[frozenset[str], int]) -> list[Node]:
        """The nodes, which each get their share of ``heads`` (skills → heads) before the rest.

        ``banned`` is how many people count there without taking room.
        """
        shares = self._shares(heads)
        found = []
        for key, (place, skills) in self._made.items():
            more = banned.get(key, 0)
            most = self._left[key] + more
            found.append(Node(key, *place, shares[key] + more, most, skills))
        return found

    def _shares(self, heads: Mapping[frozenset[str], int]) -> dict[str, int]:
        """What each node gets at least: a share of who can come, by what is lacking there.

        Otherwise a large place would have all who live near it, and a far one nobody.
        """
        alike: defaultdict[frozenset[str], list[str]] = defaultdict(list)
        for key, (_place, skills) in self._made.items():
            alike[skills].append(key)
        spare = sum(heads.values())
        shares: dict[str, int] = {}
        # Nodes that ask for a skill come first: what is left is for those that ask for none.
        for skills in sorted(alike, key=len, reverse=True):
            lacking = [self._left[key] for key in alike[skills]]
            able = spare if not skills else sum(n for has, n in heads.items() if skills <= has)
            # Where nobody can come all of it is lacking, for the same reason.
            given = min(able, sum(lacking)) or sum(lacking)
            spare = max(0, spare - min(able, given))
            shares.update(zip(alike[skills], shared(given, lacking), strict=True))
        return shares

    def kept_from(self, one: Ready) -> bool:
        """Whether something is open that somebody fits and must not take."""
        return any(
            self._left[key] and self._made[key][1] <= one.skills
            for line in one.bans
            for key in self.nodes_of.get(line, ())
        )

    def take(self, node: str) -> None:
        self._left[node] -= 1

    def open(self) -> dict[str, int]:
        return {key: left for key, left in self._left.items() if left}


def _one_echelon(
    called: Sequence[Ready],
    seats: _Seats,
    parameters: Parameters,
    origin: Position,
    found: Matched,
    reasons: dict[str, list[tuple[Reason, dict[str, Any]]]],
    *,
    whole: bool,
    seconds: float | None,
) -> None:
    people: list[Person] = []
    whose: dict[str, Ready] = {}
    out: Counter[str] = Counter()
    for one in called:
        skills = one.skills & seats.skills
        banned = frozenset(key for line in one.bans for key in seats.nodes_of.get(line, ()))
        wishes = {key: 1.0 for line in one.wishes for key in seats.nodes_of.get(line, ())}
        for n in range(1 if whole else one.heads):
            key = f"{one.key} {n}"
            whose[key] = one
            # Somebody who has a node already is not sent there again: that is what a ban needs.
            # Neither he nor the node has less room for it.
            out.update(banned)
            most = (one.heads if whole else 1) + len(banned)
            people.append(Person(key, *_metres(one.position, origin), most, banned, skills, wishes))
    able: Counter[frozenset[str]] = Counter()
    for one in called:
        able[one.skills & seats.skills] += one.heads
    result = assign(people, seats.nodes(out, able), parameters, seconds=seconds)
    found.complete = found.complete and result.complete
    heads: Counter[tuple[str, str]] = Counter()
    far: dict[tuple[str, str], float | None] = {}
    for put in result.placements:
        one, line = whose[put.person], seats.line_of[put.node]
        seats.take(put.node)
        heads[one.key, line] += 1
        far[one.key, line] = put.distance_m
        found.cost["distance"] += put.cost.distance
        found.cost["wish"] += put.cost.wish
        banned_here = sum(len(seats.nodes_of.get(ban, ())) for ban in one.bans)
        found.cost["load"] += put.cost.load - parameters.load_weight * banned_here
    for (pledge, line), n in heads.items():
        one = next_of(whose, pledge)
        found.placed.append((pledge, line, n, far[pledge, line], line in one.wishes))
    placed: Counter[str] = Counter()
    for (pledge, _line), n in heads.items():
        placed[pledge] += n
    said = {whose[row.person].key: row for row in result.unplaced}
    for one in called:
        missing = one.heads - placed[one.key]
        if not missing:
            continue
        row = said.get(one.key)
        if row is not None and not one.bans:
            reason = row.reason.value
        else:
            reason = BANNED if seats.kept_from(one) else Reason.FULL.value
        found.left.append((one.key, missing, reason, dict(row.values) if row else {}))
    for short in result.shortfalls:
        reasons[short.node].append((short.reason, dict(short.values)))
    # Who has had his share lacks what the others have.
    for node in seats.open().keys() - {short.node for short in result.shortfalls}:
        reasons[node].append((Reason.NOBODY_FREE, {}))


def shared(heads: int, lacking: Sequence[int]) -> list[int]:
    """``heads`` among places by what each lacks, the remainders to the largest parts left over.

    Nobody gets more than he lacks; ``heads`` is at most their sum.
    """
    total = sum(lacking)
    if not total:
        return [0] * len(lacking)
    parts = [divmod(heads * one, total) for one in lacking]
    given = [whole for whole, _rest in parts]
    order = sorted(range(len(parts)), key=lambda at: (-parts[at][1], at))
    for at in order[: heads - sum(given)]:
        given[at] += 1
    return given


def next_of(whose: Mapping[str, Ready], pledge: str) -> Ready:
    """The pledge itself, by its key."""
    return whose[f"{pledge} 0"]


def _main(reasons: Sequence[tuple[Reason, dict[str, Any]]]) -> tuple[str, dict[str, Any]]:
    """The reason that says most, with its figures of all echelons."""
    for wanted in _FIRST:
        of = [values for reason, values in reasons if reason == wanted]
        if of and "count" in of[0]:
            return wanted.value, {"count": sum(values["count"] for values in of)}
        if of:
            return wanted.value, of[0]
    return NOBODY, {}


def _metres(position: Position, origin: Position) -> tuple[float | None, float | None]:
    """Metres east and north of the origin: exact enough within a county."""
    if position is None or origin is None:
        return None, None
    east = (position[0] - origin[0]) * METRES_PER_DEGREE * math.cos(math.radians(origin[1]))
    return east, (position[1] - origin[1]) * METRES_PER_DEGREE
