"""Import of ledgers: upload, columns, preview, commit, workbook of errors, twice = nothing.

A room registers a :class:`Ledger` in ``ready()``: its fields and how its rows are checked and
written. The steps and their jobs (``runs``), the pages (``core.views.ledgers``) and the command
(``core.management.ledger``) are the same for all.
"""

from fangxian.core.ledgers.keys import ROW_KEY, known_row
from fangxian.core.ledgers.kinds import Ledger, Option, Status, Way, labels_of, ledgers, of_room
from fangxian.core.ledgers.rows import PROBLEMS, RowByRow, Write
from fangxian.core.ledgers.runs import (
    XLSX,
    choose,
    commit,
    confirm,
    preview,
    register,
    run_of,
    upload,
)
from fangxian.core.ledgers.source import Row, Source

__all__ = [
    "PROBLEMS",
    "ROW_KEY",
    "XLSX",
    "Ledger",
    "Option",
    "Row",
    "RowByRow",
    "Source",
    "Status",
    "Way",
    "Write",
    "choose",
    "commit",
    "confirm",
    "known_row",
    "labels_of",
    "ledgers",
    "of_room",
    "preview",
    "register",
    "run_of",
    "upload",
]
