"""A view of facts as a file: columns typed, rows from a cursor, who took it on each page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy

from fangxian.accounts.queries import display_names
from fangxian.common.actor import Actor
from fangxian.common.facts import Column, View, said
from fangxian.common.facts.asked import columns_for, masked_for
from fangxian.common.facts.plans import Line, grouped, stream
from fangxian.common.facts.rowkeys import marker, row_key
from fangxian.common.sheets.writing import ColumnKind, ExportColumn, write_csv, write_rows
from fangxian.common.ui.formats import date_time
from fangxian.core.ledgers import XLSX
from fangxian.reporting.models.ledger import Form

MEDIA: Final = {
    Form.XLSX: XLSX,
    Form.CSV: "text/csv; charset=utf-8",
    Form.GBK: "text/csv; charset=gb18030",
    Form.PARQUET: "application/vnd.apache.parquet",
}
ENDINGS: Final = {Form.XLSX: "xlsx", Form.CSV: "csv", Form.GBK: "csv", Form.PARQUET: "parquet"}
_KINDS: Final[dict[str, ColumnKind]] = {
    "identity": "identity",
    "phone": "identity",
    "number": "number",
    "date": "date",
    "datetime": "datetime",
}
COUNT: Final = gettext_lazy("Number of rows")
KEY: Final = gettext_lazy("Row in the system (leave it as it is)")


def keyed(view: View, form: str) -> bool:
    """Whether the rows of a file bear what they are known by when it is taken back, unseen."""
    return form == Form.XLSX and view.facts().keyed and not view.groups


def export_columns(
    view: View, by: Actor, *, clear: bool, keyed: bool = False
) -> list[ExportColumn]:
    """The columns of the file of a view. A masked value is text, whatever its column holds."""
    facts = view.facts()
    if view.groups:
        named = [_column(column, by, clear) for column in columns_for(facts, view.groups)]
        sums = [ExportColumn(facts.column(name).label, "number") for name in view.sums]
        return [*named, ExportColumn(COUNT, "number"), *sums]
    shown = [_column(column, by, clear) for column in columns_for(facts, view.shown())]
    return [*shown, ExportColumn(KEY, "identity", hidden=True)] if keyed else shown


def _column(column: Column, by: Actor, clear: bool) -> ExportColumn:
    masked = masked_for(by, column, clear)
    kind: ColumnKind = "text" if masked else _KINDS.get(column.kind, "text")
    return ExportColumn(column.title, kind, column.width)


def rows_of(
    view: View, by: Actor, place: str, *, clear: bool, keyed: bool = False
) -> Iterator[Sequence[object]]:
    """The rows of the file of a view; answers of yes and no in words."""
    if view.groups:
        for group in grouped(view, by, place):
            yield [said(label) for label in group.labels] + [group.count, *group.sums]
        return
    cells = cells_of(view, by, clear=clear, keyed=keyed)
    for line in stream(view, by, place, clear=clear):
        yield cells(line)


def cells_of(view: View, by: Actor, *, clear: bool, keyed: bool) -> Callable[[Line], list[object]]:
    """What makes a row of the file of a line, at its end what it is known by."""
    if not keyed:
        return lambda line: [said(cell) for cell in line.cells]
    marks = marker([str(column.label) for column in export_columns(view, by, clear=clear)])

    def named(line: Line) -> list[object]:
        cells = [said(cell) for cell in line.cells]
        return [*cells, row_key(view.table, line.key, marks(cells))]

    return named


def write(
    out: IO[bytes],
    form: str,
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[object]],
    *,
    title: str,
    taken: str,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write rows in one of the forms; returns how many. ``taken``: who took it, when, which number.

    In Excel it stands on each printed page and above the header, in Parquet in its metadata. A CSV
    has account and number in its name alone: a line more would break the programs that read it.
    """
    if form == Form.PARQUET:
        # It takes a third of a second to load, which only those who want it should wait.
        from fangxian.common.sheets.parquet import write_parquet

        said = {"title": title, "taken": taken}
        return write_parquet(out, columns, rows, said=said, progress=progress)
    if form in (Form.CSV, Form.GBK):
        return write_csv(
            out, columns, rows, encoding="gb18030" if form == Form.GBK else "utf-8-sig"
        )
    return write_rows(
        out, columns, rows, sheet=title[:31], title=f"{title} · {taken}", taken=taken,
        progress=progress,
    )  # fmt: skip


def taken_by(by: Actor, number: str) -> str:
    """What stands on each page: who took it by name and account, when, under which number."""
    called = display_names([by.name]).get(by.name, "")
    who = f"{called}\uff08{by.name}\uff09" if called and called != by.name else by.name
    return " · ".join((who, date_time(timezone.now()), number))
