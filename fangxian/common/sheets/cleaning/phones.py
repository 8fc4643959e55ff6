"""Phone numbers: mobiles, landlines with area code and extension, several in one cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from fangxian.common.sheets.cells import Cell
from fangxian.common.sheets.errors import Fault
from fangxian.common.sheets.words import fold, load

from .texts import is_filler, plain

_MOBILE: Final = re.compile(r"^1[3-9]\d{9}$")
_AREA: Final = re.compile(r"^0(?:10|2\d|[3-9]\d{2})$")
_SCIENTIFIC: Final = re.compile(r"^\d(?:\.\d+)?E\+?\d{1,2}$", re.IGNORECASE)
_SERVICE: Final = re.compile(r"^(?:400|800)\d{7}$")


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in canonical writing: 13800001234, 0317-2234567, 0317-2234567-801, +85223456789."""

    number: str
    kind: Literal["mobile", "landline", "service", "foreign"]


def clean_phone(cell: Cell) -> Phone | Fault | None:
    """The first number of the cell."""
    phones = clean_phones(cell)
    if phones is None or isinstance(phones, Fault):
        return phones
    return phones[0]


def clean_phones(cell: Cell) -> tuple[Phone, ...] | Fault | None:
    """Every number of the cell, in order, each once. One unreadable number makes the whole cell a
    Fault. A masked one, as our own exports write it, says nothing.
    """
    text = plain(cell)
    if text is None or isinstance(text, Fault):
        return text
    if _MOBILE.match(text):
        return (Phone(text, "mobile"),)
    if is_filler(text):
        return None
    if _SCIENTIFIC.match(text):
        return _from_scientific(text)
    found: list[Phone] = []
    masked = False
    for part in _split(text):
        if "**" in part:
            masked = True
            continue
        phones = _spaced(part)
        if isinstance(phones, Fault):
            return phones
        found.extend(phone for phone in phones if phone not in found)
    if not found:
        return None if masked else Fault("phone_form")
    return tuple(found)


def _from_scientific(text: str) -> tuple[Phone, ...] | Fault:
    """1.3812345678E+10 still holds every digit; 1.38E+10 does not."""
    mantissa, _, exponent = text.upper().partition("E")
    digits = mantissa.replace(".", "")
    if len(digits) == int(exponent) + 1:
        phone = _one(digits)
        return phone if isinstance(phone, Fault) else (phone,)
    return Fault("phone_scientific")


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Between numbers; labels before one; extensions; whose number it is; where another begins."""
    data = load("words")
    joiners = "|".join(sorted({re.escape(fold(mark)) for mark in data["phone_joiners"]}))
    labels = "|".join(
        re.escape(fold(word)) for word in sorted(data["phone_labels"], key=len, reverse=True)
    )
    marks = "|".join(re.escape(fold(word)) for word in data["extension_marks"])
    # Whose number it is: a name or a relation, and what is no mark of an extension.
    whose = rf"(?!{marks})[\u4e00-\u9fff\u00b7]{{1,10}}\s*:?\s*(?=[\d+(*])"
    return (
        re.compile(rf"(?:{joiners}|\n|\r)+"),
        re.compile(rf"^(?:(?:{labels})\s*[:.]?\s*)+", re.IGNORECASE),
        re.compile(rf"^(.*\d)\s*(?:{marks})\s*[:.]?\s*(\d{{1,6}})$", re.IGNORECASE),
        re.compile(rf"^{whose}"),
        re.compile(rf"(?<=\d{{4}})\s*(?={whose})"),
    )


def _split(text: str) -> list[str]:
    joiner, label, _, whose, another = _patterns()
    text = re.sub(r"\(([^()\d]*)\)", "", text)
    parts = [part for joined in joiner.split(text) for part in another.split(joined)]
    parts = [whose.sub("", label.sub("", part.strip())).strip() for part in parts]
    return [part for part in parts if part]


def _spaced(part: str) -> list[Phone] | Fault:
    """One number, whose groups may be spaced, or several numbers with only a space or nothing
    between them.
    """
    whole = _one(part)
    if not isinstance(whole, Fault):
        return [whole]
    digits = re.sub(r"\D", "", part)
    pieces = part.split()
    if len(pieces) < 2 and len(digits) == 22:
        pieces = [digits[:11], digits[11:]]
    phones = [_one(piece) for piece in pieces]
    if len(phones) > 1 and not any(isinstance(phone, Fault) for phone in phones):
        return [phone for phone in phones if isinstance(phone, Phone)]
    return whole


def _one(part: str) -> Phone | Fault:
    extension_mark = _patterns()[2]
    extension = ""
    if (match := extension_mark.match(part)) and not _MOBILE.match(re.sub(r"\D", "", part)):
        part, extension = match[1], match[2]
    if re.search(r"[^\d\s()+\-.]", part):
        return Fault("phone_form")
    plus = part.lstrip("( ").startswith("+")
    groups = re.findall(r"\d+", part)
    digits = "".join(groups)
    for prefix in ("+86", "0086"):
        if (plus and prefix == "+86" and digits.startswith("86")) or (
            prefix == "0086" and digits.startswith("0086")
        ):
            digits = digits[len(prefix.lstrip("+")) :]
            if not digits.startswith("0") and not _MOBILE.match(digits):
                digits = "0" + digits
            plus = False
            groups = [digits]
            break
    if digits.startswith("00"):
        digits, plus = digits[2:], True
    if not plus and len(digits) == 13 and digits.startswith("86") and _MOBILE.match(digits[2:]):
        digits = digits[2:]
    if len(digits) == 12 and digits.startswith("01") and _MOBILE.match(digits[1:]):
        digits = digits[1:]
    if plus:
        return (
            Phone("+" + digits, "foreign")
            if 8 <= len(digits) <= 15
            else Fault("phone_length", {"length": len(digits)})
        )
    if _MOBILE.match(digits):
        return Phone(digits, "mobile")
    if _SERVICE.match(digits):
        return Phone(digits, "service")
    if digits.startswith("0"):
        # 0317-1234567-801: the last group is an extension.
        if len(groups) == 3 and not extension and len(groups[2]) <= 6 and len(groups[1]) >= 7:
            extension = groups[2]
            digits = groups[0] + groups[1]
        for length in (3, 4):
            area, number = digits[:length], digits[length:]
            if _AREA.match(area) and len(number) in (7, 8) and number[0] not in "01":
                return Phone("-".join(filter(None, (area, number, extension))), "landline")
    elif len(digits) in (7, 8) and digits[0] not in "01" and not plus:
        return Phone("-".join(filter(None, (digits, extension))), "landline")
    return Fault("phone_length", {"length": len(digits)})
