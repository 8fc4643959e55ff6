"""Daily and zero reports: what each level says, when, and what was corrected later."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.field.models.campaign import Campaign
from fangxian.regions.models import Region

# What was sent stays as it was sent, whoever writes; a redraw moves the code of its place.
_LOCKED = """
IF TG_OP = 'UPDATE' THEN
    moved = NEW.place_code;
    NEW.place_code = OLD.place_code;
    IF NEW IS NOT DISTINCT FROM OLD THEN
        NEW.place_code = moved;
        RETURN NEW;
    END IF;
END IF;
RAISE EXCEPTION 'report % was sent and is locked', OLD.id
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'report_sent_is_locked';
"""


@tracked()
class DailyReport(Placed):
    """The report of one place for one day of a campaign. Its figures are filled from the facts.

    It counts the visits that were received from ``counted_from`` (none: the beginning) until
    ``counted_to``, where the next report of the place goes on: each visit is in one report. What
    came in after the last one is in the ``closing`` report, made when the sweep was closed, and
    what was taken over later in a further one; those made together have one ``due_at``. Once sent
    it is locked, by the database itself (only the code of its place follows a redraw); a change is
    a :class:`ReportCorrection`. A zero report is a report whose figures of the day are all zero: it
    is sent too, silence is not a zero.
    """

    scope = Scoped()

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="reports")
    place = models.ForeignKey(Region, models.PROTECT, related_name="+")
    day = models.DateField(_("day"))
    due_at = models.DateTimeField(_("due"))
    figures = models.JSONField(_("figures"), default=dict)
    zero = models.BooleanField(_("zero report"), default=False)
    closing = models.BooleanField(_("closing report"), default=False)
    counted_from = models.DateTimeField(_("counted from"), null=True, blank=True)
    counted_to = models.DateTimeField(_("counted until"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_by = models.CharField(_("sent by"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("daily report")
        verbose_name_plural = _("daily reports")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "place", "day"],
                condition=Q(closing=False),
                name="report_once",
            ),
            models.UniqueConstraint(
                fields=["campaign", "place", "due_at"],
                condition=Q(closing=True),
                name="report_closing_once",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, sent_by="") | (Q(sent_at__isnull=False) & ~Q(sent_by="")),
                name="report_sent_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["place_code", "day"], name="report_place")]
        triggers = [
            pgtrigger.Trigger(
                name="sent_is_locked",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                declare=[("moved", "text")],
                condition=pgtrigger.Q(old__sent_at__isnull=False),
                func=_LOCKED,
            )
        ]

    def title(self) -> str:
        """What it is called."""
        return str(_("Closing report") if self.closing else _("Daily report"))

    def corrected(self) -> dict[str, int]:
        """The figures as they stand after all corrections (one query unless prefetched)."""
        figures: dict[str, int] = dict(self.figures)
        for correction in sorted(self.corrections.all(), key=lambda c: c.id):
            figures |= correction.figures
        return figures


@tracked()
class ReportCorrection(Placed):
    """A later correction of a sent report: what it says instead and why. The report stays."""

    scope = Scoped(append_only=True)

    report = models.ForeignKey(DailyReport, models.PROTECT, related_name="corrections")
    figures = models.JSONField(_("figures"))
    reason = models.CharField(_("reason"), max_length=200)
    corrected_by = models.CharField(_("corrected by"), max_length=80)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
