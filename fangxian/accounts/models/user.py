"""Who can sign in."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global


class UserManager(BaseUserManager["User"]):
    """Finds users by name; accounts are made by ``accounts.actions`` only."""


@tracked(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """An account. It has no right by itself: rights come with grants.

    ``person_id`` points to the human in ``people`` (a lower room, so not a foreign key).
    """

    scope = Global("sign-in happens before a place is known; it holds a display name, no more")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(
        _("user name"), max_length=60, unique=True, validators=[UnicodeUsernameValidator()]
    )
    display_name = models.CharField(_("display name"), max_length=60)
    email = models.EmailField(_("e-mail"), blank=True)
    person_id = models.UUIDField(null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    elders_edition = models.BooleanField(_("elders’ edition"), default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.display_name or self.username
