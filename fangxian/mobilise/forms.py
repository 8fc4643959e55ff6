"""Forms of posts, shifts and volunteers."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.ui.changes import CONFLICT, ChangeForm
from fangxian.common.ui.choices import named, offer
from fangxian.common.ui.widgets import DateInput, TimeInput
from fangxian.core.models import Emergency
from fangxian.core.queries import emergencies_at
from fangxian.mobilise.actions import NewPattern
from fangxian.mobilise.actions.shifts import MOST_DAYS
from fangxian.mobilise.models import Pattern, Turn, Volunteer
from fangxian.mobilise.models.post import EVERY_DAY, MOST_HEADS
from fangxian.mobilise.pasting import MOST_TEXT
from fangxian.mobilise.rules import PostRules, post_rules
from fangxian.organisations.forms import one_place, one_unit
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region

ROWS: Final = 40
MONDAY_TO_FRIDAY: Final = 0b0011111
WEEKEND: Final = 0b1100000
_BY_DAY: Final = Pattern.Holidays.ALL.value


def skills_read(text: str, rules: PostRules, also: Collection[str] = ()) -> dict[str, int]:
    """Skills with how many need them, as people write them: names with a number behind each.

    ``also``: codes that may stand there though the rules have them no more. Raises ValidationError.
    """
    by_name = {
        name.casefold(): one.code for one in rules.skills.values() for name in (one.zh, one.en)
    } | {code.casefold(): code for code in also}
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
    """One shift that recurs at a post; a row without a name is none.

    A row says which pattern it showed and carries a digest of it: what somebody else has changed
    meanwhile stays where the row was left alone, and is refused with the present values where not
    (as ``common.ui.changes`` does for a form).
    """

    pattern_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    as_shown = forms.CharField(widget=forms.HiddenInput, required=False)
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
            (f"{_BY_DAY}:{MONDAY_TO_FRIDAY}", _("Monday to Friday")),
            (f"{_BY_DAY}:{WEEKEND}", _("Saturday and Sunday")),
        ],
    )

    def __init__(
        self, *args: Any, present: Mapping[UUID, Pattern] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.present = present or {}
        self.left_alone = False
        days: Any = self.fields["days"]
        offered = {key for key, _text in days.choices}
        odd = {one.weekdays for one in self.present.values() if _days(one) not in offered}
        if odd:
            more = [(f"{_BY_DAY}:{one}", _named_days(one)) for one in sorted(odd)]
            offer(self, days=[*days.choices, *more])

    def clean_skills(self) -> dict[str, int]:
        """The skills by code."""
        also = {code for one in self.present.values() for code in one.skills}
        return skills_read(self.cleaned_data["skills"], post_rules(), also)

    def clean(self) -> dict[str, Any]:
        """A row that has a name has all that a shift needs, and is not older than what is there."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self._compare(data)
        if data.get("name"):
            for field in ("starts", "ends", "heads"):
                if data.get(field) is None and field not in self.errors:
                    self.add_error(field, _t("Fill this in for each shift."))
        elif data.get("starts") or data.get("ends") or data.get("heads"):
            self.add_error("name", _t("Give the shift a name."))
        return data

    def _compare(self, data: Mapping[str, Any]) -> None:
        key, shown = data.get("pattern_id"), data.get("as_shown")
        if not key or not shown or self.errors:
            return
        posted = _digest(_said(data))
        now = self.present.get(key)
        present = _digest(_row(now)) if now else ""
        self.left_alone = constant_time_compare(posted, shown)
        if self.left_alone or posted == present or constant_time_compare(present, shown):
            return
        if now is None:
            told = _t("Somebody else has ended this shift meanwhile.")
            again = _t("Save again to have it all the same.")
        else:
            row = _row(now)
            told = _t("Somebody else has changed this shift meanwhile: it is %(now)s now.") % {
                "now": f"{row['name']} {row['starts']}–{row['ends']}, {row['heads']} "
                f"{skills_written(now.skills, post_rules())}".strip()
            }
            again = _t("Save again to replace that.")
        self.add_error("name", forms.ValidationError(f"{told} {again}", code=CONFLICT))
        sent: Any = self.data
        again_sent = sent.copy()
        again_sent[self.add_prefix("as_shown")] = present
        if now is None:
            again_sent[self.add_prefix("pattern_id")] = ""
        self.data = again_sent

    def pattern(self) -> NewPattern | None:
        """The shift of a valid row, None of an empty one. One that ends before it begins goes over
        midnight.
        """
        data = self.cleaned_data
        if self.left_alone:
            now = self.present.get(data["pattern_id"])
            return as_it_is(now) if now else None
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
        """The shifts of a valid set, with those that somebody else has added meanwhile."""
        found = [one for form in self.forms if (one := form.pattern()) is not None]
        seen = {form.cleaned_data.get("pattern_id") for form in self.forms}
        names = {one.name for one in found}
        present: Mapping[UUID, Pattern] = self.form_kwargs.get("present") or {}
        return found + [
            as_it_is(one)
            for one in present.values()
            if one.id not in seen and one.name not in names
        ]


PatternSet: Any = forms.formset_factory(
    PatternForm, formset=_PatternSet, extra=3, max_num=ROWS, absolute_max=ROWS
)


def pattern_rows(patterns: Sequence[Pattern]) -> list[dict[str, Any]]:
    """What a post's shifts look like in :data:`PatternSet`."""
    rules = post_rules()
    rows = []
    for one in patterns:
        row = _row(one)
        shown = {"pattern_id": one.id, "as_shown": _digest(row)}
        rows.append({**row, "skills": skills_written(one.skills, rules), **shown})
    return rows


def as_it_is(one: Pattern) -> NewPattern:
    """A pattern, to be kept as it is."""
    return NewPattern(
        one.name, one.starts, one.minutes, one.heads, one.skills, one.weekdays, one.on_holidays
    )


def _row(one: Pattern) -> dict[str, Any]:
    begins = dt.datetime.combine(dt.date.min, one.starts)
    return {
        "name": one.name,
        "starts": one.starts.isoformat("minutes"),
        "ends": (begins + dt.timedelta(minutes=one.minutes)).time().isoformat("minutes"),
        "heads": one.heads,
        "skills": one.skills,
        "days": _days(one),
    }


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was posted, in the words of :func:`_row`."""
    starts, ends = data.get("starts"), data.get("ends")
    return {
        "name": (data.get("name") or "").strip(),
        "starts": starts.isoformat("minutes") if starts else "",
        "ends": ends.isoformat("minutes") if ends else "",
        "heads": data.get("heads"),
        "skills": data.get("skills") or {},
        "days": data.get("days") or f"{_BY_DAY}:{EVERY_DAY}",
    }


def _digest(row: Mapping[str, Any]) -> str:
    said = json.dumps(row, sort_keys=True)
    return salted_hmac("mobilise.pattern", said, algorithm="sha256").hexdigest()[:20]


def _days(one: Pattern) -> str:
    return f"{one.on_holidays}:{one.weekdays}"


def _named_days(weekdays: int) -> str:
    return _t(", ").join(str(name) for bit, name in WEEKDAYS_ABBR.items() if weekdays >> bit & 1)


class _PostFields(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), help_text=_("It says what the duties are there."))
    organisation = forms.CharField(
        label=_("Unit that answers for it"),
        max_length=120,
        required=False,
        help_text=_("Its full or short name."),
    )
    duties = forms.CharField(
        label=pgettext_lazy("at a post", "Duties"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("A line each. Empty: those of the kind."),
    )

    def __init__(self, *args: Any, rules: PostRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=named(rules.kinds))

    def clean_duties(self) -> list[str]:
        """The duties, a line each."""
        lines = self.cleaned_data["duties"].splitlines()
        return [line.strip() for line in lines if line.strip()]

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
    field_order = ("name", "place", "kind", "duties", "organisation", "emergency")

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

    def __init__(
        self,
        *args: Any,
        volunteers: Any,
        says: Mapping[UUID, Sequence[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["volunteer"].queryset = volunteers
        if says:
            fields["volunteer"].label_from_instance = lambda one: (
                f"{one.name} ▲ {_t('; ').join(map(str, says[one.id]))}"
                if one.id in says
                else one.name
            )


class CertificateForm(forms.Form):
    """The days of a certificate, and who issues it."""

    first = forms.DateField(label=_("Served from"), widget=DateInput)
    last = forms.DateField(label=_("Served until"), widget=DateInput)
    issuer = forms.CharField(
        label=_("Issuing body"),
        max_length=200,
        help_text=_(
            "A body of this place, or the one that your account acts for, by its full name; it"
            " stands below the certificate."
        ),
    )

    def clean_issuer(self) -> Organisation:
        """The organisation."""
        return one_unit(self.cleaned_data["issuer"].strip())


class RevokeForm(forms.Form):
    """Why a certificate is revoked."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class HeadsForm(ChangeForm):
    """How many people one shift needs, and what they must be able to do."""

    heads = forms.IntegerField(
        label=pgettext_lazy("how many", "People"), min_value=1, max_value=MOST_HEADS
    )
    skills = forms.CharField(
        label=_("Of these with"),
        max_length=120,
        required=False,
        help_text=_("Skills with how many need them: nurse 1, driver 2."),
    )

    def __init__(self, *args: Any, also: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.also = also

    def clean_skills(self) -> dict[str, int]:
        """The skills by code."""
        return skills_read(self.cleaned_data["skills"], post_rules(), self.also)


class ReplaceForm(forms.Form):
    """Who takes the place of somebody who is missing: the first of the reserve is chosen."""

    volunteer = forms.ChoiceField(
        label=_("Who takes the place"),
        widget=forms.RadioSelect,
        help_text=_("Who waits for it comes first, then all by echelon and rank."),
    )
    reason = forms.CharField(
        label=_("Reason, where a limit is passed"), max_length=200, required=False
    )

    def __init__(self, *args: Any, reserve: Sequence[tuple[Volunteer, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(one.id): one for one, _said in reserve}
        offer(self, volunteer=[(str(one.id), said) for one, said in reserve])
        if reserve:
            self.fields["volunteer"].initial = str(reserve[0][0].id)

    def chosen(self) -> Volunteer:
        """Who takes it."""
        return self._people[self.cleaned_data["volunteer"]]


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


class ChatForm(forms.Form):
    """What people wrote in the chat, and the days that it is about. The text is not kept."""

    text = forms.CharField(
        label=_("What people wrote"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Copy it from the chat as it is: numbered lists, free text, names and times."),
    )
    first = forms.DateField(label=_("First day"), widget=DateInput)
    last = forms.DateField(label=_("Last day"), widget=DateInput)

    def clean(self) -> dict[str, Any]:
        """The days are in order, and not too many."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if first and last and not 0 <= (last - first).days < MOST_DAYS:
            self.add_error(
                "last",
                _t("Choose a first and a last day, at most %(n)d days together.")
                % {"n": MOST_DAYS},
            )
        return data


class NoteForm(forms.Form):
    """What the next shift has to know."""

    note = forms.CharField(
        label=_("Note to the next shift"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CheckInForm(forms.Form):
    """Whether the position goes along; off unless it is chosen, and nothing depends on it."""

    attach = forms.BooleanField(
        label=_("Attach my position"),
        required=False,
        help_text=_(
            "If you like: it is kept for this check-in only, encrypted, seen by who plans the"
            " shifts and deleted some days later. You can check in without it."
        ),
        widget=forms.CheckboxInput(attrs={"data-locate": True}),
    )
    position = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """What was not chosen does not go along."""
        data: dict[str, Any] = self.cleaned_data
        if not data.get("attach"):
            data["position"] = ""
        return data
