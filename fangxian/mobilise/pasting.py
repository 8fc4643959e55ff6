"""A chat's sign-up list as proposals for the roster, and the roster as a list for the chat."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils import timezone

from fangxian.mobilise import lacking, queries
from fangxian.mobilise.chat import Human, Offered, Proposal, parse, written
from fangxian.mobilise.chat.writing import Placed
from fangxian.mobilise.models import Shift, Turn, Volunteer

MOST_SHIFTS: Final = 500
MOST_TEXT: Final = 60_000
# Intents of the reader that put somebody on, and those that take him off.
ON: Final = frozenset({"can", "any"})
OFF: Final = frozenset({"cannot", "withdraw"})


@dataclass(frozen=True)
class Suggestion:
    """One proposal of a line: who, and which shifts; ``key`` names it in a form.

    ``volunteer`` is None where nobody of the list has that name, or several have (``namesakes``).
    Of ``one_of`` the shift that lacks people most is taken; ``ordered``, the first that has room.
    """

    key: str
    name: str
    volunteer: Volunteer | None
    namesakes: tuple[Volunteer, ...]
    shifts: tuple[Shift, ...]
    one_of: bool
    off: bool
    ordered: bool = False


@dataclass(frozen=True)
class ReadLine:
    """A pasted line: ``kind`` is ``proposals``, ``noise`` or ``unclear``, with codes of doubts."""

    number: int
    text: str
    kind: str
    suggestions: tuple[Suggestion, ...]
    doubts: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether it was not understood as a whole."""
        known = all(one.volunteer for one in self.suggestions)
        return self.kind == "unclear" or not known

    @property
    def to_write(self) -> bool:
        """Whether it has to be written anew; of namesakes one is chosen instead."""
        return self.kind == "unclear" or any(
            not (one.volunteer or one.namesakes) for one in self.suggestions
        )


@dataclass(frozen=True)
class Read:
    """What a paste comes to; ``digest`` changes when the same text would be read differently."""

    lines: tuple[ReadLine, ...]
    digest: str

    @property
    def unclear(self) -> int:
        """How many lines wait for somebody to write them anew or to say who is meant."""
        return sum(line.open for line in self.lines)

    @property
    def suggestions(self) -> Mapping[str, Suggestion]:
        """All proposals by their key."""
        return {one.key: one for line in self.lines for one in line.suggestions}


def offered(code: str, first: dt.date, last: dt.date) -> list[Shift]:
    """The shifts of a place on some days that have not begun, in order."""
    found = queries.inside(lacking.standing(), code).filter(
        day__gte=first, day__lte=last, starts_at__gt=timezone.now()
    )
    return list(
        found.select_related("post").order_by("starts_at", "post__name", "id")[:MOST_SHIFTS]
    )


def read(text: str, shifts: Sequence[Shift], people: Sequence[Volunteer]) -> Read:
    """Read a paste against the shifts that are offered and the people who are known."""
    by_key = {str(shift.id): shift for shift in shifts}
    known = {str(one.id): one for one in people}
    reading = parse(
        text,
        _offered(shifts),
        [Human(key, one.name) for key, one in known.items()],
        timezone.localdate(),
    )
    lines = tuple(
        ReadLine(
            line.number,
            line.text,
            line.kind,
            tuple(
                _suggestion(f"{line.number}-{n}", one, by_key, known)
                for n, one in enumerate(line.proposals)
            ),
            line.doubts,
        )
        for line in reading.lines
    )
    proposals = [(one.number, p) for one in reading.lines for p in one.proposals]
    said = [(n, p.name, p.human, p.intent, p.shifts, p.wish, p.ordered) for n, p in proposals]
    return Read(lines, hashlib.sha256(repr(said).encode()).hexdigest()[:16])


def _suggestion(
    key: str, one: Proposal, shifts: Mapping[str, Shift], known: Mapping[str, Volunteer]
) -> Suggestion:
    return Suggestion(
        key,
        one.name,
        known.get(one.human or ""),
        () if one.human else tuple(who for who in known.values() if who.name == one.name),
        tuple(shifts[shift] for shift in one.shifts),
        one.wish == "one_of",
        one.intent in OFF,
        one.ordered,
    )


def rewritten(text: str, lines: Mapping[int, str]) -> str:
    """The paste with some lines, numbered from 1, written anew; each stays one line."""
    return "\n".join(
        " ".join(lines.get(n, line).split("\n")) for n, line in enumerate(text.splitlines(), 1)
    )


def roster_text(shifts: Sequence[Shift]) -> str:
    """The roster of these shifts as one list, to be copied into the chat."""
    turns = Turn.objects.filter(
        shift__in=shifts, state__in=[Turn.State.PLACED, Turn.State.WAITING]
    ).select_related("volunteer")
    names: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for turn in turns.order_by("number"):
        names[turn.shift_id][turn.state].append(turn.volunteer.name)
    placed = {
        str(shift.id): Placed(
            tuple(names[shift.id][Turn.State.PLACED]),
            shift.heads,
            tuple(names[shift.id][Turn.State.WAITING]),
        )
        for shift in shifts
    }
    return written(_offered(shifts), placed)


def _offered(shifts: Sequence[Shift]) -> list[Offered]:
    posts = {shift.post_id for shift in shifts}
    return [
        Offered(
            str(shift.id),
            shift.day,
            timezone.localtime(shift.starts_at).time(),
            int((shift.ends_at - shift.starts_at).total_seconds()) // 60,
            shift.name,
            # Of one post alone nobody in the chat says the name.
            shift.post.name if len(posts) > 1 else "",
        )
        for shift in shifts
    ]
