"""Columns whose empty cells hold what stands above: only a household's first row says it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from functools import lru_cache
from itertools import islice
from typing import Final

from fangxian.common.sheets import Cell, Groups, Mapping, Table, cell_text
from fangxian.common.sheets.cells import is_blank
from fangxian.common.sheets.words import dittos
from fangxian.register.importing.relations import without_code
from fangxian.register.vocabularies import HEAD, RELATIONS

SAMPLE_ROWS: Final = 500
# What members of a household share.
SHARED: Final = (
    "address", "estate", "building", "unit", "floor", "room", "village_group", "community", "grid",
    "household_number", "head_name",
)  # fmt: skip
# Each household says these for itself, whatever the others do.
OWN: Final = ("household_number", "head_name")
# As above in the row of a head: what there is another family's, or may be.
NOT_ANOTHERS: Final = (
    *OWN, "head_identity", "head_phone", "phone", "phone_2", "relation", "birth_date",
    "address", "room",
)  # fmt: skip


def propose_carried(table: Table, mapping: Mapping, codes: MappingABC[str, str]) -> list[str]:
    """Labels of the columns that are filled in the rows of heads, and in hardly any other.

    ``codes``: what numbers in the column of relations mean.
    """
    at = mapping.fields
    rows = _sample(table)
    is_head = _mark_of_head(rows, mapping, codes)
    if is_head is None:
        return []
    others = [cells for cells in rows if not is_head(cells)]
    labels = {proposal.position: proposal.label for proposal in mapping.proposals}
    return [
        labels[position]
        for position in (at[name] for name in SHARED if name in at)
        if _share([cells for cells in rows if is_head(cells)], position) >= 0.9
        and _share(others, position) <= 0.1
    ]


def households(table: Table, mapping: Mapping, codes: MappingABC[str, str]) -> Groups | None:
    """The rows of a household, told by that of its head.

    What fewer than half of the heads' rows fill, as a building may be, holds for all below it.
    ``codes``: as in :func:`propose_carried`.
    """
    at = mapping.fields
    rows = _sample(table)
    is_head = _mark_of_head(rows, mapping, codes)
    if is_head is None:
        return None
    heads = [cells for cells in rows if is_head(cells)]
    own = {at[name] for name in OWN if name in at}
    often = {at[name] for name in SHARED if name in at and _share(heads, at[name]) >= 0.5}
    alone = frozenset(at[name] for name in NOT_ANOTHERS if name in at)
    return Groups(is_head, frozenset(own | often), alone)


def _sample(table: Table) -> list[list[Cell]]:
    return [row.cells for row in islice(table.data_rows(), SAMPLE_ROWS)]


def _mark_of_head(
    rows: list[list[Cell]], mapping: Mapping, codes: MappingABC[str, str]
) -> Callable[[list[Cell]], bool] | None:
    """What tells the row of a head: the relation, else that the head's name stands in it alone or
    is that of the row. None where nothing tells it, or all are heads.
    """
    at = mapping.fields
    heads = {code for code, means in codes.items() if means == HEAD}

    def by_relation(cells: list[Cell]) -> bool:
        said = cells[at["relation"]]
        return _says_head(said) or (bool(heads) and cell_text(said).strip() in heads)

    def by_filled(cells: list[Cell]) -> bool:
        said = cells[at["head_name"]]
        return not is_blank(said) and said not in dittos()

    def by_name(cells: list[Cell]) -> bool:
        return cell_text(cells[at["head_name"]]).strip() == cell_text(cells[at["name"]]).strip()

    marks: list[Callable[[list[Cell]], bool]] = []
    if "relation" in at:
        marks.append(by_relation)
    if "head_name" in at:
        marks.append(by_filled)
        if "name" in at:
            marks.append(by_name)
    return next((mark for mark in marks if 0 < sum(map(mark, rows)) < len(rows)), None)


def _share(rows: list[list[Cell]], position: int) -> float:
    return sum(not is_blank(cells[position]) for cells in rows) / len(rows)


def _says_head(cell: Cell) -> bool:
    return isinstance(cell, str) and _is_head(cell)


@lru_cache(maxsize=1024)
def _is_head(word: str) -> bool:
    return RELATIONS.code_of(without_code(word)) == HEAD
