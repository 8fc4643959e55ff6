"""Forms of ledgers: what is shown of a table, under which name, how it is taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.facts import FactTable, Filter, Sort, View
from fangxian.common.facts.asked import OPERATIONS, operations_of
from fangxian.common.ui.choices import offer
from fangxian.common.ui.widgets import DateInput, TimeInput
from fangxian.regions.queries import children, path
from fangxian.reporting.bulletins.subjects import Found
from fangxian.reporting.bulletins.templates import KINDS
from fangxian.reporting.models.ledger import Form

FILTERS: Final = 6
GROUPS: Final = 3
SORTS: Final = 2
NONE: Final = [("", "—")]


class PlaceForm(forms.Form):
    """The place of a page: the way down to it from the reader's area, and what lies below it."""

    place = forms.ChoiceField(label=_("Place"), required=False)

    def __init__(self, data: Any, by: Actor) -> None:
        asked = str(data.get("place") or "")
        self.code = asked if codes.is_code(asked) and codes.contains(by.area, asked) else by.area
        super().__init__({"place": self.code})
        way = [one for one in path(self.code) if len(one.code) >= len(by.area)]
        above = [(one.code, "\u3000" * at + one.name) for at, one in enumerate(way)]
        below = (
            [(one.code, "\u3000" * len(way) + one.name) for one in children(self.code)[:500]]
            if self.code
            else []
        )
        whole = [] if by.area else [("", _("The whole country"))]
        offer(self, place=[*whole, *above, *below])


class ViewForm(forms.Form):
    """What a ledger shows: columns and their order, conditions, groups, sums, sorting, the day."""

    day = forms.DateField(
        label=_("As it was on"), required=False, widget=DateInput(),
        help_text=_("Left empty: as it is now."),
    )  # fmt: skip

    def __init__(self, data: Any, facts: FactTable, view: View, *, sorts: bool = True) -> None:
        """``sorts``: whether a page can be sorted, with as many rows as it has now."""
        super().__init__(data, initial=self._initial(facts, view))
        self.facts, self.sorts_pages = facts, sorts
        if not facts.dated:
            del self.fields["day"]
        asked = [column for column in facts.columns if column.asked_of_database]
        names = [*NONE, *((column.name, column.label) for column in asked)]
        for column in facts.columns:
            self.fields[f"show_{column.name}"] = forms.BooleanField(
                label=column.label, required=False
            )
            self.fields[f"at_{column.name}"] = forms.IntegerField(
                label=_("Position"), required=False, min_value=1, max_value=99,
                widget=forms.NumberInput(
                    attrs={"aria-label": _("Position"), "class": "form-control"}
                ),
            )  # fmt: skip
            if column.kind == "number" and column.load is None:
                self.fields[f"sum_{column.name}"] = forms.BooleanField(
                    label=column.label, required=False
                )
        for row in range(FILTERS):
            self.fields[f"f{row}_column"] = forms.ChoiceField(
                label=_("Column"), required=False, choices=names
            )
            self.fields[f"f{row}_operation"] = forms.ChoiceField(
                label=_("Comparison"), required=False, choices=list(OPERATIONS.items())
            )
            self.fields[f"f{row}_value"] = forms.CharField(
                label=pgettext_lazy("of a comparison", "Value"), required=False, max_length=200,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )  # fmt: skip
        for row in range(GROUPS):
            self.fields[f"g{row}"] = forms.ChoiceField(
                label=_("Group by"), required=False, choices=names
            )
        for row in range(SORTS):
            self.fields[f"s{row}"] = forms.ChoiceField(
                label=_("Sort by"), required=False, choices=names
            )
            self.fields[f"s{row}_falling"] = forms.BooleanField(
                label=_("Highest or latest first"), required=False
            )

    @staticmethod
    def _initial(facts: FactTable, view: View) -> dict[str, Any]:
        initial: dict[str, Any] = {"day": view.day}
        for at, name in enumerate(view.shown(), 1):
            initial |= {f"show_{name}": True, f"at_{name}": at}
        for row, one in enumerate(view.filters[:FILTERS]):
            codes = facts.column(one.column).codes
            many = one.value if isinstance(one.value, list | tuple) else [one.value]
            if one.operation == "in" and isinstance(one.value, str):
                many = one.value.split(",")
            value = "，".join(codes.label(each) if codes else str(each) for each in many)
            initial |= {
                f"f{row}_column": one.column,
                f"f{row}_operation": one.operation,
                f"f{row}_value": value,
            }
        initial |= {f"g{row}": name for row, name in enumerate(view.groups)}
        initial |= {f"sum_{name}": True for name in view.sums}
        for row, sort in enumerate(view.sorts):
            initial |= {f"s{row}": sort.column, f"s{row}_falling": sort.falling}
        return initial

    def columns(self) -> list[tuple[str, bool, list[tuple[Any, Any]]]]:
        """By heading, the table's own first: whether any is shown; of each column two fields:
        shown, and where.
        """
        found: dict[str, list[tuple[Any, Any]]] = {}
        for column in self.facts.columns:
            fields = self[f"show_{column.name}"], self[f"at_{column.name}"]
            found.setdefault(str(column.heading), []).append(fields)
        return [
            (heading, any(show.value() for show, _at in fields), fields)
            for heading, fields in found.items()
        ]

    def filters(self) -> Iterator[tuple[Any, Any, Any]]:
        """The fields of each condition."""
        for row in range(FILTERS):
            yield self[f"f{row}_column"], self[f"f{row}_operation"], self[f"f{row}_value"]

    def groups(self) -> list[Any]:
        """The fields of the groups."""
        return [self[f"g{row}"] for row in range(GROUPS)]

    def sums(self) -> list[Any]:
        """The fields of the sums."""
        return [self[name] for name in self.fields if name.startswith("sum_")]

    def sorts(self) -> Iterator[tuple[Any, Any]]:
        """The fields of the order."""
        for row in range(SORTS):
            yield self[f"s{row}"], self[f"s{row}_falling"]

    def lists(self) -> list[tuple[Any, list[tuple[str, Any]]]]:
        """The code lists of the table: column → codes and names, as conditions take them."""
        return [
            (column.label, [(code, label) for code, label in column.codes.choices()])
            for column in self.facts.columns
            if column.codes is not None and operations_of(column)
        ]

    def view(self) -> View:
        """What was chosen; the form must be valid."""
        given = self.cleaned_data
        names = [column.name for column in self.facts.columns if given.get(f"show_{column.name}")]
        # One without a position stands where the table has it, behind those with one.
        names.sort(key=lambda name: given.get(f"at_{name}") or 100)
        filters = tuple(
            Filter(given[f"f{row}_column"], given[f"f{row}_operation"], given[f"f{row}_value"])
            for row in range(FILTERS)
            if given.get(f"f{row}_column")
        )
        sorts = tuple(
            Sort(given[f"s{row}"], bool(given.get(f"s{row}_falling")))
            for row in range(SORTS)
            if given.get(f"s{row}")
        )
        groups = tuple(
            dict.fromkeys(given[f"g{row}"] for row in range(GROUPS) if given.get(f"g{row}"))
        )
        sums = tuple(
            name.removeprefix("sum_")
            for name in self.fields
            if name.startswith("sum_") and given.get(name)
        )
        return View(
            self.facts.name, tuple(names), filters, groups, sums if groups else (), sorts,
            given.get("day"),
        )  # fmt: skip


class KeepForm(forms.Form):
    """The name of a ledger, who else uses it, when it is written as a file."""

    name = forms.CharField(label=pgettext_lazy("ledger", "Name"), max_length=80)
    shared = forms.BooleanField(
        label=_("Share it"), required=False,
        help_text=_("Whoever may read these facts at this place or below may open it too."),
    )  # fmt: skip
    daily_at = forms.TimeField(
        label=_("Write it every day at"), required=False, widget=TimeInput(),
        help_text=_("A file for you, made by itself. Left empty: only when you ask for it."),
    )  # fmt: skip
    form = forms.ChoiceField(label=_("As"), choices=Form.choices, initial=Form.XLSX)
    watched = forms.BooleanField(
        label=_("Watch what changes"), required=False,
        help_text=_("Each time it is written, what is new, changed or gone is shown."),
    )  # fmt: skip


class TakeForm(forms.Form):
    """In which form a ledger is taken away, and why with numbers in full."""

    form = forms.ChoiceField(label=_("As"), choices=Form.choices, initial=Form.XLSX)
    clear = forms.BooleanField(
        label=_("With numbers of documents and phones in full"), required=False
    )
    reason = forms.CharField(
        label=_("What the full numbers are needed for"), required=False, max_length=200,
        help_text=_("Everybody in the list can see that you took their number, and why."),
    )  # fmt: skip

    def __init__(self, data: Any, *, may_reveal: bool) -> None:
        super().__init__(data)
        if not may_reveal:
            del self.fields["clear"], self.fields["reason"]


class RefuseForm(forms.Form):
    """Why an export is refused."""

    reason = forms.CharField(label=_("Why not"), max_length=200)


@dataclass(frozen=True)
class Sought:
    """What a paper is about: by what it is sought, and what was found."""

    name: str
    by: str
    found: tuple[Found, ...] = ()


class DraftForm(forms.Form):
    """The day of a paper, whom or what it is about, and what its template asks."""

    day = forms.DateField(label=_("Day"), widget=DateInput(), initial=timezone.localdate)

    def __init__(
        self, data: Any, asked: list[str], known: Any = None, about: Sequence[Sought] = ()
    ) -> None:
        self.asked = {f"answer_{at}": name for at, name in enumerate(asked)}
        self.sought = about
        given = dict(known or {})
        initial = {key: given.get(name, "") for key, name in self.asked.items()}
        if "day" in given:
            initial["day"] = given["day"]
        super().__init__(data, initial=initial)
        for one in about:
            self.fields[f"find_{one.name}"] = forms.CharField(
                label=_("Search by: %(what)s") % {"what": one.by}, required=False, max_length=60,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )  # fmt: skip
            self.fields[f"about_{one.name}"] = forms.ChoiceField(
                label=_("Whom or what the paper is about"), required=False,
                widget=forms.RadioSelect, choices=[(row.key, row.label) for row in one.found],
            )  # fmt: skip
        for key, name in self.asked.items():
            self.fields[key] = forms.CharField(
                label=name, required=False, max_length=5_000,
                widget=forms.Textarea(attrs={"rows": 3}),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Tell what is to be chosen yet, unless who sent it but searches."""
        for one in self.sought:
            text = self.cleaned_data.get(f"find_{one.name}")
            if not one.found and text:
                self.add_error(
                    f"find_{one.name}",
                    _("Nothing is found here by this, or you may not see it. Write it otherwise."),
                )
            elif "find" not in self.data and not self.cleaned_data.get(f"about_{one.name}"):
                self.add_error(f"find_{one.name}", _("Search here and choose one."))
        return self.cleaned_data

    def searches(self) -> Iterator[tuple[forms.BoundField, forms.BoundField | None]]:
        """The field of each search, and that of the choice where something was found."""
        for one in self.sought:
            yield self[f"find_{one.name}"], self[f"about_{one.name}"] if one.found else None

    def plain(self) -> Iterator[forms.BoundField]:
        """The day and what is asked."""
        yield from (self[name] for name in ("day", *self.asked) if name in self.fields)

    def about(self) -> dict[str, str]:
        """The key of what the paper is about, by what that is."""
        return {one.name: self.cleaned_data[f"about_{one.name}"] for one in self.sought}

    def answers(self) -> dict[str, str]:
        """What was answered, by what was asked."""
        return {name: self.cleaned_data.get(key, "") for key, name in self.asked.items()}


class SourceForm(forms.Form):
    """A template of papers as a clerk writes it."""

    name = forms.CharField(label=pgettext_lazy("template", "Name"), max_length=120)
    code = forms.CharField(
        label=pgettext_lazy("of a template", "Code"), max_length=40,
        help_text=_("Small letters, digits and hyphens: daily-market. The same replaces it."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind of paper"), choices=KINDS.choices)
    source = forms.CharField(
        label=_("Text"), max_length=60_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "fx-mono"}),
    )  # fmt: skip


class IssuerForm(forms.Form):
    """As whom a place issues papers, and to whom it reports."""

    red_head = forms.CharField(
        label=_("Red head"), max_length=80, required=False,
        help_text=_("At the top of official papers. Left empty: the issuing body with “document”."),
    )  # fmt: skip
    body = forms.CharField(
        label=_("Issuing body"), max_length=80, required=False,
        help_text=_("Signs papers. Left empty: the place's name, with headquarters for reports."),
    )  # fmt: skip
    addressee = forms.CharField(
        label=_("Body that reports go to"), max_length=120, required=False,
        help_text=_("Left empty: the headquarters above."),
    )  # fmt: skip
