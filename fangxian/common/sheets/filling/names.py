"""What stands around a name without belonging to it: its number in a list, the star of those that
have to be filled.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from fangxian.common.sheets.words import fold

_STARS: Final = "*\u2217\uff0a\u2605\u2606\u203b\u25cf\u25cb\u25c6\u25c7\u25b2\u25b3"
# 1. 2\u3001 (3) \u2463 \u4e00\u3001 before a name; not 1.5 and 3-6.
_NUMBER: Final = re.compile(
    r"(?:[(\uff08](?:\d{1,2}|[\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341]{1,3})[)\uff09]|\d{1,2}[)\uff09]|\d{1,2}\s*[.\uff0e\u3001](?!\d)"
    r"|[\u2460-\u2473\u2488-\u249b]"
    r"|[\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341]{1,3}\u3001)\s*(?=\S)"
)
WHOLE_DATE: Final = re.compile(
    r"((?:19|20)\d\d)[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?(?:\s*00:00(?::00)?)?"
)


def bare(text: str) -> str:
    """A name without its number and stars; the text itself where nothing else is left."""
    name = text.strip().strip(_STARS).strip()
    match = _NUMBER.match(name)
    if match:
        name = name[match.end() :].strip(_STARS).strip()
    return name or text.strip()


def day_of(text: str) -> dt.date | None:
    """The day that a text names with its year."""
    match = WHOLE_DATE.fullmatch(fold(text))
    try:
        return dt.date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
