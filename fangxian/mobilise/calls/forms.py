"""Forms of calls, pledges and matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import named, offer
from fangxian.common.ui.widgets import DateInput, DateTimeInput
from fangxian.core.models import Emergency
from fangxian.core.queries import emergencies_at
from fangxian.mobilise.actions import NewCall, NewLine, Sending, WhatIf, Wishes
from fangxian.mobilise.calls.rules import ANY_TIME, CallRules, call_rules
from fangxian.mobilise.forms import skills_read, skills_written
from fangxian.mobilise.models import Call, CallLine, CallUnit, Match, Pledge, Volunteer
from fangxian.mobilise.models.call import MOST_WANTED
from fangxian.mobilise.rules import post_rules
from fangxian.organisations.forms import one_place, one_unit
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region
from fangxian.regions.queries import below

MOST_ROWS: Final = 200
EMPTY_ROWS: Final = 3


class CallForm(forms.Form):
    """What a call says, and where it is for; its lines and units are sets of their own."""

    title = forms.CharField(label=_("Title"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind of post"))
    text = forms.CharField(
        label=_("What it is about"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody who is called reads it: write nobody’s name or phone."),
    )
    counts = forms.ChoiceField(label=_("Wanted are"), choices=Call.Counts.choices)
    starts_on = forms.DateField(label=pgettext_lazy("a call", "From"), widget=DateInput)
    ends_on = forms.DateField(label=pgettext_lazy("a call", "Until"), widget=DateInput)
    hours = forms.CharField(
        label=_("Hours"), max_length=60, required=False, help_text=_("For example 8:00–20:00.")
    )
    cut_off = forms.DateTimeField(label=_("Pledges until"), widget=DateTimeInput)
    open_to_all = forms.BooleanField(
        label=_("Call all volunteers of the place"),
        required=False,
        help_text=_("Else only those of the units that are named below."),
    )
    emergency = forms.ModelChoiceField(
        label=_("Emergency"),
        queryset=Emergency.objects.none(),
        required=False,
        empty_label=_("none"),
    )
    every = forms.CharField(
        label=_("A line for each community of"),
        max_length=80,
        required=False,
        help_text=_("A town or county; those that have a line below get no other one."),
    )
    every_heads = forms.IntegerField(
        label=_("With so many heads each"), min_value=1, max_value=MOST_WANTED, required=False
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        offer(self, kind=named(post_rules().kinds))
        fields: Any = self.fields
        fields["emergency"].queryset = emergencies_at(by.area)

    def clean_every(self) -> Region | None:
        """The place whose communities are wanted for."""
        text = self.cleaned_data["every"].strip()
        return one_place(text, self.by.area) if text else None

    def clean(self) -> dict[str, Any]:
        """A line for each community says how many."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("every") and not data.get("every_heads") and "every_heads" not in self.errors:
            self.add_error("every_heads", _t("Say how many each community needs."))
        return data

    def call(self) -> NewCall:
        """What a valid form says."""
        return NewCall(**{name: self.cleaned_data[name] for name in NewCall.__dataclass_fields__})

    def communities(self, has: Iterable[NewLine]) -> list[NewLine]:
        """The lines of communities that have none yet."""
        place, heads = self.cleaned_data.get("every"), self.cleaned_data.get("every_heads")
        if place is None or not heads:
            return []
        known = {one.place.id for one in has}
        found = below(place.code, Level.VILLAGE).order_by("code")[: MOST_ROWS + 1]
        return [NewLine(one, heads) for one in found if one.id not in known]


class ChangedCallForm(CallForm):
    """A call that is drawn up, as it was when its page was opened (``digest_of``)."""

    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def again(self, now: str) -> None:
        """Show what was typed once more: sent again, it replaces the call as it is ``now``."""
        sent: Any = self.data
        data = sent.copy()
        data[self.add_prefix("seen")] = now
        self.data = data


class PlacedCallForm(CallForm):
    """A new call, which belongs to a place."""

    place = forms.CharField(
        label=_("Place that calls"),
        max_length=80,
        help_text=_("Whoever works in it or in a part of it sees the call."),
    )
    field_order = ("title", "place", "kind", "text")

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class LineForm(forms.Form):
    """One line of a call; a row without a place is none."""

    place = forms.CharField(label=_("Place"), max_length=80, required=False)
    name = forms.CharField(label=_("For what"), max_length=40, required=False)
    heads = forms.IntegerField(
        label=pgettext_lazy("how many", "People"),
        min_value=1,
        max_value=MOST_WANTED,
        required=False,
    )
    skills = forms.CharField(label=_("Of these with"), max_length=200, required=False)
    key = forms.BooleanField(label=_("Key post, may be claimed"), required=False)

    def __init__(self, *args: Any, area: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.area = area

    def clean_place(self) -> Region | None:
        """The place by code, or the only one with this name."""
        text = self.cleaned_data["place"].strip()
        return one_place(text, self.area) if text else None

    def clean_skills(self) -> dict[str, int]:
        """The skills by code."""
        return skills_read(self.cleaned_data["skills"], post_rules())

    def clean(self) -> dict[str, Any]:
        """A row with a place says how many."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("place") and data.get("heads") is None and "heads" not in self.errors:
            self.add_error("heads", _t("Say how many are wanted there."))
        if data.get("heads") and not data.get("place") and "place" not in self.errors:
            self.add_error("place", _t("Say where they are wanted."))
        return data


class UnitForm(forms.Form):
    """One unit that is called; a row without a name is none."""

    organisation = forms.CharField(
        label=pgettext_lazy("an organisation", "Unit"), max_length=120, required=False
    )
    below = forms.BooleanField(label=_("With all units below it"), required=False)
    quota = forms.IntegerField(
        label=_("Heads asked of it"), min_value=1, max_value=MOST_WANTED, required=False
    )

    def clean_organisation(self) -> Organisation | None:
        """The unit by its full or short name."""
        name = self.cleaned_data["organisation"].strip()
        return one_unit(name) if name else None


class _LineSet(forms.BaseFormSet):  # type: ignore[type-arg]  # of LineForm
    def lines(self) -> list[NewLine]:
        """The lines of a valid set."""
        return [
            NewLine(**form.cleaned_data)
            for form in self.forms
            if form.cleaned_data.get("place") is not None
        ]


class _UnitSet(forms.BaseFormSet):  # type: ignore[type-arg]  # of UnitForm
    def units(self) -> list[Sending]:
        """The units of a valid set."""
        return [
            Sending(**form.cleaned_data)
            for form in self.forms
            if form.cleaned_data.get("organisation") is not None
        ]


_ROWS: Final[dict[str, Any]] = {
    "extra": EMPTY_ROWS,
    "max_num": MOST_ROWS,
    "absolute_max": MOST_ROWS,
}
LineSet: Any = forms.formset_factory(LineForm, formset=_LineSet, **_ROWS)
UnitSet: Any = forms.formset_factory(UnitForm, formset=_UnitSet, **_ROWS)


def line_rows(lines: Iterable[CallLine]) -> list[dict[str, Any]]:
    """What a call's lines look like in :data:`LineSet`."""
    rules = post_rules()
    return [
        {
            "place": one.place.code,
            "name": one.name,
            "heads": one.heads,
            "skills": skills_written(one.skills, rules),
            "key": one.key,
        }
        for one in lines
    ]


def unit_rows(units: Iterable[CallUnit]) -> list[dict[str, Any]]:
    """What a call's units look like in :data:`UnitSet`."""
    return [
        {"organisation": one.organisation.name, "below": one.below, "quota": one.quota}
        for one in units
    ]


class SeenForm(forms.Form):
    """What was looked at, as a digest."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """Why a call is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class WishForm(ChangeForm):
    """Which places somebody wishes for, when he can, and from when to when."""

    wishes = forms.MultipleChoiceField(
        label=_("Where I would like to go"), required=False, widget=forms.CheckboxSelectMultiple
    )
    hours = forms.ChoiceField(label=_("When I can"))
    from_date = forms.DateField(
        label=pgettext_lazy("a pledge", "From"), widget=DateInput, required=False
    )
    until = forms.DateField(
        label=pgettext_lazy("a pledge", "Until"),
        widget=DateInput,
        required=False,
        help_text=_("Empty: all days of the call."),
    )

    def __init__(
        self, *args: Any, lines: Sequence[CallLine], pledge: Pledge | None, **kwargs: Any
    ) -> None:
        rules: CallRules = call_rules()
        if pledge is not None:
            kwargs["initial"] = {
                "wishes": pledge.wishes,
                "hours": pledge.hours,
                "from_date": pledge.from_date,
                "until": pledge.until,
                "heads": pledge.heads,
            }
        else:
            kwargs["initial"] = {"hours": ANY_TIME}
        super().__init__(*args, **kwargs)
        offer(
            self,
            wishes=[(str(one.id), str(one)) for one in lines],
            hours=named(rules.hours),
        )

    def chosen(self) -> Wishes:
        """The wishes of a valid form."""
        return Wishes(
            tuple(UUID(one) for one in self.said("wishes") or ()),
            self.said("hours"),
            self.said("from_date"),
            self.said("until"),
        )

    def said(self, name: str) -> Any:
        """What a valid form says in a field; what was left alone is as it is now."""
        if name in self.cleaned_data:
            return self.cleaned_data[name]
        return self.get_initial_for_field(self.fields[name], name)


class UnitPledgeForm(WishForm):
    """How many heads a unit sends, or how many places it takes over."""

    heads = forms.IntegerField(label=_("Heads"), min_value=1, max_value=MOST_WANTED)
    field_order = ("heads", "wishes", "hours", "from_date", "until")

    def __init__(self, *args: Any, counts: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if counts == Call.Counts.UNITS:
            self.fields["heads"].label = _("Places that the unit takes over")


class MembersForm(forms.Form):
    """Volunteers of a unit who are pledged together."""

    volunteers = forms.ModelMultipleChoiceField(
        label=_("People of the unit"),
        queryset=Volunteer.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, volunteers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["volunteers"].queryset = volunteers


class WhatIfForm(forms.Form):
    """Other weights, a farthest distance, other heads of lines."""

    distance_weight = forms.FloatField(label=_("Distance counts"), min_value=0, max_value=100)
    wish_weight = forms.FloatField(label=_("Wishes count"), min_value=0, max_value=100)
    load_weight = forms.FloatField(label=_("Even load counts"), min_value=0, max_value=100)
    most_km = forms.FloatField(
        label=_("At most (km)"),
        min_value=0,
        max_value=3_000,
        help_text=_("0: no limit."),
    )

    def __init__(
        self, *args: Any, lines: Sequence[CallLine], match: Match | None = None, **kwargs: Any
    ) -> None:
        rules = call_rules()
        self.lines = {str(one.id): one for one in lines}
        weights: Mapping[str, float] = match.weights if match else rules.weights
        heads: Mapping[str, int] = match.heads if match else {}
        kwargs["initial"] = {
            **weights,
            "most_km": match.most_km if match else rules.most_km,
            **{f"heads-{key}": heads.get(key, one.heads) for key, one in self.lines.items()},
        }
        super().__init__(*args, **kwargs)
        self.weights = list(rules.weights)
        for key, one in self.lines.items():
            self.fields[f"heads-{key}"] = forms.IntegerField(
                label=str(one), min_value=1, max_value=MOST_WANTED
            )

    def head_fields(self) -> list[Any]:
        """The fields of the lines, to be shown by themselves."""
        return [self[f"heads-{key}"] for key in self.lines]

    def what_if(self, bans: Sequence[tuple[str, str]]) -> WhatIf:
        """What a valid form asks for."""
        data = self.cleaned_data
        return WhatIf(
            weights={name: data[name] for name in self.weights},
            most_km=data["most_km"],
            heads={key: data[f"heads-{key}"] for key in self.lines},
            bans=bans,
        )
