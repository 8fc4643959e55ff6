"""Forms of persons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import offer
from fangxian.common.ui.widgets import DateInput
from fangxian.core.forms import ForAnEmergency
from fangxian.people.vocabularies import DOCUMENT_KINDS, ETHNICITIES, SEXES


class PersonForm(ChangeForm):
    """What is kept of a person."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=60)
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES)
    birth_date = forms.DateField(label=_("Date of birth"), required=False, widget=DateInput)
    ethnicity = forms.ChoiceField(label=_("Ethnicity"), required=False)
    registered_address = forms.CharField(
        label=_("Registered address"), required=False, max_length=200
    )
    employer = forms.CharField(label=_("Workplace or school"), required=False, max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, ethnicity=[("", _("not stated")), *ETHNICITIES.choices()])


class DocumentForm(ForAnEmergency):
    """A document to add."""

    kind = forms.ChoiceField(label=_("Kind of document"))
    number = forms.CharField(
        label=_("Document number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=DOCUMENT_KINDS.choices())


class PhoneForm(ForAnEmergency):
    """A phone to add."""

    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    label = forms.CharField(label=_("Whose or what for"), max_length=20, required=False)
