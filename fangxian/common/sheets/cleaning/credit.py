"""Unified social credit codes, GB 32100-2015."""

from __future__ import annotations

import re

from stdnum.cn import uscc

from fangxian.common.sheets.cells import EXACT_INTEGER_LIMIT, Cell
from fangxian.common.sheets.errors import Fault

from .texts import is_filler, plain


def clean_credit_code(cell: Cell) -> str | Fault | None:
    """The code of 18 characters in upper case."""
    if isinstance(cell, float | int) and not isinstance(cell, bool) and cell > EXACT_INTEGER_LIMIT:
        return Fault("identity_rounded")
    text = plain(cell)
    if text is None or isinstance(text, Fault):
        return text
    if is_filler(text):
        return None
    code = re.sub(r"[\s\-_]+", "", text).upper()
    return code if uscc.is_valid(code) else Fault("credit_code")
