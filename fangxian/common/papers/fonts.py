"""The fonts of official papers: which family plays which role; none is replaced silently.

GB/T 9704 names fonts that no free system ships. Out of the box Noto CJK plays all roles; an
installation that has bought the others names them in its settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.conf import settings

SERIF: Final = "Noto Serif CJK SC"
SANS: Final = "Noto Sans CJK SC"
# Role → the family that plays it unless the settings name another one.
ROLES: Final[Mapping[str, str]] = {
    "body": SERIF,
    "title": SERIF,
    "head": SERIF,
    "heading": SANS,
    "subheading": SERIF,
    "number": SERIF,
}


# Roles whose proper font is heavy by itself: what stands in for it is set bold.
_HEAVY: Final = ("title", "head")


def families() -> dict[str, str]:
    """The family of each role (``FANGXIAN_FONTS``: "role=family;role=family").

    The red head takes the font of titles unless it has one of its own.
    """
    named: Mapping[str, str] = settings.FANGXIAN_FONTS
    own = {"head": named["title"]} if "title" in named else {}
    return dict(ROLES) | own | dict(named)


def bold() -> tuple[str, ...]:
    """The roles that are set bold, for want of the font that would be heavy by itself."""
    chosen = families()
    return tuple(role for role in _HEAVY if chosen[role] == ROLES[role])
