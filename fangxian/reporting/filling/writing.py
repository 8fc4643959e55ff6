"""Writing the facts into a template: one plan for its sheets, and what could not be filled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Forbidden, Invalid, OutOfScope
from fangxian.common.facts import View, measures, plans, tables
from fangxian.common.sheets.filling import (
    LEFT_MESSAGES,
    Blank,
    ColumnOutline,
    Outline,
    Plan,
    SheetOutline,
    SheetPlan,
    TableOutline,
    TableRows,
    Value,
)
from fangxian.common.sheets.sheetreader.columns import column_letter
from fangxian.common.sheets.words import key
from fangxian.common.ui.formats import date, date_time
from fangxian.regions.models import Region
from fangxian.regions.queries import at, below, full_name, inside
from fangxian.reporting.filling import holders, parts
from fangxian.reporting.filling.matching import TableChoice, blank_key, table_key
from fangxian.reporting.queries import rows_view

MOST_PLACES: Final = 2_000
# Copies of a sheet of cards for the rows that it has no card for.
MOST_CARD_SHEETS: Final = 50
# Why something was left empty, besides what the workbook itself refuses.
REASONS: Final[dict[str, Any]] = {
    **LEFT_MESSAGES,
    "no_fact": gettext_lazy("No fact was chosen for it."),
    "no_place": gettext_lazy("There is no place of this name here."),
    "many_places": gettext_lazy("Several places here have this name."),
    "no_card": gettext_lazy("There is no card for it: too many sheets would be needed."),
    "books_instead": gettext_lazy(
        "A sheet with a pivot table can't be copied: there is a workbook for each place instead."
    ),
    "above_right": gettext_lazy("These facts lie above your rights."),
    "now_only": gettext_lazy("It is known as it is now only, not of that day."),
    "sample": gettext_lazy("A sample row: it stays as it is, the rows begin below it."),
    "printed": gettext_lazy("Printed by the office: it stays as it is."),
    "no_ledger": gettext_lazy(
        "The ledger whose conditions the rows should have is not open to you, or was removed."
    ),
}


@dataclass
class Writer:
    """Fills a template for one place after the other. ``left``: sheet, cell, label, code, count."""

    by: Actor
    outline: Outline
    choices: Mapping[str, Any]
    day: dt.date
    as_of: dt.date | None = None
    clear: bool = False
    moment: dt.datetime | None = None
    left: list[list[Any]] = field(default_factory=list)
    rows: int = 0
    persons: set[Any] = field(default_factory=set)

    def plan(self, place: str, titles: bool = False) -> list[SheetPlan]:
        """What each sheet gets for a place; with ``titles`` the sheets are called after it."""
        visible = [one for one in self.outline.sheets if one.state == "visible"]
        made = []
        for sheet in visible:
            title = ""
            if titles:
                name = at(place).name
                title = name if len(visible) == 1 else f"{name} {sheet.name}"
            made += self._sheets(sheet, place, title)
        return made

    def begin_anew(self) -> None:
        """Forget what was filled so far."""
        self.left.clear()
        self.persons.clear()
        self.rows = 0

    def whole(self, plans_: list[SheetPlan]) -> Plan:
        """The plan of a workbook."""
        return Plan(sheets=plans_, date_format=date)

    def _choice(self, sheet: SheetOutline, table: TableOutline) -> TableChoice:
        kept = self.choices["tables"].get(table_key(sheet, table), {"mode": "skip"})
        return TableChoice.from_json(kept)

    def _sheets(self, sheet: SheetOutline, place: str, title: str) -> list[SheetPlan]:
        """The plan of a sheet; of one with cards a copy more as often as its cards are full."""
        of_cards = {
            blank
            for table in sheet.cards
            if self._choice(sheet, table).mode != "skip"
            for card in table.cards
            for blank in card
        }
        singles = [blank for blank in sheet.blanks if blank not in of_cards]
        first = SheetPlan(sheet=sheet.name, title=title)
        self._put_singles(sheet, singles, first, place)
        self._put_tables(sheet, sheet.tables, first, place)
        made = [first]
        for table in sheet.cards:
            if self._choice(sheet, table).mode == "skip" and any(
                blank in sheet.blanks for blank in table.cards[0]
            ):
                continue  # filled as single blanks
            whole = SheetPlan(sheet=sheet.name)
            self._put_tables(sheet, [_endless(table)], whole, place)
            for rows in whole.tables:
                made += self._cards(sheet, table, rows, made, (singles, place))
        return made

    def _cards(
        self,
        sheet: SheetOutline,
        table: TableOutline,
        rows: TableRows,
        made: list[SheetPlan],
        singles: tuple[list[Blank], str],
    ) -> list[SheetPlan]:
        """Fill the cards of the sheet and, for the rows beyond, of copies, which are returned."""
        by_index = {column.index: column for column in table.columns}
        columns = [by_index[index] for index in rows.columns if index in by_index]
        lines = [row[: len(columns)] for row in rows.rows]
        more: list[SheetPlan] = []
        for start in range(0, len(lines), table.room):
            if len(more) >= MOST_CARD_SHEETS:
                self._leave(sheet, table.title or sheet.name, "no_card", len(lines) - start)
                break
            if not start:
                made[0].put_rows(table, columns, lines[: table.room])
                continue
            plan = SheetPlan(sheet=sheet.name, title=made[0].title)
            left = list(self.left)
            self._put_singles(sheet, singles[0], plan, singles[1])
            self.left = left  # said once
            plan.put_rows(table, columns, lines[start : start + table.room])
            more.append(plan)
        return more

    def _put_singles(
        self, sheet: SheetOutline, blanks: Sequence[Blank], plan: SheetPlan, place: str
    ) -> None:
        for blank in blanks:
            name = self.choices["blanks"].get(blank_key(sheet, blank), "")
            known = self._known(name, place)
            value = self._single(name, place) if known else None
            if value is None:
                code = "no_fact" if known else "now_only"
                self._leave(sheet, blank.label, code, cell=(blank.row, blank.column))
            else:
                plan.put(blank, value)

    def _put_tables(
        self, sheet: SheetOutline, given: Iterable[TableOutline], plan: SheetPlan, place: str
    ) -> None:
        for table in given:
            choice = self._choice(sheet, table)
            if choice.mode != "skip":
                for row in table.samples:
                    self._leave(sheet, table.title or sheet.name, "sample", cell=(row, 0))
                for label in table.printed:
                    self._leave(sheet, label, "printed")
            if choice.mode == "rows":
                self._listed(sheet, table, choice, plan, place)
            elif choice.mode == "figures":
                self._figures(sheet, table, choice, plan, place)
            elif choice.mode == "cross":
                self._cross(sheet, table, choice, plan, place)
            else:
                self._leave(sheet, table.title or sheet.name, "no_fact")

    def _leave(
        self,
        sheet: SheetOutline,
        label: str,
        code: str,
        count: int = 1,
        cell: tuple[int, int] | None = None,
    ) -> None:
        """Note what stays empty; ``cell``: its row as Excel counts and its column from 0."""
        address = f"{column_letter(cell[1])}{cell[0]}" if cell else ""
        self.left.append([sheet.name, address, label, code, count])

    def _single(self, name: str, place: str) -> Value:
        if not name:
            return None
        match name:
            case "place":
                return full_name(place) if place else _("The whole country")
            case "day":
                return self.day
            case "moment":
                return date_time(self.moment) if self.moment else date(self.day)
            case "author":
                return self.by.name
        if holders.is_holder(name):
            try:
                return holders.value(self.by, name, place, clear=self.clear, persons=self.persons)
            except (Forbidden, Invalid):
                return None
        if parts.is_part(name):
            try:
                return parts.value(self.by, name, place)
            except (Forbidden, Invalid):
                return None
        if name not in measures:
            return None
        return self._measured(name, [place])[place]

    def _measured(self, name: str, places: Sequence[str]) -> dict[str, Value]:
        return dict(plans.measured(name, self.by, places, day=self.as_of))

    def _known(self, name: str, place: str) -> bool:
        """Whether a figure can be told of the day that was asked for; of parts no column says
        whether it was so then.
        """
        if self.as_of is not None and parts.is_part(name):
            return False
        if self.as_of is None or name not in measures:
            return True
        return bool(plans.known_of_past(name, self.by, place))

    def _chosen(
        self, sheet: SheetOutline, table: TableOutline, choice: TableChoice
    ) -> list[tuple[ColumnOutline, str]]:
        found = []
        for column in table.columns:
            if column.formula or column.index == table.serial:
                continue
            name = choice.columns.get(column.label, "")
            head = (table.header_rows[1], column.index)
            if not name:
                self._leave(sheet, column.label, "no_fact", cell=head)
            elif choice.mode == "figures" and not self._known(name, self.by.area):
                self._leave(sheet, column.label, "now_only", cell=head)
            else:
                found.append((column, name))
        return found

    def _listed(
        self,
        sheet: SheetOutline,
        table: TableOutline,
        choice: TableChoice,
        plan: SheetPlan,
        place: str,
    ) -> None:
        """A row of the template for each row of the facts."""
        chosen = self._chosen(sheet, table, choice)
        if not chosen:
            return
        facts = tables.get(choice.facts)
        if self.as_of is not None and not facts.dated:
            self._leave(sheet, table.title or sheet.name, "now_only")
            return
        if not self.by.may(facts.right):
            self._leave(sheet, table.title or sheet.name, "above_right")
            return
        names = [name for _column, name in chosen]
        try:
            view = rows_view(
                self.by, choice.facts, names, self.as_of, choice.ledger, choice.filters
            )
            view.checked(self.by, place)
        except OutOfScope:
            self._leave(sheet, table.title or sheet.name, "no_ledger")
            return
        except Forbidden:
            self._leave(sheet, table.title or sheet.name, "above_right")
            return
        columns = [column for column, _name in chosen]
        sections = self._sections(table, place)
        if sections:
            for room, code in sections:
                plan.put_rows(table, columns, list(self._lines(view, code)), room)
            return
        plan.put_rows(table, columns, list(self._lines(view, place)))

    def _sections(self, table: TableOutline, place: str) -> list[tuple[Any, str]]:
        """Rooms under lines that name places, with the places; none unless all of them do."""
        if len(table.rooms) < 2:
            return []
        known = self._names(place)
        found = []
        for room in table.rooms:
            codes = known.get(_place_key(room.section), [])
            if len(codes) != 1:
                return []
            found.append((room, codes[0]))
        return found

    def _lines(self, view: View, place: str) -> Iterator[tuple[Value, ...]]:
        for line in plans.stream(view, self.by, place, clear=self.clear):
            self.rows += 1
            if line.person is not None:
                self.persons.add(line.person)
            yield tuple(_cell(one) for one in line.cells)

    def _names(self, place: str) -> dict[str, list[str]]:
        """Codes of the places here by what they are called, down to the grid."""
        found: dict[str, list[str]] = {}
        rows = inside(place).filter(level__lte=int(Level.GRID)).values_list("code", "name")
        for code, name in rows[:MOST_PLACES]:
            for word in {_place_key(name), key(name)}:
                found.setdefault(word, []).append(code)
        return found

    def _figures(
        self,
        sheet: SheetOutline,
        table: TableOutline,
        choice: TableChoice,
        plan: SheetPlan,
        place: str,
    ) -> None:
        """A row of the template for each place: printed ones by name, else all of a level."""
        chosen = [
            (column, name)
            for column, name in self._chosen(sheet, table, choice)
            if not (name == "place" and table.keys)
        ]
        if not chosen:
            return
        columns = [column for column, _name in chosen]
        if table.keys:
            known = self._names(place)
            rows = {}
            for row, text in table.keys.items():
                codes = _called(known, text, choice.level)
                if len(codes) == 1:
                    rows[row] = codes[0]
                else:
                    code = "many_places" if codes else "no_place"
                    self._leave(sheet, text, code, cell=(row, table.key_column or 0))
            names = {one.code: one.name for one in self._places(list(rows.values()))}
            values = self._values([name for _c, name in chosen], list(rows.values()), names)
            plan.put_keyed(table, columns, {row: values[code] for row, code in rows.items()})
            return
        level = max(choice.level, 0)
        places = (
            [at(place)] if level <= len(place) else list(below(place, Level(level))[:MOST_PLACES])
        )
        names = {one.code: one.name for one in places}
        values = self._values([name for _c, name in chosen], list(names), names)
        plan.put_rows(table, columns, [values[code] for code in names])
        self.rows += len(names)

    def _places(self, codes: list[str]) -> list[Region]:
        return list(Region.objects.filter(valid_to=None, code__in=codes).defer("boundary"))

    def _values(
        self, names: Sequence[str], places: Sequence[str], called: Mapping[str, str]
    ) -> dict[str, list[Value]]:
        found: dict[str, list[Value]] = {code: [] for code in places}
        for name in names:
            if name == "place":
                for code in places:
                    found[code].append(called.get(code, code))
                continue
            values = self._measured(name, places) if places else {}
            for code in places:
                found[code].append(values[code])
        return found

    def _cross(
        self,
        sheet: SheetOutline,
        table: TableOutline,
        choice: TableChoice,
        plan: SheetPlan,
        place: str,
    ) -> None:
        """A column of the template for each place, a row for each figure."""
        known = self._names(place)
        columns = []
        for column in table.columns:
            if column.formula or column.index in (table.serial, table.key_column):
                continue
            codes = _called(known, column.name, choice.level)
            if len(codes) == 1:
                columns.append((column, codes[0]))
            else:
                self._leave(sheet, column.label, "many_places" if codes else "no_place")
        rows = {}
        for row, text in table.keys.items():
            name = choice.columns.get(text, "")
            if name in measures and self._known(name, place):
                rows[row] = name
            else:
                code = "now_only" if name in measures else "no_fact"
                self._leave(sheet, text, code, cell=(row, table.key_column or 0))
        places = [code for _column, code in columns]
        values = {
            row: list(self._measured(name, places).values()) if places else []
            for row, name in rows.items()
        }
        plan.put_keyed(table, [column for column, _code in columns], values)


def _endless(table: TableOutline) -> TableOutline:
    """Cards as rows of a table, before they are dealt out."""
    columns = tuple(
        replace(column, boxes=(), allowed=(), kind="general") for column in table.columns
    )
    return replace(table, cards=(), serial=None, columns=columns)


def _called(known: Mapping[str, list[str]], text: str, level: int) -> list[str]:
    """The places that a text names; of several those of the table's level."""
    codes = known.get(key(text)) or known.get(_place_key(text), [])
    return [code for code in codes if len(code) == level] if len(codes) > 1 else codes


def _place_key(name: str) -> str:
    """A place's name without what says of which kind it is, as people shorten it."""
    text = key(name)
    for ending in _endings():
        if len(text) > len(ending) + 1 and text.endswith(ending):
            return text.removesuffix(ending)
    return text


def _endings() -> tuple[str, ...]:
    from fangxian.reporting.bulletins.words import place_endings

    return place_endings()


def _cell(value: Any) -> Value:
    if isinstance(value, bool):
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if value is None or isinstance(value, str | int | float | dt.date):
        return value
    return str(value)
