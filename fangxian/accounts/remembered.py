"""Who asks: session and account, read at every request by prepared statements.

Otherwise as Django and allauth have it. Both are read from the database each time, so that an
account which is disabled is out at once.
"""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.core.exceptions import ValidationError
from django.utils import timezone

from fangxian.accounts.models import User
from fangxian.common import prepared

_SESSION = """
SELECT session_key, session_data, expire_date FROM django_session
WHERE session_key = %(key)s AND expire_date > %(now)s
"""


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    def _get_session_from_db(self) -> Any:
        if self.session_key and "\0" not in self.session_key:
            values = {"key": self.session_key, "now": timezone.now()}
            for key, data, expires in prepared.rows(_SESSION, values):
                return self.model(session_key=key, session_data=data, expire_date=expires)
        self._session_key = None
        return None


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's sign-in by user name and password."""

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, if it may sign in."""
        try:
            key = User._meta.pk.to_python(user_id)
        except ValidationError:
            return None
        for row in prepared.rows(_ACCOUNT, {"id": key}):
            user = User.from_db("default", _COLUMNS, row)
            return user if self.user_can_authenticate(user) else None
        return None


_COLUMNS = [field.attname for field in User._meta.concrete_fields]
_ACCOUNT: Any = " ".join(["SELECT", ", ".join(_COLUMNS), "FROM accounts_user WHERE id = %(id)s"])
