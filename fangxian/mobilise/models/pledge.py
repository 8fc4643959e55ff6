"""Pledges for calls, who was placed where, and the proposals that were worked out."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.mobilise.models.call import MOST_WANTED, Call, CallLine
from fangxian.mobilise.models.volunteer import Volunteer
from fangxian.organisations.models import Organisation


@tracked()
class Pledge(Placed):
    """Somebody is ready to go: a volunteer (``heads`` is 1), or a unit with a number of heads.

    A volunteer's ``organisation`` is that of the day of the pledge. ``wishes`` are ids of lines,
    the dearest first; ``hours`` a code of the rule set ``calls``. It lies where both the place of
    the call and who pledged see it: the smaller of the two areas.
    """

    scope = Scoped()

    class State(models.TextChoices):
        PLEDGED = "pledged", pgettext_lazy("a pledge", "pledged")
        PLACED = "placed", pgettext_lazy("a pledge", "placed")
        WITHDRAWN = "withdrawn", pgettext_lazy("a pledge", "withdrawn")

    call = models.ForeignKey(Call, models.PROTECT, related_name="pledges")
    volunteer = models.ForeignKey(
        Volunteer, models.PROTECT, null=True, blank=True, related_name="pledges"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    heads = models.PositiveIntegerField(_("heads"), default=1)
    wishes = models.JSONField(_("wishes"), default=list, blank=True)
    hours = models.SlugField(_("hours"), max_length=40)
    from_date = models.DateField(_("from"))
    until = models.DateField(_("until"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PLEDGED
    )
    made_by = models.CharField(_("made by"), max_length=150)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("pledge")
        verbose_name_plural = _("pledges")
        constraints = [
            models.UniqueConstraint(
                fields=["call", "volunteer"],
                condition=~Q(state="withdrawn") & Q(volunteer__isnull=False),
                name="pledge_once",
            ),
            models.UniqueConstraint(
                fields=["call", "organisation"],
                condition=~Q(state="withdrawn") & Q(volunteer=None),
                name="pledge_unit_once",
            ),
            models.CheckConstraint(
                condition=Q(volunteer__isnull=False, heads=1)
                | Q(volunteer=None, organisation__isnull=False),
                name="pledge_whose",
            ),
            models.CheckConstraint(
                condition=Q(heads__gte=1, heads__lte=MOST_WANTED), name="pledge_heads"
            ),
            models.CheckConstraint(condition=Q(until__gte=F("from_date")), name="pledge_dates"),
            models.CheckConstraint(
                condition=Q(state="withdrawn", ended_at__isnull=False)
                | (~Q(state="withdrawn") & Q(ended_at=None)),
                name="pledge_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["call", "state"], name="pledge_call"),
            models.Index(fields=["place_code"], name="pledge_place"),
        ]


@tracked()
class Placement(Placed):
    """Heads of a pledge that have a line: claimed and to be confirmed, or by an accepted match.

    ``enlisted`` is the volunteer that somebody became at the line's place, ``brought`` whether he
    serves there by it alone; ``lent`` the grant by which his account acts there until the call
    ends. Each head of a line is had once: a trigger counts them there.
    """

    scope = Scoped()

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("a claim", "to be confirmed")
        CONFIRMED = "confirmed", pgettext_lazy("a claim", "confirmed")
        DECLINED = "declined", pgettext_lazy("a claim", "declined")
        GIVEN_UP = "given_up", pgettext_lazy("a claim", "given up")

    class Source(models.TextChoices):
        CLAIM = "claim", _("claimed")
        MATCH = "match", _("by the match")

    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="placements")
    line = models.ForeignKey(CallLine, models.PROTECT, related_name="placements")
    heads = models.PositiveIntegerField(_("heads"), default=1)
    source = models.CharField(_("source"), max_length=5, choices=Source.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    enlisted = models.ForeignKey(
        Volunteer, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    brought = models.BooleanField(default=False, editable=False)
    lent = models.UUIDField(null=True, blank=True, editable=False)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        constraints = [
            models.UniqueConstraint(
                fields=["pledge", "line"],
                condition=Q(state__in=["asked", "confirmed"]),
                name="placement_once",
            ),
            models.CheckConstraint(
                condition=Q(heads__gte=1, heads__lte=MOST_WANTED), name="placement_heads"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at=None)
                | (~Q(state="asked") & Q(decided_at__isnull=False)),
                name="placement_decided",
            ),
        ]
        indexes = [models.Index(fields=["line", "state"], name="placement_line")]


@tracked(exclude=["result"])
class Match(Placed):
    """A proposal who goes where, with what it was worked out by; one of a call is accepted.

    ``heads`` (line → heads instead of those it wants) and ``bans`` (pairs of a pledge and a line)
    are what-ifs. ``result`` holds ids and figures alone; ``ground`` is the digest of the pledges
    and lines that it was made of: accepted it is only while they are still the same.
    """

    scope = Scoped()

    class State(models.TextChoices):
        WORKING = "working", pgettext_lazy("a match", "being worked out")
        PROPOSED = "proposed", pgettext_lazy("a match", "proposed")
        ACCEPTED = "accepted", pgettext_lazy("a match", "accepted")

    call = models.ForeignKey(Call, models.CASCADE, related_name="matches")
    number = models.PositiveIntegerField()
    base = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    weights = models.JSONField(_("weights"), default=dict)
    most_km = models.FloatField(_("at most (km)"), default=0)
    heads = models.JSONField(_("heads"), default=dict, blank=True)
    bans = models.JSONField(_("not there"), default=list, blank=True)
    result = models.JSONField(null=True, editable=False)
    ground = models.CharField(max_length=64, blank=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WORKING
    )
    made_by = models.CharField(_("made by"), max_length=150)
    accepted_by = models.CharField(_("accepted by"), max_length=150, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="match_number"),
            models.CheckConstraint(
                condition=Q(state="working", result=None)
                | (~Q(state="working") & Q(result__isnull=False)),
                name="match_result",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", accepted_at__isnull=False)
                | (~Q(state="accepted") & Q(accepted_at=None)),
                name="match_accepted",
            ),
        ]
