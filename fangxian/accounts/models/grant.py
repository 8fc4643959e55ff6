"""Roles as data, and grants: a user, a role, a place, from when to when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global
from fangxian.regions.models import Region


@tracked()
class Role(models.Model):
    """A named set of rights. The shipped ones are in ``data/roles.json``.

    Roles of one ``exclusive_group`` exclude each other: system, security and audit administration
    are three different people.
    """

    scope = Global("names of rights; read at every request before a place is known")

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    name = models.CharField(_("name"), max_length=60)
    rights = models.JSONField(_("rights"), default=list)
    needs_second_factor = models.BooleanField(_("always needs a second factor"), default=False)
    exclusive_group = models.SlugField(_("excludes others of the group"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name


@tracked()
class Grant(models.Model):
    """A user holds a role at a place. The place is an id, so a redraw does not widen or lose it."""

    scope = Global("resolved at every request before a place is known; ids only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants")
    # Null is the whole country.
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")
    organisation_id = models.UUIDField(null=True, blank=True)
    exclusive_group = models.SlugField(max_length=40, blank=True, editable=False)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "region"],
                condition=models.Q(valid_to=None),
                nulls_distinct=False,
                name="grant_once",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="grant_dates",
            ),
        ]
