"""Facts: what each room has recorded, as columns and measures that everything is filled from.

A room declares in its ``facts.py`` the tables of its facts (``FactTable``), the figures counted
from them (``Measure``) and what it withholds, with the reason. Ledgers, exports, templates of
offices, bulletins and the page behind a figure are all made of these, by one query plan a table.
"""

from fangxian.common.facts.asked import Filter, Sort, View
from fangxian.common.facts.declared import (
    Choices,
    Column,
    FactTable,
    Growing,
    Measure,
    Sensitivity,
    Subject,
    measure_of,
    measures,
    measures_of,
    said,
    set_place_namer,
    tables,
    tables_for,
    withheld,
    withhold,
)
from fangxian.common.facts.places import place_columns, within

__all__ = [
    "Choices",
    "Column",
    "FactTable",
    "Filter",
    "Growing",
    "Measure",
    "Sensitivity",
    "Sort",
    "Subject",
    "View",
    "measure_of",
    "measures",
    "measures_of",
    "place_columns",
    "said",
    "set_place_namer",
    "tables",
    "tables_for",
    "withheld",
    "withhold",
    "within",
]
