"""Forms of reporting in and of a community's lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import offer
from fangxian.organisations import reporting
from fangxian.organisations.forms import HolderForm, day_input, one_place
from fangxian.organisations.reporting_rules import ReportingRules, reporting_rules
from fangxian.regions.models import Region

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


class OwnReportForm(forms.Form):
    """Who reports in by oneself, and with what."""

    who = forms.ChoiceField(label=_("Who reports in"), widget=forms.RadioSelect, choices=[])
    offers = forms.CharField(
        label=_("What it can do"),
        max_length=200,
        required=False,
        help_text=_("Hands, vehicles, rooms, skills."),
    )

    def __init__(self, whom: Sequence[tuple[UUID, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, who=[(str(key), name) for key, name in whom])


class CommunityForm(forms.Form):
    """The community to which a unit reports in, wherever it sits."""

    community = forms.CharField(
        label=_("Community or village"),
        max_length=60,
        help_text=_("Name or code of the community to which your unit reports in."),
    )

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_community(self) -> Region:
        """The community by code, or the only one with this name."""
        found = one_place(self.cleaned_data["community"], self.by.area)
        if found.level != int(reporting_rules().level):
            raise forms.ValidationError(_("“%(place)s” is no community.") % {"place": found.name})
        return found


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
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        rules: ReportingRules,
        quarters: Sequence[dt.date],
        said: Mapping[dt.date, str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """``said``: the grades of quarters that were given before."""
        super().__init__(*args, **kwargs)
        names = {one: reporting.quarter_name(one) for one in quarters}
        for one in names.keys() & said.keys():
            told = {"quarter": names[one], "grade": rules.grade_name(said[one])}
            names[one] = _("%(quarter)s (given: %(grade)s)") % told
        # What the page showed as given may be replaced knowingly.
        self.fields["shown"].initial = " ".join(sorted(one.isoformat() for one in said))
        offer(
            self,
            quarter=[(one.isoformat(), name) for one, name in names.items()],
            grade=[(one.code, one.name) for one in rules.grades.values()],
        )

    def clean_quarter(self) -> dt.date:
        """The first day of the quarter."""
        return dt.date.fromisoformat(self.cleaned_data["quarter"])

    def feedback(self) -> dict[str, Any]:
        """What is said of which quarter, and whether that replaces what was said before."""
        given = dict(self.cleaned_data)
        shown = given.pop("shown").split()
        return {**given, "again": given["quarter"].isoformat() in shown}
