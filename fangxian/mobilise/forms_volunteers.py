"""Forms about volunteers: who they are, what they are able to do and bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import named, offer
from fangxian.common.ui.widgets import DateInput
from fangxian.mobilise.actions import Brings, NewSkill
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.models import Skill
from fangxian.mobilise.models.volunteer import ECHELONS, MOST_SEATS
from fangxian.mobilise.rules import PostRules
from fangxian.organisations.forms import HolderForm, one_place, one_unit
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region

MOST_RANK: Final = 999_999


class _VolunteerFields(forms.Form):
    organisation = forms.CharField(
        label=pgettext_lazy("an organisation", "Unit"),
        max_length=120,
        required=False,
        help_text=_("Its full or short name."),
    )
    skills = forms.MultipleChoiceField(
        label=_("Skills"), required=False, widget=forms.CheckboxSelectMultiple
    )
    echelon = forms.IntegerField(
        label=_("Echelon"),
        min_value=1,
        max_value=ECHELONS,
        initial=1,
        help_text=_("1 is called first."),
    )
    vehicle = forms.BooleanField(label=_("Has a vehicle"), required=False)
    vehicle_kind = forms.ChoiceField(label=_("Kind of vehicle"), required=False)
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS, required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages and dialects"), required=False, widget=forms.CheckboxSelectMultiple
    )
    fit = forms.NullBooleanField(
        label=_("Fit for duty"),
        required=False,
        help_text=_("Yes or no is all that is kept of health and vaccination."),
        widget=forms.NullBooleanSelect,
    )

    def __init__(self, *args: Any, rules: PostRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        has = (kwargs.get("initial") or {}).get("skills", ())
        retired = [(code, code) for code in has if code not in rules.skills]
        more = call_rules()
        offer(
            self,
            skills=[*named(rules.skills), *retired],
            vehicle_kind=[("", _("not said")), *named(more.vehicles)],
            languages=named(more.languages),
        )
        widget: Any = self.fields["fit"].widget
        widget.choices = [
            ("unknown", _("not said")),
            ("true", pgettext_lazy("answer", "yes")),
            ("false", pgettext_lazy("answer", "no")),
        ]

    def clean_organisation(self) -> Organisation | None:
        """The unit, if one is named."""
        name = self.cleaned_data["organisation"].strip()
        return one_unit(name) if name else None


class NewVolunteerForm(_VolunteerFields):
    """Somebody new on the list, whom the register may know by the phone or not at all."""

    name = forms.CharField(label=pgettext_lazy("a person", "Name"), max_length=60)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    place = forms.CharField(
        label=_("Serves at"), max_length=80, help_text=_("A community, or a place above it.")
    )
    field_order = ("name", "phone", "place", "organisation", "skills", "echelon")

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class KnownVolunteerForm(HolderForm, _VolunteerFields):
    """Somebody whom the register or a unit knows, found by search."""

    place = forms.CharField(
        label=_("Serves at"), max_length=80, help_text=_("A community, or a place above it.")
    )
    field_order = ("q", "holder", "place", "organisation", "skills", "echelon")

    def __init__(self, by: Actor, *args: Any, rules: PostRules, **kwargs: Any) -> None:
        super().__init__(by, *args, person=True, rules=rules, **kwargs)
        self.by = by

    def clean_place(self) -> Region | None:
        """The place by code, or the only one with this name; nothing while somebody is searched."""
        text = self.cleaned_data["place"].strip()
        return one_place(text, self.by.area) if text else None


class VolunteerForm(ChangeForm, _VolunteerFields):
    """A volunteer as he is recorded."""

    rank = forms.IntegerField(
        label=_("Rank in the echelon"),
        min_value=0,
        max_value=MOST_RANK,
        required=False,
        help_text=_("The smaller number is called first."),
    )
    field_order = ("organisation", "skills", "echelon", "rank")


class SkillCertificateForm(ChangeForm):
    """The certificate of one skill; an empty number keeps the one that is recorded."""

    number = forms.CharField(label=_("Number"), max_length=60, required=False)
    expires_on = forms.DateField(label=_("Expires on"), widget=DateInput, required=False)


def brought(data: dict[str, Any]) -> Brings:
    """Take what a volunteer brings along out of a form's values."""
    return Brings(data.pop("vehicle_kind"), data.pop("seats"), tuple(data.pop("languages")))


def kept_skills(codes_: Sequence[str], known: Sequence[Skill]) -> list[NewSkill]:
    """The skills chosen, with the certificates that were recorded before."""
    before = {one.skill: one for one in known}
    return [
        NewSkill(
            code,
            (before[code].certificate or "") if code in before else "",
            before[code].expires_on if code in before else None,
        )
        for code in codes_
    ]
