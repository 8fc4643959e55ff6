"""Rows that know what they were taken from: the hidden names of :mod:`common.facts.rowkeys`.

By it a row is known whatever was corrected in it, and what the file showed masked says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common import facts
from fangxian.common.errors import Invalid, Problem
from fangxian.common.facts.places import within
from fangxian.common.facts.rowkeys import RowName, opened_name
from fangxian.common.masks import is_masked
from fangxian.common.sheets import Cell, FieldSpec
from fangxian.common.sheets.cells import cell_text

ROW_KEY: Final = FieldSpec("row_key", gettext_lazy("Row in the system"))
_M = TypeVar("_M", bound=Model)


class Keys:
    """Reads the names of the rows of one sheet after another; each may stand there once."""

    def __init__(self, tables: Sequence[str]) -> None:
        self._tables = tables
        self._seen: dict[UUID, int] = {}

    def read(self, number: int, cell: Cell) -> list[str] | Problem | None:
        """Table and key of the row's name, None where it has none, or what is wrong with it."""
        said = cell_text(cell).strip() if cell is not None else ""
        if not said:
            return None
        found = named(self._tables, said)
        if found is not None:
            table, (key, _marks) = found
            if self._seen.setdefault(key, number) != number:
                return Problem(
                    _("Another row has this name of a row already."),
                    ROW_KEY.name,
                    mend=_("Empty it in the row that you added: then that counts as new."),
                    code="key_twice",
                )
            return [table, str(key)]
        return foreign()


def named(tables: Sequence[str], text: str) -> tuple[str, RowName] | None:
    """Which of some tables a name of a row is of, and what it says; None if it is of none."""
    opened = ((table, opened_name(table, text)) for table in tables)
    return next(((table, name) for table, name in opened if name is not None), None)


def foreign() -> Problem:
    """A name of a row that was made up, or is of another ledger."""
    return Problem(
        _("This name of a row was not given by this system for this ledger."),
        ROW_KEY.name,
        mend=_("Take the ledger away anew, or empty the cell: then the row counts as new."),
        code="foreign_key",
    )


def without_masks(cells: list[Cell]) -> list[Cell]:
    """The cells of a row that is known: what stands masked in it is as it was."""
    return [None if isinstance(cell, str) and is_masked(cell) else cell for cell in cells]


def known_row(rows: QuerySet[_M], table: str, values: Mapping[str, Any], area: str) -> _M | None:
    """The one of ``rows`` that a row was taken from; None where it bears no name of the table.

    Raises Invalid when it isn't among them any more, or lies outside the ledger's ``area``.
    """
    said = values.get(ROW_KEY.name)
    if not said or said[0] != table:
        return None
    place = within(area, facts.tables.get(table).place)
    found = rows.filter(place, pk=UUID(said[1])).first()
    if found is None:
        raise gone()
    return found


def gone() -> Invalid:
    """What a row was taken from is no more, or lies elsewhere."""
    return Invalid(
        Problem(
            _("What this row was taken from is no longer registered here."),
            ROW_KEY.name,
            mend=_("Delete the row, or empty its name of a row: then it counts as new."),
            code="no_row",
        )
    )
