"""Parts of a count, as forms ask for them behind it: of so many persons so many men and women."""

from __future__ import annotations

from typing import Final

from fangxian.common.actor import Actor
from fangxian.common.facts import Column, Filter, Measure, View, measures, plans, tables
from fangxian.common.facts.asked import operations_of
from fangxian.common.sheets.filling.choices import said_by
from fangxian.common.sheets.filling.sentences import opens_part
from fangxian.common.sheets.words import fold, key, key_without_brackets, words
from fangxian.reporting.bulletins.words import labels_of

_PART: Final = "part"
_YES: Final = "yes"


def meant(by: Actor, whole: str, label: str) -> str:
    """What fills the part ``label`` of the count that the figure ``whole`` is: "" where its table
    has no code of this name that the actor may ask for. Of several the one of the shortest list is
    meant (a woman of two sexes, not one of thirty relations); of two as short none.
    """
    if whole not in measures or measures.get(whole).sums:
        return ""
    said = fold(label.rpartition("/")[2])
    said = key_without_brackets(opens_part(said) or said)
    found = sorted(
        (_many(column), f"{_PART}|{whole}|{column.name}|{code}")
        for column in tables.get(measures.get(whole).table).columns
        if "is" in operations_of(column) and (not column.right or by.may(column.right))
        for code in (_code(column, said),)
        if code
    )
    alone = len(found) == 1 or (len(found) > 1 and found[0][0] < found[1][0])
    return found[0][1] if alone else ""


def _many(column: Column) -> int:
    """How many values a column tells apart."""
    return len(list(column.codes.choices())) if column.codes is not None else 2


def _code(column: Column, said: str) -> str:
    """The value of a column that a name means, as a filter takes it."""
    if column.kind == "code" and column.codes is not None:
        given = list(column.codes.choices())
        at = said_by(said, [str(label) for _code, label in given])
        return str(given[at][0]) if at is not None else ""
    if column.kind == "yes_no" and key(said) in labels_of(column.label):
        return _YES
    return ""


def may_be(whole: str, figure: str) -> bool:
    """Whether a figure of its own can be a part of another: of one table only with all conditions
    of that one.
    """
    one, other = measures.get(whole), measures.get(figure)
    if one.table != other.table:
        return True
    if callable(one.filters) or callable(other.filters):
        return False
    return set(one.filters) <= set(other.filters)


def counts_alike(unit: str, whole: str) -> bool:
    """Whether a part can be told in a unit, where it has one: no persons of households."""
    told = labels_of(measures.get(whole).unit)
    groups = (words("counted_people"), words("counted_households"))
    mine = next((group for group in groups if key(unit) in group), None)
    return not unit or mine is None or not told or bool(told & mine)


def is_part(name: str) -> bool:
    """Whether a blank is filled so, by what is there (still)."""
    return _parsed(name) is not None


def label(name: str) -> str:
    """What it is, for people."""
    parsed = _parsed(name)
    if parsed is None:
        return name
    measure, column, code = parsed
    said = column.label
    if column.codes is not None:
        said = dict(column.codes.choices()).get(code, code)
    return f"{measure.label} \u00b7 {said}"


def value(by: Actor, name: str, place: str) -> int | None:
    """The count of the part now. One query. Raises Forbidden, Invalid."""
    parsed = _parsed(name)
    if parsed is None:
        return None
    measure, column, code = parsed
    view = View(
        measure.table, filters=(Filter(column.name, "is", code),), measure=measure.name
    ).checked(by, place)  # fmt: skip
    return plans.count(view, by, place, None)


def _parsed(name: str) -> tuple[Measure, Column, str] | None:
    kind, *rest = name.split("|", 3)
    if kind != _PART or len(rest) != 3 or rest[0] not in measures:
        return None
    measure = measures.get(rest[0])
    column = tables.get(measure.table).by_name.get(rest[1])
    return (measure, column, rest[2]) if column is not None else None
