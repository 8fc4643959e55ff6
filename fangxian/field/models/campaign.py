"""Campaigns and their targets: which households are to be visited by when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.history import tracked
from fangxian.common.models import Placed, Row
from fangxian.common.scoping import Global, Scoped
from fangxian.core.models import Emergency
from fangxian.field.models.form import FormDefinition
from fangxian.regions.models import Region
from fangxian.register.models import Household


@tracked()
class Campaign(Row):
    """A sweep: an area, a target group, a form, a start and an end.

    ``every_door``: its form is asked wherever somebody is met, else where there is an exception.
    ``group`` names a target group of the rule set ``field``; ``report_at`` is the time of the day
    by which the lowest level has sent its daily report, those above follow by the rules;
    ``started_at`` is when it was really started, ``closed_at`` when it was closed; ``settled_at``
    when its last visits were reported after that (None again while one that was taken over later
    is in no report yet).
    """

    scope = Global("what is asked, where and by when; no resident is named in it")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        RUNNING = "running", _("running")
        CLOSED = "closed", pgettext_lazy("a sweep", "closed")

    name = models.CharField(_("name"), max_length=80)
    area = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("area"))
    group = models.SlugField(_("target group"), max_length=40, default="all")
    form = models.ForeignKey(
        FormDefinition, models.PROTECT, related_name="+", verbose_name=_("form")
    )
    every_door = models.BooleanField(_("the form is asked at every door"), default=False)
    emergency = models.ForeignKey(
        Emergency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency"),
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    report_at = models.TimeField(_("daily report due at"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    rule_version = models.PositiveIntegerField()
    made_by = models.CharField(_("made by"), max_length=80)

    class Meta:
        verbose_name = _("sweep")
        verbose_name_plural = _("sweeps")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="campaign_dates"),
        ]

    def __str__(self) -> str:
        return self.name


class Target(Placed):
    """One household that a campaign has to visit, and where that stands.

    Derived from the visits and exemptions, which are kept; written only by ``field.actions``, with
    the counters ``target``, ``visited``, ``exempt`` of ``core`` in the same transaction. A gap is
    an open target. One that is ``gone`` (the household was closed before anybody covered it,
    moved out of the area, or left the target group before anybody was there) counts nowhere.
    """

    scope = Scoped()

    class State(models.TextChoices):
        OPEN = "open", _("not covered")
        VISITED = "visited", _("visited")
        EXEMPT = "exempt", _("exempt")
        GONE = "gone", _("no longer to be visited")

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="targets", db_index=False)
    household = models.ForeignKey(Household, models.PROTECT, related_name="targets")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(_("last outcome"), max_length=12, blank=True)
    visits = models.PositiveSmallIntegerField(_("visits"), default=0)
    last_visit_at = models.DateTimeField(_("last visit"), null=True, blank=True)
    due_on = models.DateField(_("due on"))

    class Meta:
        verbose_name = _("household to visit")
        verbose_name_plural = _("households to visit")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "household"], name="target_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "visited", "exempt", "gone"]), name="target_state"
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "place_code", "state"], name="target_place"),
            models.Index(
                fields=["campaign", "due_on"],
                condition=Q(state="open", visits__gt=0),
                name="target_revisit",
            ),
        ]
