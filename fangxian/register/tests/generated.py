"""Ledgers drawn by hypothesis: any columns under any usual name, damaged as real ones are."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter
from hypothesis import strategies as st

from fangxian.common import sheets
from fangxian.core.imports import number_of
from fangxian.register.tests.ledgers import identity

# Persons and doors that are registered before the ledger comes; the last one has died.
REGISTERED = range(900, 906)
DEAD = 905
_WORDS: dict[str, list[str]] = json.loads(
    (Path(sheets.__file__).parent / "data" / "headers.json").read_text("utf-8")
)
_RELATIONS = ("户主", "配偶", "儿子", "女儿", "父亲")
_EXTRAS = {
    "ethnicity": ("汉族", "回", ""),
    "employer": ("示例中学", "示例公司", ""),
    "move_in_date": ("2021-05-01", "2020年3月2日", "2019.7.1", ""),
    "person_category": ("透析", "孕产妇", ""),
    "residence_status": ("租住", "自住", ""),
}
# What may be wrong with a row, and the fields that its problem may name.
DAMAGES: dict[str, set[str]] = {
    "wrong check character": {"identity"},
    "too short": {"identity"},
    "rounded by Excel": {"identity"},
    "nameless": {"name"},
    "unknown building": {"building"},
    "unknown unit": {"unit"},
    "no door": {"address", "building"},
    "other sex": {"sex"},
    "broken phone": {"phone", "phone_2"},
}
# What else a row may be; whether it can be accepted depends on the other rows or the register.
OTHERS = (
    "without a document", "same door again", "at another door too", "second head", "registered",
    "moved", "under another name", "dead", "successor", "namesake",
)  # fmt: skip


@dataclass
class Ledger:
    """Rows by field, how they are written down, and what must become of them."""

    rows: list[dict[str, Any]]
    # Row → fields of which one must be refused; empty: must be accepted; absent: either.
    expected: dict[int, set[str]]
    headers: dict[str, str]
    order: list[str]
    title: str = ""
    blanks: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    kind: str = "xlsx"
    # How many columns the first of two groups has that stand above the headers; 0: no groups.
    groups: int = 0
    # The second half of the rows stands to the right of the first.
    beside: bool = False
    # It stands on a second sheet, whose columns run the other way.
    apart: bool = False

    @property
    def _half(self) -> int:
        halved = self.beside or self.apart
        return (len(self.rows) + 1) // 2 if halved else len(self.rows)

    def numbers(self) -> dict[int, int]:
        """Row of the ledger → number of the row of the file, from 1."""
        found, at = {}, 1 + bool(self.title) + bool(self.groups)
        for row in range(self._half):
            at += 1 + (row in self.blanks)
            found[row] = number_of(at)
            if self.beside and row + self._half < len(self.rows):
                found[row + self._half] = number_of(at, 1)
        for row in range(self._half, len(self.rows) if self.apart else 0):
            found[row] = number_of(2 + bool(self.title) + row - self._half, 0, 1)
        return found

    def lines(self, order: Sequence[str] | None = None) -> list[list[Any]]:
        names = list(order or self.order)
        lines: list[list[Any]] = [[self.title]] if self.title else []
        if self.groups:
            lines.append(["人员信息"] + [""] * (self.groups - 1) + ["其他信息"])
        lines.append([self.headers[name] for name in names] * (1 + self.beside))
        for at in range(self._half):
            if at in self.blanks:
                lines.append([])
            pair = self.rows[at :: self._half] if self.beside else [self.rows[at]]
            lines.append([row.get(name, "") for row in pair for name in names])
        return lines + [[note] for note in self.notes]

    def _second(self, order: Sequence[str] | None) -> list[list[Any]]:
        """The lines of the second sheet."""
        names = list(order or self.order)[::-1]
        lines: list[list[Any]] = [[self.title]] if self.title else []
        lines.append([self.headers[name] for name in names])
        rows = self.rows[self._half :]
        return lines + [[row.get(name, "") for name in names] for row in rows]

    def file(self, order: Sequence[str] | None = None) -> bytes:
        """The ledger as a file, its columns in their own or another order."""
        lines = self.lines(order)
        if self.kind == "xlsx":
            second = self._second(order) if self.apart else []
            return _xlsx(lines, self._merged(), second)
        out = io.StringIO()
        width = len(self.order) * (1 + self.beside)
        wide = [line + [""] * (width - len(line)) for line in lines]
        csv.writer(out).writerows([_as_excel_saves(cell) for cell in line] for line in wide)
        return out.getvalue().encode(self.kind)

    def _merged(self) -> list[tuple[int, int, int]]:
        """Merged cells: line, first and last column."""
        width = len(self.order) * (1 + self.beside)
        found = [(0, 0, width - 1)] if self.title else []
        if self.groups:
            at = int(bool(self.title))
            found += [(at, 0, self.groups - 1), (at, self.groups, width - 1)]
        return [(line, first, last) for line, first, last in found if last > first]


def _as_excel_saves(cell: Any) -> str:
    return f"{cell:.5E}" if isinstance(cell, int) and cell >= 10**11 else str(cell)


def _xlsx(
    lines: list[list[Any]], merged: list[tuple[int, int, int]], second: list[list[Any]]
) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("台账")
    _fill(sheet, lines)
    if second:
        _fill(book.add_worksheet("续表"), second)
    for at, first, last in merged:
        sheet.merge_range(at, first, at, last, lines[at][first])
    book.close()
    return out.getvalue()


def _fill(sheet: Any, lines: list[list[Any]]) -> None:
    for at, line in enumerate(lines):
        for column, cell in enumerate(line):
            if isinstance(cell, int):
                sheet.write_number(at, column, cell)
            elif cell:
                sheet.write_string(at, column, cell)


def resident(number: int, room: int, relation: str = "", unit: int = 1) -> dict[str, Any]:
    """A row by field. Doors are named by room; units hold them alike."""
    name = "赵钱孙李周吴郑王"[number % 8] + "明华军芳丽"[number % 5] + "一二三四五六七"[number % 7]
    return {
        "name": name,
        "identity": identity(number, male=number % 2 == 0),
        "sex": "男" if number % 2 == 0 else "女",
        "phone": f"138{number:08d}",
        "relation": relation,
        "building": "1",
        "unit": str(unit),
        "room": str(room),
    }


def registered_rows() -> list[dict[str, Any]]:
    """The registered persons: three doors with a head and another."""
    return [resident(n, 800 + at // 2, _RELATIONS[at % 2]) for at, n in enumerate(REGISTERED)]


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """A ledger of up to eight households."""
    homes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=8))
    rows: list[dict[str, Any]] = []
    for home, size in enumerate(homes):
        for member in range(size):
            unit = home % 2 + 1
            rows.append(resident(len(rows), 100 + home, _RELATIONS[member], unit))
    village = draw(st.sampled_from(["", "", "relation", "household_number", "head_name"]))
    if village:
        return _village(draw, rows, homes, village)
    kinds = draw(
        st.lists(
            st.sampled_from(["", "", *DAMAGES, *OTHERS]), min_size=len(rows), max_size=len(rows)
        )
    )
    plan = _Plan(draw, rows)
    for at, kind in enumerate(kinds):
        if kind:
            plan.spoil(at, kind)
    return _written(draw, rows, plan.expectations())


def _village(draw: st.DrawFn, rows: list[dict[str, Any]], homes: list[int], told_by: str) -> Ledger:
    """Households of a village group, whose doors have no numbers."""
    at = 0
    for home, size in enumerate(homes):
        head = rows[at]["name"]
        for row in rows[at : at + size]:
            row |= {"building": "", "unit": "", "room": "", "village_group": "7"}
            row |= {"household_number": str(home + 1)} if told_by == "household_number" else {}
            row |= {"head_name": head} if told_by == "head_name" else {}
            if draw(st.integers(0, 4)) == 0:
                row["identity"] = draw(st.sampled_from(["", "130999"]))
        at += size
    names = ["name", "identity", "sex", "phone", "relation", "village_group"]
    if told_by != "relation":
        names.append(told_by)
    return _written(draw, rows, {}, names)


class _Plan:
    """Spoils rows and keeps what must become of them."""

    def __init__(self, draw: st.DrawFn, rows: list[dict[str, Any]]) -> None:
        self._draw = draw
        self._rows = rows
        self._expected: dict[int, set[str]] = {at: set() for at in range(len(rows))}
        self._free: set[int] = set()
        self._uses: dict[int, list[int]] = {}

    def expectations(self) -> dict[int, set[str]]:
        """Row → what must become of it, where that follows from the row alone."""
        several = {at for rows in self._uses.values() if len(rows) > 1 for at in rows}
        heads = Counter(self._door(row) for row in self._rows if row["relation"] == "户主")
        # A head who is refused takes the people below along.
        rivals = {at for at, row in enumerate(self._rows) if heads[self._door(row)] > 1}
        free = self._free | several | {at for at in rivals if not self._expected[at]}
        return {at: fields for at, fields in self._expected.items() if at not in free}

    def _door(self, row: dict[str, Any]) -> tuple[Any, ...]:
        return row["building"], row["unit"], row["room"]

    def spoil(self, at: int, kind: str) -> None:
        row = self._rows[at]
        if kind in DAMAGES:
            self._damage(row, kind)
            self._expected[at] = DAMAGES[kind]
        elif kind == "without a document":
            row["identity"] = ""
        elif kind == "second head":
            row["relation"] = "户主"
            self._free.add(at)
        elif kind in ("same door again", "at another door too"):
            self._repeat(at, kind)
        else:
            self._registered(at, kind)

    def _damage(self, row: dict[str, Any], kind: str) -> None:
        number = str(row["identity"])
        if kind == "wrong check character":
            row["identity"] = number[:-1] + ("1" if number[-1] == "0" else "0")
        elif kind == "too short":
            row["identity"] = number[: self._draw(st.sampled_from([3, 6, 12, 14, 16, 17]))]
        elif kind == "rounded by Excel":
            row["identity"] = int(number[:17] + "0")
        elif kind == "nameless":
            row["name"] = ""
        elif kind == "unknown building":
            row["building"] = "77"
        elif kind == "unknown unit":
            row["unit"] = "9"
        elif kind == "no door":
            row["building"] = row["unit"] = row["room"] = ""
        elif kind == "other sex":
            row["sex"] = "女" if row["sex"] == "男" else "男"
        else:
            row["phone"] = "12"

    def _repeat(self, at: int, kind: str) -> None:
        first = self._draw(st.integers(0, at))
        copy = dict(self._rows[first])
        if kind == "at another door too":
            copy |= {"room": str(300 + at), "relation": ""}
        self._rows[at] = copy
        # With itself a row stays what it was.
        if first != at:
            self._free |= {at, first}

    def _registered(self, at: int, kind: str) -> None:
        row, known = self._rows[at], registered_rows()
        who = len(known) - 1 if kind == "dead" else self._draw(st.integers(0, len(known) - 2))
        self._uses.setdefault(who, []).append(at)
        person = known[who]
        if kind == "registered":
            row |= person
        elif kind == "moved":
            row |= person | {"room": str(400 + at), "relation": ""}
        elif kind == "under another name":
            row |= person | {"name": "欧阳别人"}
            self._expected[at] = {"name"}
        elif kind == "dead":
            row |= person
            self._expected[at] = {"name"}
        elif kind == "namesake":
            row |= person | {"identity": "", "relation": ""}
        else:
            row |= {name: person[name] for name in ("building", "unit", "room")}
            row["relation"] = "户主"
            self._free.add(at)


def _written(
    draw: st.DrawFn,
    rows: list[dict[str, Any]],
    expected: dict[int, set[str]],
    village: Sequence[str] = (),
) -> Ledger:
    names = list(village or ("name", "identity", "sex", "phone", "relation"))
    if village:
        pass
    elif draw(st.booleans()):
        _join_addresses(draw, rows)
        names.append("address")
    else:
        names += ["building", "unit", "room"]
    for name in draw(st.lists(st.sampled_from(sorted(_EXTRAS)), unique=True, max_size=3)):
        names.append(name)
        for row in rows:
            row[name] = draw(st.sampled_from(_EXTRAS[name]))
    for row in rows:
        if row["phone"].startswith("138") and draw(st.booleans()):
            row["phone"] = int(row["phone"])
    kind = draw(st.sampled_from(["xlsx", "xlsx", "gb18030", "utf-8-sig"]))
    # One table, two groups of columns, two tables side by side or on two sheets; the latter as in
    # workbooks.
    layout = draw(st.sampled_from(["", "groups", "beside", "apart"])) if kind == "xlsx" else ""
    return Ledger(
        rows,
        expected,
        headers={name: draw(st.sampled_from(_WORDS[name])) for name in names},
        order=draw(st.permutations(names)),
        title=draw(st.sampled_from(["", "示例社区常住人口台账"])),
        blanks=draw(st.sets(st.integers(1, len(rows)), max_size=3)) & set(range(len(rows))),
        notes=draw(st.sampled_from([[], ["填表人：某某"], ["备注：以上为示例", "审核人：某某"]])),
        kind=kind,
        groups=draw(st.integers(1, len(names) - 1)) if layout == "groups" else 0,
        beside=layout == "beside" and len(rows) > 3,
        apart=layout == "apart" and len(rows) > 3,
    )


def _join_addresses(draw: st.DrawFn, rows: list[dict[str, Any]]) -> None:
    pattern = draw(
        st.sampled_from(["第{}栋{}单元{}室", "{}-{}-{}", "{}号楼{}单元{}", "{}幢{}单元{}房"])
    )
    for row in rows:
        parts = [row.pop(name) for name in ("building", "unit", "room")]
        row["address"] = pattern.format(*parts) if any(parts) else ""
