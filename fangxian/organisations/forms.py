"""Forms of the room's pages. What the actions refuse is shown beside the field it is about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.ui.changes import ChangeForm
from fangxian.common.ui.choices import offer
from fangxian.organisations.finding import Candidate, candidate_of, find, with_accounts
from fangxian.organisations.models import Member, Organisation, OrganisationKind
from fangxian.organisations.rules import ChainRole
from fangxian.regions.models import Region
from fangxian.regions.queries import search as search_places


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class OrganisationFilter(forms.Form):
    """What the tree shows; kept in the address."""

    q = forms.CharField(label=_("Name, initials or credit code"), max_length=60, required=False)
    kind = forms.ModelChoiceField(
        label=_("Kind"),
        queryset=OrganisationKind.objects.none(),
        required=False,
        empty_label=_("All kinds"),
    )
    where = forms.ChoiceField(
        label=_("Seat"),
        required=False,
        choices=[("", _("In my area")), ("all", _("Everywhere"))],
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Existing")),
            ("unfit", _("To be mended by the rules")),
            ("dissolved", pgettext_lazy("organisations", "Dissolved")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].queryset = OrganisationKind.objects.order_by("code")  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """The filters in force; what is not valid counts as not given."""
        self.is_valid()
        data = self.cleaned_data
        return {name: data.get(name) for name in ("q", "kind", "where", "state")}


class OrganisationForm(forms.Form):
    """An organisation: what is asked of each. Seat and parent are named, then chosen."""

    name = forms.CharField(label=_("Name"), max_length=120)
    short_name = forms.CharField(label=_("Short name"), max_length=40, required=False)
    kind = forms.ModelChoiceField(
        label=_("Kind"), queryset=OrganisationKind.objects.none(), empty_label=None
    )
    seat = forms.CharField(
        label=_("Seat"),
        max_length=60,
        help_text=_("Name or code of the place where it sits, in your area."),
    )
    parent = forms.CharField(
        label=_("Parent organisation"),
        max_length=120,
        required=False,
        help_text=_("Its full name; leave empty if it stands at the top."),
    )
    credit_code = forms.CharField(
        label=_("Unified social credit code"), max_length=18, required=False
    )
    founded_on = forms.DateField(label=_("Founded on"), required=False, widget=day_input())
    elected_on = forms.DateField(
        label=_("Leadership elected on"),
        required=False,
        widget=day_input(),
        help_text=_("Of a party body; its term is counted from this day."),
    )

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.fields["kind"].queryset = OrganisationKind.objects.order_by("code")  # type: ignore[attr-defined]

    @staticmethod
    def of(body: Organisation) -> dict[str, Any]:
        """Initial values."""
        return {
            "name": body.name,
            "short_name": body.short_name,
            "kind": body.kind_id,
            "seat": body.seat.code,
            "parent": body.parent.name if body.parent else "",
            "credit_code": body.credit_code,
            "founded_on": body.founded_on,
            "elected_on": body.elected_on,
        }

    def clean_seat(self) -> Region:
        """The place by code, or the only one with this name."""
        return one_place(self.cleaned_data["seat"], self.by.area)

    def clean_parent(self) -> Organisation | None:
        """The organisation by its full or short name."""
        text = self.cleaned_data["parent"].strip()
        return one_body(text) if text else None


class ChangeOrganisationForm(ChangeForm, OrganisationForm):
    """An organisation as it is now."""


def one_body(text: str) -> Organisation:
    """The organisation of a full or a short name. Raises ValidationError with the mend."""
    found = list(Organisation.objects.filter(name=text, dissolved_on=None)[:2])
    found = found or list(Organisation.objects.filter(short_name=text, dissolved_on=None)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise forms.ValidationError(
            _("Several organisations are called so; give one of them another short name.")
        )
    raise forms.ValidationError(_("There is no organisation of this name."))


def one_place(text: str, area: str) -> Region:
    """The place that a text names by code or by name. Raises ValidationError with the mend."""
    hits = [hit.place for hit in search_places(text.strip(), area, 6)]
    exact = [place for place in hits if text.strip() in (place.code, place.name)]
    if len(exact) == 1:
        return exact[0]
    if len(hits) == 1:
        return hits[0]
    if not hits:
        raise forms.ValidationError(_("There is no such place in your area."))
    raise forms.ValidationError(
        _("Several places fit: %(places)s. Write the code of one."),
        params={"places": ", ".join(f"{p.name} {p.code}" for p in (exact or hits)[:6])},
    )


def one_unit(name: str) -> Organisation:
    """The organisation by its full or short name. Raises ValidationError."""
    present = Organisation.objects.filter(dissolved_on=None)
    found = list(present.filter(name=name)[:2]) or list(present.filter(short_name=name)[:2])
    if len(found) == 1:
        return found[0]
    raise forms.ValidationError(
        _("“%(name)s” is no organisation, or several: write its full name."), params={"name": name}
    )


class DayForm(forms.Form):
    """A day and a reason: for endings."""

    on = forms.DateField(label=_("Last day"), widget=day_input())
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"on": timezone.localdate()})
        super().__init__(*args, **kwargs)


class WhyForm(forms.Form):
    """Why something is taken back; kept in its history."""

    reason = forms.CharField(label=_("Reason"), min_length=4, max_length=200)


class OnForm(forms.Form):
    """The day a page is about."""

    on = forms.DateField(label=_("As of"), required=False, widget=day_input())

    def chosen(self) -> Any:
        """The day, today if none or none that can be read was given."""
        day = self.cleaned_data.get("on") if self.is_valid() else None
        return day or timezone.localdate()


class HolderForm(forms.Form):
    """Somebody found by search. The search text is sent with the form, never in an address."""

    q = forms.CharField(label=_("Search"), max_length=60, required=False, strip=True)
    holder = forms.ChoiceField(
        label=_("Found"), required=False, widget=forms.RadioSelect, choices=[]
    )

    def __init__(
        self,
        by: Actor,
        *args: Any,
        person: bool,
        post: tuple[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """``post``: the role and the code of the place for which somebody is looked for."""
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["q"].label = (
            _("Name, initials, phone or document number")
            if person
            else _("Name, initials or credit code")
        )
        text = self.data.get("q", "") if self.is_bound else ""
        self.found = find(by, str(text).replace("\x00", ""), person=person)
        chosen = str(self.data.get("holder", "")) if self.is_bound else ""
        if chosen and all(one.key != chosen for one in self.found):
            known = candidate_of(chosen)
            self.found = [known, *self.found] if known else self.found
        if post is not None:
            self.found = with_accounts(self.found, *post)
        offer(self, holder=[(one.key, one.text) for one in self.found])
        if self.is_bound and "find" in self.data:
            # Searching: the rest is asked for when it is saved.
            for field in self.fields.values():
                field.required = False
        if len(self.found) == 1:
            self.fields["holder"].initial = self.found[0].key

    @property
    def searched(self) -> bool:
        return self.is_bound and bool(self.data.get("q"))

    def choices(self) -> list[Candidate]:
        """Who was found."""
        return self.found


class AppointForm(HolderForm):
    """Who answers, from when, and how to reach him at work."""

    contact = forms.CharField(
        label=_("Work phone"),
        max_length=30,
        required=False,
        help_text=_("Shown behind a tap to those who work in the place and below it."),
    )
    on = forms.DateField(label=_("From"), widget=day_input())
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class SubstituteForm(HolderForm):
    """Who stands in, on which days."""

    contact = forms.CharField(label=_("Work phone"), max_length=30, required=False)
    from_date = forms.DateField(label=_("First day"), widget=day_input())
    to_date = forms.DateField(label=_("Last day"), widget=day_input())
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class ContactForm(forms.Form):
    """A work phone."""

    contact = forms.CharField(label=_("Work phone"), max_length=30, required=False)


class MemberForm(forms.Form):
    """What one is in an organisation."""

    duty = forms.CharField(label=_("Duty"), max_length=60, required=False)
    rank = forms.CharField(label=_("Rank"), max_length=40, required=False)
    party_member = forms.BooleanField(label=_("Party member"), required=False)
    probationary = forms.BooleanField(
        label=_("Probationary, not a full member yet"), required=False
    )
    wish = forms.CharField(
        label=_("Wishes to serve at"),
        max_length=60,
        required=False,
        help_text=_("Name or code of a community, grid, building or unit in your area."),
    )
    area = ""

    @staticmethod
    def of(member: Member) -> dict[str, Any]:
        """Initial values."""
        return {
            "duty": member.duty,
            "rank": member.rank,
            "party_member": member.party_member,
            "probationary": member.probationary,
            "wish": member.wish.code if member.wish else "",
        }

    def clean_wish(self) -> Region | None:
        """The place by code, or the only one with this name."""
        text = self.cleaned_data["wish"].strip()
        # What was left alone may lie elsewhere.
        if not text or text == self.initial.get("wish"):
            return None
        return one_place(text, self.area)


class ChangeMemberForm(ChangeForm, MemberForm):
    """A membership as it is now."""

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.area = by.area


class JoinForm(MemberForm, HolderForm):
    """A person of the register, or a new one, who becomes a member."""

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(by, *args, **kwargs)
        self.area = by.area

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    number = forms.CharField(label=_("Identity number"), max_length=30, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    on = forms.DateField(label=_("From"), widget=day_input(), required=False)


class VacancyFilter(forms.Form):
    """Which vacancies are listed."""

    role = forms.ChoiceField(label=_("Role"), required=False, choices=[])

    def __init__(self, *args: Any, roles: list[ChainRole], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", _("All roles"))
        offer(self, role=[every, *((r.code, r.name) for r in roles)])

    def chosen(self) -> str:
        """The role, "" for all."""
        return str(self.cleaned_data.get("role", "")) if self.is_valid() else ""


class EvidenceForm(forms.Form):
    """Evidence of one item: a file, or one of what is at hand."""

    file = forms.FileField(label=_("File"), required=False)
    chosen = forms.UUIDField(label=_("Evidence"), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
