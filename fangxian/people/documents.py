"""Numbers of documents and phones: their normal form, checks, and how they are masked."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

from django.utils.translation import gettext as _

from fangxian.common.errors import Problem
from fangxian.common.sheets import Fault
from fangxian.common.sheets.cleaning import clean_identity
from fangxian.people.vocabularies import IDENTITY

_NOT_ALPHANUMERIC: Final = re.compile(r"[^0-9A-Z]")
_NOT_DIAL: Final = re.compile(r"[^0-9+]")


def normal_number(number: str) -> str:
    """A document's number as it is kept and compared: half width, upper case, no separators."""
    if number.isascii() and number.isalnum():
        return number.upper()
    return _NOT_ALPHANUMERIC.sub("", unicodedata.normalize("NFKC", number).upper())


def normal_phone(number: str) -> str:
    """A phone number as it is compared: digits without the country code of the mainland."""
    if len(number) == 11 and number.isascii() and number.isdigit():
        return number
    digits = _NOT_DIAL.sub("", unicodedata.normalize("NFKC", number))
    for prefix in ("+86", "0086"):
        if digits.startswith(prefix):
            digits = digits[len(prefix) :]
    return digits.lstrip("+")


def check_number(kind: str, number: str, field: str = "number") -> Problem | None:
    """What is wrong with a document's number, if anything (GB 11643 for identity cards)."""
    text = normal_number(number)
    if kind == IDENTITY:
        read = clean_identity(text)
        if isinstance(read, Fault):
            return Problem(read.message, field=field, mend=read.mend, code=read.code)
        if read is None:
            return Problem(
                _("The identity number is missing."),
                field=field,
                mend=_("Write its 18 characters, or choose another kind of document."),
            )
    if len(text) < 4 or len(text) > 30:
        return Problem(
            _("A document's number has 4 to 30 letters and digits."),
            field=field,
            mend=_("Compare it with the document."),
        )
    return None


def birth_of(identity: str) -> dt.date:
    """The date of birth in a valid identity number."""
    return dt.date(int(identity[6:10]), int(identity[10:12]), int(identity[12:14]))


def sex_of(identity: str) -> str:
    """The sex in a valid identity number: "1" male, "2" female."""
    return "1" if int(identity[16]) % 2 else "2"
