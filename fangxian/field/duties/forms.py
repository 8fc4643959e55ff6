"""Forms of duties: gates, rounds, messages, and what is recorded of them at a desk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import named, offer
from fangxian.common.ui.widgets import DateInput, TimeInput
from fangxian.core.models import Emergency
from fangxian.core.queries import emergencies_at
from fangxian.field.actions import NewPoint
from fangxian.field.duties.rules import DutyRules, GateKind
from fangxian.field.models import GateEntry, Message, Point
from fangxian.field.models.duties import MOST_CHARACTERS, MOST_TIMES
from fangxian.organisations.forms import one_place, one_unit
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region

MOST_UNITS = 20
# Nothing was recorded before, nothing is planned later.
FIRST_DAY = dt.date(2000, 1, 1)
AHEAD = dt.timedelta(days=366)


def unit_lines(units: Sequence[Organisation]) -> str:
    """Units as the form takes them: one a line."""
    return "\n".join(sorted(unit.name for unit in units))


def point_lines(points: Sequence[Point]) -> str:
    """Points as the form takes them: one a line, with the position behind it if it is known."""
    return "\n".join(_line(point) for point in points)


def _line(point: Point) -> str:
    if point.longitude is None:
        return point.name
    return f"{point.name} {point.longitude},{point.latitude}"


class PlacedForm(forms.Form):
    """Something that is set up at a place, maybe for an emergency."""

    place = forms.CharField(
        label=_("Place"),
        max_length=80,
        help_text=_("Name or code of a place in your area: a community, a grid, a building."),
    )
    emergency = forms.ModelChoiceField(
        label=_("Emergency"),
        queryset=Emergency.objects.none(),
        required=False,
        empty_label=_("none"),
        help_text=_("What is recorded is then sealed with its key and destroyed with it."),
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        fields: Any = self.fields
        within = Emergency.objects.filter(ended_on=None, place_code__startswith=by.area)
        fields["emergency"].queryset = emergencies_at(by.area) | within
        fields["emergency"].initial = fields["emergency"].queryset.first()

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class _GateFields(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(
        label=_("Kind"), help_text=_("It says what is asked of those who pass.")
    )
    units = forms.CharField(
        label=_("Units that staff it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line, by their full or short names: several may staff it together."),
    )

    def clean_units(self) -> list[Organisation]:
        """The organisations by their full or short names."""
        lines = [line.strip() for line in self.cleaned_data["units"].splitlines()]
        wanted = list(dict.fromkeys(line for line in lines if line))
        if len(wanted) > MOST_UNITS:
            raise forms.ValidationError(
                _("At most %(n)d units staff a gate."), params={"n": MOST_UNITS}
            )
        return [one_unit(name) for name in wanted]


class GateForm(_GateFields, PlacedForm):
    """A new gate."""

    field_order = ("name", "place", "kind", "units", "emergency")

    def __init__(self, *args: Any, rules: DutyRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=named(rules.gates))


class ChangeGateForm(ChangeForm, _GateFields):
    """A gate as it is now."""

    def __init__(self, *args: Any, rules: DutyRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=named(rules.gates))


class _RoundFields(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    times = forms.IntegerField(label=_("Times a day"), min_value=1, max_value=MOST_TIMES)
    first_at = forms.TimeField(label=pgettext_lazy("a round", "From"), widget=TimeInput)
    last_at = forms.TimeField(
        label=pgettext_lazy("a round", "Until"),
        widget=TimeInput,
        help_text=_("An hour before the first is one of the next morning."),
    )
    points = forms.CharField(
        label=_("Points"),
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "One a line, in the order in which they are passed; longitude and latitude may stand"
            " behind the name: East gate 116.8387,38.3046. A point keeps its QR as long as it keeps"
            " its name."
        ),
    )

    def clean_points(self) -> list[NewPoint]:
        """The points in their order."""
        lines = (line.strip() for line in self.cleaned_data["points"].splitlines())
        return [_point(line) for line in lines if line]


def _point(line: str) -> NewPoint:
    name, _space, behind = line.rpartition(" ")
    longitude, comma, latitude = behind.partition(",")
    if name and comma:
        try:
            return NewPoint(name.strip(), float(longitude), float(latitude))
        except ValueError:
            pass
    return NewPoint(line)


class RoundForm(_RoundFields, PlacedForm):
    """A new round."""

    field_order = ("name", "place", "times", "first_at", "last_at", "points", "emergency")


class ChangeRoundForm(ChangeForm, _RoundFields):
    """A round as it is now."""


class MessageForm(PlacedForm):
    """What is to be said."""

    text = forms.CharField(
        label=_("What is to be said"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "As it is spoken, at most 150 characters. No name and no door: it is read out in the"
            " street."
        ),
    )
    kind = forms.ChoiceField(label=_("How"))
    from_date = forms.DateField(label=pgettext_lazy("a message", "From"), widget=DateInput)
    to_date = forms.DateField(label=pgettext_lazy("a message", "Until"), widget=DateInput)
    field_order = ("text", "kind", "place", "from_date", "to_date", "emergency")

    def __init__(self, *args: Any, rules: DutyRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=named(rules.messages))


class RecordForm(forms.Form):
    """Something that was done. ``op_id`` is made with the page: sent twice it is one record."""

    op_id = forms.UUIDField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EntryForm(RecordForm):
    """An entry of a gate: what its kind asks, no more."""

    direction = forms.ChoiceField(label=_("Direction"), choices=GateEntry.Direction.choices)
    decision = forms.ChoiceField(label=_("Decision"))
    people = forms.IntegerField(
        label=pgettext_lazy("how many", "People"), min_value=1, max_value=1_000, initial=1
    )
    temperature = forms.DecimalField(
        label=_("Temperature (°C)"),
        required=False,
        min_value=30,
        max_value=45,
        decimal_places=1,
        max_digits=3,
    )
    plate = forms.CharField(label=_("Plate"), max_length=20, required=False)
    who = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=60, required=False)
    identity = forms.CharField(label=_("Identity number"), max_length=30, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    origin = forms.CharField(label=_("Coming from"), max_length=60, required=False)
    field_order = (
        "direction",
        "people",
        "plate",
        "temperature",
        "who",
        "identity",
        "phone",
        "origin",
        "decision",
        "note",
        "op_id",
    )
    asked = ("plate", "temperature", "who", "identity", "phone", "origin")

    def __init__(self, *args: Any, rules: DutyRules, kind: GateKind | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, decision=named(rules.decisions))
        for name in self.asked:
            # A gate of a kind that the rules have no more asks what any gate may.
            if kind is not None and name not in kind.asks:
                del self.fields[name]


class CheckForm(RecordForm):
    """A check of a point."""

    point_id = forms.TypedChoiceField(label=_("Point"), coerce=UUID)
    found = forms.ChoiceField(label=pgettext_lazy("at a point", "Found"))
    field_order = ("point_id", "found", "note", "op_id")

    def __init__(
        self, *args: Any, rules: DutyRules, points: Sequence[Point], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            found=named(rules.found),
            point_id=[(str(point.id), point.name) for point in points],
        )


class DoneSomewhereForm(RecordForm):
    """Something that was done at a place of the actor's area."""

    place = forms.CharField(
        label=_("Place"),
        max_length=80,
        help_text=_("Name or code of a place in your area: a community, a grid, a building."),
    )

    def __init__(self, *args: Any, by: Actor, correcting: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        if correcting:
            # A correction lies where what it corrects does.
            del self.fields["place"]

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class DisinfectionForm(DoneSomewhereForm):
    """A disinfection."""

    site = forms.ChoiceField(label=pgettext_lazy("disinfected", "What"))
    agent = forms.ChoiceField(label=_("Agent"))
    concentration = forms.IntegerField(
        label=_("Concentration (mg/L)"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("Empty: the usual one of the agent."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes of contact"),
        required=False,
        min_value=1,
        max_value=24 * 60,
        help_text=_("Empty: the usual ones of the agent."),
    )
    area = forms.IntegerField(
        label=_("Square metres"), required=False, min_value=1, max_value=10_000_000
    )
    operator = forms.CharField(
        label=_("Done by"), max_length=60, required=False, help_text=_("If it was not you.")
    )
    field_order = (
        "place",
        "site",
        "agent",
        "concentration",
        "minutes",
        "area",
        "operator",
        "note",
        "op_id",
    )

    def __init__(self, *args: Any, rules: DutyRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules
        offer(self, site=named(rules.sites), agent=named(rules.agents))

    def clean(self) -> dict[str, Any]:
        """What was left empty is what is usual for the agent."""
        given = super().clean() or {}
        usual = self.rules.agents.get(given.get("agent", ""))
        if usual is not None:
            for name in ("concentration", "minutes"):
                if name in given and given[name] is None:
                    given[name] = getattr(usual, name)
        return given


class OutreachForm(DoneSomewhereForm):
    """Something that was told, talked over, answered; ``what`` is a kind with its outcome.

    A correction is of the kind that it ``corrects``, and of the same message.
    """

    what = forms.ChoiceField(label=_("What came of it"))
    message_id = forms.TypedChoiceField(
        label=pgettext_lazy("to be said", "Message"),
        required=False,
        empty_value=None,
        coerce=UUID,
    )
    people = forms.IntegerField(
        label=_("People reached"), min_value=0, max_value=1_000_000, initial=1
    )
    field_order = ("place", "what", "message_id", "people", "note", "op_id")

    def __init__(
        self,
        *args: Any,
        rules: DutyRules,
        said: Sequence[Message] = (),
        corrects: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, correcting=bool(corrects), **kwargs)
        what = [
            (kind.name, [(f"{kind.code}.{one.code}", one.name) for one in kind.outcomes.values()])
            for kind in rules.outreach.values()
            if kind.code == corrects or not corrects
        ]
        if corrects:
            offer(self, what=what)
            del self.fields["message_id"]
            return
        texts = [(str(message.id), message.text[:40]) for message in said]
        offer(self, what=what, message_id=[("", _t("none of them")), *texts])


class DutyFilter(forms.Form):
    """Place and day of what is shown; a value that is none filters nothing."""

    place = forms.CharField(label=_("Place (code)"), max_length=20, required=False)
    day = forms.DateField(label=_("Day"), required=False, widget=DateInput)

    def chosen(self, by: Actor) -> tuple[str, dt.date]:
        """The place (the actor's area by default) and the day (today by default)."""
        self.is_valid()
        place = (self.cleaned_data.get("place") or "").strip()
        if not (place and codes.is_code(place) and codes.contains(by.area, place)):
            place = by.area
        today = timezone.localdate()
        day = self.cleaned_data.get("day") or today
        return place, day if FIRST_DAY <= day <= today + AHEAD else today


class NumberForm(forms.Form):
    """A plate, a number of a document or of a phone, looked for in the gate log."""

    number = forms.CharField(
        label=_("Plate, identity number or phone"),
        min_length=4,
        max_length=30,
        help_text=_("Whole, as it was logged."),
    )


class ExportForm(forms.Form):
    """The days of a log that are taken away."""

    place = forms.CharField(max_length=20, required=False)
    first = forms.DateField(label=pgettext_lazy("days", "From"), widget=DateInput)
    last = forms.DateField(label=pgettext_lazy("days", "Until"), widget=DateInput)

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first, both are days of this system."""
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        for name in ("first", "last"):
            if given.get(name) and not FIRST_DAY <= given[name] <= timezone.localdate() + AHEAD:
                self.add_error(name, _("Nothing was recorded on that day."))
        return given
