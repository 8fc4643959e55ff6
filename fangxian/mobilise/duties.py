"""What is to be done at a post: its own list or that of its kind, and what of it was done.

Each who is on a shift ticks what was done, for all who are on it. What nobody ticked is told to the
next shift.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from fangxian.mobilise.models import Post, Turn
from fangxian.mobilise.rules import PostRules, label


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
