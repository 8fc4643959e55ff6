"""The functions that expressions may call.

Source: XLSForm reference, section "Operators and functions"; ODK XForms specification, "XPath
functions". What depends on chance, on other files or on other devices is not among them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from fangxian.field.questionnaire.patterns import LONGEST, matches
from fangxian.field.questionnaire.values import (
    Value,
    date_text,
    day_of,
    hours_of,
    number,
    text,
    truth,
)

# name: (fewest, most) arguments; None is any number.
ARITY: Final[Mapping[str, tuple[int, int | None]]] = {
    "selected": (2, 2),
    "selected-at": (2, 2),
    "count-selected": (1, 1),
    "string-length": (1, 1),
    "regex": (2, 2),
    "not": (1, 1),
    "true": (0, 0),
    "false": (0, 0),
    "today": (0, 0),
    "now": (0, 0),
    "if": (3, 3),
    "coalesce": (2, 2),
    "number": (1, 1),
    "string": (1, 1),
    "int": (1, 1),
    "round": (1, 2),
    "abs": (1, 1),
    "pow": (2, 2),
    "sqrt": (1, 1),
    "concat": (1, None),
    "join": (2, None),
    "contains": (2, 2),
    "starts-with": (2, 2),
    "ends-with": (2, 2),
    "substr": (2, 3),
    "substring-before": (2, 2),
    "substring-after": (2, 2),
    "translate": (3, 3),
    "normalize-space": (1, 1),
    "boolean": (1, 1),
    "boolean-from-string": (1, 1),
    "min": (1, None),
    "max": (1, None),
    "sum": (1, 1),
    "count": (1, 1),
    "count-non-empty": (1, 1),
    "date": (1, 1),
    "date-time": (1, 1),
    "decimal-date-time": (1, 1),
    "decimal-time": (1, 1),
    "format-date": (2, 2),
    "format-date-time": (2, 2),
}
# They take all answers to a question in the rows of a repeat.
GATHERING: Final = frozenset({"count", "count-non-empty", "sum", "min", "max", "join"})
# What "%" and a letter stand for in format-date().
_PARTS: Final = re.compile(r"%(.)")
DATE_LETTERS: Final = frozenset("YymndeHhMS")


def selected(chosen: Value, code: Value) -> bool:
    return text(code) in [text(option) for option in _several(chosen)]


def _several(chosen: Value) -> list[Value]:
    return chosen if isinstance(chosen, list) else text(chosen).split()


def _selected_at(chosen: Value, at: Value) -> str:
    options, index = _several(chosen), number(at)
    fits = index == index and 0 <= index < len(options)
    return text(options[int(index)]) if fits else ""


def _places(value: Value) -> int:
    found = number(value)
    return int(found) if math.isfinite(found) else 0


def _round(value: Value, places: Value = 0) -> Value:
    found = number(value)
    if not math.isfinite(found):
        return found
    # Halves go up, as in XPath; Python's round() would take them to the even neighbour.
    shift = 10.0 ** max(-12, min(12, _places(places)))
    shifted = found * shift
    return math.floor(shifted + 0.5) / shift if math.isfinite(shifted) else found


def _int(value: Value) -> Value:
    found = number(value)
    return math.trunc(found) if math.isfinite(found) else math.nan


def _pow(value: Value, exponent: Value) -> float:
    base, power = number(value), number(exponent)
    try:
        found = math.pow(base, power)
    except (OverflowError, ValueError, ZeroDivisionError):
        return math.nan
    return found if math.isfinite(found) else math.nan


def _sqrt(value: Value) -> float:
    found = number(value)
    return math.sqrt(found) if 0 <= found < math.inf else math.nan


def _spread(values: Iterable[Value]) -> list[Value]:
    """The values, those of a repeat's rows one by one; of these, what was not answered is left."""
    found: list[Value] = []
    for value in values:
        if isinstance(value, list):
            found += [one for one in value if one not in (None, "", [])]
        else:
            found.append(value)
    return found


def _numbers(values: Iterable[Value]) -> list[float]:
    found = [number(value) for value in _spread(values)]
    return [math.nan] if not found or any(one != one for one in found) else found


def _substr(value: Value, start: Value, end: Value = None) -> str:
    letters = text(value)
    last = len(letters) if end is None else _places(end)
    return letters[max(0, _places(start)) : max(0, last)]


def _date(value: Value) -> str:
    day = day_of(value)
    return day.isoformat() if day else date_text(number(value))


def _decimal_time(value: Value) -> float:
    said = text(value).strip()
    return hours_of(said[11:] if day_of(said) else said)


def _format_date(value: Value, pattern: Value) -> str:
    day = day_of(_date(value))
    if day is None:
        return ""
    found = number(value)
    part = 0.0 if found != found else found - math.floor(found)
    seconds = min(math.floor(part * 86400 + 0.5), 86399)
    hours, minutes = divmod(seconds // 60, 60)
    parts = {
        "Y": f"{day.year:04}",
        "y": f"{day.year % 100:02}",
        "m": f"{day.month:02}",
        "n": str(day.month),
        "d": f"{day.day:02}",
        "e": str(day.day),
        "H": f"{hours:02}",
        "h": str(hours),
        "M": f"{minutes:02}",
        "S": f"{seconds % 60:02}",
    }
    return _PARTS.sub(lambda part: parts.get(part[1], part[0]), text(pattern))


def _before(value: Value, mark: Value) -> str:
    head, found, _tail = text(value).partition(text(mark)) if text(mark) else ("", "", "")
    return head if found else ""


def _after(value: Value, mark: Value) -> str:
    return text(value).partition(text(mark))[2] if text(mark) else text(value)


def _translate(value: Value, letters: Value, others: Value) -> str:
    new = text(others)
    table: dict[str, str] = {}
    for at, letter in enumerate(text(letters)):
        table.setdefault(letter, new[at : at + 1])
    return "".join(table.get(letter, letter) for letter in text(value))


CALLS: Final[Mapping[str, Callable[..., Value]]] = {
    "selected": selected,
    "selected-at": _selected_at,
    "count-selected": lambda v: len(_several(v)),
    "string-length": lambda v: len(text(v)),
    "regex": lambda v, pattern: matches(text(v)[:LONGEST], text(pattern)),
    "not": lambda v: not truth(v),
    "true": lambda: True,
    "false": lambda: False,
    "coalesce": lambda a, b: a if text(a) else b,
    "number": number,
    "string": text,
    "int": _int,
    "round": _round,
    "abs": lambda v: abs(number(v)),
    "pow": _pow,
    "sqrt": _sqrt,
    "concat": lambda *vs: "".join(text(v) for v in vs),
    "join": lambda mark, *vs: text(mark).join(text(v) for v in _spread(vs)),
    "contains": lambda a, b: text(b) in text(a),
    "starts-with": lambda a, b: text(a).startswith(text(b)),
    "ends-with": lambda a, b: text(a).endswith(text(b)),
    "substr": _substr,
    "substring-before": _before,
    "substring-after": _after,
    "translate": _translate,
    "normalize-space": lambda v: " ".join(text(v).split()),
    "boolean": truth,
    "boolean-from-string": lambda v: text(v).lower() in ("true", "1"),
    "min": lambda *vs: min(_numbers(vs)),
    "max": lambda *vs: max(_numbers(vs)),
    "sum": lambda v: sum(number(one) for one in _spread([v])),
    "count": lambda v: len(v) if isinstance(v, list) else int(bool(text(v))),
    "count-non-empty": lambda v: len([one for one in _spread([v]) if text(one)]),
    "date": _date,
    "date-time": text,
    "decimal-date-time": number,
    "decimal-time": _decimal_time,
    "format-date": _format_date,
    "format-date-time": _format_date,
}
