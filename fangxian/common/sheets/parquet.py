"""Ledgers as Parquet, for those who reckon with them: typed columns, written in groups of rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from .cells import cell_text
from .writing import ColumnKind, ExportColumn, Progress
from .xlsxstream import legal_in_xml

GROUP_ROWS: Final = 20_000
_TYPES: Final[dict[ColumnKind, pa.DataType]] = {
    "text": pa.string(),
    "identity": pa.string(),
    "number": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("ms"),
}


def write_parquet(
    out: IO[bytes],
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[object]],
    *,
    said: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> int:
    """Write a table as Parquet (zstd) and return the number of rows.

    The columns are called by their labels; of two alike the second gets a number. Numbers are
    doubles, days and times (local) typed, all else text without what no XML can hold (half
    characters, control characters); an empty value is null. ``said`` (who took it, when) is kept in
    the file's metadata.
    """
    names: list[str] = []
    for column in columns:
        label, again = legal_in_xml(str(column.label)), 1
        name = label
        while name in names:
            again += 1
            name = f"{label} {again}"
        names.append(name)
    fields = [
        pa.field(name, _TYPES[column.kind]) for name, column in zip(names, columns, strict=True)
    ]
    schema = pa.schema(fields, metadata=dict(said or {}))
    source, count = iter(rows), 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while group := list(islice(source, GROUP_ROWS)):
            arrays = [
                pa.array(map(_VALUES[column.kind], values), type=field.type)
                for column, field, values in zip(
                    columns, fields, zip(*group, strict=True), strict=True
                )
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(group)
            if progress is not None:
                progress(count)
    return count


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return legal_in_xml(value if isinstance(value, str) else cell_text(value))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _date(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else None


def _moment(value: Any) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime.combine(value, dt.time()) if isinstance(value, dt.date) else None


_VALUES: Final[dict[ColumnKind, Callable[[Any], Any]]] = {
    "text": _text,
    "identity": _text,
    "number": _number,
    "date": _date,
    "datetime": _moment,
}
