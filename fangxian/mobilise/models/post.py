"""Posts: where somebody stands on duty, and the shifts that recur there."""

from __future__ import annotations

from typing import Final

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import Emergency
from fangxian.organisations.models import Organisation

MOST_HEADS: Final = 200
MOST_MINUTES: Final = 24 * 60
EVERY_DAY: Final = 0b1111111


@tracked()
class Post(Placed):
    """A post: a gate, a patrol, a sampling table, a hotline … ``kind`` is a code of the rule set
    ``posts``, which names its duties; ``duties`` are its own in their place, a line each. ``token``
    stands in the QR at which people check in.
    """

    scope = Scoped()

    name = models.CharField(_("name"), max_length=60)
    kind = models.SlugField(_("kind"), max_length=40)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name=_("unit that answers for it"),
    )
    emergency = models.ForeignKey(
        Emergency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency"),
    )
    duties = models.JSONField(pgettext_lazy("at a post", "duties"), default=list, blank=True)
    token = models.CharField(_("token"), max_length=20, unique=True)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    made_by = models.CharField(_("made by"), max_length=80)

    class Meta:
        verbose_name = pgettext_lazy("on duty", "post")
        verbose_name_plural = _("posts")
        constraints = [
            models.UniqueConstraint(
                fields=["place_code", "name"], condition=Q(closed_on=None), name="post_name_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")), name="post_dates"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Staffed(Placed):
    """What a shift needs: ``heads``, of which ``skills`` (code → heads) must have that skill."""

    heads = models.PositiveSmallIntegerField(
        _("heads"), validators=[MinValueValidator(1), MaxValueValidator(MOST_HEADS)]
    )
    skills = models.JSONField(_("skills"), default=dict, blank=True)

    class Meta:
        abstract = True


@tracked()
class Pattern(Staffed):
    """A shift that recurs at a post: from ``starts`` for ``minutes``, on ``weekdays``.

    ``weekdays`` has bit 0 for Monday … bit 6 for Sunday. ``on_holidays`` says whether days off
    matter: if it is on days off only, or on working days only, the weekdays don't count, since
    weekends are worked in place of holidays.
    """

    scope = Scoped()

    class Holidays(models.TextChoices):
        ALL = "all", _("by weekday")
        ONLY = "only", _("on days off only")
        NEVER = "never", _("on working days only")

    post = models.ForeignKey(Post, models.CASCADE, related_name="patterns")
    name = models.CharField(_("name"), max_length=20)
    starts = models.TimeField(_("from"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    weekdays = models.PositiveSmallIntegerField(_("weekdays"), default=EVERY_DAY)
    on_holidays = models.CharField(
        _("holidays"), max_length=5, choices=Holidays.choices, default=Holidays.ALL
    )
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    class Meta:
        verbose_name = _("shift pattern")
        verbose_name_plural = _("shift patterns")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "name"], condition=Q(ended_on=None), name="pattern_name_once"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=MOST_MINUTES), name="pattern_minutes"
            ),
            models.CheckConstraint(
                condition=Q(weekdays__gte=1, weekdays__lte=EVERY_DAY), name="pattern_weekdays"
            ),
            models.CheckConstraint(
                condition=Q(heads__gte=1, heads__lte=MOST_HEADS), name="pattern_heads"
            ),
        ]

    def __str__(self) -> str:
        return self.name
