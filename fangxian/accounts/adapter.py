"""How allauth is used here: accounts are made by administrators, never by sign-up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fangxian.accounts import queries
from fangxian.accounts.source import client_ip
from fangxian.common import crypto

FACTOR_COLUMN = "mfa.authenticator.data"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Sign-up is closed; a temporary password ends with its first change or its last hour."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """User names are given, never derived."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is not None and user.temporary_password_is_over():
            raise self.validation_error("temporary_password_over")
        return user

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "temporary_password_over": _(
            "The temporary password has run out. Ask the system administrator for a new one."
        ),
        # The same words for a wrong name, a wrong password and a disabled account.
        "username_password_mismatch": _("The user name or the password is wrong."),
        "too_many_login_attempts": _(
            "Too many failed attempts. Wait 15 minutes, or ask the security administrator."
        ),
    }

    def set_password(self, user: Any, password: str) -> None:
        user.set_password(password)
        user.password_expires_at = None
        user.save(update_fields=["password", "password_expires_at"])

    def get_client_ip(self, request: HttpRequest) -> str:
        # Behind a socket there is no address; the session list needs one all the same.
        return client_ip(request) or "127.0.0.1"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets of second factors are sealed; who must have one can't remove the last."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "Your role needs a second factor: add another one before you remove this."
        ),
    }

    def encrypt(self, text: str) -> str:
        return crypto.seal(text.encode(), FACTOR_COLUMN).hex()

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.unseal(bytes.fromhex(encrypted_text), FACTOR_COLUMN).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user = authenticator.user
        if not any(queries.needs_second_factor(grant) for grant in queries.grants_of(user)):
            return True
        others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk)
        return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    def _get_site_name(self) -> str:
        return "Fangxian"
