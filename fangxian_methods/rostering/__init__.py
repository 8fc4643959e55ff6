"""Rosters: who works when, within the rules, as fair and as wished as can be."""

from . import curtois_qu
from .check import Breach, Rule, breaches, cost
from .explain import Way, Why, why
from .model import (
    Cost,
    Days,
    Demand,
    Kind,
    Limits,
    Person,
    Problem,
    Roster,
    Weights,
    with_rest,
)
from .solve import Ending, Progress, Result, Short, Stop, repair, solve

__all__ = [
    "Breach",
    "Cost",
    "Days",
    "Demand",
    "Ending",
    "Kind",
    "Limits",
    "Person",
    "Problem",
    "Progress",
    "Result",
    "Roster",
    "Rule",
    "Short",
    "Stop",
    "Way",
    "Weights",
    "Why",
    "breaches",
    "cost",
    "curtois_qu",
    "repair",
    "solve",
    "why",
    "with_rest",
]
