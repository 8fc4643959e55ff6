"""Forms of report cards."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import named, offer
from fangxian.common.ui.widgets import DateInput, DateTimeInput
from fangxian.organisations.forms import HolderForm, one_place, one_unit
from fangxian.organisations.models import Organisation
from fangxian.people.vocabularies import SEXES
from fangxian.regions.models import Region
from fangxian.surveillance.rules import CLASSES, Catalogue, ReportRules, catalogue, report_rules

WEEK = dt.timedelta(days=6)
LONGEST = dt.timedelta(days=366)
# Days that no list and no card is of, and that no clock reckons with.
FIRST, LAST = dt.date(2000, 1, 1), dt.date(2199, 12, 31)


def _sane(day: dt.date | None) -> dt.date:
    """A day as it was typed; today where none was, or one that nothing is of."""
    return day if day is not None and FIRST <= day <= LAST else timezone.localdate()


def diseases_by_class(listed: Catalogue) -> list[tuple[Any, list[tuple[str, str]]]]:
    """The diseases of a list under their classes, as a choice offers them."""
    found: list[tuple[Any, list[tuple[str, str]]]] = []
    for klass, label in CLASSES.items():
        rows = [(one.code, one.name) for one in listed.diseases.values() if one.klass == klass]
        found += [(label, rows)] if rows else []
    return found


class _CaseFields(forms.Form):
    disease = forms.ChoiceField(label=_("Disease"))
    classification = forms.ChoiceField(label=_("Classification"))
    diagnosed_at = forms.DateTimeField(
        label=_("Diagnosed"), widget=DateTimeInput,
        help_text=_("From then on the hours run in which the law wants it reported."),
    )  # fmt: skip
    onset_on = forms.DateField(label=_("Onset"), required=False, widget=DateInput)
    died_on = forms.DateField(label=_("Died on"), required=False, widget=DateInput)
    belongs = forms.ChoiceField(label=_("The case lives in"))
    occupation = forms.ChoiceField(label=_("Occupation"), required=False)
    address = forms.CharField(label=_("Present address"), max_length=200, required=False)
    doctor = forms.CharField(label=_("Reporting doctor"), max_length=60, required=False)
    note = forms.CharField(
        label=_("Remarks"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def offer_codes(self, rules: ReportRules, listed: Catalogue) -> None:
        """Fill the lists."""
        offer(
            self,
            disease=[("", "—"), *diseases_by_class(listed)],
            classification=named(rules.classifications),
            belongs=named(rules.belongs),
            occupation=[("", _("not said")), *named(rules.occupations)],
        )


class _NewCardFields(_CaseFields):
    place = forms.CharField(
        label=_("Place"), max_length=80,
        help_text=_("Where the case lives; where it was reported if that is elsewhere."),
    )  # fmt: skip
    source = forms.ChoiceField(label=_("Source of the report"))
    organisation = forms.CharField(
        label=_("Reporting unit"), max_length=120, required=False,
        help_text=_("Its full or short name."),
    )  # fmt: skip
    again = forms.BooleanField(
        label=_("Another case, though the same disease was reported lately"), required=False
    )

    def offer_codes(self, rules: ReportRules, listed: Catalogue) -> None:
        super().offer_codes(rules, listed)
        offer(self, source=named(rules.sources))

    def clean_organisation(self) -> Organisation | None:
        """The unit, if one is named."""
        name = self.cleaned_data["organisation"].strip()
        return one_unit(name) if name else None


class NewCaseForm(_NewCardFields):
    """The card of somebody whom nobody has registered."""

    name = forms.CharField(label=pgettext_lazy("a person", "Name"), max_length=60)
    identity = forms.CharField(label=_("Identity number"), max_length=30, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    sex = forms.ChoiceField(label=pgettext_lazy("a person", "Sex"), choices=SEXES, required=False)
    birth_date = forms.DateField(label=_("Date of birth"), required=False, widget=DateInput)
    field_order = (
        "name", "identity", "sex", "birth_date", "phone", "place", "address", "belongs",
        "occupation", "disease", "classification", "onset_on", "diagnosed_at", "died_on",
        "source", "organisation", "doctor", "note", "again",
    )  # fmt: skip

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.offer_codes(report_rules(), catalogue())

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class KnownCaseForm(HolderForm, _NewCardFields):
    """The card of somebody whom the register or a unit knows, found by search."""

    field_order = (
        "q", "holder", "place", "address", "belongs", "occupation", "disease", "classification",
        "onset_on", "diagnosed_at", "died_on", "source", "organisation", "doctor", "note", "again",
    )  # fmt: skip

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(by, *args, person=True, **kwargs)
        self.by = by
        self.offer_codes(report_rules(), catalogue())

    def clean_place(self) -> Region | None:
        """The place by code or name; nothing while somebody is searched."""
        text = self.cleaned_data["place"].strip()
        return one_place(text, self.by.area) if text else None


class RevisionForm(ChangeForm, _CaseFields):
    """What a card says, and why it is revised."""

    reason = forms.CharField(label=_("Why it is revised"), max_length=200)

    def __init__(self, *args: Any, listed: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_codes(report_rules(), listed)


class WithdrawalForm(forms.Form):
    """Why a card is withdrawn."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200,
        help_text=_("It is no case, or was reported twice: say which card remains."),
    )  # fmt: skip


class DayFilter(forms.Form):
    """The day of the list of diseases."""

    day = forms.DateField(required=False)

    def chosen(self) -> dt.date:
        """The day (today)."""
        self.is_valid()
        return _sane(self.cleaned_data.get("day"))


class CardFilter(forms.Form):
    """Which cards are listed; a value that is none filters nothing."""

    place = forms.CharField(label=_("Place (code)"), max_length=20, required=False)
    since = forms.DateField(label=_("Diagnosed from"), required=False, widget=DateInput)
    until = forms.DateField(label=pgettext_lazy("days", "until"), required=False, widget=DateInput)
    disease = forms.ChoiceField(label=_("Disease"), required=False)
    show = forms.ChoiceField(
        label=_("Show"), required=False,
        choices=[
            ("", _("All")),
            ("open", _("To verify")),
            ("late", _("Reported late")),
            ("withdrawn", pgettext_lazy("cards", "Withdrawn")),
        ],
    )  # fmt: skip

    def __init__(self, data: Any, by: Actor) -> None:
        super().__init__(data)
        self.by = by
        offer(self, disease=[("", _("All")), *diseases_by_class(catalogue())])

    def chosen(self) -> tuple[str, dt.date, dt.date, str, str]:
        """Place (the actor's area), first and last day (a week), disease, what is shown."""
        self.is_valid()
        given = self.cleaned_data
        place = (given.get("place") or "").strip()
        if not (place and codes.is_code(place) and codes.contains(self.by.area, place)):
            place = self.by.area
        until = _sane(given.get("until"))
        since = given.get("since") or until - WEEK
        since = max(min(since, until), until - LONGEST)
        return place, since, until, given.get("disease") or "", given.get("show") or ""
