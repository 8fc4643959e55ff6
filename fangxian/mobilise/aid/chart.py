"""Where batches are, drawn as dots over the seats of the provinces; the same stands in a table.

A place has the position that the tree of places knows, else the nearest above it that has one, else
the seat of its province (``data/aid_positions.json``: longitude, latitude to a tenth of a degree).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fangxian.common import codes
from fangxian.mobilise.models import AidBatch, AidProgramme
from fangxian.regions.queries import called, current

FILE: Final = Path(__file__).parent.parent / "data" / "aid_positions.json"
# Longitudes fill WIDTH; what is left of FRAME is for labels.
FRAME, WIDTH, HEIGHT = 680, 600, 364
WEST, EAST, SOUTH, NORTH = 73.0, 135.5, 17.5, 49.0
# Beyond this a label is written to the left of its dot.
RIGHT: Final = 520
LABEL: Final = 22

Position = tuple[float, float]


@lru_cache(maxsize=1)
def seats() -> dict[str, Position]:
    """Longitude and latitude of the provinces' seats, by code."""
    return {code: (x, y) for code, (x, y) in json.loads(FILE.read_text("utf-8")).items()}


def drawn(
    home: str, batches: Iterable[AidBatch], standing: Iterable[AidProgramme]
) -> dict[str, Any] | None:
    """The dots of a map with the lines from ``home``; None where nothing has a position."""
    targets: dict[str, dict[str, Any]] = {}
    for row in (*batches, *standing):
        if row.destination is not None:
            one = targets.setdefault(row.destination.code, {"batches": 0, "standing": 0})
            # A term of a programme is drawn as the programme is.
            is_batch = isinstance(row, AidBatch) and row.programme_id is None
            one["batches" if is_batch else "standing"] += 1
    found = positions({home, *targets} - {""})
    names = called(targets)
    dots = [
        {**_xy(found[code]), **count, "name": names.get(code, code)}
        for code, count in targets.items()
        if code in found
    ]
    if not dots:
        return None
    _spread(dots)
    start = _xy(found[home]) if home in found else None
    return {
        "width": FRAME,
        "height": HEIGHT,
        "ground": [_xy(at) for at in seats().values()],
        "home": start,
        "dots": dots,
    }


def positions(wanted: Iterable[str]) -> dict[str, Position]:
    """Where places lie, by code, as far as it is known. One query."""
    asked = set(wanted)
    around = {code: [code, *reversed(codes.ancestors(code))] for code in asked}
    every = {code for some in around.values() for code in some}
    known: dict[str, Position] = {}
    rows: Any = current().filter(code__in=every, longitude__isnull=False)
    for code, x, y in rows.values_list("code", "longitude", "latitude"):
        known[code] = (x, y)
    told = {}
    for code in asked:
        at = next((known[one] for one in around[code] if one in known), None)
        at = at or seats().get(code[:2])
        if at is not None:
            told[code] = at
    return told


def _xy(at: Position) -> dict[str, Any]:
    x = (at[0] - WEST) / (EAST - WEST) * WIDTH
    y = (NORTH - at[1]) / (NORTH - SOUTH) * HEIGHT
    x, y = min(max(x, 8.0), WIDTH - 8.0), min(max(y, 8.0), HEIGHT - 8.0)
    return {"x": round(x), "y": round(y), "left": x > RIGHT}


def _spread(dots: list[dict[str, Any]]) -> None:
    """Give each label its line, so that none lies over another."""
    last = None
    for dot in sorted(dots, key=lambda one: one["y"]):
        dot["label_y"] = dot["y"] + 6
        if last is not None and dot["label_y"] - last < LABEL:
            dot["label_y"] = last + LABEL
        last = dot["label_y"]
