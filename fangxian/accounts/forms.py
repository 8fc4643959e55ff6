"""Forms of accounts, grants and logs."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from fangxian.accounts import looks
from fangxian.accounts.actions import grantable_roles
from fangxian.accounts.models import User
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.ui.choices import offer


def _place_field(**kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Place"),
        help_text=_("Its code: 2, 4, 6, 9, 12, 15, 18 or 20 digits."),
        max_length=20,
        **kwargs,
    )


def _staff_number(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Staff number"), help_text=help_text, max_length=40, required=False
    )


class PlaceMixin(forms.Form):
    """A form with ``place``, which has to be a code."""

    def clean_place(self) -> str:
        code: str = self.cleaned_data["place"].strip()
        if not codes.is_code(code):
            raise forms.ValidationError(
                _("This is not a place code: write 2, 4, 6, 9, 12, 15, 18 or 20 digits.")
            )
        return code


class ReasonForm(forms.Form):
    """Why an account is changed; kept in its history."""

    reason = forms.CharField(label=_("Reason"), min_length=4, max_length=200)


class UserForm(PlaceMixin):
    """A new account."""

    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        help_text=_("Letters and digits; not an identity number, not a phone number."),
    )
    display_name = forms.CharField(label=_("Display name"), max_length=60)
    place = _place_field(required=False)
    staff_number = _staff_number(_("Needed for an administrator; no other account may have it."))


class GrantForm(PlaceMixin, ReasonForm):
    """A role at a place for an account."""

    role = forms.ChoiceField(label=_("Role"))
    place = _place_field(required=False)
    valid_from = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The first day; empty: today."),
    )
    valid_to = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The last day; empty: until it is taken back."),
    )
    staff_number = _staff_number(
        _("Of the holder, as on the badge; for the three administrators, who are three people.")
    )
    field_order = [
        "role",
        "place",
        "organisation",
        "valid_from",
        "valid_to",
        "staff_number",
        "reason",
    ]

    organisation = forms.ChoiceField(
        label=_("Organisation"),
        required=False,
        help_text=_("For which the holder looks at data; it is named in the access log."),
    )

    def __init__(self, *args: Any, by: Actor, account: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bodies = [body for offer in looks.employers for body in offer(by, account.person_id)]
        named = [("", _("None in particular")), *((str(key), name) for key, name in bodies)]
        roles = [(role.code, str(role)) for role in grantable_roles(by)]
        offer(self, organisation=named, role=roles)


class AccessFilter(forms.Form):
    """The filter of the access log; anything that is not a value of its kind filters nothing."""

    person = forms.UUIDField(label=_("Person (id)"), required=False)
    username = forms.CharField(label=_("User name"), required=False, max_length=60)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    revealed = forms.BooleanField(label=_("Full numbers only"), required=False)

    def chosen(self) -> dict[str, Any]:
        """The filter as ``queries.access_log`` takes it."""
        self.is_valid()
        given = self.cleaned_data
        person: UUID | None = given.get("person")
        since: dt.date | None = given.get("since")
        until: dt.date | None = given.get("until")
        return {
            "person_id": person,
            "username": given.get("username", ""),
            "since": since,
            "until": until,
            "revealed_only": bool(given.get("revealed")),
        }


class NumberForm(forms.Form):
    """A number that names a person; it is sent in the body, never in an address."""

    number = forms.CharField(
        label=_("Identity number, other document or phone"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class DeviceFilter(forms.Form):
    """The filter of the list of phones."""

    q = forms.CharField(label=_("Account or name of the phone"), required=False, max_length=60)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("working", _("Working")),
            ("expired", _("Enrolment over")),
            ("disabled", _("Disabled")),
        ],
    )


class UserFilter(forms.Form):
    """The filter of the list of accounts."""

    q = forms.CharField(label=_("Name or user name"), required=False, max_length=60)
    active = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("1", _("Active")), ("0", _("Disabled"))],
    )
