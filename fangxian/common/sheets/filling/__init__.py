"""Filling any office's template: what it asks for, and the facts written into it (docs/adr/0008).

`outline` tells what a workbook leaves open, `fill` writes into a copy of it, `convert` makes an
.xlsx of an old .xls. All three work in processes of their own.
"""

from .blanks import Blank
from .convert import can_convert, convert, is_old
from .outline import outline
from .plan import LEFT_MESSAGES, Filled, Left, Plan, SheetPlan, TableRows, Value, fill
from .shape import ColumnOutline, Outline, Room, SheetOutline, TableOutline

__all__ = [
    "LEFT_MESSAGES",
    "Blank",
    "ColumnOutline",
    "Filled",
    "Left",
    "Outline",
    "Plan",
    "Room",
    "SheetOutline",
    "SheetPlan",
    "TableOutline",
    "TableRows",
    "Value",
    "can_convert",
    "convert",
    "fill",
    "is_old",
    "outline",
]
