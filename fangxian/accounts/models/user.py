"""Who can sign in."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global
from fangxian.regions.models import Region

# User names stand in logs and histories, so a number that names a person may not be one.
NAMES_A_PERSON = r"[0-9]{11}"


class UserManager(BaseUserManager["User"]):
    """Finds users by name; accounts are made by ``accounts.actions`` only."""


@tracked(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """An account. It has no right by itself: rights come with grants.

    ``region`` is where it is administered from (null: the whole country). ``person_id`` points to
    the human in ``people`` (a lower room, so not a foreign key); ``staff_number`` names him where
    nobody is on record yet, and always where he holds a role that excludes others. While
    ``password_expires_at`` is set the password is a temporary one: it must be changed before
    anything else, and is worthless after that moment. Raising ``session_round`` ends all sessions
    of the account.
    """

    scope = Global("sign-in happens before a place is known; it holds a display name, no more")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(
        _("user name"),
        max_length=60,
        unique=True,
        validators=[
            UnicodeUsernameValidator(),
            RegexValidator(
                NAMES_A_PERSON,
                _("A user name may not be an identity number or a phone number."),
                inverse_match=True,
            ),
        ],
        error_messages={"unique": _("This user name is taken; choose another.")},
    )
    display_name = models.CharField(_("display name"), max_length=60)
    email = models.EmailField(_("e-mail"), blank=True)
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("administered at"),
    )
    person_id = models.UUIDField(null=True, blank=True)
    staff_number = models.CharField(_("staff number"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    password_expires_at = models.DateTimeField(_("temporary password until"), null=True, blank=True)
    session_round = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    elders_edition = models.BooleanField(_("elders’ edition"), default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            # Sign-in does not tell upper from lower case.
            models.UniqueConstraint(
                Lower("username"),
                name="username_any_case",
                violation_error_message=_("This user name is taken; choose another."),
            ),
            # "Three different people" would mean little if one human could have three accounts.
            models.UniqueConstraint(
                fields=["person_id"],
                condition=models.Q(person_id__isnull=False),
                name="one_account_a_person",
                violation_error_message=_("This person has an account already."),
            ),
            models.UniqueConstraint(
                Lower("staff_number"),
                condition=~models.Q(staff_number=""),
                name="one_account_a_staff_number",
                violation_error_message=_("Another account has this staff number."),
            ),
            models.CheckConstraint(
                condition=~models.Q(staff_number__regex=NAMES_A_PERSON),
                name="staff_number_is_none_of_a_person",
                violation_error_message=_(
                    "A staff number may not be an identity number or a phone number."
                ),
            ),
            models.CheckConstraint(
                condition=~models.Q(username__regex=NAMES_A_PERSON),
                name="username_names_nobody",
                violation_error_message=_(
                    "A user name may not be an identity number or a phone number."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_session_auth_hash(self) -> str:
        """What a session must match: it ends with the password, and with a raised round."""
        return self._session_hash(secret=None)

    def get_session_auth_fallback_hash(self) -> list[str]:
        from django.conf import settings

        return [self._session_hash(secret=old) for old in settings.SECRET_KEY_FALLBACKS]

    def _session_hash(self, secret: str | bytes | None) -> str:
        value = f"{self.password}:{self.session_round}"
        return salted_hmac(
            "fangxian.accounts.session", value, secret=secret, algorithm="sha256"
        ).hexdigest()

    def temporary_password_is_over(self, now: dt.datetime | None = None) -> bool:
        """Tell whether the account's temporary password has run out unchanged."""
        until = self.password_expires_at
        return until is not None and until <= (now or timezone.now())
