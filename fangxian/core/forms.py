"""Forms of core: filters and changes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Coalesce, Length
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fangxian.accounts.models import Grant
from fangxian.common import codes
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.choices import offer
from fangxian.core import emergencies, queries
from fangxian.core.kinds import label_of
from fangxian.core.ledgers import Ledger
from fangxian.core.models import Emergency, JobState
from fangxian.regions.queries import at, below, full_name, names

DATE = {"type": "date"}
MOMENT = {"type": "datetime-local"}


class TaskFilter(forms.Form):
    """The filter of the work list; what is not a value of its kind filters nothing."""

    who = forms.ChoiceField(
        label=_("Whose"),
        required=False,
        choices=[("", _("Mine")), ("all", _("All in my area"))],
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Open")), ("closed", _("Closed"))]
    )
    late = forms.BooleanField(label=_("Overdue only"), required=False)

    def __init__(self, data: Any, kinds: list[str]) -> None:
        super().__init__(data)
        choices = [("", _("All kinds")), *((kind, label_of(kind)) for kind in kinds)]
        offer(self, kind=choices)

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class JobFilter(forms.Form):
    """The filter of the list of jobs."""

    who = forms.ChoiceField(
        label=_("Whose"),
        required=False,
        choices=[("", _("Mine")), ("all", _("All in my area"))],
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *JobState.choices]
    )

    def chosen(self, name: str) -> str:
        """A value of the filter; what is none filters nothing."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")


# More accounts than this answer for no place; should they, the nearest are offered.
TAKERS = 200


class ReassignForm(forms.Form):
    """An account that answers for the place of the tasks, or a role at a level above it."""

    assignee_user = forms.TypedChoiceField(
        label=_("Account"), coerce=UUID, empty_value=None, required=False
    )
    assignee_role = forms.ChoiceField(label=_("or the role"), required=False)
    assignee_level = forms.TypedChoiceField(
        label=_("at the level"), coerce=int, empty_value=None, required=False
    )

    def __init__(self, *args: Any, place_code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        takers = _takers(place_code)
        offer(self, assignee_user=[("", _("none")), *_accounts(takers)])
        roles = {grant.role_id: str(grant.role) for grant in takers}
        offer(self, assignee_role=[("", _("none")), *sorted(roles.items())])
        levels = [level for level in codes.Level if 0 < level <= len(place_code)]
        offer(self, assignee_level=[(int(level), level.label) for level in levels])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("assignee_user")) == bool(given.get("assignee_role")):
            self.add_error("assignee_user", _("Choose either an account or a role."))
        return given


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class EmergencyForm(forms.Form):
    """A new emergency."""

    name = forms.CharField(label=_("Name"), max_length=120)
    disease = forms.CharField(label=_("Disease"), max_length=80)
    place_code = forms.CharField(label=_("Area (code of the place)"), max_length=20, validators=[])
    level = forms.TypedChoiceField(
        label=_("Response level"), coerce=int, choices=Emergency.Level.choices
    )
    started_on = forms.DateField(
        label=_("Start"), initial=timezone.localdate, widget=forms.DateInput(attrs=DATE)
    )

    def clean_place_code(self) -> str:
        code: str = self.cleaned_data["place_code"].strip()
        if not code or not codes.is_code(code):
            raise forms.ValidationError(_("This is not the code of a place."))
        return code


class LevelForm(forms.Form):
    level = forms.TypedChoiceField(
        label=_("Response level"), coerce=int, choices=Emergency.Level.choices
    )


class MeasureForm(forms.Form):
    """A measure as it is announced."""

    title = forms.CharField(label=_("Measure"), max_length=120)
    body = forms.CharField(label=_("Issued by"), max_length=120)
    content = forms.CharField(
        label=_("Content"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    place_code = forms.CharField(label=_("Area (code of the place)"), max_length=20)
    from_at = forms.DateTimeField(label=_("From"), widget=forms.DateTimeInput(attrs=MOMENT))
    to_at = forms.DateTimeField(
        label=_("Until"), required=False, widget=forms.DateTimeInput(attrs=MOMENT)
    )

    def clean_place_code(self) -> str:
        code: str = self.cleaned_data["place_code"].strip()
        if not code or not codes.is_code(code):
            raise forms.ValidationError(_("This is not the code of a place."))
        return code


class RuleForm(forms.Form):
    """A new version of a rule set."""

    source = forms.CharField(label=_("Source (document, date)"), max_length=300)
    valid_from = forms.DateField(label=_("Valid from"), widget=forms.DateInput(attrs=DATE))
    rule = forms.CharField(
        label=_("Rule (JSON)"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 20, "spellcheck": "false"}),
    )

    def clean_rule(self) -> Any:
        try:
            return json.loads(self.cleaned_data["rule"])
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", 0)
            raise forms.ValidationError(
                _("Line %(line)s is not valid JSON: check commas, quotes and brackets."),
                params={"line": line},
            ) from None


class EndpointForm(forms.Form):
    """Where messages of a channel are sent."""

    name = forms.CharField(label=_("Name"), max_length=80)
    channel = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            ("webhook", _("Webhook")),
            ("wecom", _("WeCom bot")),
            ("dingtalk", _("DingTalk bot")),
        ],
    )
    url = forms.URLField(label=_("Address"), max_length=500, assume_scheme="https")
    secret = forms.CharField(label=_("Secret for signing"), max_length=200, required=False)


def _takers(place_code: str) -> list[Grant]:
    """Who can take a task at the place, the nearest first."""
    reach = Length(Coalesce("region__code", Value("")))
    found = queries.takers_at(place_code).select_related("user", "role", "region")
    return list(found.order_by(reach.desc(), "user__display_name", "user_id", "id")[:TAKERS])


def _accounts(takers: list[Grant]) -> list[tuple[str, str]]:
    """Each account once, with the role and place by which it answers."""
    places = names(grant.region.code for grant in takers if grant.region)
    offered: dict[str, str] = {}
    for grant in takers:
        place = places.get(grant.region.code, "") if grant.region else ""
        told = " · ".join(part for part in (str(grant.user), str(grant.role), place) if part)
        offered.setdefault(str(grant.user_id), told)
    return list(offered.items())


class ForAnEmergency(forms.Form):
    """A form that may say for which emergency something is recorded; last, and asked only then."""

    emergency_id = forms.TypedChoiceField(
        label=_("Recorded for the emergency"),
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text=_("Sealed with the emergency's key: when it ends, nobody can read it any more."),
    )

    def __init__(self, *args: Any, place: str, below: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if found := emergencies.choices(place, below=below):
            offer(self, emergency_id=[("", _("none: part of the register")), *found])
            # Behind the form's own fields.
            self.fields["emergency_id"] = self.fields.pop("emergency_id")
        else:
            del self.fields["emergency_id"]


class LedgerForm(ForAnEmergency):
    """A ledger to import, what it is, and the place it is about."""

    # Left out, it is the first.
    kind = forms.ChoiceField(
        label=_("What the ledger holds"), widget=forms.RadioSelect, required=False
    )
    place_code = forms.ChoiceField(label=_("The ledger is about"))
    # An empty one is refused by the reader, in words that name the mend.
    file = forms.FileField(label=_("Ledger"), allow_empty_file=True)

    def __init__(
        self, data: Any, files: Any, *, area: str, kinds: list[Ledger], asked: Mapping[str, str]
    ) -> None:
        initial = {
            "place_code": asked.get("place", area),
            "kind": asked.get("kind", kinds[0].kind),
        }
        super().__init__(data, files, initial=initial, place=area, below=True)
        self._ask_emergency(kinds)
        named = [asked.get("place", ""), (data or {}).get("place_code", "")]
        offer(self, place_code=_places(area, named))
        self.first = kinds[0].kind
        if len(kinds) == 1:
            del self.fields["kind"]
        else:
            offer(self, kind=[(one.kind, one.label) for one in kinds])

    def _ask_emergency(self, kinds: list[Ledger]) -> None:
        sealing = [one for one in kinds if one.emergency]
        if not sealing:
            self.fields.pop("emergency_id", None)
        elif "emergency_id" in self.fields:
            help_text = gettext(
                "The ledger, and the numbers and key groups that it adds, are sealed with the"
                " emergency's key and end with it. Names and homes stay in the register."
            )
            if len(sealing) < len(kinds):
                only = gettext("Only for: %(kinds)s.")
                labels = gettext(", ").join(str(one.label) for one in sealing)
                help_text = f"{help_text} {only % {'kinds': labels}}"
            self.fields["emergency_id"].help_text = help_text

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        limit = settings.FANGXIAN_UPLOAD_MB
        if file.size > limit * 1024 * 1024:
            text = gettext("The file is larger than %(limit)s MB. Split it into several.")
            raise forms.ValidationError(text, params={"limit": limit})
        return file

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data | {"kind": self.cleaned_data.get("kind") or self.first}


_IMPORTED_AT = (codes.Level.COUNTY, codes.Level.TOWN, codes.Level.VILLAGE, codes.Level.GRID)
# A list that is longer can't be used: who comes from the page of a place finds it named.
_LISTED = 2000


def _places(area: str, named: Sequence[str]) -> list[tuple[str, str]]:
    """The places a ledger may be about: the area itself, and what lies below to the grid.

    Of a level with very many places the first are listed, and those that are ``named`` already.
    """
    found = {}
    if len(area) >= codes.Level.PREFECTURE:
        found[area] = full_name(area)
    for level in _IMPORTED_AT:
        if len(area) < level and level - len(area) <= codes.Level.TOWN:
            found |= {place.code: place.name for place in below(area, level)[:_LISTED]}
    for code in named:
        if code not in found and len(code) in _IMPORTED_AT and codes.contains(area, code):
            with contextlib.suppress(OutOfScope):
                found[code] = at(code).name
    return list(found.items())
