"""Forms of alliances and pairings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import offer
from fangxian.organisations.forms import HolderForm, day_input, one_body, one_place
from fangxian.organisations.models import Organisation
from fangxian.organisations.together_rules import TogetherRules
from fangxian.regions.models import Region


class AllianceForm(forms.Form):
    """A new alliance."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=[])
    place = forms.CharField(
        label=_("Place"), max_length=60, help_text=_("Name or code of a place in your area.")
    )
    lead = forms.CharField(
        label=_("Who leads it"), max_length=120, help_text=_("Full name of the organisation.")
    )
    from_date = forms.DateField(label=_("Founded on"), widget=day_input())

    def __init__(self, by: Actor, rules: TogetherRules, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        offer(self, kind=[(one.code, one.name) for one in rules.alliances.values()])

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)

    def clean_lead(self) -> Organisation:
        """The organisation by its full or short name."""
        return one_body(self.cleaned_data["lead"].strip())


class ChangeAllianceForm(ChangeForm):
    """What an alliance is called, its kind and who leads it, as it is now."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=[])
    lead = forms.CharField(
        label=_("Who leads it"), max_length=120, help_text=_("Full name of the organisation.")
    )

    def __init__(self, rules: TogetherRules, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=[(one.code, one.name) for one in rules.alliances.values()])

    def clean_lead(self) -> Organisation | None:
        """The organisation by its full or short name; None where it was left alone."""
        text = self.cleaned_data["lead"].strip()
        return None if text == self.now["lead"] else one_body(text)


class AlliesForm(forms.Form):
    """Units of the place that join at once, and as what."""

    organisations = forms.ModelMultipleChoiceField(
        label=_("Units of the place that are not in it"),
        queryset=Organisation.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    role = forms.ChoiceField(label=_("Role"), choices=[], initial="member")
    on = forms.DateField(label=_("Joined on"), widget=day_input())

    def __init__(
        self, found: QuerySet[Organisation], rules: TogetherRules, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisations"].queryset = found  # type: ignore[attr-defined]
        offer(self, role=[(one.code, one.name) for one in rules.roles.values()])


class AllyForm(HolderForm):
    """An organisation found by search, and as what it joins."""

    role = forms.ChoiceField(label=_("Role"), choices=[])
    on = forms.DateField(label=_("Joined on"), widget=day_input())

    def __init__(self, by: Actor, rules: TogetherRules, *args: Any, **kwargs: Any) -> None:
        super().__init__(by, *args, person=False, **kwargs)
        offer(self, role=[(one.code, one.name) for one in rules.roles.values()])


class SharedTaskForm(forms.Form):
    """What an alliance does together."""

    title = forms.CharField(label=_("Task"), max_length=200)
    organisation = forms.ModelChoiceField(
        label=_("Who sees to it"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("who leads it"),
    )
    due = forms.DateField(label=_("By when"), required=False, widget=day_input())

    def __init__(self, inside: Sequence[Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Organisation.objects.filter(id__in=inside).order_by("name")
        self.fields["organisation"].queryset = found  # type: ignore[attr-defined]


class PairForm(forms.Form):
    """Who stands by whom."""

    organisation = forms.CharField(
        label=_("Organisation"), max_length=120, help_text=_("Its full name.")
    )
    partner = forms.CharField(
        label=_("Another organisation"),
        max_length=120,
        required=False,
        help_text=_("Its full name, wherever it sits; or a place below."),
    )
    place = forms.CharField(
        label=_("Place"),
        max_length=60,
        required=False,
        help_text=_("Name or code, also far away; with a community here it is linked too."),
    )
    unit_there = forms.CharField(
        label=_("Unit there"),
        max_length=120,
        required=False,
        help_text=_("Of a unit far away that is not kept here: its name, with its place above."),
    )
    purpose = forms.CharField(label=pgettext_lazy("a pair", "Purpose"), max_length=200)
    from_date = forms.DateField(label=_("Paired since"), widget=day_input())

    def clean_organisation(self) -> Organisation:
        """The organisation by its full or short name."""
        return one_body(self.cleaned_data["organisation"].strip())

    def clean_partner(self) -> Organisation | None:
        """The other organisation, if one is named."""
        text = self.cleaned_data["partner"].strip()
        return one_body(text) if text else None

    def clean_place(self) -> Region | None:
        """The place, anywhere in the country, if one is named."""
        text = self.cleaned_data["place"].strip()
        return one_place(text, "") if text else None

    def clean(self) -> dict[str, Any]:
        """Either an organisation or a place."""
        given = super().clean() or {}
        if bool(given.get("partner")) == bool(given.get("place")) and not self.errors:
            self.add_error("partner", _("Name either another organisation or a place."))
        elif given.get("unit_there") and given.get("partner"):
            self.add_error("unit_there", _("Name the place where this unit is instead."))
        return given


class ChangePairForm(ChangeForm):
    """What a pairing is for, as it is now."""

    purpose = forms.CharField(label=pgettext_lazy("a pair", "Purpose"), max_length=200)


class EntryForm(forms.Form):
    """What was given or done."""

    on = forms.DateField(label=_("Day"), widget=day_input())
    kind = forms.ChoiceField(label=_("Kind"), choices=[])
    text = forms.CharField(label=_("What was given or done"), max_length=300)

    def __init__(self, rules: TogetherRules, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=[(one.code, one.name) for one in rules.entries.values()])
