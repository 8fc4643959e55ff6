"""What accounts withhold: who signs in and who looked is for those who watch over it alone."""

from __future__ import annotations

from fangxian.common.facts import withhold

_PAGES = "administered and audited on its own pages, never taken along with other facts"


def register() -> None:
    """Say what is withheld (from ``ready()``)."""
    withhold(
        {
            "accounts.AccessLog": "who looked at whom: " + _PAGES,
            "accounts.SecurityAlert": "alerts: " + _PAGES,
            "accounts.Device": "phones: " + _PAGES,
            "accounts.DeviceHolder": "phones: " + _PAGES,
            "accounts.DeviceCode": "phones: " + _PAGES,
            "accounts.Role": "roles: " + _PAGES,
            "accounts.Grant": "rights: " + _PAGES,
            "accounts.SharedCache": "machinery of signing in",
            "accounts.User": "accounts: " + _PAGES,
        }
    )
