"""Certificates of hours served: what was issued stays as it was, or is revoked."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.mobilise.models.volunteer import Volunteer
from fangxian.organisations.models import Organisation

# What an update may change: where the place lies and at which record it hangs (a redraw, a merge);
# and that it is revoked, once.
_FIXED = """
IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NULL
   AND to_jsonb(NEW) - '{place_code,volunteer_id,revoked_at,revoked_by,revoked_for}'::text[]
     = to_jsonb(OLD) - '{place_code,volunteer_id,revoked_at,revoked_by,revoked_for}'::text[] THEN
    RETURN NEW;
END IF;
IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{place_code,volunteer_id}'::text[]
                         = to_jsonb(OLD) - '{place_code,volunteer_id}'::text[] THEN
    RETURN NEW;
END IF;
RAISE EXCEPTION 'certificate % was issued and stays as it is: revoke it', OLD.number
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'certificate_fixed';
"""


@tracked()
class Certificate(Placed):
    """Hours that a volunteer was credited between two days, as they were when it was issued.

    ``rows``: ``unit`` of service, ``turns``, ``minutes``; ``minutes`` is their sum. The database
    changes nothing of it, whoever asks, but that it is revoked.
    """

    scope = Scoped()

    volunteer = models.ForeignKey(Volunteer, models.PROTECT, related_name="certificates")
    number = models.CharField(_("number"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    first = models.DateField(_("from"))
    last = models.DateField(_("until"))
    minutes = models.PositiveIntegerField(_("minutes"))
    rows = models.JSONField()
    issuer = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("issuing body")
    )
    issuer_name = models.CharField(max_length=200)
    issued_on = models.DateField(_("issued on"))
    issued_by = models.CharField(_("issued by"), max_length=80)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.CharField(max_length=80, blank=True)
    revoked_for = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("certificate of service")
        verbose_name_plural = _("certificates of service")
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=F("first"), issued_on__gte=F("last")),
                name="certificate_dates",
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="certificate_minutes"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="", revoked_for="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by="") & ~Q(revoked_for="")),
                name="certificate_revoked",
            ),
        ]
        indexes = [models.Index(fields=["volunteer", "issued_on"], name="certificate_of")]
        triggers = [
            pgtrigger.Trigger(
                name="certificate_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func=_FIXED,
            )
        ]

    def __str__(self) -> str:
        return self.number
