"""Cleaners: pure functions from one cell to a value, to None (nothing there) or to a `Fault` that
names the mend.
"""

from .credit import clean_credit_code
from .dates import Month, clean_birth, clean_date, clean_day_or_month, is_future
from .identity import (
    Document,
    clean_document,
    clean_identity,
    clean_identity_card,
    clean_stated_document,
)
from .phones import Phone, clean_phone, clean_phones
from .texts import (
    clean_name,
    clean_noted_name,
    clean_number,
    clean_sex,
    clean_text,
    clean_yes_no,
    is_filler,
)

__all__ = [
    "Document",
    "Month",
    "Phone",
    "clean_birth",
    "clean_credit_code",
    "clean_date",
    "clean_day_or_month",
    "clean_document",
    "clean_identity",
    "clean_identity_card",
    "clean_name",
    "clean_noted_name",
    "clean_number",
    "clean_phone",
    "clean_phones",
    "clean_sex",
    "clean_stated_document",
    "clean_text",
    "clean_yes_no",
    "is_filler",
    "is_future",
]
