"""Drafts of rosters: worked out, looked at, published or dropped; why a shift can't be filled."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import Job
from fangxian.mobilise.models.shift import Shift, Turn
from fangxian.mobilise.models.volunteer import Volunteer


@tracked(exclude=["figures", "basis", "enough"])
class RosterDraft(Placed):
    """A roster of a place from ``first`` to ``last``, worked out by a job and not in force.

    ``basis`` is what it was worked out from, ids and figures alone: what differs when it is to be
    published is named, and nothing is published then. ``figures``: how good it is, or how far the
    work is. ``enough``: somebody asked to take what is there. ``repairs``: people fell out; as few
    others as can be are moved. ``frees``: also what people signed up for may be changed.
    """

    scope = Scoped()

    class State(models.TextChoices):
        SOLVING = "solving", _("being worked out")
        READY = "ready", pgettext_lazy("a roster", "ready")
        PUBLISHED = "published", _("published")
        DROPPED = "dropped", _("dropped")

    first = models.DateField(_("from"))
    last = models.DateField(_("until"))
    seed = models.PositiveIntegerField(_("seed"), default=1)
    echelon = models.PositiveSmallIntegerField(_("echelons up to"), null=True, blank=True)
    repairs = models.BooleanField(_("after absences"), default=False)
    frees = models.BooleanField(_("sign-ups may be changed too"), default=False)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.SOLVING)
    enough = models.BooleanField(default=False)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    figures = models.JSONField(default=dict)
    basis = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    made_by = models.CharField(_("made by"), max_length=80)
    ended_by = models.CharField(_("published or dropped by"), max_length=80, blank=True)
    ended_at = models.DateTimeField(_("published or dropped"), null=True, blank=True)

    class Meta:
        verbose_name = _("roster draft")
        verbose_name_plural = _("roster drafts")
        constraints = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="draft_dates"),
            models.CheckConstraint(
                condition=Q(state__in=["solving", "ready"], ended_at=None)
                | Q(state__in=["published", "dropped"], ended_at__isnull=False),
                name="draft_ended",
            ),
        ]
        indexes = [models.Index(fields=["place_code", "state"], name="draft_place")]

    def __str__(self) -> str:
        return f"{self.first.isoformat()} – {self.last.isoformat()}"


class DraftLine(Placed):
    """Somebody on a shift of a draft: as he was (``kept``), anew, or no longer (``off``)."""

    scope = Scoped()

    class Change(models.TextChoices):
        KEPT = "kept", _("as before")
        NEW = "new", pgettext_lazy("on a roster", "new")
        OFF = "off", _("no longer")

    draft = models.ForeignKey(RosterDraft, models.CASCADE, related_name="lines")
    shift = models.ForeignKey(Shift, models.CASCADE, related_name="+")
    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="+")
    turn = models.ForeignKey(Turn, models.CASCADE, null=True, blank=True, related_name="+")
    change = models.CharField(_("change"), max_length=4, choices=Change.choices)

    class Meta:
        verbose_name = _("line of a roster draft")
        verbose_name_plural = _("lines of a roster draft")
        constraints = [
            models.UniqueConstraint(fields=["draft", "shift", "volunteer"], name="draft_line_once"),
            models.CheckConstraint(
                condition=Q(change="new", turn=None) | (~Q(change="new") & Q(turn__isnull=False)),
                name="draft_line_turn",
            ),
        ]


class Obstacle(Placed):
    """Why a shift can't be filled, asked of the published roster or of a draft.

    ``answer`` holds codes of rules, and ids of those whom they concern.
    """

    scope = Scoped()

    shift = models.ForeignKey(Shift, models.CASCADE, related_name="obstacles")
    draft = models.ForeignKey(
        RosterDraft, models.CASCADE, null=True, blank=True, related_name="obstacles"
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    answer = models.JSONField(null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("obstacle")
        verbose_name_plural = _("obstacles")
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "draft"], nulls_distinct=False, name="obstacle_once"
            ),
        ]
