"""What is to be done at a post: its own list or that of its kind, what of it was done or left.

Each who is on a shift ticks what was done, for all who are on it. What nobody ticked is told to the
next shift.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fangxian.mobilise.models import Post, Shift, Turn
from fangxian.mobilise.rules import PostRules, label, post_rules

_BACK: Final = dt.timedelta(days=1)
_NOTES: Final = 5


@dataclass(frozen=True)
class Duty:
    """A duty: ``key`` is a code of the rules, or the text of a post's own one; who did it, when."""

    key: str
    text: str
    by: Turn | None = None
    at: dt.datetime | None = None


def duties_of(post: Post, rules: PostRules) -> list[Duty]:
    """The duties at a post in their order: its own where it has any, else those of its kind."""
    if post.duties:
        return [Duty(one, one) for one in post.duties]
    kind = rules.kinds.get(post.kind)
    return [Duty(code, label(rules.duties, code)) for code in (kind.duties if kind else ())]


def done(duties: Iterable[Duty], turns: Iterable[Turn]) -> list[Duty]:
    """The duties with who of a shift's turns ticked each first."""
    ticks: dict[str, tuple[dt.datetime, Turn]] = {}
    for turn in turns:
        for key, text in turn.done.items():
            at = dt.datetime.fromisoformat(text)
            if key not in ticks or at < ticks[key][0]:
                ticks[key] = at, turn
    return [
        Duty(one.key, one.text, ticks[one.key][1], ticks[one.key][0]) if one.key in ticks else one
        for one in duties
    ]


@dataclass(frozen=True)
class Left:
    """What the shifts before left: turns with ``notes``, shifts with duties that nobody ticked."""

    notes: list[Turn]
    undone: list[tuple[Shift, list[str]]]


def left_behind(shift: Shift) -> Left:
    """What those left who were at the post in the day before a shift. One query."""
    before = (
        Turn.objects.select_related("volunteer", "shift")
        .filter(shift__post=shift.post, shift__ends_at__lte=shift.starts_at)
        .filter(shift__ends_at__gt=shift.starts_at - _BACK)
        .filter(came_at__isnull=False, went_at__isnull=False)
        .order_by("-went_at")
    )
    of: dict[UUID, list[Turn]] = {}
    for turn in before:
        of.setdefault(turn.shift_id, []).append(turn)
    duties = duties_of(shift.post, post_rules())
    undone = [
        (turns[0].shift, open_)
        for turns in of.values()
        if (open_ := [one.text for one in done(duties, turns) if one.at is None])
    ]
    return Left([turn for turns in of.values() for turn in turns if turn.note][:_NOTES], undone)
