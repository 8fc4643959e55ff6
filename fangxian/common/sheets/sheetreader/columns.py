"""Excel's names of columns."""

from __future__ import annotations


def column_letter(index: int) -> str:
    """The name of the column with `index` from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: bytes) -> int:
    """The place from 0 of the column that is named so."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
