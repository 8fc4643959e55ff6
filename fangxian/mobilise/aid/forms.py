"""Forms of aid batches, their members, their days, and of standing programmes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.ui.changes import CONFLICT, ChangeForm
from fangxian.common.ui.choices import named, offer
from fangxian.common.ui.widgets import DateInput, DateTimeInput
from fangxian.mobilise.aid.queries import counted
from fangxian.mobilise.aid.rules import MOST_DAYS, AidRules
from fangxian.mobilise.models import (
    AidBatch,
    AidCounter,
    AidDay,
    AidLeg,
    AidMember,
    AidProgramme,
)
from fangxian.mobilise.models.aid import MOST_FIGURE, MOST_HEADS
from fangxian.mobilise.queries import inside
from fangxian.organisations import units
from fangxian.organisations.forms import HolderForm, one_place, one_unit
from fangxian.organisations.models import Organisation, TemporaryUnit
from fangxian.regions.models import Region

MOST_OWN: Final = 10
LONGEST: Final = 40
# "name (unit)", with brackets in half or full width: what a batch counts of its own.
_BRACKETS = str.maketrans("\uff08\uff09", "()")
_OWN = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<unit>[^()]*)\))?")
_SPLIT = re.compile(r"[,;\n\uff0c\u3001\uff1b]")


class _Bound(forms.Form):
    """Where something goes, what for, and who sends it."""

    destination = forms.CharField(
        label=_("Destination"),
        max_length=80,
        required=False,
        help_text=_("Name or code of a place anywhere in the country."),
    )
    elsewhere = forms.CharField(
        label=_("Where exactly, or abroad"),
        max_length=120,
        required=False,
        help_text=_("The hospital, the streets; or the country, if it is abroad."),
    )
    purpose = forms.CharField(label=pgettext_lazy("aid", "What for"), max_length=300)
    organisation = forms.CharField(
        label=_("Unit that sends"),
        max_length=120,
        required=False,
        help_text=_("Its full or short name."),
    )

    def clean_destination(self) -> Region | None:
        """The place by code, or the only one with this name, anywhere."""
        text = self.cleaned_data["destination"].strip()
        return one_place(text, codes.WHOLE_COUNTRY) if text else None

    def clean_organisation(self) -> Organisation | None:
        """The unit, if one is named."""
        name = self.cleaned_data["organisation"].strip()
        return one_unit(name) if name else None


class _BatchFields(_Bound):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Without the number of the batch.")
    )
    number = forms.IntegerField(label=_("Number of the batch"), min_value=1, max_value=999)
    programme = forms.ModelChoiceField(
        label=_("Term of the programme"),
        queryset=AidProgramme.objects.none(),
        required=False,
        empty_label=_("none"),
    )
    unit = forms.ModelChoiceField(
        label=_("Temporary unit"),
        queryset=TemporaryUnit.objects.none(),
        required=False,
        empty_label=_("none"),
        help_text=_("Its members can be taken over; they stay members at home."),
    )
    from_date = forms.DateField(label=pgettext_lazy("days", "From"), widget=DateInput)
    until = forms.DateField(label=pgettext_lazy("days", "Until"), widget=DateInput)
    daily = forms.BooleanField(
        label=_("Progress is entered each day"), required=False, initial=True
    )

    def __init__(self, *args: Any, area: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["programme"].queryset = inside(
            AidProgramme.objects.filter(ended_on=None), area
        ).order_by("name")
        fields["unit"].queryset = inside(
            TemporaryUnit.objects.filter(units.STANDING), area
        ).order_by("name")


ORDER: Final = (
    "name", "number", "place", "programme", "destination", "elsewhere", "purpose", "organisation",
    "unit", "from_date", "until", "daily", "counters",
)  # fmt: skip


class BatchForm(_BatchFields):
    """A new batch."""

    place = forms.CharField(
        label=_("Place that sends it"),
        max_length=80,
        help_text=_("The county, a town or a community of your area."),
    )
    counters = forms.MultipleChoiceField(
        label=_("Counted each day"), required=False, widget=forms.CheckboxSelectMultiple
    )
    field_order = ORDER

    def __init__(self, *args: Any, by: Actor, rules: AidRules, **kwargs: Any) -> None:
        super().__init__(*args, area=by.area, **kwargs)
        self.by = by
        offer(self, counters=named(rules.counters))
        usual = [code for code, one in rules.counters.items() if one.usual]
        self.fields["counters"].initial = usual

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class ChangeBatchForm(ChangeForm, _BatchFields):
    """A batch as it is now."""

    field_order = ORDER


class _ProgrammeFields(_Bound):
    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"))
    from_date = forms.DateField(label=pgettext_lazy("days", "From"), widget=DateInput)

    def __init__(self, *args: Any, rules: AidRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=named(rules.programmes))


class ProgrammeForm(_ProgrammeFields):
    """A new standing programme."""

    place = forms.CharField(
        label=_("Place that sends it"),
        max_length=80,
        help_text=_("The county, a town or a community of your area."),
    )
    field_order = ("name", "kind", "place", "destination", "elsewhere", "purpose")

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class ChangeProgrammeForm(ChangeForm, _ProgrammeFields):
    """A programme as it is now."""

    field_order = ("name", "kind", "destination", "elsewhere", "purpose")


class ResultForm(forms.Form):
    """What a programme has left there."""

    kind = forms.ChoiceField(label=_("Kind"))
    what = forms.CharField(label=_("What"), max_length=200)
    number = forms.IntegerField(label=_("How many"), min_value=1, max_value=MOST_FIGURE, initial=1)
    day = forms.DateField(label=_("Day"), widget=DateInput)
    term = forms.ModelChoiceField(
        label=pgettext_lazy("of a programme", "Term"),
        queryset=AidBatch.objects.none(),
        required=False,
        empty_label=_("none"),
    )

    def __init__(self, *args: Any, rules: AidRules, programme: AidProgramme, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"day": timezone.localdate()})
        super().__init__(*args, **kwargs)
        offer(self, kind=[(one.code, f"{one.name} ({one.unit_name})")
                          for one in rules.results.values()])  # fmt: skip
        field: Any = self.fields["term"]
        field.queryset = AidBatch.objects.filter(programme=programme).order_by("number")
        field.label_from_instance = lambda row: row.title


class TraineeForm(forms.Form):
    """Whom a programme trains."""

    name = forms.CharField(label=pgettext_lazy("a person", "Name"), max_length=60)
    organisation = forms.CharField(label=pgettext_lazy("an organisation", "Unit"), max_length=80)
    position = forms.CharField(label=_("Position or title"), max_length=60, required=False)
    topic = forms.CharField(label=_("Trained in"), max_length=120)
    term = forms.ModelChoiceField(
        label=pgettext_lazy("of a programme", "Term"),
        queryset=AidBatch.objects.none(),
        required=False,
        empty_label=_("none"),
    )
    from_date = forms.DateField(label=pgettext_lazy("days", "From"), widget=DateInput)
    until = forms.DateField(label=pgettext_lazy("days", "Until"), widget=DateInput, required=False)
    passed = forms.CharField(
        label=_("What was passed"),
        max_length=120,
        required=False,
        help_text=_("The examination, certificate or qualification."),
    )
    passed_on = forms.DateField(label=_("Passed on"), widget=DateInput, required=False)

    def __init__(self, *args: Any, programme: AidProgramme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["term"]
        field.queryset = AidBatch.objects.filter(programme=programme).order_by("number")
        field.label_from_instance = lambda row: row.title


class ChangeTraineeForm(TraineeForm, ChangeForm):
    """Whom a programme trains, as it is now."""


class CountersForm(forms.Form):
    """What a batch counts each day."""

    codes = forms.MultipleChoiceField(
        label=_("Counted each day"), required=False, widget=forms.CheckboxSelectMultiple
    )
    own = forms.CharField(
        label=_("Counters of its own"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, the unit in brackets: home visits (households)."),
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, rules: AidRules, counters: Sequence[AidCounter], **kwargs: Any
    ) -> None:
        present = [row for row in counters if row.ended_on is None]
        kwargs["initial"] = {
            "codes": [row.code for row in present if row.code],
            "own": "\n".join(
                f"{row.name} ({row.unit})" if row.unit else row.name
                for row in present
                if not row.code
            ),
        }
        self.now = sha256(repr(sorted(str(row.id) for row in present)).encode()).hexdigest()[:20]
        kwargs["initial"]["shown"] = self.now
        super().__init__(*args, **kwargs)
        offer(self, codes=named(rules.counters))

    def clean(self) -> dict[str, Any]:
        """Refuse what was sent over other counters than there are now; sent again it is meant."""
        given = super().clean() or {}
        shown = given.pop("shown", "")
        if shown and shown != self.now:
            sent: Any = self.data
            data = sent.copy()
            data[self.add_prefix("shown")] = self.now
            self.data = data
            now = ", ".join(str(one) for one in (*self._codes(), self.initial["own"]) if one)
            message = _(
                "Somebody else has changed the counters meanwhile, to: %(now)s. Save again to "
                "replace that."
            )
            self.add_error(None, forms.ValidationError(message, CONFLICT, {"now": now}))
        return given

    def _codes(self) -> list[str]:
        chosen: Any = self.fields["codes"]
        return [str(name) for code, name in chosen.choices if code in self.initial["codes"]]

    def clean_own(self) -> list[tuple[str, str]]:
        """The counters as (name, unit)."""
        found = []
        for row, part in enumerate(_SPLIT.split(self.cleaned_data["own"]), start=1):
            text = part.strip()
            if not text:
                continue
            match = _OWN.fullmatch(text.translate(_BRACKETS))
            name = match["name"].strip() if match else ""
            unit = (match["unit"] or "").strip() if match else ""
            if not name or len(name) > LONGEST or len(unit) > LONGEST // 2:
                raise forms.ValidationError(
                    _("Line %(row)d, “%(text)s”: write a name, and the unit in brackets."),
                    params={"row": row, "text": text},
                )
            found.append((name, unit))
        if len(found) > MOST_OWN:
            raise forms.ValidationError(
                _("At most %(n)d counters of its own."), params={"n": MOST_OWN}
            )
        return found


class LegForm(forms.Form):
    """A leg of the way."""

    kind = forms.ChoiceField(label=_("Kind"), choices=AidLeg.Kind.choices)
    mode = forms.ChoiceField(label=pgettext_lazy("travel", "By"))
    service = forms.CharField(label=_("Train, flight or plate"), max_length=40, required=False)
    origin = forms.CharField(label=pgettext_lazy("a journey", "From where"), max_length=80)
    target = forms.CharField(label=_("To where"), max_length=80)
    departs_at = forms.DateTimeField(label=_("Departs"), widget=DateTimeInput)
    arrives_at = forms.DateTimeField(label=_("Arrives"), widget=DateTimeInput, required=False)
    people = forms.IntegerField(
        label=pgettext_lazy("how many", "People"),
        min_value=1,
        max_value=MOST_HEADS,
        required=False,
    )

    def __init__(self, *args: Any, rules: AidRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, mode=named(rules.modes))


class ThanksForm(forms.Form):
    """How a batch was seen off, welcomed or thanked."""

    kind = forms.ChoiceField(label=_("Kind"))
    day = forms.DateField(label=_("Day"), widget=DateInput)
    giver = forms.CharField(label=_("By whom"), max_length=80)
    what = forms.CharField(label=_("What"), max_length=300)

    def __init__(self, *args: Any, rules: AidRules, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"day": timezone.localdate()})
        super().__init__(*args, **kwargs)
        offer(self, kind=named(rules.thanks))


class SendForm(forms.Form):
    """The day on which a batch left."""

    on = forms.DateField(label=_("Left on"), widget=DateInput)


class ReportForm(forms.Form):
    """The progress of a day; each counter has its field."""

    day = forms.DateField(label=_("Day"), widget=DateInput)
    heads = forms.IntegerField(label=_("People at work"), min_value=0, max_value=MOST_HEADS)
    note = forms.CharField(label=_("What was done"), max_length=300, required=False)
    reason = forms.CharField(
        label=_("Reason, where figures are corrected"), max_length=200, required=False
    )

    def __init__(
        self, *args: Any, rules: AidRules, counters: Sequence[AidCounter], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._counters = [row for row in counters if row.ended_on is None]
        for row in self._counters:
            name, unit = counted(row, rules)
            self.fields[f"counter_{row.id.hex}"] = forms.IntegerField(
                label=f"{name} ({unit})" if unit else name, min_value=0, max_value=MOST_FIGURE
            )
        own = [f"counter_{row.id.hex}" for row in self._counters]
        self.order_fields(["day", "heads", *own, "note", "reason"])

    def figures(self) -> dict[UUID, int]:
        """The figures by counter."""
        return {row.id: self.cleaned_data[f"counter_{row.id.hex}"] for row in self._counters}


def report_values(
    day: dt.date, row: AidDay | None, figures: Sequence[tuple[UUID, int]], heads: int
) -> dict[str, Any]:
    """What is known of a day, as :class:`ReportForm` shows it."""
    values: dict[str, Any] = {"day": day, "heads": row.heads if row else heads}
    values["note"] = row.note if row else ""
    return values | {f"counter_{key.hex}": value for key, value in figures}


class MemberForm(HolderForm):
    """Somebody found by search, and what he is in the batch."""

    role = forms.ChoiceField(label=pgettext_lazy("in an aid batch", "Role"))
    position = forms.CharField(label=_("Position or title"), max_length=60, required=False)
    specialty = forms.CharField(
        label=pgettext_lazy("of a person", "Skill"), max_length=60, required=False
    )
    leader = forms.BooleanField(label=_("Leads the batch"), required=False)

    def __init__(self, by: Actor, *args: Any, rules: AidRules, **kwargs: Any) -> None:
        super().__init__(by, *args, person=True, **kwargs)
        offer(self, role=named(rules.roles))


class ChangeMemberForm(ChangeForm):
    """What somebody is in a batch."""

    role = forms.ChoiceField(label=pgettext_lazy("in an aid batch", "Role"))
    position = forms.CharField(label=_("Position or title"), max_length=60, required=False)
    specialty = forms.CharField(
        label=pgettext_lazy("of a person", "Skill"), max_length=60, required=False
    )
    leader = forms.BooleanField(label=_("Leads the batch"), required=False)

    def __init__(self, *args: Any, rules: AidRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, role=named(rules.roles))


class UnitForm(forms.Form):
    """As what those of a temporary unit go; each can be changed afterwards."""

    role = forms.ChoiceField(label=pgettext_lazy("in an aid batch", "Role"))

    def __init__(self, *args: Any, rules: AidRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, role=named(rules.roles))


class ContactForm(HolderForm):
    """Who keeps contact with a family."""

    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(by, *args, person=True, **kwargs)


class LiaisonForm(HolderForm):
    """Who keeps the line at home."""

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(by, *args, person=True, **kwargs)


class BackForm(forms.Form):
    """Who is back, and the quarantine that begins."""

    who = forms.MultipleChoiceField(label=_("Who is back"), widget=forms.CheckboxSelectMultiple)
    on = forms.DateField(label=_("Returned on"), widget=DateInput)
    days = forms.IntegerField(
        label=_("Days of quarantine"),
        min_value=0,
        max_value=MOST_DAYS,
        help_text=_("The day of the return is the first. It ends by itself after the last."),
    )
    kind = forms.ChoiceField(label=_("Kind of quarantine"))
    place = forms.CharField(label=_("Where"), max_length=120, required=False)
    reason = forms.CharField(
        label=_("Reason, where it is shorter than the rules say"), max_length=200, required=False
    )

    def __init__(
        self, *args: Any, rules: AidRules, away: Sequence[AidMember], **kwargs: Any
    ) -> None:
        kwargs.setdefault(
            "initial",
            {
                "on": timezone.localdate(),
                "days": rules.quarantine_days,
                "who": [str(row.id) for row in away],
            },
        )
        super().__init__(*args, **kwargs)
        self._away = {str(row.id): row for row in away}
        offer(
            self,
            kind=named(rules.quarantines),
            who=[(key, row.name) for key, row in self._away.items()],
        )

    def chosen(self) -> list[AidMember]:
        """Who is back."""
        return [self._away[key] for key in self.cleaned_data["who"]]


class QuarantineForm(ChangeForm):
    """A quarantine as it is now."""

    kind = forms.ChoiceField(label=_("Kind of quarantine"))
    place = forms.CharField(label=_("Where"), max_length=120, required=False)
    until = forms.DateField(label=_("Last day"), widget=DateInput)

    def __init__(self, *args: Any, rules: AidRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=named(rules.quarantines))


class EndForm(forms.Form):
    """Why a quarantine ends before its day."""

    reason = forms.CharField(label=_("Reason"), min_length=4, max_length=200)
