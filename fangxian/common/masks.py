"""Numbers as pages show them: enough to recognise, not enough to use."""

from __future__ import annotations

import re


def mask_number(number: str) -> str:
    """First and last four characters of a document's number; of a short one the last two."""
    if len(number) >= 15:
        return number[0] + "*" * (len(number) - 5) + number[-4:]
    return "*" * max(len(number) - 2, 2) + number[-2:]


def mask_phone(number: str) -> str:
    """138****1234; of other numbers the last four."""
    if len(number) == 11 and number.startswith("1"):
        return f"{number[:3]}****{number[-4:]}"
    return "*" * max(len(number) - 4, 4) + number[-4:]


def mask_name(name: str) -> str:
    """The first character of a name, a star for each other: enough to tell a door by.

    A name of one character gets a star too: no name is shown whole.
    """
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def mask_text(text: str, limit: int = 40) -> str:
    """A cell of which nothing is known: what may be a document's or a phone's number is masked."""
    shown = _RUN.sub(lambda run: _mask(run[0]), text)
    # Also one that is written in groups: 138 1234 5678.
    digits = sum(character.isdigit() for character in shown)
    if digits >= 15 or (digits >= 10 and len(text) <= 14):
        shown = _mask(text)
    return shown[:limit]


def is_masked(text: str) -> bool:
    """Whether a cell is what one of these made of a name or a number, or ``***``."""
    return _MASKED.fullmatch(text.strip()) is not None


_RUN = re.compile(r"\d{10,}[Xx]?")
# Stars between a few characters at either end.
_MASKED = re.compile(r"[^\s*]{0,3}\*+[^\s*]{0,4}")


def _mask(text: str) -> str:
    digits = sum(character.isdigit() for character in text)
    return mask_number(text) if digits >= 15 else mask_phone(text)
