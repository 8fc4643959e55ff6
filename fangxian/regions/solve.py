"""From sites to the drawing of grids and back: the only door to the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fangxian.regions.sites import Site
from fangxian_methods.districting import (
    Building,
    Code,
    Community,
    Evaluation,
    Message,
    NeighbourGraph,
    Parameters,
    Part,
    Result,
    Stop,
    TooManyGrids,
    Unit,
    draw,
    evaluate,
    local_metres,
    neighbour_graph,
    succession,
)

__all__ = ["Key", "Roads", "TooManyGrids", "drawn", "follows", "judged"]

Key = tuple[str, str | None]
Roads = Sequence[Sequence[tuple[float, float]]]
LEFT_OUT = frozenset({Code.NOT_COVERED, Code.UNKNOWN_PART, Code.COVERED_TWICE})


def drawn(
    community: str, sites: Sequence[Site], roads: Roads, parameters: Mapping[str, Any]
) -> tuple[dict[Key, int], dict[str, Any], dict[str, Any]]:
    """Draw grids: ``(building id, unit id or None) → grid number``, the graph and the messages.

    ``parameters`` may carry ``seed`` and ``rounds`` beside those of the method. Raises ValueError
    naming a parameter that makes no sense; TooManyGrids is one.
    """
    values = dict(parameters)
    seed, rounds = int(values.pop("seed", 0)), int(values.pop("rounds", 400))
    result: Result = draw(
        _community(community, sites, roads),
        Parameters.from_mapping(values),
        seed=seed,
        stop=Stop(rounds=rounds),
    )
    assignment = {(part.building, part.unit): n for part, n in result.assignment().items()}
    return assignment, _graph(result.graph), {"messages": _messages(result.messages)}


def judged(
    community: str,
    sites: Sequence[Site],
    roads: Roads,
    parameters: Mapping[str, Any],
    assignment: Mapping[Key, int],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Evaluate an assignment: the report and the neighbour graph that belongs to its parts.

    ``report["left_out"]`` tells whether a building is in no grid or in two.
    """
    values = {k: v for k, v in parameters.items() if k not in ("seed", "rounds")}
    community_of = _community(community, sites, roads)
    parts = {Part(*key): number for key, number in assignment.items()}
    split = {part.building for part in parts if part.unit is not None}
    graph = neighbour_graph(community_of.buildings, community_of.roads, split)
    found: Evaluation = evaluate(community_of, parts, Parameters.from_mapping(values), graph)
    report = {
        "valid": found.valid,
        "left_out": any(message.code in LEFT_OUT for message in found.findings),
        "findings": _messages(found.findings),
        "grids": [
            {
                "number": grid.number,
                "households": grid.households,
                "deviation": round(grid.deviation, 4),
                "pieces": grid.pieces,
                "compactness": grid.compactness.polsby_popper,
                "mean_distance_m": round(grid.compactness.mean_distance_m, 1),
                "border_edges": grid.compactness.border_edges,
            }
            for grid in found.grids
        ],
    }
    return report, _graph(graph)


def follows(
    before: Mapping[Key, str], after: Mapping[Key, int], households: Mapping[Key, int]
) -> dict[int, str | None]:
    """Which present grid each drawn grid continues: as many households as possible stay."""
    found: dict[int, str | None] = succession(
        {Part(*key): grid for key, grid in before.items()},
        {Part(*key): number for key, number in after.items()},
        {Part(*key): count for key, count in households.items()},
    )
    return found


def _community(community: str, sites: Sequence[Site], roads: Roads) -> Community:
    # Roads and buildings share one plane, so they are projected together.
    lengths = [len(line) for line in roads]
    longitude = [site.longitude for site in sites] + [x for line in roads for x, _y in line]
    latitude = [site.latitude for site in sites] + [y for line in roads for _x, y in line]
    x, y = local_metres(np.array(longitude, dtype=np.float64), np.array(latitude, dtype=np.float64))
    n = len(sites)
    buildings = tuple(
        Building(
            id=site.id,
            x=float(x[i]),
            y=float(y[i]),
            households=site.households,
            units=tuple(Unit(unit.id, unit.households) for unit in site.units),
        )
        for i, site in enumerate(sites)
    )
    lines, start = [], n
    for length in lengths:
        at = range(start, start + length)
        lines.append(tuple((float(x[i]), float(y[i])) for i in at))
        start += length
    return Community(community, buildings, tuple(lines))


def _graph(graph: NeighbourGraph) -> dict[str, Any]:
    return {
        "parts": [[part.building, part.unit] for part in graph.parts],
        "pairs": graph.pairs.tolist(),
        "kinds": graph.kinds.tolist(),
    }


def _messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [{"code": message.code.value, "values": dict(message.values)} for message in messages]
