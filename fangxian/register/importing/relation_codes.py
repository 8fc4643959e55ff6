"""Whether a column of relations holds the codes of GB/T 4761, and which of its two tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from fangxian.common.sheets import Cell, cell_text
from fangxian.common.sheets.words import fold, load
from fangxian.register.importing.relations import relation_of
from fangxian.register.vocabularies import DATA, HEAD

# A row that tells the sex: odd in the last digit but one of an identity number.
_SEX_DIGIT: Final = -2
_MEN: Final = frozenset({"son", "father"})
_WOMEN: Final = frozenset({"daughter", "mother"})
# So few of them may have the wrong sex before the codes are some other list's.
_DOUBT: Final = 0.1
NO_CODES: Final[Mapping[str, str]] = MappingProxyType({})


@cache
def _tables() -> dict[str, dict[str, str]]:
    data: dict[str, Any] = json.loads((DATA / "relation_codes.json").read_text("utf-8"))
    return {digits: data[digits] for digits in ("1", "2")}


def codes_of(
    rows: Iterable[list[Cell]], positions: Mapping[str, int], name: str = ""
) -> Mapping[str, str]:
    """What the numbers of the column of relations mean, by its first ``rows``: empty if unknown.

    ``name``: that of the column; where it asks whether somebody is the head, 1 is yes. A number
    alone is no code: the column must hold numbers in the main, all of them of one table, and sons
    must be men and daughters women: other lists number relations otherwise.
    """
    at = positions.get("relation")
    if at is None:
        return NO_CODES
    said = [(cell_text(row[at]).strip(), _sex(row, positions)) for row in rows]
    filled = [(text, sex) for text, sex in said if text]
    numbers = [(text, sex) for text, sex in filled if text.isdecimal() and text.isascii()]
    if not numbers or 2 * len(numbers) < len(filled):
        return NO_CODES
    texts = {text for text, _sex in numbers}
    if fold(name).startswith(tuple(load("words")["label_questions"])):
        return {"1": HEAD, "0": ""} if texts <= {"0", "1"} else NO_CODES
    table = _table(texts)
    return table if table and _fits(table, numbers) else NO_CODES


def _table(texts: set[str]) -> Mapping[str, str] | None:
    one, two = _tables()["1"], _tables()["2"]
    # Where a number has two digits, Excel has taken the nought of 01 and 02.
    if any(len(text) > 1 for text in texts):
        padded = {text.zfill(2) for text in texts}
        heads = padded <= {code for code, relation in two.items() if relation == HEAD}
        if not padded <= two.keys() or (heads and len(padded) > 1):
            return None
        return two | {code.lstrip("0"): relation for code, relation in two.items()}
    # 0 and 1 alone may be no and yes.
    return one if "0" in texts and texts <= one.keys() and max(texts) > "1" else None


def _fits(table: Mapping[str, str], numbers: list[tuple[str, str]]) -> bool:
    told = [(table[text], sex) for text, sex in numbers if sex]
    known = [pair for pair in told if pair[0] in _MEN | _WOMEN]
    wrong = sum((relation in _MEN) != (sex == "1") for relation, sex in known)
    return wrong <= _DOUBT * len(known)


def _sex(row: list[Cell], positions: Mapping[str, int]) -> str:
    """1 for a man, 2 for a woman, by the identity number; empty where it tells nothing."""
    at = positions.get("identity")
    number = fold(cell_text(row[at])).strip() if at is not None else ""
    if len(number) != 18 or not number[_SEX_DIGIT].isdecimal():
        return ""
    return "1" if int(number[_SEX_DIGIT]) % 2 else "2"


class Relations:
    """Reads the cells of a column of relations: words, and the numbers that ``codes`` explains."""

    def __init__(self, codes: Mapping[str, str] = NO_CODES) -> None:
        self._codes = codes

    def __call__(self, said: str) -> str | None:
        """As :func:`relation_of`."""
        found = self._codes.get(said.strip())
        return relation_of(said) if found is None else found
