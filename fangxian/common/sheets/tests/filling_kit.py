"""Filling the templates of the corpus, for their tests."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from functools import cache
from typing import Any
from xml.etree import ElementTree

from fangxian.common.sheets.filling import Filled, Outline, Plan, SheetPlan, outline
from fangxian.common.sheets.tests import (  # noqa: F401  add their templates
    corpus_by_hand,
    corpus_forms,
)
from fangxian.common.sheets.tests.filling_corpus import BUILDERS

DAY = dt.date(2020, 3, 5)
MIDNIGHT = dt.datetime.combine(DAY, dt.time())
TICKED = object()
EVENING = dt.datetime.combine(DAY, dt.time(18))


@cache
def made(name: str) -> tuple[bytes, Outline]:
    data = BUILDERS[name]()
    return data, outline(f"{name}.xlsx", data)


def value(kind: str, number: int, allowed: Sequence[str] = ()) -> Any:
    if allowed:
        return allowed[number % len(allowed)]
    texts = {"text": f"11010519491231{number:04}", "general": f"=甲 <{number}> & 乙"}
    return {"date": DAY + dt.timedelta(number), "number": 10 + number}.get(kind, texts.get(kind))


def plan_of(found: Outline, beyond: int = 0) -> tuple[Plan, dict[tuple[str, int, int], Any]]:
    """Something for every place of a template, `beyond` rows more than are prepared; and what is
    to be read there: by sheet, row and column.
    """
    plan, wanted = Plan(), {}
    for sheet in found.sheets:
        mine = SheetPlan(sheet.name)
        for blank in sheet.blanks:
            said = blank.allowed[0] if blank.kind == "choice" else "填好"
            mine.put(blank, DAY if blank.kind == "date" else said)
            if blank.kind == "cell":
                wanted[sheet.name, blank.row, blank.column] = "填好"
        for table in sheet.tables:
            columns = [c for c in table.columns if not (c.formula or c.locked)]
            choices = {c.index: c.boxes or c.allowed for c in columns}
            if table.keys:
                lines = {
                    row: [value(c.kind, n, choices[c.index]) for c in columns]
                    for n, row in enumerate(table.keys)
                }
                mine.put_keyed(table, columns, lines)
            elif table.rooms:
                rows = [
                    [value(c.kind, n, choices[c.index]) for c in columns]
                    for n in range(table.room + beyond)
                ]
                parts = len(table.halves) if table.across else 1
                # Across the parts: the same in each of them.
                mine.put_rows(table, columns, [one for row in rows for one in [row] * parts])
                lines = {table.rooms[0].first_row + n: row for n, row in enumerate(rows)}
                if table.serial is not None:
                    for n, row in enumerate(lines):
                        wanted[sheet.name, row, table.serial] = table.first_number + n * parts
                for half in table.halves if table.across else ():
                    for row, line in lines.items():
                        for column, one in zip(columns, line, strict=True):
                            at = half[table.halves[0].index(column.index)]
                            wanted[sheet.name, row, at] = one
                        first = wanted[sheet.name, row, table.serial]
                        wanted[sheet.name, row, half[0]] = first + table.halves.index(half)
            for row, line in lines.items():
                for column, one in zip(columns, line, strict=True):
                    wanted[sheet.name, row, column.index] = TICKED if column.boxes else one
        for table in sheet.cards:
            if any(blank in sheet.blanks for blank in table.cards[0]):
                continue
            mine.put_rows(table, table.columns, [["填好"] * len(table.columns)] * table.room)
            for card in table.cards:
                for blank in card:
                    wanted[sheet.name, blank.row, blank.column] = "填好"
        if mine.cells or mine.parts or mine.tables:
            plan.sheets.append(mine)
    return plan, wanted


def shown(cell: Any) -> Any:
    return cell.date() if isinstance(cell, dt.datetime) else cell


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert len(found) == len(archive.namelist())
    for name, content in found.items():
        if name.endswith((".xml", ".rels", ".vml")):
            ElementTree.fromstring(content)
    return found


def codes(filled: Filled) -> list[tuple[str, str, str]]:
    return [(left.cell, left.label, left.code) for left in filled.left]
