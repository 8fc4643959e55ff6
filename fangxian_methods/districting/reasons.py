"""What a drawing has to say about itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .evaluate import apart, outside_range, outside_tolerance
from .graph import shared_positions
from .model import Building, Code, Grid, Message, NeighbourGraph, Parameters
from .sizes import Share, fraction

Values = dict[str, str | int | float]


def about_buildings(
    buildings: Sequence[Building], graph: NeighbourGraph, share: Share, high: int
) -> list[Message]:
    """Shared positions, bridges, divided buildings, and what exceeds the ``high`` of a grid."""
    messages = []
    if shared := shared_positions(buildings):
        messages.append(Message(Code.SAME_POSITION, {"count": shared}))
    by_id = {building.id: building for building in buildings}
    for edge in graph.bridges():
        first, second = by_id[edge.first.building], by_id[edge.second.building]
        metres = round(math.hypot(first.x - second.x, first.y - second.y), 1)
        values: Values = {"first": first.id, "second": second.id, "metres": metres}
        if values not in [message.values for message in messages]:
            messages.append(Message(Code.BRIDGED, values))
    divided = {part.building for part in graph.parts if part.unit is not None}
    for building in buildings:
        size: Values = {"building": building.id, "households": building.households}
        if building.id in divided:
            code = Code.BUILDING_SPLIT if building.households > high else Code.BUILDING_DIVIDED
            messages.append(Message(code, size))
        elif not building.units and building.households > high:
            messages.append(Message(Code.BUILDING_TOO_LARGE, {**size, "high": high}))
        for unit in building.units:
            if unit.households > high:
                of_unit: Values = {"unit": unit.id, "households": unit.households, "high": high}
                messages.append(Message(Code.UNIT_TOO_LARGE, {**size, **of_unit}))
    return messages + apart(share)


def about_balance(
    grids: Sequence[Grid], share: Share, parameters: Parameters, proved: bool, found: bool
) -> list[Message]:
    """What keeps the sizes from lying within the tolerance.

    proved
        That there is no drawing with all sizes within it.
    found
        That all grids which can keep it do.
    """
    tolerance = fraction(parameters.tolerance)
    off = outside_tolerance(grids, share.mean, tolerance)
    if not off:
        return []
    values = {"grids": len(grids), "percent": round(parameters.tolerance * 100, 2)}
    said = []
    if proved or share.giants:
        said.append(Message(Code.BALANCE_IMPOSSIBLE, values))
    if not proved and not found:
        said.append(Message(Code.BALANCE_NOT_FOUND, values))
    return said + off


def about_range(
    grids: Sequence[Grid], parameters: Parameters, said: Sequence[Message]
) -> list[Message]:
    """Grids outside the range, unless it is said already that they can't all lie in it."""
    known = {message.code for message in said}
    if known & {Code.ONE_GRID, Code.MEAN_OUTSIDE_RANGE, Code.NO_COUNT_FITS}:
        return []
    return outside_range(grids, parameters)
