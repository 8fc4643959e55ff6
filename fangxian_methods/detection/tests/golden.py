"""Where the outputs of the field's own tools lie, beside the checkout; they are kept apart, as
their licence differs from ours.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from fangxian_methods.detection import Detection

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "reference" / "detection"


def rows(name: str) -> list[dict[str, str]]:
    if not FOLDER.is_dir():
        pytest.skip("the reference outputs are not here")
    with (FOLDER / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def observed(name: str) -> tuple[list[str], np.ndarray]:
    """The series of an input file: their names, and the counts (series, times)."""
    table = rows(f"input_{name}.csv")
    names = [key for key in table[0] if key.startswith("obs_")]
    counts = [[float(row[key]) if row[key] != "NA" else np.nan for row in table] for key in names]
    return [name.removeprefix("obs_") for name in names], np.array(counts)


def same(found: Detection, names: list[str], file: str) -> None:
    """Bounds to 1e-9 and alarms equal, wherever the reference has them."""
    table = rows(file)
    at = np.array([names.index(row["series"]) for row in table])
    when = np.array([int(row["t"]) - 1 for row in table])
    bound = np.array([float(row["upperbound"]) if row["upperbound"] != "NA" else np.nan
                      for row in table])  # fmt: skip
    alarm = np.array([row["alarm"] == "1" for row in table])
    mine = found.upperbound[at, when]
    assert len(table) > 50
    assert (np.isnan(mine) == np.isnan(bound)).all()
    assert np.nanmax(np.abs(mine - bound)) < 1e-9
    assert (found.alarm[at, when] == alarm).all()
    assert alarm.any()
