"""What was taken away, by whom, in what form, and who has approved it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import File, Job
from fangxian.reporting.models.ledger import Form, Ledger


@tracked(exclude=["view"])
class Taking(Placed):
    """A ledger that somebody takes away as a file. ``number`` stands on each page of it.

    ``personal``: it names persons; ``clear``: numbers stand in full, for ``reason``. One that is
    large waits for a second person, whose approval lets the one who asked make the file. One of a
    scheduled ``ledger`` may be approved for the days up to ``standing_until`` too: those that
    follow are ``under`` it while ledger and owner stay the same.
    """

    scope = Scoped()

    class State(models.TextChoices):
        ASKED = "asked", _("waits for approval")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", pgettext_lazy("export", "refused")
        MADE = "made", pgettext_lazy("a file", "made")

    number = models.CharField(_("number"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=120)
    table = models.CharField(max_length=60)
    view = SealedTextField(column="reporting.taking.view")
    form = models.CharField(_("form"), max_length=8, choices=Form.choices)
    rows = models.PositiveIntegerField(_("rows"))
    personal = models.BooleanField(_("names persons"))
    clear = models.BooleanField(_("numbers in full"), default=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    user_id = models.UUIDField()
    made_by = models.CharField(_("asked by"), max_length=80)
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True)
    decided_id = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    refused_for = models.CharField(_("why refused"), max_length=200, blank=True)
    ledger = models.ForeignKey(Ledger, models.SET_NULL, null=True, blank=True, related_name="+")
    standing_until = models.DateField(_("approved until"), null=True, blank=True)
    under = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+")
    file = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("ledger taken away")
        verbose_name_plural = _("ledgers taken away")
        constraints = [
            # Nobody approves what they asked for themselves.
            models.CheckConstraint(
                condition=Q(decided_id=None) | ~Q(decided_id=F("user_id")), name="taking_two_people"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "made"])
                | (Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="taking_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refused_for=""), name="taking_refused_for"
            ),
            models.CheckConstraint(
                condition=Q(clear=False) | ~Q(reason=""), name="taking_clear_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(standing_until=None)
                | Q(state__in=["approved", "made"], decided_at__isnull=False, clear=False),
                name="taking_standing_is_approved",
            ),
        ]
        indexes = [
            models.Index(fields=["user_id", "-created_at"], name="taking_user"),
            models.Index(fields=["place_code"], name="taking_place"),
            models.Index(
                fields=["ledger", "standing_until"],
                condition=Q(standing_until__isnull=False),
                name="taking_standing",
            ),
        ]

    def __str__(self) -> str:
        return self.number
