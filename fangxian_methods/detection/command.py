"""The command: series from a CSV file, what a method says of them as CSV.

    fangxian detect weekly.csv --method ears_c2 --set alpha=0.01 --alarms

The first column names the times, each other one is a series; an empty cell or NA is a missing
count.
"""

from __future__ import annotations

import argparse
import csv
import inspect
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from . import METHODS, Detection, detect

MISSING: Final = ("", "na", "nan", "null")
HEAD: Final = ("series", "time", "observed", "expected", "upperbound", "score", "alarm")


class Mistake(Exception):
    """Something in the file or the options that a person can mend."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code: 0, or 2 where something is to be mended."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        times, names, counts = read(given.file)
        found = _detected(given.method, counts, _parameters(given.method, given.set))
        if given.out is None:
            write(sys.stdout, times, names, counts, found, only=given.alarms)
        else:
            with given.out.open("w", encoding="utf-8-sig", newline="") as out:
                write(out, times, names, counts, found, only=given.alarms)
    except Mistake as mistake:
        print(f"{parser.prog}: {mistake}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fangxian detect",
        description="Find what stands out in series of counts.",
        epilog=f"Methods: {', '.join(METHODS)}. docs/methods/detection.md tells what each does.",
    )
    parser.add_argument(
        "file", type=Path, help="CSV: the first column names the times, each other is a series"
    )
    parser.add_argument("--method", choices=METHODS, default="ears_c1")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the method"
    )
    parser.add_argument("--alarms", action="store_true", help="only the times with an alarm")
    parser.add_argument("--out", type=Path, help="a file instead of the screen")
    return parser


def read(path: Path) -> tuple[list[str], list[str], np.ndarray[Any, np.dtype[np.float64]]]:
    """Times, names of the series, and their counts (series, times). Raises Mistake."""
    rows = list(csv.reader(_text(path).splitlines()))
    if not rows or len(rows[0]) < 2:
        raise Mistake(
            f"{path.name}: row 1: a column of times and one of counts at least are needed"
        )
    names = [name.strip() for name in rows[0][1:]]
    times, counts = [], []
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(rows[0]):
            raise Mistake(
                f"{path.name}: row {number}: {len(row)} cells, the head has {len(rows[0])}:"
                " put what has a comma in quotation marks"
            )
        times.append(row[0].strip())
        counts.append([
            _count(path, number, name, cell) for name, cell in zip(names, row[1:], strict=True)
        ])  # fmt: skip
    if not counts:
        raise Mistake(f"{path.name}: there is no row of counts below the head")
    return times, names, np.array(counts, dtype=np.float64).T


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Mistake(f"{path}: {error.strerror}") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Mistake(f"{path.name} is no text: save it as CSV, UTF-8 or GBK")


def _count(path: Path, number: int, name: str, cell: str) -> float:
    text = cell.strip()
    if text.casefold() in MISSING:
        return math.nan
    try:
        count = float(text)
    except ValueError:
        count = -1.0
    if count < 0 or not math.isfinite(count):
        raise Mistake(
            f"{path.name}: row {number}, column {name!r}: {text!r} is no count: write a number from"
            " 0 on, or leave the cell empty where it isn't known"
        )
    return count


def _parameters(method: str, given: Sequence[str]) -> dict[str, Any]:
    """The parameters as numbers, yes and no. Raises Mistake."""
    known = {
        name
        for name, one in inspect.signature(METHODS[method]).parameters.items()
        if one.kind is one.KEYWORD_ONLY and name != "kind"
    }
    found: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name not in known:
            raise Mistake(f"--set {one}: {method} takes {', '.join(sorted(known)) or 'nothing'}")
        found[name] = _value(one, value)
    return found


def _value(one: str, text: str) -> Any:
    if text.casefold() in ("yes", "true", "no", "false"):
        return text.casefold() in ("yes", "true")
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise Mistake(f"--set {one}: write a number, yes or no") from None


def _detected(method: str, counts: Any, parameters: dict[str, Any]) -> Detection:
    try:
        return detect(method, counts, **parameters)
    except TypeError as error:
        wanted = str(error).rpartition("argument: ")[2].strip("'")
        raise Mistake(f"{method} needs --set {wanted}=…") from error
    except ValueError as error:
        raise Mistake(str(error)) from error


def write(
    out: TextIO,
    times: Sequence[str],
    names: Sequence[str],
    counts: Any,
    found: Detection,
    *,
    only: bool,
) -> None:
    """Write a row for each series and time, or for alarms only."""
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(HEAD)
    lines.writerows(_lines(times, names, counts, found, only))


def _lines(
    times: Sequence[str], names: Sequence[str], counts: Any, found: Detection, only: bool
) -> Iterator[list[Any]]:
    for row, name in enumerate(names):
        for at, time in enumerate(times):
            if only and not found.alarm[row, at]:
                continue
            numbers = (counts, found.expected, found.upperbound, found.score)
            told = [_told(one[row, at]) for one in numbers]
            yield [name, time, *told, int(found.alarm[row, at])]


def _told(number: float) -> str:
    return "" if math.isnan(number) else f"{number:.10g}"
