"""Forms of sweeps, exemptions, reports, questionnaires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.ui.choices import offer
from fangxian.common.ui.widgets import DateInput, TimeInput
from fangxian.core.models import Emergency
from fangxian.core.queries import emergencies_at
from fangxian.field.models import Campaign, FormDefinition, Target
from fangxian.field.rules import FieldRules, Outcome
from fangxian.organisations.forms import one_place
from fangxian.regions.models import Region
from fangxian.regions.queries import at


def latest_forms() -> list[FormDefinition]:
    """The latest version of each form, by name. One query."""
    found = FormDefinition.objects.order_by("code", "-version").distinct("code")
    return sorted(found, key=lambda form: form.name)


class CampaignForm(forms.Form):
    """A new sweep."""

    name = forms.CharField(label=_("Name"), max_length=80)
    area = forms.CharField(
        label=_("Area"),
        max_length=80,
        help_text=_(
            "Name or code of a place in your area: a county, a town, a community, a grid. The whole"
            " of it is visited."
        ),
    )
    group = forms.ChoiceField(label=_("Who is visited"))
    form = forms.ModelChoiceField(label=_("Form"), queryset=FormDefinition.objects.none())
    every_door = forms.BooleanField(
        label=_("Ask the form at every door"),
        required=False,
        help_text=_(
            "Otherwise it is asked where there is an exception; one key is enough elsewhere."
        ),
    )
    starts_on = forms.DateField(label=_("Starts on"), widget=DateInput)
    ends_on = forms.DateField(label=pgettext_lazy("a sweep", "Ends on"), widget=DateInput)
    report_at = forms.TimeField(
        label=_("Daily report due at"),
        required=False,
        widget=TimeInput,
        help_text=_(
            "Of the communities; the levels above, which add them up, follow as the rules say."
            " Empty: the time that the rules give. A time of the night is the next morning’s."
        ),
    )
    emergency = forms.ModelChoiceField(
        label=_("Emergency"),
        queryset=Emergency.objects.none(),
        required=False,
        empty_label=_("none"),
        help_text=_("What is recorded is then sealed with its key and destroyed with it."),
    )

    def __init__(self, *args: Any, by: Actor, rules: FieldRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.place: Region | None = None
        fields: Any = self.fields
        offer(self, group=[(group.code, group.name) for group in rules.groups.values()])
        fields["form"].queryset = FormDefinition.objects.filter(
            id__in=[form.id for form in latest_forms()]
        ).order_by("name")
        within = Emergency.objects.filter(ended_on=None, place_code__startswith=by.area)
        fields["emergency"].queryset = emergencies_at(by.area) | within

    def clean_area(self) -> str:
        """The place by code, or the only one with this name."""
        self.place = one_place(self.cleaned_data["area"], self.by.area)
        return str(self.place.code)


def called(code: str, area: str) -> str:
    """What to write for a place so that it is found again: its name if that is enough."""
    place = at(code)
    try:
        return str(place.name) if one_place(place.name, area).code == code else code
    except forms.ValidationError:
        return code


class ExtendForm(forms.Form):
    """A later end of a sweep."""

    ends_on = forms.DateField(label=_("New last day"), widget=DateInput)


class DoorFilter(forms.Form):
    """What the list of doors shows; a value that is none filters nothing."""

    SHOWS = ("left", "back", "today", "exempt", "all")

    place = forms.CharField(label=_("Place (code)"), max_length=20, required=False)
    show = forms.ChoiceField(
        required=False,
        choices=[
            ("left", _("Left to do")),
            ("back", _("To go to again")),
            ("today", _("Visited today")),
            ("exempt", _("Exempt")),
            ("all", _("All")),
        ],
    )

    def chosen(self, by: Actor, campaign: Campaign) -> tuple[str, str]:
        """The place (the smaller of the actor's area and the sweep's by default) and the list."""
        self.is_valid()
        place = (self.cleaned_data.get("place") or "").strip()
        if not (place and codes.is_code(place) and codes.contains(by.area, place)):
            place = max(by.area, campaign.area.code, key=len)
        return place, self.cleaned_data.get("show") or "left"


class ExemptForm(forms.Form):
    """An exemption of one household."""

    reason = forms.ChoiceField(label=_("Reason"))
    until = forms.DateField(label=_("Until"), widget=DateInput)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, rules: FieldRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, reason=[(named.code, named.name) for named in rules.exemptions.values()])


class VisitForm(forms.Form):
    """What is recorded at a door beside the answers."""

    op_id = forms.UUIDField(widget=forms.HiddenInput)
    corrects = forms.UUIDField(widget=forms.HiddenInput, required=False)
    outcome = forms.ChoiceField()
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    revisit_on = forms.DateField(
        label=_("Come back on"),
        required=False,
        widget=DateInput,
        help_text=_("Empty: the next day, where nobody was met or the visit was refused."),
    )

    def __init__(self, *args: Any, outcomes: list[Outcome], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, outcome=[(outcome.code, outcome.name) for outcome in outcomes])

    def clean_revisit_on(self) -> Any:
        day = self.cleaned_data["revisit_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("The day has passed. Choose today or later."))
        return day


class ReportFilter(forms.Form):
    """Day and state of the reports that are listed."""

    day = forms.DateField(label=_("Day"), required=False, widget=DateInput)
    show = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("All")),
            ("owed", _("Not sent")),
            ("sent", pgettext_lazy("a report", "Sent")),
        ],
    )
    level = forms.TypedChoiceField(label=_("Level"), required=False, coerce=int, choices=[])

    def __init__(self, data: Any, levels: list[Level]) -> None:
        super().__init__(data)
        offer(self, level=[("", _("All")), *((int(one), one.label) for one in levels)])

    def chosen(self) -> tuple[Any, str, int]:
        self.is_valid()
        given = self.cleaned_data
        return (
            given.get("day") or timezone.localdate(),
            given.get("show") or "",
            int(given.get("level") or 0),
        )


class CorrectionForm(forms.Form):
    """New figures of a sent report and why; figures left as they are are not corrected."""

    reason = forms.CharField(label=_("What was wrong"), max_length=200)

    def __init__(
        self, *args: Any, figures: dict[str, int], labels: dict[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.figures = figures
        for name, value in figures.items():
            self.fields[f"figure_{name}"] = forms.IntegerField(
                label=labels.get(name, name), min_value=0, max_value=10**9, initial=value
            )

    def changed_figures(self) -> dict[str, int]:
        given = {name: self.cleaned_data[f"figure_{name}"] for name in self.figures}
        return {name: value for name, value in given.items() if value != self.figures[name]}


class FormFile(forms.Form):
    """An XLSForm workbook."""

    code = forms.SlugField(
        label=_("Code of the form"),
        max_length=40,
        help_text=_("A known code makes its next version."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=80, required=False, help_text=_("Empty: the workbook’s title.")
    )
    file = forms.FileField(label=_("Workbook (XLSForm, .xlsx)"))


class QueueFilter(forms.Form):
    """Place and phone of what waits; a value that is none filters nothing."""

    place = forms.CharField(label=_("Place, by name or code"), max_length=80, required=False)
    device = forms.ChoiceField(label=pgettext_lazy("device", "Phone"), required=False)

    def __init__(self, *args: Any, phones: Mapping[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, device=[("", _("all")), *((str(pk), name) for pk, name in phones.items())])

    def chosen(self, by: Actor) -> tuple[str, str]:
        """The code of a place in the actor's area and the id of a phone, each "" for all."""
        self.is_valid()
        place = self.cleaned_data.get("place") or ""
        try:
            code = str(one_place(place, by.area).code) if place.strip() else ""
        except forms.ValidationError as error:
            self.add_error("place", error)
            code = ""
        return code, str(self.cleaned_data.get("device") or "")


class HandInForm(forms.Form):
    """The file that the app's sync box wrote."""

    file = forms.FileField(label=_("File of unsent work (.json)"))


def state_of(target: Target) -> tuple[str, Any]:
    """The badge of a door: its look and its words."""
    looks = {"visited": "ok", "exempt": "exempt", "open": "gap", "gone": "neutral"}
    if target.state == Target.State.OPEN and target.visits:
        return "warn", _("to go to again")
    return looks[target.state], target.get_state_display()
