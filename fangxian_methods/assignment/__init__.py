"""Proposing people for places by distance, wish and load, with the reasons."""

from .model import (
    Cost,
    Node,
    Parameters,
    Person,
    Placement,
    Reason,
    Result,
    Shortfall,
    Unplaced,
)
from .solve import Comparison, assign, what_if

__all__ = [
    "Comparison",
    "Cost",
    "Node",
    "Parameters",
    "Person",
    "Placement",
    "Reason",
    "Result",
    "Shortfall",
    "Unplaced",
    "assign",
    "what_if",
]
