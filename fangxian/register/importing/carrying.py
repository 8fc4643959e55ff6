"""Columns whose empty cells hold what stands above: only a household's first row says it."""

from __future__ import annotations

from itertools import islice
from typing import Final

from fangxian.common.sheets import Mapping, Table
from fangxian.common.sheets.cells import is_blank
from fangxian.register.vocabularies import HEAD, RELATIONS

SAMPLE_ROWS: Final = 500
# What members of a household share.
SHARED: Final = (
    "address", "estate", "building", "unit", "room", "village_group", "community", "grid",
    "household_number", "head_name",
)  # fmt: skip


def propose_carried(table: Table, mapping: Mapping) -> list[str]:
    """Labels of the columns that are filled in the rows of heads, and in hardly any other."""
    at = mapping.fields
    if "relation" not in at:
        return []
    rows = [row.cells for row in islice(table.data_rows(), SAMPLE_ROWS)]
    heads = [cells for cells in rows if _is_head(cells[at["relation"]])]
    others = [cells for cells in rows if not _is_head(cells[at["relation"]])]
    if not heads or not others:
        return []
    labels = {proposal.position: proposal.label for proposal in mapping.proposals}
    found = []
    for position in (at[name] for name in SHARED if name in at):
        filled = sum(not is_blank(cells[position]) for cells in heads) / len(heads)
        below = sum(not is_blank(cells[position]) for cells in others) / len(others)
        if filled >= 0.9 and below <= 0.1:
            found.append(labels[position])
    return found


def _is_head(cell: object) -> bool:
    return isinstance(cell, str) and RELATIONS.code_of(cell) == HEAD
