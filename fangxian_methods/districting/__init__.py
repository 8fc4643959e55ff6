"""Drawing grids out of buildings: balanced, in one piece each, compact, with reasons."""

from .draw import draw, draw_many, seed_for
from .evaluate import Evaluation, GridState, evaluate
from .graph import neighbour_graph
from .model import (
    Building,
    Code,
    Community,
    Compactness,
    Edge,
    EdgeKind,
    Grid,
    Message,
    NeighbourGraph,
    Parameters,
    Part,
    Result,
    Stop,
    Unit,
    local_metres,
)
from .sizes import TooManyGrids
from .succession import succession

__all__ = [
    "Building",
    "Code",
    "Community",
    "Compactness",
    "Edge",
    "EdgeKind",
    "Evaluation",
    "Grid",
    "GridState",
    "Message",
    "NeighbourGraph",
    "Parameters",
    "Part",
    "Result",
    "Stop",
    "TooManyGrids",
    "Unit",
    "draw",
    "draw_many",
    "evaluate",
    "local_metres",
    "neighbour_graph",
    "seed_for",
    "succession",
]
