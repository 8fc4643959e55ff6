"""Forms of posts, shifts and volunteers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

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
from fangxian.mobilise.actions import NewPattern, NewSkill
from fangxian.mobilise.models import Pattern, Skill, Turn, Volunteer
from fangxian.mobilise.models.post import EVERY_DAY, MOST_HEADS
from fangxian.mobilise.models.volunteer import ECHELONS
from fangxian.mobilise.rules import PostRules, post_rules
from fangxian.organisations.forms import one_place
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region

ROWS: Final = 8
WEEKDAYS: Final = 0b0011111
WEEKEND: Final = 0b1100000
_BY_DAY: Final = Pattern.Holidays.ALL.value


def one_unit(name: str) -> Organisation:
    """The organisation by its full or short name. Raises ValidationError."""
    present = Organisation.objects.filter(dissolved_on=None)
    found = list(present.filter(name=name)[:2]) or list(present.filter(short_name=name)[:2])
    if len(found) == 1:
        return found[0]
    raise forms.ValidationError(
        _("“%(name)s” is no organisation, or several: write its full name."), params={"name": name}
    )


def skills_read(text: str, rules: PostRules) -> dict[str, int]:
    """Skills with how many need them, as people write them: names with a number behind each.

    Raises ValidationError.
    """
    by_name = {
        name.casefold(): one.code for one in rules.skills.values() for name in (one.zh, one.en)
    }
    found: dict[str, int] = {}
    for part in re.findall(r"[^\d,;，、；]+\d*", text):
        word = re.sub(r"\d+$", "", part).strip(" ×x*:：").casefold()
        number = re.search(r"\d+$", part)
        if not word:
            continue
        if word not in by_name:
            raise forms.ValidationError(
                _("“%(word)s” is no skill. There are: %(all)s."),
                params={
                    "word": word,
                    "all": _t(", ").join(one.name for one in rules.skills.values()),
                },
            )
        found[by_name[word]] = int(number.group()) if number else 1
    return found


def skills_written(skills: Mapping[str, int], rules: PostRules) -> str:
    """Skills as :func:`skills_read` takes them."""
    known = rules.skills
    return _t(", ").join(
        f"{known[code].name if code in known else code} {n}" for code, n in skills.items()
    )


class PatternForm(forms.Form):
    """One shift that recurs at a post; a row without a name is none."""

    name = forms.CharField(label=_("Shift"), max_length=20, required=False)
    starts = forms.TimeField(
        label=pgettext_lazy("a shift", "From"), widget=TimeInput, required=False
    )
    ends = forms.TimeField(
        label=pgettext_lazy("a shift", "Until"), widget=TimeInput, required=False
    )
    heads = forms.IntegerField(
        label=pgettext_lazy("how many", "People"), min_value=1, max_value=MOST_HEADS, required=False
    )
    skills = forms.CharField(label=_("Of these with"), max_length=120, required=False)
    days = forms.ChoiceField(
        label=pgettext_lazy("a shift", "Days"),
        required=False,
        choices=[
            (f"{_BY_DAY}:{EVERY_DAY}", _("every day")),
            (f"{Pattern.Holidays.NEVER.value}:{EVERY_DAY}", _("working days")),
            (f"{Pattern.Holidays.ONLY.value}:{EVERY_DAY}", _("weekends and holidays")),
            (f"{_BY_DAY}:{WEEKDAYS}", _("Monday to Friday")),
            (f"{_BY_DAY}:{WEEKEND}", _("Saturday and Sunday")),
        ],
    )

    def clean_skills(self) -> dict[str, int]:
        """The skills by code."""
        return skills_read(self.cleaned_data["skills"], post_rules())

    def clean(self) -> dict[str, Any]:
        """A row that has a name has all that a shift needs."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("name"):
            for field in ("starts", "ends", "heads"):
                if data.get(field) is None and field not in self.errors:
                    self.add_error(field, _t("Fill this in for each shift."))
        elif data.get("starts") or data.get("ends") or data.get("heads"):
            self.add_error("name", _t("Give the shift a name."))
        return data

    def pattern(self) -> NewPattern | None:
        """The shift of a valid row, None of an empty one. One that ends before it begins goes over
        midnight.
        """
        data = self.cleaned_data
        if not data.get("name"):
            return None
        starts, ends = data["starts"], data["ends"]
        on_holidays, _colon, weekdays = (data["days"] or f"{_BY_DAY}:{EVERY_DAY}").partition(":")
        minutes = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
        return NewPattern(
            name=data["name"].strip(),
            starts=starts,
            minutes=minutes if minutes > 0 else minutes + 24 * 60,
            heads=data["heads"],
            skills=data["skills"],
            weekdays=int(weekdays),
            on_holidays=on_holidays,
        )


class _PatternSet(forms.BaseFormSet):  # type: ignore[type-arg]  # of PatternForm
    def patterns(self) -> list[NewPattern]:
        """The shifts of a valid set."""
        return [one for form in self.forms if (one := form.pattern()) is not None]


PatternSet: Any = forms.formset_factory(
    PatternForm, formset=_PatternSet, extra=3, max_num=ROWS, absolute_max=ROWS
)


def pattern_rows(patterns: Sequence[Pattern]) -> list[dict[str, Any]]:
    """What a post's shifts look like in :data:`PatternSet`."""
    rules = post_rules()
    rows = []
    for one in patterns:
        begins = dt.datetime.combine(dt.date.min, one.starts)
        rows.append(
            {
                "name": one.name,
                "starts": one.starts.isoformat("minutes"),
                "ends": (begins + dt.timedelta(minutes=one.minutes)).time().isoformat("minutes"),
                "heads": one.heads,
                "skills": skills_written(one.skills, rules),
                "days": f"{one.on_holidays}:{one.weekdays}",
            }
        )
    return rows


class _PostFields(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), help_text=_("It says what the duties are there."))
    organisation = forms.CharField(
        label=_("Unit that answers for it"),
        max_length=120,
        required=False,
        help_text=_("Its full or short name."),
    )

    def __init__(self, *args: Any, rules: PostRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=named(rules.kinds))

    def clean_organisation(self) -> Organisation | None:
        """The unit, if one is named."""
        name = self.cleaned_data["organisation"].strip()
        return one_unit(name) if name else None


class PostForm(_PostFields):
    """A new post."""

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
    )
    field_order = ("name", "place", "kind", "organisation", "emergency")

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        fields: Any = self.fields
        fields["emergency"].queryset = emergencies_at(by.area)
        fields["emergency"].initial = fields["emergency"].queryset.first()

    def clean_place(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["place"], self.by.area)


class ChangePostForm(ChangeForm, _PostFields):
    """A post as it is now."""


class LayOutForm(forms.Form):
    """From when to when shifts are laid out."""

    first = forms.DateField(label=_("From"), widget=DateInput)
    last = forms.DateField(label=_("Until"), widget=DateInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        today = timezone.localdate()
        kwargs.setdefault("initial", {"first": today, "last": today + dt.timedelta(days=6)})
        super().__init__(*args, **kwargs)


class WeekFilter(forms.Form):
    """Place and first day of what is shown; a value that is none filters nothing."""

    place = forms.CharField(label=_("Place (code)"), max_length=20, required=False)
    day = forms.DateField(label=_("First day"), required=False, widget=DateInput)

    def chosen(self, by: Actor) -> tuple[str, dt.date]:
        """The place (the actor's area by default) and the first day (today by default)."""
        self.is_valid()
        place = (self.cleaned_data.get("place") or "").strip()
        if not (place and codes.is_code(place) and codes.contains(by.area, place)):
            place = by.area
        today = timezone.localdate()
        day = self.cleaned_data.get("day") or today
        year = dt.timedelta(days=366)
        return place, day if today - year <= day <= today + year else today


class PutOnForm(forms.Form):
    """Somebody who is put on a shift; with a reason also past a limit."""

    volunteer = forms.ModelChoiceField(label=_("Volunteer"), queryset=Volunteer.objects.none())
    reason = forms.CharField(
        label=_("Reason, where a limit is passed"), max_length=200, required=False
    )

    def __init__(self, *args: Any, volunteers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["volunteer"].queryset = volunteers


class SwapForm(forms.Form):
    """Whom somebody asks to take his shift, and for which of theirs, if any."""

    to = forms.ChoiceField(
        label=_("Who is asked"),
        help_text=_("Somebody who takes it over, or somebody with whom shifts are exchanged."),
    )

    def __init__(
        self, *args: Any, people: Sequence[Volunteer], turns: Sequence[Turn], **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self._people = {str(one.id): one for one in people}
        self._turns = {str(one.id): one for one in turns}
        offer(
            self,
            to=[
                (_t("takes it over"), [(key, one.name) for key, one in self._people.items()]),
                (
                    _t("exchanges it"),
                    [
                        (key, f"{one.volunteer.name} · {one.shift.post.name} {one.shift}")
                        for key, one in self._turns.items()
                    ],
                ),
            ],
        )

    def chosen(self) -> tuple[Volunteer, Turn | None]:
        """Who is asked, and the turn that he gives for it."""
        key = self.cleaned_data["to"]
        back = self._turns.get(key)
        return (back.volunteer, back) if back else (self._people[key], None)


class NoteForm(forms.Form):
    """What the next shift has to know."""

    note = forms.CharField(
        label=_("Note to the next shift"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


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
    fit = forms.NullBooleanField(
        label=_("Fit for duty"),
        required=False,
        help_text=_("Yes or no is all that is kept of health and vaccination."),
        widget=forms.NullBooleanSelect,
    )

    def __init__(self, *args: Any, rules: PostRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, skills=named(rules.skills))
        widget: Any = self.fields["fit"].widget
        widget.choices = [("unknown", _("not said")), ("true", _("yes")), ("false", _("no"))]

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


class VolunteerForm(ChangeForm, _VolunteerFields):
    """A volunteer as he is recorded."""


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
