"""Forms of reporting in and of a community's lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import offer
from fangxian.organisations import reporting
from fangxian.organisations.forms import HolderForm, day_input
from fangxian.organisations.reporting_rules import ReportingRules

STATES = {
    "open": pgettext_lazy("an item of a list", "open"),
    "claimed": pgettext_lazy("an item of a list", "claimed"),
    "done": pgettext_lazy("an item of a list", "done"),
    "withdrawn": pgettext_lazy("an item of a list", "taken off"),
}


class ReportForm(HolderForm):
    """Who reports in, found by search or among those who are proposed."""

    offers = forms.CharField(
        label=_("What it can do"),
        max_length=200,
        required=False,
        help_text=_("Hands, vehicles, rooms, skills."),
    )
    on = forms.DateField(label=_("Reported in on"), widget=day_input())

    def __init__(self, by: Actor, *args: Any, person: bool, **kwargs: Any) -> None:
        super().__init__(by, *args, person=person, **kwargs)


class ItemFilter(forms.Form):
    """Which items of a list are shown."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *STATES.items()]
    )

    def chosen(self) -> str:
        """The state, "" for all."""
        return str(self.cleaned_data.get("state", "")) if self.is_valid() else ""


class ItemForm(forms.Form):
    """A line of a list."""

    title = forms.CharField(label=_("What it is"), max_length=120)
    detail = forms.CharField(label=_("Details"), max_length=300, required=False)
    due = forms.DateField(label=_("By when"), required=False, widget=day_input())


class NewItemForm(ItemForm):
    """A new line, and on which list it goes."""

    kind = forms.ChoiceField(label=_("List"), choices=[])
    field_order = ("kind", "title", "detail", "due")

    def __init__(self, rules: ReportingRules, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=[(one.code, one.name) for one in rules.lists.values()])


class ChangeItemForm(ChangeForm, ItemForm):
    """A line as it is now."""


class ClaimForm(forms.Form):
    """Who takes an item on, of those who were received."""

    report = forms.ChoiceField(label=_("Who takes it on"), choices=[])

    def __init__(self, whom: Sequence[tuple[UUID, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, report=[(str(key), name) for key, name in whom])


class ResultForm(forms.Form):
    """What came of it."""

    result = forms.CharField(label=_("Result"), max_length=300)


class FeedbackForm(forms.Form):
    """The feedback of a quarter."""

    quarter = forms.ChoiceField(label=_("Quarter"), choices=[])
    grade = forms.ChoiceField(label=_("Grade"), widget=forms.RadioSelect, choices=[])
    text = forms.CharField(label=_("Feedback"), max_length=300, required=False)

    def __init__(
        self, rules: ReportingRules, quarters: Sequence[dt.date], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            quarter=[(one.isoformat(), reporting.quarter_name(one)) for one in quarters],
            grade=[(one.code, one.name) for one in rules.grades.values()],
        )

    def clean_quarter(self) -> dt.date:
        """The first day of the quarter."""
        return dt.date.fromisoformat(self.cleaned_data["quarter"])
