"""Wishes and days off: when somebody likes to serve, would rather not, or can't."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.mobilise.models.volunteer import Volunteer

ALL_DAY = ""
MONDAY, SUNDAY = 0, 6


@tracked()
class Wish(Placed):
    """When a volunteer likes to serve, would rather not, or is off.

    From ``first`` to ``until``, each day or on one ``weekday`` (Monday is 0); without ``until`` it
    holds until it is taken back. ``part`` is a code of the rule set ``rosters``, empty for the
    whole day. Why is nobody's business, so it is not asked.
    """

    scope = Scoped()

    class Kind(models.TextChoices):
        LIKES = "likes", _("likes to")
        AVOIDS = "avoids", _("would rather not")
        OFF = "off", pgettext_lazy("a volunteer", "can’t")

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="wishes")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    weekday = models.PositiveSmallIntegerField(_("weekday"), null=True, blank=True)
    first = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)
    part = models.SlugField(_("part of the day"), max_length=40, blank=True)
    made_by = models.CharField(_("made by"), max_length=80)

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday=None) | Q(weekday__gte=MONDAY, weekday__lte=SUNDAY),
                name="wish_weekday",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("first")), name="wish_dates"
            ),
            models.UniqueConstraint(
                fields=["volunteer", "kind", "weekday", "first", "until", "part"],
                nulls_distinct=False,
                name="wish_once",
            ),
        ]

    def holds_on(self, day: dt.date) -> bool:
        """Whether it speaks of that day."""
        if day < self.first or (self.until is not None and day > self.until):
            return False
        return self.weekday is None or day.weekday() == self.weekday
