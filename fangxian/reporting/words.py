"""Filters and orders in words, as pages and files say what a ledger shows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.common.facts import Column, FactTable, Filter, View
from fangxian.common.facts.asked import OPERATIONS
from fangxian.common.facts.declared import place_names
from fangxian.common.ui.formats import number


def filter_words(facts: FactTable, given: Filter) -> str:
    """A filter as a clause: 年龄 不少于 80."""
    column = facts.column(given.column)
    what = str(OPERATIONS[given.operation])
    if given.operation in ("empty", "filled"):
        return f"{column.label} {what}"
    if given.operation in ("since", "within"):
        days = _("%(n)s days") % {"n": given.value}
        return f"{column.label} {what} {days}"
    values = given.value if isinstance(given.value, list | tuple) else [given.value]
    return f"{column.label} {what} {'、'.join(_value(column, one) for one in values)}"


def _value(column: Column, value: Any) -> str:
    text = str(value)
    if column.kind == "yes_no":
        return (
            pgettext("answer", "yes")
            if text.casefold() in ("yes", "true", "1")
            else (pgettext("answer", "no"))
        )
    if column.kind == "place":
        return str(place_names([text]).get(text, text))
    if text == "today":
        return _("today")
    if column.codes is not None:
        return column.codes.label(column.codes.code_of(text) or text)
    return text


def view_words(view: View) -> list[str]:
    """What a view leaves out and how it is ordered, a sentence each."""
    facts = view.facts()
    said = [filter_words(facts, one) for one in view.filters]
    if view.sorts:
        names = "、".join(str(facts.column(one.column).label) for one in view.sorts)
        said.append(_("sorted by %(names)s") % {"names": names})
    return said


def cell_words(value: Any) -> str:
    """A value of a row as a page shows it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int | float):
        return number(value)
    return str(value)
