"""Calls: who is wanted where, for what, from when to when; and the units they are sent to."""

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
from fangxian.mobilise.models.volunteer import ECHELONS
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region

MOST_WANTED: Final = 5_000


@tracked(exclude=["pledged"])
class Call(Placed):
    """A call-up of a place, which those see who act in the place or in a part of it.

    ``counts``: whether its lines want people, or units that take places over. ``echelon`` is the
    last one that was called, ``answer_by`` until when it has time to answer. Until ``cut_off``
    people pledge and withdraw by themselves. ``pledged`` counts who does, out of whose sight ever.
    """

    scope = Scoped(upward=True)

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("a call", "draft")
        SENT = "sent", pgettext_lazy("a call", "sent")
        CLOSED = "closed", pgettext_lazy("a call", "closed")
        WITHDRAWN = "withdrawn", pgettext_lazy("a call", "withdrawn")

    class Counts(models.TextChoices):
        PEOPLE = "people", _("people")
        UNITS = "units", _("units that take a place over")

    title = models.CharField(_("title"), max_length=80)
    kind = models.SlugField(_("kind"), max_length=40)
    text = models.CharField(_("text"), max_length=1000, blank=True)
    counts = models.CharField(
        _("what it counts"), max_length=6, choices=Counts.choices, default=Counts.PEOPLE
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    hours = models.CharField(_("hours"), max_length=60, blank=True)
    cut_off = models.DateTimeField(_("pledges until"))
    open_to_all = models.BooleanField(_("to all volunteers of the place"), default=True)
    emergency = models.ForeignKey(
        Emergency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    echelon = models.PositiveSmallIntegerField(_("echelon"), default=1)
    answer_by = models.DateTimeField(_("to be answered by"), null=True, blank=True)
    pledged = models.PositiveIntegerField(default=0, editable=False)
    made_by = models.CharField(_("made by"), max_length=150)
    sent_by = models.CharField(_("sent by"), max_length=150, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_for = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("for people", "call")
        verbose_name_plural = pgettext_lazy("for people", "calls")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="call_dates"),
            models.CheckConstraint(
                condition=Q(state="draft", sent_at=None)
                | Q(state="withdrawn")
                | Q(state__in=["sent", "closed"], sent_at__isnull=False),
                name="call_sent",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "sent"], ended_at=None)
                | Q(state__in=["closed", "withdrawn"], ended_at__isnull=False),
                name="call_ended",
            ),
            models.CheckConstraint(
                condition=Q(echelon__gte=1, echelon__lte=ECHELONS), name="call_echelon"
            ),
        ]
        indexes = [models.Index(fields=["place_code", "state"], name="call_place")]

    def __str__(self) -> str:
        return self.title


@tracked(exclude=["placed"])
class CallLine(Placed):
    """What is wanted at one place: ``heads``, of which ``skills`` (code → heads) must be able to.

    It lies where its call lies, so that whoever sees the one sees the other; ``place`` is where
    people go. ``key``: a key post, which may be claimed. ``placed`` counts the heads that somebody
    has; the database accepts no more of them than ``heads``.
    """

    scope = Scoped(upward=True)

    call = models.ForeignKey(Call, models.CASCADE, related_name="lines")
    number = models.PositiveSmallIntegerField()
    place = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("place"))
    name = models.CharField(_("for what"), max_length=40, blank=True)
    heads = models.PositiveIntegerField(
        _("heads"), validators=[MinValueValidator(1), MaxValueValidator(MOST_WANTED)]
    )
    skills = models.JSONField(_("skills"), default=dict, blank=True)
    key = models.BooleanField(_("key post, may be claimed"), default=False)
    placed = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("line of a call")
        verbose_name_plural = _("lines of a call")
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="call_line_number"),
            models.CheckConstraint(
                condition=Q(heads__gte=1, heads__lte=MOST_WANTED), name="call_line_heads"
            ),
            models.CheckConstraint(condition=Q(placed__lte=F("heads")), name="call_line_not_over"),
        ]

    def __str__(self) -> str:
        return f"{self.place.name} {self.name}".strip()


@tracked(exclude=["pledged"])
class CallUnit(Placed):
    """A unit that a call is sent to, with how many heads are asked of it, if that is said.

    ``below``: to all units below it as well. ``pledged`` counts its heads, wherever they lie.
    """

    scope = Scoped(upward=True)

    call = models.ForeignKey(Call, models.CASCADE, related_name="units")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("unit")
    )
    below = models.BooleanField(_("with all units below it"), default=False)
    quota = models.PositiveIntegerField(_("heads asked of it"), null=True, blank=True)
    pledged = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("unit of a call")
        verbose_name_plural = _("units of a call")
        constraints = [
            models.UniqueConstraint(fields=["call", "organisation"], name="call_unit_once"),
        ]
