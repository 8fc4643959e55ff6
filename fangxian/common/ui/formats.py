"""Numbers, dates and masked values as people read them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from django.utils import dateformat, timezone
from django.utils.translation import gettext

_MASK = "*"
_place_namer: list[Callable[[str], str]] = []
_account_namer: list[Callable[[Iterable[str]], Mapping[str, str]]] = []
_account_finder: list[Callable[[Sequence[str], bool], Collection[str]]] = []


def set_place_namer(namer: Callable[[str], str]) -> None:
    """Let the room that keeps the places say how a code is called."""
    _place_namer[:] = [namer]


def set_account_namer(
    namer: Callable[[Iterable[str]], Mapping[str, str]],
    finder: Callable[[Sequence[str], bool], Collection[str]],
) -> None:
    """Let the room that keeps the accounts say what they are called, by user name, and find the
    user names of those called so (or, not ``whole``, with a text in their name).
    """
    _account_namer[:] = [namer]
    _account_finder[:] = [finder]


def people(actors: Iterable[str]) -> Mapping[str, str]:
    """What accounts are called, by user name, for :func:`who`; one query for all of a page."""
    return _account_namer[0](actors) if _account_namer else {}


def accounts_called(texts: Sequence[str], *, whole: bool) -> Collection[str]:
    """The user names of accounts that are called so; not ``whole``: with a text in their name."""
    return _account_finder[0](texts, whole) if _account_finder else ()


def place_name(value: object) -> str:
    """Name of a place: an object's ``full_name`` or ``name``, or the name of a code."""
    for attribute in ("full_name", "name"):
        name = getattr(value, attribute, None)
        if name:
            return str(name)
    text = str(value or "")
    return _place_namer[0](text) if _place_namer and text else text


def number(value: object) -> str:
    """``12345`` as ``12,345``; nothing for None; anything else unchanged."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def percent(part: float | None, whole: float | None = 1, digits: int = 1) -> str:
    """``part / whole`` in per cent.

    Never says 100 % while something is missing nor 0 % while something is done; a dash when
    there is nothing to count.
    """
    if part is None or not whole:
        return "–"
    value = 100 * part / whole
    step = 10**-digits
    if part < whole:
        value = min(value, 100 - step)
    if part > 0:
        value = max(value, step)
    text = f"{value:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def date(value: datetime.date | datetime.datetime | None) -> str:
    """A date in the reader's language: 2022年3月4日, 2022-03-04."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime.datetime):
        value = _local(value)
    # Translators: how dates are written, in the letters of Django's date filter.
    return dateformat.format(value, gettext("Y-m-d"))


def date_time(value: datetime.datetime | None) -> str:
    """A date with hours and minutes in local time."""
    if value is None or value == "":
        return ""
    return f"{date(value)} {clock(value)}"


def who(actor: str, names: Mapping[str, str] | None = None) -> str:
    """The name of who did something; jobs of the system, ``system:…``, have none of their own.

    ``names``: what accounts are called, by user name, where a page has looked it up.
    """
    if actor.startswith("system:"):
        return gettext("the system itself")
    return (names or {}).get(actor, actor)


def origin(source: str) -> str:
    """Where a call came from (``Actor.source``) in words: a browser, the console, a job."""
    kind, _space, address = source.partition(" ")
    if kind == "web":
        return " ".join(filter(None, (gettext("browser"), address)))
    if kind == "device":
        return gettext("phone at the door")
    if kind in ("console", "command"):
        return gettext("console of the server")
    if kind == "job" or kind.startswith("job:"):
        return gettext("a job in the background")
    return source


# What a browser and a system call themselves, the particular before what it pretends to be.
_BROWSERS = (
    ("WeChat", r"MicroMessenger/(\d+)"),
    ("Edge", r"Edg\w*/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|Chromium|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* .*Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "OpenHarmony|HarmonyOS"),
    ("Android", "Android"),
    ("iOS", "iPhone|iPad"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("Linux", "Linux|X11"),
)
_LONGEST_AGENT = 60


def browser(agent: str) -> str:
    """A browser's user agent as people know it: ``Chrome 120 · Windows``; else as sent."""
    for name, pattern in _BROWSERS:
        found = re.search(pattern, agent)
        if found:
            system = next((s for s, pattern in _SYSTEMS if re.search(pattern, agent)), "")
            return " · ".join(filter(None, (f"{name} {found[1]}", system)))
    return agent[:_LONGEST_AGENT]


def clock(value: datetime.datetime) -> str:
    """Hours and minutes in local time."""
    return f"{_local(value):%H:%M}"


def mask(value: object, kind: str = "") -> str:
    """Hide the telling part of a value.

    ``kind``: ``phone`` keeps the first three and last four digits, ``id`` the first six (the area)
    and last two, ``name`` the first character; anything else keeps the first and last.
    """
    text = str(value or "")
    if not text:
        return ""
    head, tail = {"phone": (3, 4), "id": (6, 2), "name": (1, 0)}.get(kind, (1, 1))
    hidden = len(text) - head - tail
    if hidden < 1:
        head, tail, hidden = (1, 0, len(text) - 1) if len(text) > 1 else (0, 0, 1)
    return text[:head] + _MASK * hidden + (text[-tail:] if tail else "")


def _local(value: datetime.datetime) -> datetime.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value
