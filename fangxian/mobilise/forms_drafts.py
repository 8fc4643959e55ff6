"""Forms of drafts of rosters, of repairs, and of wishes."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.ui.choices import named, offer
from fangxian.common.ui.formats import date
from fangxian.common.ui.widgets import DateInput
from fangxian.mobilise.models import Volunteer, Wish
from fangxian.mobilise.models.volunteer import ECHELONS
from fangxian.mobilise.roster_rules import RosterRules
from fangxian.organisations.forms import one_place
from fangxian.regions.models import Region

DAY: Final = dt.timedelta(days=1)
# The days that are offered as buttons: two weeks, further ones are written.
OFFERED: Final = 14
ALL_DAYS: Final = "daily"


class _PlaceField(forms.Form):
    place = forms.CharField(
        label=_("Place"), max_length=80, help_text=_("Name or code of a place in your area.")
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class DraftForm(_PlaceField):
    """From when to when a roster is worked out, and of whom."""

    first = forms.DateField(label=_("From"), widget=DateInput)
    last = forms.DateField(label=_("Until"), widget=DateInput)
    echelon = forms.TypedChoiceField(
        label=_("Who is put on"), required=False, coerce=int, empty_value=None
    )
    frees = forms.BooleanField(
        label=_("Change also what people signed up for, and whom staff put on"), required=False
    )
    seed = forms.IntegerField(
        label=_("Attempt"),
        min_value=0,
        max_value=1_000_000,
        initial=1,
        help_text=_("Another number gives another roster that is about as good."),
    )

    def __init__(self, *args: Any, rules: RosterRules, place: str, **kwargs: Any) -> None:
        first = timezone.localdate() + DAY
        kwargs.setdefault(
            "initial",
            {"place": place, "first": first, "last": first + (rules.days - 1) * DAY, "seed": 1},
        )
        super().__init__(*args, **kwargs)
        echelons = [
            (n, _t("echelons 1 to %(n)d") % {"n": n} if n > 1 else _t("echelon 1 alone"))
            for n in range(1, ECHELONS)
        ]
        offer(self, echelon=[("", _t("everybody who serves here")), *echelons[:3]])


class RepairForm(_PlaceField):
    """Who falls out, and when; nobody where gaps alone are to be filled."""

    absent = forms.ModelMultipleChoiceField(
        label=_("Who falls out"),
        queryset=Volunteer.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    first = forms.DateField(label=_("From"), widget=DateInput)
    last = forms.DateField(label=_("Until"), widget=DateInput)
    field_order = ("place", "first", "last", "absent")

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["absent"].queryset = people


class WishForm(forms.Form):
    """When somebody likes to serve, would rather not, or can't: three taps and one to save."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("a wish", "I"),
        choices=[
            (Wish.Kind.OFF.value, pgettext_lazy("a volunteer", "can’t")),
            (Wish.Kind.AVOIDS.value, _("would rather not")),
            (Wish.Kind.LIKES.value, _("like to")),
        ],
        widget=forms.RadioSelect,
        initial=Wish.Kind.OFF.value,
    )
    when = forms.ChoiceField(label=pgettext_lazy("a wish", "On"))
    part = forms.ChoiceField(label=_("Part of the day"), required=False)
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=DateInput,
        help_text=_("Empty: one day, or, for what recurs, until it is taken back."),
    )

    def __init__(self, *args: Any, rules: RosterRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        days = [today + n * DAY for n in range(OFFERED)]
        offer(
            self,
            when=[
                (
                    _t("a day"),
                    [(day.isoformat(), f"{date(day)} {WEEKDAYS[day.weekday()]}") for day in days],
                ),
                (
                    _t("each week"),
                    [
                        (ALL_DAYS, _t("every day")),
                        *((str(n), _t("each %(day)s") % {"day": WEEKDAYS[n]}) for n in range(7)),
                    ],
                ),
            ],
            part=[("", _t("the whole day")), *named(rules.parts)],
        )

    def said(self) -> dict[str, Any]:
        """What ``make_wish`` takes."""
        data = self.cleaned_data
        when, until = data["when"], data["until"]
        found: dict[str, Any] = {"kind": data["kind"], "part": data["part"], "until": until}
        if when == ALL_DAYS:
            return found
        if len(when) == 1:
            return {**found, "weekday": int(when)}
        first = dt.date.fromisoformat(when)
        return {**found, "first": first, "until": until or first}
