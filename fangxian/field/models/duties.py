"""What is set up for duty: gates with who staffs them, rounds with their points, messages."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import Emergency
from fangxian.organisations.models import Organisation

# What a loudspeaker says in one go and people still remember.
MOST_CHARACTERS: Final = 150
MOST_TIMES: Final = 24


@tracked()
class Gate(Placed):
    """A gate of a quarter, a village, a road, a station or a hospital.

    ``kind`` is a code of the rule set ``field_duties``, which says what is asked there. What is
    logged at it is sealed with the key of its emergency, when it has one; the gate ends with that.
    Several units staff it jointly (:class:`GateUnit`).
    """

    scope = Scoped()

    name = models.CharField(_("name"), max_length=60)
    kind = models.SlugField(_("kind"), max_length=40)
    emergency = models.ForeignKey(
        Emergency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency"),
    )
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    made_by = models.CharField(_("made by"), max_length=80)
    units: models.ManyToManyField[Organisation, GateUnit] = models.ManyToManyField(
        Organisation, through="GateUnit", related_name="+", verbose_name=_("units that staff it")
    )

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        constraints = [
            models.UniqueConstraint(
                fields=["place_code", "name"], condition=Q(closed_on=None), name="gate_name_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")), name="gate_dates"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class GateUnit(Placed):
    """One of the units that staff a gate together; it may have its seat far away."""

    scope = Scoped()

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="gate_units")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gate", "organisation"], name="gate_unit_once"),
        ]


@tracked()
class Round(Placed):
    """A round that is walked so many times a day between two hours, past its points.

    A round whose last hour is not after its first goes over midnight.
    """

    scope = Scoped()

    name = models.CharField(_("name"), max_length=60)
    times = models.PositiveSmallIntegerField(_("times a day"))
    first_at = models.TimeField(_("from"))
    last_at = models.TimeField(_("until"))
    emergency = models.ForeignKey(
        Emergency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency"),
    )
    started_on = models.DateField(_("started on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    made_by = models.CharField(_("made by"), max_length=80)

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = [
            models.UniqueConstraint(
                fields=["place_code", "name"], condition=Q(ended_on=None), name="round_name_once"
            ),
            models.CheckConstraint(
                condition=Q(times__gte=1, times__lte=MOST_TIMES), name="round_times"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")), name="round_dates"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Point(Placed):
    """A point of a round. Its QR holds ``token``; one that is not passed any more is removed.

    ``longitude`` and ``latitude`` (WGS 84) tell how far from it a check was made.
    """

    scope = Scoped()

    round = models.ForeignKey(Round, models.PROTECT, related_name="points")
    name = models.CharField(_("name"), max_length=60)
    token = models.CharField(_("token"), max_length=20, unique=True)
    position = models.PositiveSmallIntegerField(_("order"))
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    removed_on = models.DateField(_("removed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("point")
        verbose_name_plural = _("points")
        constraints = [
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__gte=-180, longitude__lte=180, latitude__gte=-90, latitude__lte=90),
                name="point_position",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Message(Placed):
    """What is said over the loudspeaker or at the door, in an area, from a day until a day.

    Those of the places above are read too. It names no resident: it is read out in the street.
    """

    scope = Scoped(upward=True)

    text = models.CharField(_("text"), max_length=MOST_CHARACTERS)
    kind = models.SlugField(_("kind"), max_length=40)
    emergency = models.ForeignKey(
        Emergency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency"),
    )
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"))
    made_by = models.CharField(_("made by"), max_length=80)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(condition=Q(to_date__gte=F("from_date")), name="message_dates"),
        ]
        indexes = [models.Index(fields=["place_code", "to_date"], name="message_place")]

    def __str__(self) -> str:
        return self.text
