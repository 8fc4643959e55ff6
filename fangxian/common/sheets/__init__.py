"""Ledgers of offices in and out: reading any workbook, finding its table, mapping, cleaning,
marking, writing.
"""

from .cells import Cell, CellError, cell_text
from .errors import Fault, SheetError
from .mapping import FieldSpec, Mapping, Proposal, propose_mapping, vocabulary_of
from .reader import Sheet, Workbook, read_workbook
from .roles import RowRole, is_one_place
from .tables import Column, Groups, Table, TableRow, find_table, find_tables, signature

__all__ = [
    "Cell",
    "CellError",
    "Column",
    "Fault",
    "FieldSpec",
    "Groups",
    "Mapping",
    "Proposal",
    "RowRole",
    "Sheet",
    "SheetError",
    "Table",
    "TableRow",
    "Workbook",
    "cell_text",
    "find_table",
    "find_tables",
    "is_one_place",
    "propose_mapping",
    "read_workbook",
    "signature",
    "vocabulary_of",
]
