"""Forms of templates of offices: the upload, what fills each column, the filling."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fangxian.common.actor import Actor
from fangxian.common.codes import LEVEL_LABELS, Level
from fangxian.common.errors import Forbidden, Invalid, OutOfScope
from fangxian.common.facts import Filter, measures, plans, tables, tables_for
from fangxian.common.sheets.filling import Outline, SheetOutline, TableOutline
from fangxian.common.ui.formats import number
from fangxian.common.ui.widgets import DateInput
from fangxian.reporting.filling import holders, parts
from fangxian.reporting.filling.matching import (
    TableChoice,
    blank_key,
    propose_blanks,
    propose_in,
    table_key,
)
from fangxian.reporting.filling.titles import conditions, heard, title_of
from fangxian.reporting.models import Filling
from fangxian.reporting.queries import ledgers_for, rows_view, view_of
from fangxian.reporting.words import filter_words, view_words

MODES: Final = [
    ("rows", _("rows of a ledger")),
    ("figures", _("figures, a place a row")),
    ("cross", _("figures, a place a column")),
    ("skip", _("leave it as it is")),
]
LEVELS: Final = [
    (str(int(level)), LEVEL_LABELS[level])
    for level in (Level.COUNTY, Level.TOWN, Level.VILLAGE, Level.GRID, Level.BUILDING)
]
SINGLE: Final = [
    ("", _("leave it empty")),
    ("place", _("name of the place")),
    ("day", _("the day")),
    ("moment", _("the moment of the figures")),
    ("author", _("who fills it in")),
]


class UploadForm(forms.Form):
    """A workbook that an office has sent."""

    file = forms.FileField(label=_("The workbook as it came"))
    office = forms.CharField(label=_("Sent by"), max_length=120, required=False)


class FillForm(forms.Form):
    """For which day, in which form, and why with numbers in full."""

    way = forms.ChoiceField(label=_("As"), choices=Filling.Way.choices, initial=Filling.Way.ONE)
    day = forms.DateField(
        label=_("As it was on"), required=False, widget=DateInput(),
        help_text=_("Left empty: as it is now."),
    )  # fmt: skip
    clear = forms.BooleanField(
        label=_("With numbers of documents and phones in full"), required=False
    )
    reason = forms.CharField(
        label=_("What the full numbers are needed for"), required=False, max_length=200
    )

    def __init__(self, data: Any, *, may_reveal: bool) -> None:
        super().__init__(data)
        if not may_reveal:
            del self.fields["clear"], self.fields["reason"]


class ChoicesForm(forms.Form):
    """What fills each column and blank of a template.

    Changing a table's ledger proposes its columns anew; the next sending keeps them.
    """

    def __init__(
        self,
        data: Any,
        by: Actor,
        outline: Outline,
        choices: dict[str, Any],
        place: tuple[str, str],
    ) -> None:
        self.by, self.outline = by, outline
        self.place, self.place_name = place
        self.known = choices
        super().__init__(data, initial=self._initial())
        figures = [
            (one.name, str(one.label)) for one in measures if by.may(tables.get(one.table).right)
        ]
        answering = holders.choices(by)
        facts = [(one.name, one.label) for one in tables_for(by)]
        self.ledgers = [
            (one.table, (str(one.pk), one.name))
            for one in ledgers_for(by)
            if not view_of(one).groups
        ]
        for n, (sheet, table) in enumerate(outline.tables()):
            choice = self._choice(sheet, table)
            self.fields[f"t{n}_mode"] = forms.ChoiceField(label=_("Filled with"), choices=MODES)
            self.fields[f"t{n}_facts"] = forms.ChoiceField(
                label=_("Ledger"), choices=[("", "—"), *facts], required=False
            )
            same = [one for facts_of, one in self.ledgers if facts_of == choice.facts]
            self.fields[f"t{n}_ledger"] = forms.ChoiceField(
                label=_("Only what this ledger shows"), required=False,
                choices=[("", _("every row")), *same],
            )  # fmt: skip
            self.fields[f"t{n}_level"] = forms.ChoiceField(
                label=_("A row for each"), choices=LEVELS, required=False
            )
            for at, one in enumerate(self._conditions(sheet, table, choice)):
                self.fields[f"t{n}_f{at}"] = forms.BooleanField(
                    label=filter_words(tables.get(choice.facts), one), required=False
                )
            notes = {column.label: column.note for column in table.columns}
            for at, label in enumerate(self._labels(table, choice)):
                self.fields[f"t{n}_c{at}"] = forms.ChoiceField(
                    label=label, required=False, choices=self._options(choice, figures),
                    help_text=notes.get(label, ""),
                )  # fmt: skip
        split = self._parts()
        for n, (sheet, blank) in enumerate(self._blanks()):
            self.fields[f"b{n}"] = forms.ChoiceField(
                label=blank.label, required=False,
                choices=[*SINGLE, *split.get(blank_key(sheet, blank), ()), *answering, *figures],
            )  # fmt: skip

    def _choice(self, sheet: SheetOutline, table: TableOutline) -> TableChoice:
        kept = self.known["tables"].get(table_key(sheet, table), {"mode": "skip"})
        return TableChoice.from_json(kept)

    def _title(self, sheet: SheetOutline, table: TableOutline) -> str:
        return title_of(self.outline, sheet, table)

    def _conditions(
        self, sheet: SheetOutline, table: TableOutline, choice: TableChoice
    ) -> list[Filter]:
        """What the title sets as conditions, and what was kept of an earlier one."""
        if choice.mode != "rows":
            return []
        found = conditions(self.by, tables.get(choice.facts), self._title(sheet, table))
        return list(dict.fromkeys([*found, *choice.filters]))

    @staticmethod
    def _labels(table: TableOutline, choice: TableChoice) -> list[str]:
        """What is chosen for: columns, or in a cross table the printed rows."""
        if choice.mode == "cross" or (choice.mode == "skip" and table.transposed):
            return list(dict.fromkeys(table.keys.values()))
        return [
            column.label
            for column in table.columns
            if not column.formula and column.index != table.serial
        ]

    @staticmethod
    def _options(choice: TableChoice, figures: list[tuple[str, str]]) -> list[tuple[str, Any]]:
        empty = ("", _("leave it empty"))
        if choice.mode == "rows":
            found: dict[str, list[tuple[str, Any]]] = {}
            for one in tables.get(choice.facts).columns:
                found.setdefault(str(one.heading), []).append((one.name, one.label))
            return [empty, *found.pop("", ()), *found.items()]
        return [empty, ("place", _("name of the place")), *figures]

    def _blanks(self) -> list[tuple[SheetOutline, Any]]:
        return [(sheet, blank) for sheet in self.outline.sheets for blank in sheet.blanks]

    def _parts(self) -> dict[str, list[tuple[str, str]]]:
        """For blanks that ask for a part of a count which part: as proposed, and as it was kept."""
        found: dict[str, list[tuple[str, str]]] = {}
        for sheet in self.outline.sheets:
            if not any(blank.part for blank in sheet.blanks):
                continue
            for blank, name in propose_blanks(self.by, sheet):
                at = blank_key(sheet, blank)
                names = dict.fromkeys((name, str(self.known["blanks"].get(at, ""))))
                found[at] = [(one, parts.label(one)) for one in names if parts.is_part(one)]
        return found

    def _initial(self) -> dict[str, Any]:
        initial: dict[str, Any] = {}
        for n, (sheet, table) in enumerate(self.outline.tables()):
            choice = self._choice(sheet, table)
            initial |= {
                f"t{n}_mode": choice.mode,
                f"t{n}_facts": choice.facts,
                f"t{n}_ledger": choice.ledger,
                f"t{n}_level": str(choice.level),
            }
            for at, one in enumerate(self._conditions(sheet, table, choice)):
                initial[f"t{n}_f{at}"] = one in choice.filters
            for at, label in enumerate(self._labels(table, choice)):
                initial[f"t{n}_c{at}"] = choice.columns.get(label, "")
        for n, (sheet, blank) in enumerate(self._blanks()):
            initial[f"b{n}"] = self.known["blanks"].get(blank_key(sheet, blank), "")
        return initial

    def parts(self) -> list[dict[str, Any]]:
        """The tables with their fields, as the page shows them."""
        found = []
        for n, (sheet, table) in enumerate(self.outline.tables()):
            choice = self._choice(sheet, table)
            found.append(
                {
                    "sheet": sheet.name,
                    "title": table.title,
                    "mode": self[f"t{n}_mode"],
                    "facts": self[f"t{n}_facts"],
                    "ledger": self[f"t{n}_ledger"],
                    "level": self[f"t{n}_level"],
                    "chosen": choice.mode,
                    "conditions": [
                        self[f"t{n}_f{at}"]
                        for at, _one in enumerate(self._conditions(sheet, table, choice))
                    ],
                    "said": self._said(choice),
                    "columns": [
                        self[f"t{n}_c{at}"] for at, _label in enumerate(self._labels(table, choice))
                    ],
                    "empty": sum(
                        not choice.columns.get(label) for label in self._labels(table, choice)
                    )
                    if choice.mode != "skip"
                    else 0,
                    "formulas": [column.label for column in table.columns if column.formula],
                }
            )
        return found

    def _said(self, choice: TableChoice) -> str:
        """How many rows it gets, of which table, under which conditions."""
        if choice.mode != "rows":
            return ""
        facts = tables.get(choice.facts)
        try:
            view = rows_view(
                self.by, choice.facts, facts.shown_first, None, choice.ledger, choice.filters
            ).checked(self.by, self.place)
            many = plans.count(view, self.by, self.place)
        except (Invalid, OutOfScope, Forbidden):
            return ""
        rows = number(many) if many <= plans.COUNTED else f"> {number(plans.COUNTED)}"
        if not view.filters and not view.measure:
            return _t("%(n)s rows: every row of “%(table)s” at %(place)s.") % {
                "n": rows, "table": facts.label, "place": self.place_name,
            }  # fmt: skip
        return _t("%(n)s rows of “%(table)s” at %(place)s: %(conditions)s.") % {
            "n": rows, "table": facts.label, "place": self.place_name,
            "conditions": "、".join(view_words(view)),
        }  # fmt: skip

    def singles(self) -> list[tuple[str, Any]]:
        """The blanks with their sheets."""
        return [(sheet.name, self[f"b{n}"]) for n, (sheet, _b) in enumerate(self._blanks())]

    def clean(self) -> dict[str, Any]:
        """A ledger for each table that is filled with one's rows."""
        given: dict[str, Any] = super().clean() or {}
        for n, _table in enumerate(self.outline.tables()):
            if given.get(f"t{n}_mode") == "rows" and not given.get(f"t{n}_facts"):
                self.add_error(f"t{n}_facts", _t("Choose the ledger whose rows fill this table."))
        return given

    def choices(self) -> dict[str, Any]:
        """What was chosen, as the template keeps it; the form must be valid."""
        given = self.cleaned_data
        chosen: dict[str, Any] = {"tables": {}, "blanks": {}}
        for n, (sheet, table) in enumerate(self.outline.tables()):
            before = self._choice(sheet, table)
            mode, facts = given[f"t{n}_mode"], given[f"t{n}_facts"]
            if (mode, facts if mode == "rows" else "") != (
                before.mode,
                before.facts if before.mode == "rows" else "",
            ):
                made = propose_in(self.by, table, mode, facts, self._title(sheet, table))
            else:
                columns = {
                    label: given.get(f"t{n}_c{at}", "")
                    for at, label in enumerate(self._labels(table, before))
                }
                ledger = given[f"t{n}_ledger"] if mode == "rows" else ""
                level = int(given[f"t{n}_level"] or 12)
                filters = tuple(
                    one
                    for at, one in enumerate(self._conditions(sheet, table, before))
                    if given.get(f"t{n}_f{at}")
                )
                made = TableChoice(
                    mode, facts, level, columns, ledger=ledger, filters=filters,
                    heard=tuple(heard(self.by, self._title(sheet, table))),
                )  # fmt: skip
            chosen["tables"][table_key(sheet, table)] = made.to_json()
        for n, (sheet, blank) in enumerate(self._blanks()):
            chosen["blanks"][blank_key(sheet, blank)] = given.get(f"b{n}", "")
        return chosen
