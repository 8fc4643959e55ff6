"""Forms of the register."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import offer
from fangxian.common.ui.widgets import DateInput
from fangxian.core.forms import ForAnEmergency
from fangxian.people.vocabularies import DOCUMENT_KINDS, SEXES
from fangxian.register.models import Household
from fangxian.register.vocabularies import (
    ESTABLISHMENT_KINDS,
    KEY_GROUPS,
    RELATIONS,
    RESIDENCY_KINDS,
)


class ListFilter(forms.Form):
    """The filter of a place's households; what is no value of its kind filters nothing."""

    room = forms.CharField(label=_("Room"), required=False, max_length=20)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all")), ("lived_in", _("lived in")), ("empty", _("nobody lives here"))],
    )
    kind = forms.ChoiceField(label=_("With"), required=False)
    group = forms.ChoiceField(label=_("Key group"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        offer(
            self,
            kind=[("", _("everybody")), ("away", _("somebody away")), *RESIDENCY_KINDS.choices()],
            group=[("", _("any or none")), *KEY_GROUPS.choices()],
        )

    def chosen(self) -> dict[str, str]:
        """The values that filter something."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class HouseholdForm(forms.Form):
    """A household at a door."""

    room = forms.CharField(label=_("Room"), max_length=20, required=False)
    number = forms.CharField(label=_("Household number"), max_length=30, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Household.Kind.choices)
    state = forms.ChoiceField(
        label=_("State"), choices=[c for c in Household.State.choices if c[0] != "closed"]
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class ChangeHouseholdForm(ChangeForm, HouseholdForm):
    """A household as it is now."""


class NewResidentForm(ForAnEmergency):
    """A person who moves in and is not registered here yet."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=60)
    document_kind = forms.ChoiceField(label=_("Kind of document"), required=False)
    document = forms.CharField(
        label=_("Document number"),
        max_length=40,
        required=False,
        help_text=_("Leave it empty when there is none."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, required=False)
    birth_date = forms.DateField(label=_("Date of birth"), required=False, widget=DateInput)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    relation = forms.ChoiceField(label=_("Relation to the head"))
    kind = forms.ChoiceField(label=_("Lives here as"))
    on = forms.DateField(label=_("Since when"), widget=DateInput, initial=timezone.localdate)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            document_kind=DOCUMENT_KINDS.choices(),
            relation=RELATIONS.choices(),
            kind=RESIDENCY_KINDS.choices(),
        )


class BirthForm(forms.Form):
    """A child born into a household."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=60)
    sex = forms.ChoiceField(label=_("Sex"), choices=[c for c in SEXES if c[0] in ("1", "2")])
    on = forms.DateField(label=_("Born on"), widget=DateInput)
    relation = forms.ChoiceField(label=_("Relation to the head"))
    certificate = forms.CharField(
        label=_("Number of the birth certificate"), max_length=30, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, relation=RELATIONS.choices())


class DayForm(forms.Form):
    """The day on which something happened."""

    on = forms.DateField(label=_("Day"), widget=DateInput, initial=timezone.localdate)


class AwayForm(forms.Form):
    """An absence."""

    since = forms.DateField(label=_("Since when"), widget=DateInput, initial=timezone.localdate)
    where = forms.CharField(label=_("Where to"), max_length=80, required=False)


class ResidencyForm(ChangeForm):
    """How somebody lives here."""

    relation = forms.ChoiceField(label=_("Relation to the head"))
    kind = forms.ChoiceField(label=_("Lives here as"))
    from_date = forms.DateField(label=_("Since when"), widget=DateInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, relation=RELATIONS.choices(), kind=RESIDENCY_KINDS.choices())


class GroupForm(ForAnEmergency):
    """A key group to join."""

    group = forms.ChoiceField(label=_("Key group"))
    since = forms.DateField(label=_("Since when"), widget=DateInput, initial=timezone.localdate)
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, help_text=_("Kept encrypted.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, group=KEY_GROUPS.choices())


class EstablishmentForm(forms.Form):
    """An establishment."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"))
    credit_code = forms.CharField(
        label=_("Unified social credit code"), max_length=18, required=False
    )
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    contact_name = forms.CharField(label=_("Contact"), max_length=60, required=False)
    contact_phone = forms.CharField(label=_("Contact's phone"), max_length=30, required=False)
    staff_count = forms.IntegerField(label=_("Staff"), min_value=0, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=ESTABLISHMENT_KINDS.choices())


class ChangeEstablishmentForm(ChangeForm, EstablishmentForm):
    """An establishment as it is now."""
