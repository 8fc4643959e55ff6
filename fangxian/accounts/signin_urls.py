"""Sign-in, second factors and sessions (django-allauth).

Each route is listed, so an update of the package opens none. Sign-up, e-mail and password recovery
by e-mail are left out: accounts and passwords come from the administrators.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from django.urls import path

from fangxian.accounts.policy import account_route, open_route
from fangxian.accounts.views.factors import ActivateTotp, AddPasskey

urlpatterns = [
    path("", open_route(account.login), name="account_login"),
    path("closed/", open_route(account.account_inactive), name="account_inactive"),
    path("out/", open_route(account.logout), name="account_logout"),
    path("second/", open_route(factor.authenticate), name="mfa_authenticate"),
    path("passkey/", open_route(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("password/", account_route(account.password_change), name="account_change_password"),
    path("again/", account_route(account.reauthenticate), name="account_reauthenticate"),
    path("sessions/", account_route(sessions.list_usersessions), name="usersessions_list"),
    path("factors/", account_route(factor.index), name="mfa_index"),
    path("factors/again/", account_route(factor.reauthenticate), name="mfa_reauthenticate"),
    path("factors/totp/", account_route(ActivateTotp.as_view()), name="mfa_activate_totp"),
    path("factors/totp/end/", account_route(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("factors/keys/", account_route(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("factors/keys/add/", account_route(AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "factors/keys/again/",
        account_route(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "factors/keys/<int:pk>/remove/",
        account_route(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "factors/keys/<int:pk>/name/",
        account_route(webauthn.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    path(
        "factors/codes/",
        account_route(recovery.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "factors/codes/new/",
        account_route(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "factors/codes/file/",
        account_route(recovery.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
