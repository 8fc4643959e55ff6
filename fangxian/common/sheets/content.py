"""What the cells of a column look like, whatever the column is called."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final, Literal, TypeAlias

from .cells import EXACT_INTEGER_LIMIT, Cell, cell_text, is_blank
from .tables import Table
from .words import fold, key, load

Kind: TypeAlias = Literal[
    "text",
    "name",
    "identity",
    "document",
    "phone",
    "date",
    "sex",
    "yes_no",
    "credit_code",
    "address",
    "number",
    "choice",
]

SAMPLE_ROWS: Final = 200
_MIN_SAMPLE: Final = 3
_SHARE: Final = 0.7

_IDENTITY: Final = re.compile(r"^[1-8]\d{16}[\dX]$|^[1-8]\d{14}$")
_MOBILE: Final = re.compile(r"1[3-9]\d{9}(?!\d)")
_LANDLINE: Final = re.compile(r"^0\d{2,3}-?\d{7,8}(?:-\d{1,6})?$")
_CREDIT: Final = re.compile(r"^[0-9ANY][0-9A-Z]\d{6}[0-9A-Z]{9}[0-9A-Z]$")
_DOOR: Final = re.compile(r"\d+\D{1,4}\d+")

# Kinds whose look is so particular that another look contradicts them.
_STRICT: Final[frozenset[str]] = frozenset({"identity", "phone", "date", "sex", "credit_code"})


@dataclass(frozen=True, slots=True)
class Content:
    """Shares of the filled cells in the sample that look like each kind."""

    filled: int
    shares: dict[str, float]

    def share(self, kind: Kind) -> float:
        """Share of cells that look like `kind`; 0 for kinds without a look."""
        if self.filled < _MIN_SAMPLE:
            return 0.0
        return self.shares.get("identity" if kind == "document" else kind, 0.0)

    def supports(self, kind: Kind) -> bool:
        """Do most cells look like `kind`?"""
        return self.share(kind) >= _SHARE

    def contradicts(self, kind: Kind) -> bool:
        """Do most cells look like a particular other kind?"""
        if self.filled < _MIN_SAMPLE or kind in ("text", "choice"):
            return False
        mine = "identity" if kind == "document" else kind
        return any(
            self.shares.get(other, 0.0) >= _SHARE for other in _STRICT if other != mine
        ) and not (self.shares.get(mine, 0.0) >= _SHARE)


def guess_content(table: Table) -> list[Content]:
    """What each column of `table` looks like, from its first data rows."""
    counters: list[Counter[str]] = [Counter() for _ in table.columns]
    for row in islice(table.data_rows(), SAMPLE_ROWS):
        for counter, cell in zip(counters, row.cells, strict=True):
            if not is_blank(cell):
                counter["filled"] += 1
                counter.update(_looks(cell))
    result = []
    for counter in counters:
        count = counter.pop("filled", 0)
        result.append(
            Content(
                count, {kind: number / count for kind, number in counter.items()} if count else {}
            )
        )
    return result


@cache
def _date_pattern() -> re.Pattern[str]:
    marks = load("words")["date_marks"]
    year, month, day = ("".join(marks[name]) for name in ("year", "month", "day"))
    return re.compile(
        rf"^(?:19|20)\d{{2}}[-/.{year}]?\d{{1,2}}(?:[-/.{month}]?\d{{1,2}})?[{day}{month}]?"
        r"(?: \d{1,2}:\d{2}(?::\d{2})?)?$"
    )


def _looks(cell: Cell) -> list[str]:
    if isinstance(cell, dt.date | dt.datetime):
        return ["date"]
    if isinstance(cell, float) and cell > EXACT_INTEGER_LIMIT:
        return ["identity"] if 1e17 <= cell < 1e18 else []
    text = fold(cell_text(cell)).upper().replace(" ", "").lstrip("'")
    looks = []
    if _IDENTITY.match(text):
        looks.append("identity")
    elif _CREDIT.match(text):
        looks.append("credit_code")
    if not _IDENTITY.match(text) and (_MOBILE.match(text) or _LANDLINE.match(text)):
        looks.append("phone")
    if _date_pattern().match(text) and not _MOBILE.match(text):
        looks.append("date")
    sexes = load("words")["sex"]
    if text in (sexes["male"][0], sexes["female"][0]) or key(text) in ("male", "female"):
        looks.append("sex")
    if _DOOR.search(text) and len(text) < 60 and not looks:
        looks.append("address")
    return looks
