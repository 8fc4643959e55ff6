"""The command: a file in, what stands out as CSV; what is wrong is told by row and column."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from fangxian_methods.detection.command import HEAD, main


@pytest.fixture
def weekly(tmp_path: Path) -> Path:
    file = tmp_path / "weekly.csv"
    rows = ["周,流感,手足口病"]
    rows += [f"2020-W{week:02d},{3 + week % 2},{week % 3}" for week in range(1, 20)]
    rows += ["2020-W20,30,", ""]
    file.write_bytes("\n".join(rows).encode("gb18030"))
    return file


def told(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_what_stands_out_is_a_row(weekly: Path, capsys: Any) -> None:
    assert main([str(weekly), "--alarms"]) == 0
    rows = told(capsys.readouterr().out)
    assert [(row["series"], row["time"], row["observed"]) for row in rows] == [
        ("流感", "2020-W20", "30")
    ]
    assert float(rows[0]["upperbound"]) < 30


def test_all_times_and_a_file(weekly: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    given = ["--method", "ears_c2", "--set", "alpha=0.01", "--set", "baseline=5"]
    assert main([str(weekly), *given, "--out", str(out)]) == 0
    rows = told(out.read_text("utf-8-sig"))
    assert len(rows) == 2 * 20
    assert tuple(rows[0]) == HEAD
    assert rows[0]["upperbound"] == ""
    assert rows[-1]["observed"] == ""
    assert rows[-1]["alarm"] == "0"


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        (("2020-W03,4,0", "2020-W03,4"), [], "row 4: 2 cells"),
        (("2020-W03,4,0", "2020-W03,vier,0"), [], "row 4, column '流感': 'vier'"),
        (("2020-W03,4,0", "2020-W03,-4,0"), [], "row 4, column '流感'"),
        ((), ["--set", "speed=9"], "takes alpha, baseline, least, min_sigma"),
        ((), ["--set", "alpha=high"], "write a number"),
        ((), ["--set", "baseline=1"], "at least two"),
        ((), ["--method", "moving_percentile"], "needs --set percentile"),
    ],
)
def test_what_is_wrong_is_told(
    weekly: Path, capsys: Any, change: tuple[str, ...], arguments: list[str], said: str
) -> None:
    if change:
        text = weekly.read_text("gb18030")
        assert change[0] in text
        weekly.write_text(text.replace(*change), "utf-8")
    assert main([str(weekly), *arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_a_file_that_is_none(tmp_path: Path, capsys: Any) -> None:
    assert main([str(tmp_path / "none.csv")]) == 2
    (tmp_path / "empty.csv").write_text("week,a\n")
    assert main([str(tmp_path / "empty.csv")]) == 2
    assert "no row of counts" in capsys.readouterr().err
