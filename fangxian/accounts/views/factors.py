"""Enrolling a second factor: the session that enrols it counts as having shown it."""

from __future__ import annotations

from typing import Any

from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from fangxian.accounts.sessions import SECOND_FACTOR


class _Enrol:
    request: Any

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        # Other sessions of the account, begun with the password alone, are asked for it.
        self.request.session[SECOND_FACTOR] = True
        return response


class ActivateTotp(_Enrol, ActivateTOTPView):  # type: ignore[misc]
    """An authenticator app."""


class AddPasskey(_Enrol, AddWebAuthnView):  # type: ignore[misc]
    """A passkey or security key."""

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        # The package leaves this label untranslated.
        form.fields["name"].label = _("Name")
        return form
