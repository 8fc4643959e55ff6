"""Roles as data, and grants: a user, a role, a place, from when to when."""

from __future__ import annotations

import datetime as dt

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from fangxian.common.history import tracked
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global
from fangxian.regions.models import Region

# Sets two grants of one user against each other: the lock on the user makes the second of two
# simultaneous ones wait and then see the first. Apart by account is apart by human only where each
# account names its human: by the staff number, which no other account has.
EXCLUSIVE_ROLES = """
SELECT exclusive_group INTO of_group FROM accounts_role WHERE code = NEW.role_id;
IF of_group = '' OR NEW.revoked_at IS NOT NULL THEN
    RETURN NEW;
END IF;
PERFORM 1 FROM accounts_user WHERE id = NEW.user_id FOR NO KEY UPDATE;
IF TG_OP = 'INSERT' AND EXISTS (
    SELECT 1 FROM accounts_user WHERE id = NEW.user_id AND staff_number = ''
) THEN
    RAISE EXCEPTION 'a role of the group % is held by somebody who is named', of_group
        USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_names_its_holder';
END IF;
IF EXISTS (
    SELECT 1 FROM accounts_grant g JOIN accounts_role r ON r.code = g.role_id
    WHERE g.user_id = NEW.user_id AND r.exclusive_group = of_group AND g.role_id <> NEW.role_id
      AND g.id <> NEW.id AND g.revoked_at IS NULL
      AND daterange(g.valid_from, g.valid_to, '[]')
          && daterange(NEW.valid_from, NEW.valid_to, '[]')
) THEN
    RAISE EXCEPTION 'roles of the group % exclude each other', of_group
        USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'grant_exclusive_roles';
END IF;
RETURN NEW;
"""


@tracked()
class Role(models.Model):
    """A named set of rights. The shipped ones are in ``data/roles.json``.

    Roles of one ``exclusive_group`` exclude each other: system, security and audit administration
    are three different people, each named by a staff number. ``may_grant`` lists the roles that a
    holder may give to others.
    """

    scope = Global("names of rights; read at every request before a place is known")

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    name = models.CharField(_("name"), max_length=60)
    rights = models.JSONField(_("rights"), default=list)
    may_grant = models.JSONField(_("may give the roles"), default=list)
    needs_second_factor = models.BooleanField(_("always needs a second factor"), default=False)
    exclusive_group = models.SlugField(_("excludes others of the group"), max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(_("place in lists"), default=100)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return pgettext("role", self.name)


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants, read by name."""

    def in_force(self, on: dt.date | None = None) -> GrantQuerySet:
        """Those that hold on a day (today): begun, not ended, not revoked, of an open account."""
        day = on or timezone.localdate()
        return self.filter(
            models.Q(valid_to=None) | models.Q(valid_to__gte=day),
            valid_from__lte=day,
            revoked_at=None,
            user__is_active=True,
        )


@tracked()
class Grant(models.Model):
    """A user holds a role at a place. The place is an id, so a redraw does not widen or lose it.

    It holds from ``valid_from`` to ``valid_to``, both days included, unless it was revoked.
    """

    scope = Global("resolved at every request before a place is known; ids only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants", verbose_name=_("role"))
    # Null is the whole country.
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("place")
    )
    organisation_id = models.UUIDField(null=True, blank=True)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "region"],
                condition=models.Q(valid_to=None, revoked_at=None),
                nulls_distinct=False,
                name="grant_once",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="grant_dates",
            ),
            models.CheckConstraint(
                condition=models.Q(granted_by=None) | ~models.Q(granted_by=models.F("user")),
                name="grant_not_to_oneself",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="exclusive_roles",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("of_group", "text")],
                func=EXCLUSIVE_ROLES,
            )
        ]
