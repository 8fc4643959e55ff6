from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fangxian.common.sheets import CellError, SheetError, read_workbook
from fangxian.common.sheets.reader import Rows
from fangxian.common.sheets.tests import corpus


def _rows(sample: corpus.Sample) -> list[list[object]]:
    sheet = read_workbook(sample.data, sample.filename).sheets[0]
    rows = sheet.rows[: len(sample.first)]
    return [[cell.text if isinstance(cell, CellError) else cell for cell in row] for row in rows]


@pytest.mark.parametrize("name", corpus.names())
def test_corpus(name: str) -> None:
    sample = corpus.build(name)
    assert sample.name == name
    if sample.code is None:
        expected = [[value or None for value in row] for row in sample.first]
        for row in expected:
            while row and row[-1] is None:
                row.pop()
        assert _rows(sample) == expected
    else:
        with pytest.raises(SheetError) as caught:
            read_workbook(sample.data, sample.filename)
        assert caught.value.code in sample.accepted_codes
        assert caught.value.message
        assert caught.value.mend


def test_a_capped_process_can_open_nothing() -> None:
    program = (
        "import sys, socket; sys.path.append(sys.argv[1])\n"
        "from sheetreader.limits import cap_process, close_doors\n"
        "cap_process(); close_doors()\n"
        "opening = lambda: open('/etc/hostname')\n"
        "for attempt in (opening, lambda: socket.socket(), lambda: bytearray(1 << 30)):\n"
        "    try:\n"
        "        attempt()\n"
        "    except (OSError, MemoryError) as error:\n"
        "        print(type(error).__name__)\n"
    )
    folder = Path(corpus.__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout.split() == ["OSError", "OSError", "MemoryError"]


def test_a_file_above_the_limit_is_refused_before_a_process_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.truncate(49 << 20)
    monkeypatch.setattr(subprocess, "Popen", None)
    with pytest.raises(SheetError) as caught:
        read_workbook(path)
    assert caught.value.code == "file_too_big"
    assert "48" in caught.value.message


def test_a_process_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    from fangxian.common.sheets import reader

    monkeypatch.setattr(reader, "WALL_SECONDS", 0.3)
    monkeypatch.setattr(
        reader,
        "_command",
        lambda: [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"],
    )
    with pytest.raises(SheetError) as caught:
        read_workbook(b"a,b\n1,2\n")
    assert caught.value.code == "too_slow"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (b'{"format":"csv","encoding":null,"delimiter":null}\n["a"]\n', "reader_failed"),
        (b"[1,2]\n", "reader_failed"),
        (b"not json\n", "reader_failed"),
        (b'{"error":"no such code","params":{}}\n', "reader_failed"),
        (b"", "reader_failed"),
    ],
)
def test_answers_of_the_process_are_not_trusted(
    lines: bytes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.common.sheets import reader

    program = f"import sys; sys.stdout.buffer.write({lines!r})"
    monkeypatch.setattr(reader, "_command", lambda: [sys.executable, "-I", "-S", "-c", program])
    with pytest.raises(SheetError) as caught:
        read_workbook(b"not read: " + lines)
    assert caught.value.code == code


def test_sheets_without_names_get_the_name_of_the_file() -> None:
    assert read_workbook(b"a,b\n1,2\n", "幸福社区.csv").sheets[0].name == "幸福社区"


def test_rows_are_a_sequence() -> None:
    rows = Rows.of([["a", 1], [], ["b"]])
    assert len(rows) == 3
    assert list(rows) == [["a", 1], [], ["b"]]
    assert rows[-1] == ["b"]
    assert rows[1:] == [[], ["b"]]
    with pytest.raises(IndexError):
        rows[3]
