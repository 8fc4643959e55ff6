"""Numbers as they are compared: of vehicles, documents and phones."""

from __future__ import annotations

import unicodedata


def plain_number(text: str) -> str:
    """The letters and digits of a number, capital and of usual width, whatever stands between."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in folded if letter.isalnum())
