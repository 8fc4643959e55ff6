"""What the title of a template says: of which table its rows are, and of which of them.

A title proposes, people decide: each condition that is heard in it is shown and can be left out.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Final

from fangxian.common.actor import Actor
from fangxian.common.facts import Column, FactTable, Filter, tables, tables_for
from fangxian.common.facts.asked import operations_of
from fangxian.common.sheets.filling import Outline, SheetOutline, TableOutline
from fangxian.common.sheets.words import fold, key
from fangxian.reporting.bulletins.words import DATA, labels_of

# How much a title adds to what the columns say of a table: its name less than one column that fits,
# rows that only this table can tell apart more.
NAMED: Final = 0.6
TOLD_APART: Final = 1.5
_SHORTEST: Final = 2
_PLAIN_SHEET: Final = re.compile(r"sheet\s*\d*", re.IGNORECASE)


def title_of(outline: Outline, sheet: SheetOutline, table: TableOutline) -> str:
    """All that names a table: the line above it, its sheet, its file."""
    names = [table.title, sheet.name, outline.name.rsplit(".", 1)[0]]
    return " ".join(name for name in names if name and not _PLAIN_SHEET.fullmatch(name))


def conditions(by: Actor, facts: FactTable, title: str) -> tuple[Filter, ...]:
    """The conditions that a title sets for the rows of a table, as far as the actor may ask them.

    80岁以上独居老人 among the key groups: age from 80, group lone elderly.
    """
    if not title:
        return ()
    found: dict[str, list[Filter]] = {}
    for one in [*_of_age(facts, title), *_said(facts, title), *_of_codes(facts, title)]:
        column = facts.by_name.get(one.column)
        if column is None or one.operation not in operations_of(column):
            continue
        if column.right and not by.may(column.right):
            continue
        known = found.setdefault(one.column, [])
        if all(one.operation != other.operation for other in known):
            known.append(one)
    return tuple(one for some in found.values() for one in some)


def named(by: Actor, facts: FactTable, title: str) -> float:
    """How much a title speaks for a table: its name, what it is called else, its code lists."""
    text = key(title)
    own = {name for name in labels_of(facts.label) if len(name) >= _SHORTEST}
    words = {key(word) for word in _titles()["tables"].get(facts.name, ())}
    score = NAMED if any(name in text for name in own | words) else 0.0
    if any(one.column != "age" for one in conditions(by, facts, title)):
        score += TOLD_APART
    return score


def heard(by: Actor, title: str) -> list[str]:
    """All that is heard in a title, of whatever table: two templates that differ in it ask for
    other rows, though their columns may be the same.
    """
    if not title:
        return []
    text = key(title)
    found = {
        word for words in _titles()["tables"].values() for word in map(key, words) if word in text
    }
    for facts in tables_for(by):
        found |= {
            f"{one.column}:{one.operation}:{one.value}" for one in conditions(by, facts, title)
        }
    return sorted(found)


@cache
def _titles() -> dict[str, Any]:
    return dict(json.loads((DATA / "titles.json").read_text("utf-8")))


def _of_age(facts: FactTable, title: str) -> list[Filter]:
    if "age" not in facts.by_name:
        return []
    text, words = fold(title), _titles()
    between = re.search(words["age_between"], text)
    if between:
        return [Filter("age", "from", between[1]), Filter("age", "to", between[2])]
    found = []
    for name, operation in (("age_from", "from"), ("age_to", "to")):
        match = re.search(words[name], text)
        if match:
            found.append(Filter("age", operation, match[1]))
    return found


def _said(facts: FactTable, title: str) -> list[Filter]:
    text, parts = key(title), set(map(key, title.split()))
    return [
        Filter(*given)
        for words, given in _titles()["conditions"].get(facts.name, ())
        # A word with "=" stands alone: halves of a sheet that are called men and women.
        if any(
            key(word[1:]) in parts if word.startswith("=") else key(word) in text for word in words
        )
    ]


def _of_codes(facts: FactTable, title: str) -> list[Filter]:
    """Columns with a code list of which the title names a value: the longest, as it says most."""
    text, parts = key(title), set(map(key, title.split()))
    found = []
    for column in facts.columns:
        if column.kind != "code":
            continue
        ignored = column.name in _titles()["ignored"]
        named_here = [
            (len(name), code)
            for code, name in _values(column)
            if name in parts or (not ignored and len(name) >= _SHORTEST and name in text)
        ]
        if named_here:
            found.append(Filter(column.name, "is", max(named_here)[1]))
    return found


def _values(column: Column) -> list[tuple[str, str]]:
    if column.codes is None or not column.asked_of_database:
        return []
    return [(code, key(str(label))) for code, label in column.codes.choices()]


def known_filters(facts: str, given: Any) -> tuple[Filter, ...]:
    """Conditions as a template keeps them; one on what is there no more is left out."""
    if facts not in tables or not isinstance(given, list):
        return ()
    known = tables.get(facts).by_name
    return tuple(
        Filter(str(one[0]), str(one[1]), one[2])
        for one in given
        if isinstance(one, list) and len(one) == 3 and one[0] in known
    )
