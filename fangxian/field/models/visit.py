"""Visits: what was found at a door, kept for good."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import PlaceCodeField, SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.field.models.campaign import Campaign, Target
from fangxian.field.models.form import FormDefinition
from fangxian.register.models import Household


class Visit(Placed):
    """One visit, never overwritten: a correction is another visit that names what it ``corrects``.

    A corrected visit stays, and no longer counts: it covers nobody and is in no day's figures.

    ``op_id`` is made by who records it; the same one is one visit however often it arrives, and
    ``digest`` tells a repeat from another body under the same id. ``code_then`` is where the door
    lay at the time, by which reports count; ``place_code`` is where it lies now. Answers and note
    are sealed with the emergency's key when the campaign belongs to one; when that ends, outcome,
    exceptions, day to come back and digest are emptied (``field.emergencies``).
    """

    scope = Scoped(append_only=True)

    # The database's clock where a visit is recorded, which Django would overwrite.
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    # The door is of that sweep, which asks that form, and both are kept for good: with checks of
    # their own every visit of a sweep would lock the same two rows.
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    target = models.ForeignKey(Target, models.PROTECT, related_name="visits_made")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", db_index=False)
    op_id = models.UUIDField(unique=True)
    digest = models.BinaryField()
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        to_field="op_id",
        db_column="corrects_op_id",
        null=True,
        related_name="corrected_by",
        verbose_name=_("corrects"),
    )
    outcome = models.CharField(_("outcome"), max_length=12)
    exceptions = models.PositiveSmallIntegerField(_("exceptions"), default=0)
    form = models.ForeignKey(
        FormDefinition, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    emergency_id = models.UUIDField(null=True)
    answers = SealedTextField(
        verbose_name=_("answers to the questions"),
        column="field.visit.answers",
        emergency="emergency_id",
        null=True,
    )
    note = SealedTextField(
        verbose_name=_("note"), column="field.visit.note", emergency="emergency_id", null=True
    )
    revisit_on = models.DateField(_("come back on"), null=True, blank=True)
    visited_at = models.DateTimeField(_("visited"))
    code_then = PlaceCodeField()
    user_id = models.UUIDField(null=True)
    actor = models.CharField(_("by"), max_length=80)
    source = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        indexes = [
            models.Index(fields=["household", "visited_at"], name="visit_household"),
            models.Index(fields=["campaign", "place_code", "visited_at"], name="visit_place"),
            models.Index(fields=["campaign", "created_at", "code_then"], name="visit_received"),
        ]


@tracked()
class Exemption(Placed):
    """A household need not be visited, for a reason, until a day at the latest.

    ``ended_by`` is the ``op_id`` of the visit that ended it: it goes on if that was a mistake.
    The reason is emptied when the emergency of its sweep ends.
    """

    scope = Scoped()

    target = models.ForeignKey(Target, models.PROTECT, related_name="exemptions")
    reason = models.SlugField(_("reason"), max_length=40)
    emergency_id = models.UUIDField(null=True)
    note = SealedTextField(
        verbose_name=_("note"),
        column="field.exemption.note",
        emergency="emergency_id",
        null=True,
        blank=True,
    )
    from_date = models.DateField(_("from"))
    until = models.DateField(_("until"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_by = models.UUIDField(null=True, blank=True)
    granted_by = models.CharField(_("granted by"), max_length=80)

    class Meta:
        verbose_name = _("exemption")
        verbose_name_plural = _("exemptions")
        constraints = [
            models.UniqueConstraint(
                fields=["target"], condition=Q(ended_on=None), name="one_exemption_a_target"
            ),
            models.CheckConstraint(condition=Q(until__gte=F("from_date")), name="exemption_dates"),
        ]
