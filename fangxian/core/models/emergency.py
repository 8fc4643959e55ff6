"""An emergency: what is fought, where, since when, with which measures."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import PlaceCodeField
from fangxian.common.history import tracked
from fangxian.common.models import Row
from fangxian.common.scoping import Global

PUBLIC = "emergencies and their measures are public acts; changed only with the right at the area"


@tracked()
class Emergency(Row):
    """One emergency. Its key lies in the keyring under its id, never in the database.

    ``place_code`` is where ``region_id`` lies now. An emergency is *in force* until ``ended_on``;
    after that its key is destroyed, ``key_destroyed_at`` set, what it leaves behind removed and the
    ``certificate`` stored, in this order: the sweeper finishes what a crash cut short.
    """

    scope = Global(PUBLIC)

    class Level(models.IntegerChoices):
        """Response levels of the law on public health emergencies."""

        ONE = 1, _("Level I (particularly serious)")
        TWO = 2, _("Level II (serious)")
        THREE = 3, _("Level III (larger)")
        FOUR = 4, _("Level IV (ordinary)")

    name = models.CharField(_("name"), max_length=120)
    disease = models.CharField(_("disease"), max_length=80)
    region_id = models.UUIDField(_("area"))
    place_code = PlaceCodeField(_("area"))
    level = models.PositiveSmallIntegerField(_("response level"), choices=Level.choices)
    started_on = models.DateField(_("start"))
    ended_on = models.DateField(_("end"), null=True, blank=True)
    key_destroyed_at = models.DateTimeField(_("key destroyed"), null=True, blank=True)
    certificate = models.ForeignKey(
        "core.File", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("emergency")
        verbose_name_plural = _("emergencies")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_on=None) | models.Q(ended_on__gte=models.F("started_on")),
                name="emergency_dates",
            ),
            models.CheckConstraint(
                condition=models.Q(key_destroyed_at=None) | models.Q(ended_on__isnull=False),
                name="emergency_key_outlives_it",
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="emergency_place")]

    def __str__(self) -> str:
        return self.name

    @property
    def in_force(self) -> bool:
        return self.ended_on is None


class MeasureState(models.TextChoices):
    """Where a measure stands today."""

    COMING = "coming", _("To come")
    IN_FORCE = "in_force", _("In force")
    OVER = "over", _("Its period is over")
    LIFTED = "lifted", _("Lifted")


@tracked()
class Measure(Row):
    """A measure in force: body, content, area, period and lifting (law of 2025, Art 67)."""

    scope = Global(PUBLIC)

    emergency = models.ForeignKey(Emergency, models.PROTECT, related_name="measures")
    title = models.CharField(_("measure"), max_length=120)
    body = models.CharField(_("issued by"), max_length=120)
    content = models.TextField(_("content"))
    place_code = PlaceCodeField(_("area"))
    # The code follows this place when it is drawn anew; empty: a code that was no place.
    region_id = models.UUIDField(null=True, editable=False)
    from_at = models.DateTimeField(_("from"))
    to_at = models.DateTimeField(_("until"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(to_at=None) | models.Q(to_at__gte=models.F("from_at")),
                name="measure_dates",
            ),
        ]

    @property
    def state(self) -> MeasureState:
        """Lifted, else by its period and the clock."""
        now = timezone.now()
        if self.lifted_at is not None:
            return MeasureState.LIFTED
        if self.to_at is not None and self.to_at <= now:
            return MeasureState.OVER
        return MeasureState.COMING if self.from_at > now else MeasureState.IN_FORCE

    @property
    def holds_or_will(self) -> bool:
        """Whether there is something to lift."""
        return self.state in (MeasureState.IN_FORCE, MeasureState.COMING)
