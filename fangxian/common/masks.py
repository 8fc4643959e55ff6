"""Numbers as pages show them: enough to recognise, not enough to use."""

from __future__ import annotations


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


def mask_text(text: str, limit: int = 40) -> str:
    """A cell of which nothing is known: what may be a document's or a phone's number is masked."""
    digits = sum(character.isdigit() for character in text)
    if digits >= 15:
        return mask_number(text)
    return mask_phone(text) if digits >= 10 and len(text) <= 14 else text[:limit]
