"""Where is the header of a sheet, how many rows has it, and what is each column called?"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .cells import Cell, CellError, Row, cell_text, is_blank
from .reader import Merge
from .words import fold, key, known_field, words

SEARCH_ROWS: Final = 60
MAX_HEADER_ROWS: Final = 3
_LABEL_LENGTH: Final = 30
_LONG_DIGITS: Final = re.compile(r"\d{5}|\d+[-/.]\d+[-/.]\d+")
_KEY_VALUE: Final = re.compile(r"^[^:]{1,12}:.+$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Header:
    """Rows `first` to `last` (from 0) name the columns; `labels` maps column to its parts, group
    first.
    """

    first: int
    last: int
    labels: dict[int, tuple[str, ...]]


class MergeIndex:
    """Which merged range covers a cell; for the first rows of a sheet only."""

    def __init__(self, merges: Sequence[Merge], last_row: int) -> None:
        self._by_row: dict[int, list[Merge]] = {}
        for merge in merges:
            top, left, bottom, right = merge
            if top <= last_row and bottom >= top and right >= left:
                for row in range(top, min(bottom, last_row) + 1):
                    self._by_row.setdefault(row, []).append(merge)
        self.any = bool(merges)

    def at(self, row: int, column: int) -> Merge | None:
        """The range that covers the cell."""
        for merge in self._by_row.get(row, ()):
            if merge[1] <= column <= merge[3]:
                return merge
        return None

    def starting(self, row: int) -> list[Merge]:
        """Ranges whose first row is `row`."""
        return [merge for merge in self._by_row.get(row, ()) if merge[0] == row]


def find_header(rows: Sequence[Row], merges: MergeIndex) -> Header | None:
    """The header among the first rows, or None. `rows` are the first `SEARCH_ROWS` of the sheet."""
    width = max((len(row) for row in rows), default=0)
    best: tuple[float, int] | None = None
    for number, row in enumerate(rows):
        score = _score(row, number, rows, merges, width)
        if score > 0 and (best is None or score > best[0] * 1.25):
            best = (score, number)
    if best is None:
        return None
    first = last = best[1]
    while (
        first > 0
        and last - first + 1 < MAX_HEADER_ROWS
        and _is_group_row(rows, first - 1, merges, width)
    ):
        first -= 1
    while (
        last + 1 < len(rows)
        and last - first + 1 < MAX_HEADER_ROWS
        and _continues(rows, first, last, merges)
    ):
        last += 1
    return Header(first, last, _labels(rows, first, last, merges, width))


def filled(row: Row) -> list[tuple[int, Cell]]:
    """Columns and values of the cells that are not blank."""
    # What `is_blank` says, written out: this is asked of every cell of a file.
    return [
        (column, cell)
        for column, cell in enumerate(row)
        if cell is not None and (not isinstance(cell, str) or cell.strip())
    ]


def is_label(cell: Cell) -> bool:
    """True if the cell could be the name of a column."""
    if not isinstance(cell, str):
        return False
    text = fold(cell)
    return (
        0 < len(text) <= _LABEL_LENGTH
        and not _LONG_DIGITS.search(text)
        and not text.replace(".", "").isdecimal()
        and not _KEY_VALUE.match(text)
    )


def is_group(text: str) -> bool:
    """True for words that stand above several columns: 户主信息, 家庭成员情况."""
    return key(text) in words("group_words") or any(
        key(text).endswith(end) for end in words("group_endings")
    )


def _is_data(cell: Cell) -> bool:
    if isinstance(cell, bool | int | float | dt.date | dt.time | dt.timedelta | CellError):
        return True
    return isinstance(cell, str) and (
        bool(_LONG_DIGITS.search(fold(cell))) or fold(cell).isdecimal()
    )


def _score(row: Row, number: int, rows: Sequence[Row], merges: MergeIndex, width: int) -> float:
    cells = filled(row)
    texts = [cell_text(cell) for _, cell in cells]
    known = sum(known_field(text) is not None for text in texts)
    groups = sum(is_group(text) for text in texts)
    if len(cells) == 1:
        # A table of one column; a title is not known as a column's name.
        return 1.0 if width == 1 and known else 0.0
    if not cells or (len(cells) < 2 and width > 1):
        return 0.0
    labels = sum(is_label(cell) for _, cell in cells)
    data = sum(_is_data(cell) for _, cell in cells)
    if labels < 0.6 * len(cells) or data > 0.3 * len(cells):
        return 0.0
    if known + groups == 0:
        below = next((r for r in rows[number + 1 :] if filled(r)), None)
        distinct = len(set(texts)) == len(texts)
        # Without a known word a header shows itself by numbers or dates below texts.
        if below is None or not distinct or not any(_is_data(cell) for _, cell in filled(below)):
            return 0.0
        return 0.2 * labels
    return 3.0 * known + 0.5 * groups + 0.2 * labels - 2.0 * data


def _is_group_row(rows: Sequence[Row], number: int, merges: MergeIndex, width: int) -> bool:
    """Does row `number`, right above a header row, name groups of its columns?"""
    cells = filled(rows[number])
    if not cells or not all(is_label(cell) for _, cell in cells):
        return False
    below = {column for column, _ in filled(rows[number + 1])}
    texts = [cell_text(cell) for _, cell in cells]
    spans = [m for m in merges.starting(number) if m[3] > m[1] or m[2] > m[0]]
    if len(cells) == 1:
        # One cell above most of the columns is a title, whatever it says: 居民基本情况.
        right = max((m[3] for m in spans), default=max(below))
        covered = sum(cells[0][0] <= column <= right for column in below)
        return is_group(texts[0]) and covered <= 0.6 * len(below)
    if spans:
        return True
    return any(is_group(text) or known_field(text) for text in texts) and any(
        column not in {c for c, _ in cells} for column in below
    )


def _continues(rows: Sequence[Row], first: int, last: int, merges: MergeIndex) -> bool:
    """Does the row after `last` still belong to the header?"""
    cells = filled(rows[last + 1])
    if any(
        merge is not None and merge[0] <= last < merge[2]
        for column in range(len(rows[first]))
        if (merge := merges.at(last, column))
    ):
        return True
    if not cells or not all(is_label(cell) for _, cell in cells):
        return False
    above = {column for column, _ in filled(rows[last])}
    spans = [m for m in merges.starting(last) if m[3] > m[1]]
    if spans:
        under = [c for c, _ in cells if any(m[1] <= c <= m[3] for m in spans)]
        return (
            len(under) == len(cells)
            and len(under) > 1
            and any(known_field(cell_text(c)) for _, c in cells)
        )
    if merges.any:
        return False
    # Files without merged ranges: sub-labels stand under a group and in the gap beside it.
    gaps = [c for c, _ in cells if c not in above]
    known = sum(known_field(cell_text(cell)) is not None for _, cell in cells)
    under_plain = sum(1 for c, _ in cells if c in above and c + 1 in above)
    return bool(gaps) and known >= max(1, len(cells) // 2) and under_plain == 0


def _labels(
    rows: Sequence[Row], first: int, last: int, merges: MergeIndex, width: int
) -> dict[int, tuple[str, ...]]:
    labels: dict[int, tuple[str, ...]] = {}
    for column in range(width):
        parts: list[str] = []
        for number in range(first, last + 1):
            text = _text_at(rows, number, column, merges)
            if not text and number < last and not merges.any:
                text = _group_left_of(rows, number, column, first, last)
            if text and (not parts or parts[-1] != text):
                parts.append(text)
        if parts:
            labels[column] = tuple(parts)
    return labels


def _text_at(rows: Sequence[Row], number: int, column: int, merges: MergeIndex) -> str:
    merge = merges.at(number, column)
    if merge:
        number, column = merge[0], merge[1]
    row = rows[number] if number < len(rows) else []
    cell = row[column] if column < len(row) else None
    return " ".join(cell_text(cell).split())


def _group_left_of(rows: Sequence[Row], number: int, column: int, first: int, last: int) -> str:
    """In a file without merged ranges: the group whose gap reaches to `column`."""
    below = rows[number + 1]
    if column >= len(below) or is_blank(below[column]):
        return ""
    row = rows[number]
    for left in range(min(column, len(row) - 1), -1, -1):
        if not is_blank(row[left]):
            under = below[left] if left < len(below) else None
            # A column with its own name and nothing below is no group.
            return "" if is_blank(under) else " ".join(cell_text(row[left]).split())
    return ""
