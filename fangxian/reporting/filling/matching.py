"""What columns and blanks of a template mean: proposed by name, synonym, learned choice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any, Final

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.facts import (
    Column,
    FactTable,
    Filter,
    Measure,
    measures,
    tables,
    tables_for,
)  # fmt: skip
from fangxian.common.sheets.filling import (
    Blank,
    ColumnOutline,
    Outline,
    SheetOutline,
    TableOutline,
)
from fangxian.common.sheets.filling.names import day_of
from fangxian.common.sheets.words import key, key_without_brackets, known_field, load, words
from fangxian.core import imports
from fangxian.reporting.bulletins.words import labels_of, measures_called
from fangxian.reporting.filling import holders, parts, titles

DATA: Final = Path(__file__).resolve().parent.parent / "data"
# Under which learned choices are kept.
MEMORY: Final = "template"
BLANKS: Final = "template blanks"
LEAST: Final = 0.6
# What every table has says little of which one is meant: where it is, a note.
TELLS_LITTLE: Final = 0.5
# A form of one record asks for so much of a ledger; else its blanks are filled one by one.
LEAST_OF_A_CARD: Final = 3.0
_LEVELS: Final = {"street": Level.TOWN, "community": Level.VILLAGE, "grid": Level.GRID}


@dataclass(frozen=True)
class TableChoice:
    """What a table of a template is filled with.

    ``mode``: ``rows`` of the facts ``facts``, a row each; ``figures``, a place of ``level`` each;
    ``cross``, a place a column and a figure a row; or ``skip``. ``columns``: label of a column →
    the column of the facts, the figure, or ``place``; ``""`` is left empty. ``ledger``: the id of a
    ledger whose conditions and order the rows have; ``filters``: further conditions, as the title
    sets them; none: all rows. ``heard``: what was heard in the title when it was proposed.
    ``reasons``: label → why it was
    proposed.
    """

    mode: str
    facts: str = ""
    level: int = int(Level.VILLAGE)
    columns: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict, compare=False)
    ledger: str = ""
    filters: tuple[Filter, ...] = ()
    heard: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the template and learned for the next one."""
        return {
            "mode": self.mode,
            "facts": self.facts,
            "level": self.level,
            "columns": dict(self.columns),
            "ledger": self.ledger,
            "filters": [one.to_json() for one in self.filters],
            "heard": list(self.heard),
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any], reason: str = "") -> TableChoice:
        """What was kept; a name that is there no more is left empty."""
        facts = str(given.get("facts", ""))
        mode = str(given.get("mode", "skip"))
        if mode == "rows" and facts not in tables:
            mode = "skip"
        columns = {
            str(label): str(name)
            for label, name in dict(given.get("columns", {})).items()
            if not name or _known(mode, facts, str(name))
        }
        return cls(
            mode, facts, int(given.get("level", Level.VILLAGE)), columns,
            dict.fromkeys(columns, reason) if reason else {},
            str(given.get("ledger") or "") if mode == "rows" else "",
            titles.known_filters(facts, given.get("filters", [])) if mode == "rows" else (),
            tuple(map(str, given.get("heard", ()))),
        )  # fmt: skip


def _known(mode: str, facts: str, name: str) -> bool:
    if mode == "rows":
        return name in tables.get(facts).by_name
    return name == "place" or name in measures


def table_key(sheet: SheetOutline, table: TableOutline) -> str:
    """How a table is called among the choices of a template."""
    return f"{sheet.name}\x1f{table.id}"


def blank_key(sheet: SheetOutline, blank: Blank) -> str:
    """How a blank is called among the choices of a template."""
    return f"{sheet.name}\x1f{blank.row}\x1f{blank.column}\x1f{blank.label}"


def proposed(by: Actor, outline: Outline) -> dict[str, Any]:
    """Choices for all tables and blanks of a template, as kept: learned ones first."""
    return {
        "tables": {
            table_key(sheet, table): propose_table(
                by, table, titles.title_of(outline, sheet, table)
            ).to_json()
            for sheet, table in outline.tables()
        },
        "blanks": {
            blank_key(sheet, blank): name
            for sheet in outline.sheets
            for blank, name in propose_blanks(by, sheet)
        },
    }


def learned(by: Actor, table: TableOutline, title: str) -> TableChoice | None:
    """What was decided the last time for the same columns under a title that asks the same."""
    kept = imports.recall_mapping(by, MEMORY, table.signature)
    if kept is None:
        return None
    choice = TableChoice.from_json(kept, "remembered")
    return choice if list(choice.heard) == titles.heard(by, title) else None


def propose_table(by: Actor, table: TableOutline, title: str) -> TableChoice:
    """What a table is filled with: as decided the last time, else by the names of its columns and
    by its title. Nothing is proposed where less than half of its columns would be filled.
    """
    known = learned(by, table, title)
    if known is not None:
        return known
    made = _by_name(by, table, title)
    filters = titles.conditions(by, tables.get(made.facts), title) if made.facts else ()
    return replace(made, filters=filters, heard=tuple(titles.heard(by, title)))


def _by_name(by: Actor, table: TableOutline, title: str) -> TableChoice:
    if table.transposed:
        return _cross(by, table)
    as_figures, score_figures = _figures(by, table)
    if len(table.cards) == 1:
        # Its blanks are filled with figures one by one.
        as_figures, score_figures = TableChoice("skip"), 0.0
    best, score = None, 0.0
    for facts in tables_for(by):
        made, found = _rows(facts, table)
        if not _enough(table, made):
            continue
        found += titles.named(by, facts, title)
        if found > score:
            best, score = made, found
    if len(table.cards) == 1 and score < LEAST_OF_A_CARD:
        return TableChoice("skip")
    # A place and figures of it can be read as rows of a ledger too: buildings have households.
    if best is None or score_figures >= score or (table.keys and score_figures >= score * 0.5):
        return as_figures if score_figures > 0 else TableChoice("skip")
    return best


def _enough(table: TableOutline, made: TableChoice) -> bool:
    """Whether at least half of what a table asks would be filled; days are what people tick."""
    asked = [
        column.label
        for column in _to_fill(table)
        if day_of(column.name) is None and not column.name.isdecimal()
    ]
    return 2 * sum(bool(made.columns.get(label)) for label in asked) >= len(asked) > 0


def _to_fill(table: TableOutline) -> list[ColumnOutline]:
    return [
        column for column in table.columns if not column.formula and column.index != table.serial
    ]


def _rows(facts: FactTable, table: TableOutline) -> tuple[TableChoice, float]:
    """The columns of one table of facts that fit, and how well they do all together."""
    fits = sorted(
        (
            (score, column.label, mine.name, reason)
            for column in _to_fill(table)
            for mine in facts.columns
            for score, reason in (fit(column, mine, facts.name),)
            if score >= LEAST
        ),
        key=lambda one: -one[0],
    )
    columns: dict[str, str] = {}
    reasons: dict[str, str] = {}
    total = 0.0
    for score, label, name, reason in fits:
        if label not in columns and name not in columns.values():
            columns[label], reasons[label] = name, reason
            total += score * _weight(facts.column(name))
    whole = {column.label: columns.get(column.label, "") for column in _to_fill(table)}
    return TableChoice("rows", facts.name, int(Level.VILLAGE), whole, reasons), total


def _weight(column: Column) -> float:
    """How much a column that fits says of which table is meant."""
    if column.synonyms == "note":
        return TELLS_LITTLE / 5
    return TELLS_LITTLE if column.kind == "place" else 1.0


def _figures(by: Actor, table: TableOutline) -> tuple[TableChoice, float]:
    """Columns that are figures of places, one of them perhaps the place's name."""
    columns: dict[str, str] = {}
    reasons: dict[str, str] = {}
    total, level = 0.0, int(Level.VILLAGE)
    for column in _to_fill(table):
        known = known_field(column.name) or known_field(column.label)
        if known in _LEVELS or column.index == table.key_column:
            columns[column.label] = "place"
            total += TELLS_LITTLE
            level = int(_LEVELS.get(known or "", Level.VILLAGE))
            continue
        name, score, reason = figure_for(by, column.name, column.group)
        columns[column.label] = name
        if name:
            reasons[column.label] = reason
            total += score
    return TableChoice("figures", "", level, columns, reasons), total


def _cross(by: Actor, table: TableOutline) -> TableChoice:
    columns, reasons = {}, {}
    for text in table.keys.values():
        name, _score, reason = figure_for(by, text)
        columns[text] = name
        if name:
            reasons[text] = reason
    return TableChoice("cross", "", int(Level.VILLAGE), columns, reasons)


@cache
def _called() -> dict[str, dict[str, frozenset[str]]]:
    given = json.loads((DATA / "columns.json").read_text("utf-8"))
    return {
        facts: {name: frozenset(map(key, words)) for name, words in columns.items()}
        for facts, columns in given.items()
    }


def fit(column: ColumnOutline, mine: Column, facts: str) -> tuple[float, str]:
    """How well a column of the facts ``facts`` fits one of a template, 0 to 1, and why."""
    names = labels_of(mine.label) | {key(mine.name)}
    others = _called().get(facts, {})
    for text in (column.name, column.label):
        called = {key(text), key_without_brackets(text)}
        for own, otherwise in others.items():
            if called & otherwise:
                return (0.97, "synonym") if own == mine.name else (0.0, "")
    names |= _called()["*"].get(mine.name, frozenset())
    for text in (f"{column.group}{column.name}", column.name, column.label):
        if key(text) in names or key_without_brackets(text) in names:
            return 1.0, "exact"
    asked = _qualifiers()
    if key(column.name).startswith(asked["asks"]) and mine.kind != "yes_no":
        return 0.0, ""
    known = known_field(f"{column.group}{column.name}")
    if known is None and any(word in key(column.group) for word in asked["others"]):
        # The name below somebody else's heading is that person's.
        return 0.0, ""
    known = known or known_field(column.name)
    if known:
        return (0.95, "synonym") if known == mine.synonyms else (0.0, "")
    best = max((_alike(key_without_brackets(column.name), name) for name in names), default=0.0)
    return (best * 0.9, "similar") if best >= 0.8 else (0.0, "")


def figure_for(by: Actor, name: str, group: str = "") -> tuple[str, float, str]:
    """The figure that a name means, how surely, and why; none is ``""``."""
    for text in (f"{group}{name}", name, key_without_brackets(name)):
        found = [one for one in measures_called(text) if by.may(tables.get(one.table).right)]
        if found:
            return found[0].name, 1.0, "exact"
    # A name that is but alike counts something else: of members, of those above 60. Only words that
    # narrow nothing may stand before one.
    wanted = key_without_brackets(name)
    for word in _qualifiers()["neutral"]:
        rest = wanted.removeprefix(word)
        if rest != wanted and len(rest) > 1:
            found = [one for one in measures_called(rest) if by.may(tables.get(one.table).right)]
            if found:
                return found[0].name, 0.9, "similar"
    return "", 0.0, ""


def _alike(text: str, name: str) -> float:
    """How alike two names are; the end of a Chinese name carries its meaning."""
    if len(text) < 2 or len(name) < 2:
        return 0.0
    if text.endswith(name) or name.endswith(text):
        return 0.7 + 0.3 * min(len(text), len(name)) / max(len(text), len(name))
    return SequenceMatcher(None, text, name).ratio()


@cache
def _qualifiers() -> dict[str, tuple[str, ...]]:
    given = json.loads((DATA / "qualifiers.json").read_text("utf-8"))
    return {name: tuple(sorted(map(key, words), key=len, reverse=True))
            for name, words in given.items()}  # fmt: skip


@cache
def _blank_words() -> dict[str, str]:
    given = json.loads((DATA / "blanks.json").read_text("utf-8"))
    return {key_without_brackets(word): name for name, words in given.items() for word in words}


def propose_blanks(by: Actor, sheet: SheetOutline) -> list[tuple[Blank, str]]:
    """What each blank is filled with: place, day, moment, author, a figure, a part of the figure
    before it, the holder of a role, or nothing.
    """
    learned = imports.recall_mapping(by, BLANKS, sheet.signature) or {}
    found = []
    before = (0, "")
    whole = (0, "")
    for blank in sheet.blanks:
        if learned.get(blank.label):
            name = str(learned[blank.label])
            known = name in ("place", "day", "moment", "author") or name in measures
            name = name if known or holders.is_holder(name) or parts.is_part(name) else ""
        elif blank.label in learned:
            name = ""
        else:
            word = _blank_words().get(key_without_brackets(blank.label))
            if word is None and blank.kind == "date":
                word = "day"
            beside = before[1] if before[0] == blank.row else ""
            name = word or holders.meant(by, blank.label, beside)
            name = name or _counted(by, blank, whole[1] if blank.row - whole[0] <= 1 else "")
        found.append((blank, name))
        before = (blank.row, name)
        if not blank.part:
            whole = before
    return found


def _counted(by: Actor, blank: Blank, whole: str) -> str:
    """The figure that a blank asks for; of one that is a part of the count ``whole`` that part."""
    figure = figure_of(by, blank)
    if not blank.part or whole not in measures or not parts.counts_alike(blank.unit, whole):
        return figure
    part = parts.meant(by, whole, blank.label)
    return part or (figure if figure and parts.may_be(whole, figure) else "")


def figure_of(by: Actor, blank: Blank) -> str:
    """The figure that a blank asks for, "" for none: within a sentence by what is counted there and
    its unit.
    """
    if not blank.unit:
        return figure_for(by, blank.label)[0]
    subject = "" if blank.label == blank.unit else key_without_brackets(blank.label)
    count = load("words")["count_word"][0]
    for text in (f"{subject}{blank.unit}{count}", subject):
        name = figure_for(by, text)[0] if text else ""
        if name and _counts_in(measures.get(name), blank.unit):
            return name
    return ""


def _counts_in(measure: Measure, unit: str) -> bool:
    """Whether a figure can be told in a unit: no households where persons are asked for."""
    people = words("counted_people")
    households = words("counted_households")
    told = labels_of(measure.unit) if measure.unit else set()
    if not told & (people | households):
        return True
    mine = people if told & people else households
    return key(unit) in mine or key(unit) not in people | households


def learn(by: Actor, outline: Outline, choices: Mapping[str, Any]) -> None:
    """Remember what was chosen, under the names of the columns, for the next workbook like this."""
    for sheet, table in outline.tables():
        chosen = choices["tables"].get(table_key(sheet, table))
        if chosen is not None:
            imports.remember_mapping(by, MEMORY, table.signature, dict(chosen))
    for sheet in outline.sheets:
        if sheet.blanks:
            imports.remember_mapping(
                by, BLANKS, sheet.signature,
                {
                    blank.label: choices["blanks"].get(blank_key(sheet, blank), "")
                    for blank in sheet.blanks
                },
            )  # fmt: skip


def propose_in(
    by: Actor, table: TableOutline, mode: str, facts: str, title: str = ""
) -> TableChoice:
    """The proposal where somebody has said what kind of facts fills the table."""
    if mode == "rows" and facts in tables:
        made = _rows(tables.get(facts), table)[0]
        filters = titles.conditions(by, tables.get(facts), title)
        return replace(made, filters=filters, heard=tuple(titles.heard(by, title)))
    if mode == "figures":
        return _figures(by, table)[0]
    return _cross(by, table) if mode == "cross" else TableChoice("skip")
