"""Identity numbers (GB 11643-1999) and the other documents that people in China carry.

Formats of the other documents: passports (ICAO Doc 9303 numbers: letters and digits), travel
permits for Hong Kong and Macao residents (H or M and 8 or 10 digits) and Taiwan residents (8 or 10
digits, which are one only where the kind is stated, or 10 digits and a letter), permanent residence
cards of foreigners (3 letters and 12 digits; from 2023 18 digits beginning with 9), residence
permits of Hong Kong, Macao and Taiwan residents (18 digits beginning with 81, 82, 83).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import mul
from typing import Final, Literal

from fangxian.common.sheets.cells import EXACT_INTEGER_LIMIT, Cell, cell_text
from fangxian.common.sheets.errors import Fault
from fangxian.common.sheets.words import fold, load

from .texts import is_filler, plain, today

DocumentKind = Literal[
    "resident_identity",
    "foreign_residence",
    "hmt_residence",
    "passport",
    "hong_kong_macao_permit",
    "taiwan_permit",
    "other",
]

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_ZEROS: Final = 48 * sum(_WEIGHTS)
_PROVINCES: Final = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66)}
    | {71, 81, 82, 83, *range(91, 100)}
)
_EARLIEST: Final = dt.date(1890, 1, 1)
_SEPARATORS: Final = re.compile("[\\s\\-_.,·'`\"\u2018\u2019\u201c\u201d]+")
_REMARK: Final = re.compile(r"\((?=[^()]*[^\W\d_a-zA-Z])[^()\d]*\)$")
_PASSPORT: Final = re.compile(r"^(?=[A-Z0-9]{6,12}$)(?=.*\d{4})[A-Z]{1,3}[A-Z0-9]*$")
_HONG_KONG_MACAO: Final = re.compile(r"^[HM](?:\d{8}|\d{10})$")
_TAIWAN: Final = re.compile(r"^\d{10}(?:\([A-Z]\)|[A-Z])$")
_FOREIGN_CARD: Final = re.compile(r"^[A-Z]{3}\d{12}$")
_DIGITS: Final = re.compile(r"\d+X?")
_SCIENTIFIC: Final = re.compile(r"^\d(?:\.\d+)?E\+?\d{1,2}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """A document number in its canonical writing and what kind it is."""

    kind: DocumentKind
    number: str

    @property
    def birth_date(self) -> dt.date | None:
        """The date of birth that an 18-character number contains."""
        if self.kind in ("resident_identity", "hmt_residence"):
            return _birth(self.number[6:14])
        return None

    @property
    def sex(self) -> str | None:
        """GB/T 2261.1 code from the sequence number: "1" male, "2" female."""
        if self.kind in ("resident_identity", "hmt_residence"):
            return "1" if int(self.number[16]) % 2 else "2"
        return None


def clean_identity(cell: Cell) -> str | Fault | None:
    """A resident identity number of 18 characters, upper case X; a 15-digit one is completed.

    Faults never contain the number.
    """
    text = _compact(cell)
    if text is None or isinstance(text, Fault):
        return text
    return _resident(text)


def clean_document(cell: Cell) -> Document | Fault | None:
    """Any usual document. What looks like an identity number is judged as one; None for 无 and the
    like.
    """
    text = _compact(cell)
    if text is None or isinstance(text, Fault):
        return text
    if len(text) == 18 and text[:17].isdecimal():
        # No other document looks like it.
        number = _resident(text)
        return number if isinstance(number, Fault) else _document(number)
    if _HONG_KONG_MACAO.match(text):
        return Document("hong_kong_macao_permit", text)
    if _FOREIGN_CARD.match(text):
        return Document("foreign_residence", text)
    if _TAIWAN.match(text):
        return Document("taiwan_permit", text)
    if _PASSPORT.match(text):
        return Document("passport", text)
    if sum(char.isdigit() for char in text) < 13:
        return Fault("document_unknown")
    number = _resident(text)
    return number if isinstance(number, Fault) else _document(number)


def clean_identity_card(cell: Cell) -> Document | Fault | None:
    """The number of a document that the row calls an identity card: 18 characters, or 15."""
    number = clean_identity(cell)
    return number if number is None or isinstance(number, Fault) else _document(number)


def clean_stated_document(cell: Cell) -> Document | Fault | None:
    """The number of a document whose kind the row names, and that is no identity card.

    It stands as it is written; a valid identity number is told as one.
    """
    text = _compact(cell)
    if text is None or isinstance(text, Fault):
        return text
    number = _resident(text)
    if not isinstance(number, Fault):
        return _document(number)
    text = _REMARK.sub("", _labels().sub("", fold(cell_text(cell))))
    text = "".join(text.upper().split())
    plain_signs = sum(char.isascii() and char.isalnum() for char in text)
    if plain_signs < 4 or len(text) > 30:
        return Fault("document_length")
    if len(set(text)) == 1:
        return Fault("document_unknown")
    return Document("other", text)


def _document(number: str) -> Document:
    if number[0] == "9":
        return Document("foreign_residence", number)
    return Document(
        "hmt_residence" if number[:2] in ("81", "82", "83") else "resident_identity", number
    )


def check_character(first17: str) -> str:
    """The check character of GB 11643 for 17 digits."""
    digits = first17 if first17.isascii() else "".join(str(int(digit)) for digit in first17)
    # A digit's byte is 48 more than the digit.
    return _CHECKS[(sum(map(mul, digits.encode(), _WEIGHTS)) - _ZEROS) % 11]


@cache
def _labels() -> re.Pattern[str]:
    labels = sorted(map(fold, load("words")["identity_labels"]), key=len, reverse=True)
    return re.compile(rf"^(?:{'|'.join(map(re.escape, labels))})\s*[:]?\s*")


def _compact(cell: Cell) -> str | Fault | None:
    """Letters and digits of the number; what is written before and behind it is left out."""
    if not isinstance(cell, str):
        if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
            return Fault("not_text")
        if isinstance(cell, float | int) and cell > EXACT_INTEGER_LIMIT:
            return Fault("identity_rounded")
    text = plain(cell)
    if text is None or isinstance(text, Fault):
        return text
    if is_filler(text):
        return None
    if "**" in text:
        return Fault("document_masked")
    if _SCIENTIFIC.match(text):
        return Fault("identity_rounded")
    if text.isascii() and text.isalnum():
        return text.upper()
    text = _REMARK.sub("", _labels().sub("", text))
    return _SEPARATORS.sub("", text).upper().replace("\u0425", "X").replace("\u00d7", "X")


def _resident(text: str) -> str | Fault:
    if not _DIGITS.fullmatch(text):
        return Fault("identity_characters")
    if len(text) == 15 and text.isdecimal():
        text = f"{text[:6]}19{text[6:]}"
        text += check_character(text)
    if len(text) != 18:
        return Fault("identity_length", {"length": len(text)})
    if int(text[:2]) not in _PROVINCES:
        return Fault("identity_division")
    if text[0] != "9" and _birth(text[6:14]) is None:
        return Fault("identity_birth")
    if text[17] != check_character(text[:17]):
        # Excel keeps 15 digits and fills up with zeros when a number is turned to text afterwards.
        return Fault("identity_rounded" if text.endswith("000") else "identity_check")
    return text


def _birth(digits: str) -> dt.date | None:
    day = _calendar_day(digits)
    return day if day is not None and _EARLIEST <= day <= today() else None


@lru_cache(maxsize=256)
def _calendar_day(digits: str) -> dt.date | None:
    try:
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
