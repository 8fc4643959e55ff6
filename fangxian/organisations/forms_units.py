"""Forms of temporary units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import offer
from fangxian.core.models import Emergency
from fangxian.core.queries import emergencies_at
from fangxian.organisations.forms import HolderForm, day_input, one_body, one_place
from fangxian.organisations.models import (
    Organisation,
    OrganisationKind,
    Secondment,
    Standing,
    TemporaryUnit,
    UnitState,
)
from fangxian.organisations.temporary_rules import TemporaryRules, temporary_rules
from fangxian.regions.models import Region

NONE = ("", _("none"))


class UnitFilter(forms.Form):
    """Which temporary units are listed."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("standing", _("Standing")),
            *((str(one.value), one.label) for one in UnitState if one != UnitState.FOUNDED),
            ("dissolved", _("Dissolved")),
        ],
    )

    def chosen(self) -> str:
        """The state, "" for all."""
        return str(self.cleaned_data.get("state", "")) if self.is_valid() else ""


class UnitForm(forms.Form):
    """What a temporary unit is for, where, below whom and until when."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ModelChoiceField(
        label=_("Kind"), queryset=OrganisationKind.objects.none(), empty_label=None
    )
    setting = forms.ChoiceField(label=_("Where it serves"), choices=[])
    task = forms.CharField(
        label=_("Task"), max_length=300, help_text=_("It is dissolved when the task is done.")
    )
    place = forms.CharField(
        label=_("Place"),
        max_length=60,
        help_text=_("Name or code of the place to which it belongs, in your area."),
    )
    where = forms.CharField(
        label=_("Post"),
        max_length=120,
        required=False,
        help_text=_("The gate, ward, hotel or destination, as people call it."),
    )
    superior = forms.CharField(
        label=_("Superior"),
        max_length=120,
        help_text=_("Full name of the organisation that approves it and stands above it."),
    )
    emergency = forms.ModelChoiceField(
        label=_("Emergency"),
        queryset=Emergency.objects.none(),
        required=False,
        empty_label=_("none"),
        help_text=_("When it ends, the unit is dissolved."),
    )
    from_date = forms.DateField(label=_("First day"), widget=day_input())
    until = forms.DateField(label=_("Last day"), widget=day_input())

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        rules = temporary_rules()
        kinds = OrganisationKind.objects.filter(code__in=list(rules.forms)).order_by("code")
        fields: Any = self.fields
        fields["kind"].queryset = kinds
        fields["emergency"].queryset = emergencies_at(by.area)
        offer(self, setting=[(one.code, one.name) for one in rules.settings.values()])

    @staticmethod
    def new(area: str) -> dict[str, Any]:
        """Initial values of a new one."""
        today = timezone.localdate()
        last = today + dt.timedelta(days=temporary_rules().usual_days)
        return {
            "place": area,
            "emergency": emergencies_at(area).first(),
            "from_date": today,
            "until": last,
        }

    @staticmethod
    def of(unit: TemporaryUnit) -> dict[str, Any]:
        """Initial values."""
        return {
            "name": unit.name,
            "kind": unit.kind_id,
            "setting": unit.setting,
            "task": unit.task,
            "place": unit.place.code,
            "where": unit.where,
            "superior": unit.superior.name,
            "emergency": unit.emergency_id or "",
            "from_date": unit.from_date,
            "until": unit.until,
        }

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)

    def clean_superior(self) -> Organisation:
        """The organisation by its full or short name."""
        return one_body(self.cleaned_data["superior"].strip())


class ChangeUnitForm(ChangeForm, UnitForm):
    """A unit that is drawn up, as it is now."""


class SecondForm(HolderForm):
    """Somebody found by search, and what he is to be in the unit."""

    duty = forms.CharField(label=pgettext_lazy("in a unit", "Duty"), max_length=60, required=False)
    office = forms.ChoiceField(label=_("Office"), required=False, choices=[])
    standing = forms.ChoiceField(
        label=_("Standing in the party"),
        required=False,
        choices=[("", _("as at home")), *Standing.choices, ("none", _("none"))],
    )

    def __init__(self, by: Actor, unit: TemporaryUnit, *args: Any, **kwargs: Any) -> None:
        super().__init__(by, *args, person=True, **kwargs)
        offer(self, office=offices_of(unit))

    def said_standing(self) -> str | None:
        """What was chosen; None: as the membership at home says."""
        chosen = self.cleaned_data["standing"]
        return None if not chosen else "" if chosen == "none" else chosen


class SecondmentForm(ChangeForm):
    """A secondment as it is now."""

    duty = forms.CharField(label=pgettext_lazy("in a unit", "Duty"), max_length=60, required=False)
    standing = forms.ChoiceField(
        label=_("Standing in the party"), required=False, choices=[NONE, *Standing.choices]
    )


class OfficersForm(ChangeForm):
    """Who holds which office as it is now, a field for each of the unit."""

    def __init__(
        self, unit: TemporaryUnit, people: Sequence[Secondment], *args: Any, **kwargs: Any
    ) -> None:
        # Of each form its own; the digests are made of them.
        self.base_fields = {  # type: ignore[misc]
            str(row.id): forms.ChoiceField(
                label=row.person.name,
                required=False,
                choices=offices_of(unit),
                initial=row.office,
                help_text=row.get_standing_display() if row.standing else "",
            )
            for row in people
        }
        super().__init__(*args, **kwargs)

    def chosen(self) -> dict[UUID, str]:
        """The offices by secondment: those that were changed."""
        return {UUID(name): value for name, value in self.cleaned_data.items()}


class ProlongForm(ChangeForm):
    """Another last day than it is now, and why."""

    until = forms.DateField(label=_("Last day"), widget=day_input())
    reason = forms.CharField(label=_("Reason"), min_length=4, max_length=200)


class DissolveForm(forms.Form):
    """The last day of a unit, and why it ends."""

    on = forms.DateField(label=_("Last day"), widget=day_input())
    reason = forms.CharField(label=_("Reason"), min_length=4, max_length=200)


def offices_of(unit: TemporaryUnit, rules: TemporaryRules | None = None) -> list[tuple[str, Any]]:
    """The offices that a unit of its kind has."""
    rules = rules or temporary_rules()
    return [NONE, *((code, rules.office_name(code)) for code in rules.form(unit.kind_id).offices)]
