"""Shifts: one stretch of duty at a post, and who takes it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed, Row
from fangxian.common.scoping import Linked, Scoped
from fangxian.core.models import Emergency
from fangxian.mobilise.models.post import MOST_HEADS, Pattern, Post, Staffed
from fangxian.mobilise.models.volunteer import Volunteer


@tracked(exclude=["placed"])
class Shift(Staffed):
    """One shift at a post. ``day`` is the one on which it begins, by the local calendar.

    Until ``cut_off`` people sign up and withdraw by themselves. ``placed`` counts the turns that
    hold a place; the database accepts no more of them than ``heads``, whoever writes them.
    """

    scope = Scoped()

    post = models.ForeignKey(Post, models.PROTECT, related_name="shifts")
    pattern = models.ForeignKey(
        Pattern, models.SET_NULL, null=True, blank=True, related_name="shifts"
    )
    name = models.CharField(_("name"), max_length=20)
    day = models.DateField(_("day"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    cut_off = models.DateTimeField(_("sign-up until"))
    placed = models.PositiveSmallIntegerField(default=0, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "starts_at", "name"],
                condition=Q(cancelled_at=None),
                name="shift_once",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_times"),
            models.CheckConstraint(condition=Q(cut_off__lte=F("starts_at")), name="shift_cut_off"),
            models.CheckConstraint(
                condition=Q(heads__gte=1, heads__lte=MOST_HEADS), name="shift_heads"
            ),
            models.CheckConstraint(condition=Q(placed__lte=F("heads")), name="shift_not_over"),
        ]
        indexes = [
            models.Index(fields=["place_code", "day"], name="shift_place"),
            models.Index(fields=["post", "day"], name="shift_post"),
        ]

    def __str__(self) -> str:
        return f"{self.day.isoformat()} {self.name}"


@tracked()
class Turn(Placed):
    """Somebody's turn on a shift: a place, a place on the waiting list, or what became of one.

    ``number`` is the order in which people asked. ``minutes`` are credited when it was worked.
    ``done``: duty → when it was ticked. ``for_turn``: the one that it takes the place of
    (substitution, swap). ``allowed``: the limits that a second person let it pass, who that was and
    why; until then it waits, and ``asked_by`` is the account that asked. ``note`` is sealed with
    the key of the post's emergency, when it has one.
    """

    scope = Scoped()

    class State(models.TextChoices):
        PLACED = "placed", _("on the roster")
        WAITING = "waiting", _("waiting")
        LEFT = "left", _("withdrew")
        TAKEN_OFF = "taken_off", _("taken off")
        ABSENT = "absent", _("did not come")
        SWAPPED = "swapped", _("swapped")

    class Source(models.TextChoices):
        TAP = "tap", _("signed up")
        CHAT = "chat", _("from the chat")
        STAFF = "staff", _("put on by staff")
        ROSTER = "roster", _("by the roster")
        RESERVE = "reserve", _("from the reserve")
        SWAP = "swap", _("by a swap")

    shift = models.ForeignKey(Shift, models.PROTECT, related_name="turns")
    volunteer = models.ForeignKey(Volunteer, models.PROTECT, related_name="turns")
    number = models.PositiveIntegerField()
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    asked_at = models.DateTimeField(_("asked"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    for_turn = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="successors"
    )
    came_at = models.DateTimeField(_("came"), null=True, blank=True)
    went_at = models.DateTimeField(_("went"), null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    done = models.JSONField(_("duties done"), default=dict, blank=True)
    emergency = models.ForeignKey(
        Emergency, models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = SealedTextField(
        verbose_name=_("note to the next shift"),
        column="mobilise.turn.note",
        emergency="emergency_id",
        null=True,
        blank=True,
    )
    allowed = models.JSONField(_("limits that it may pass"), default=list, blank=True)
    asked_by = models.CharField(_("asked by"), max_length=80, blank=True)
    allowed_by = models.CharField(_("allowed by"), max_length=80, blank=True)
    allowed_for = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [
            models.UniqueConstraint(fields=["shift", "number"], name="turn_number"),
            models.UniqueConstraint(
                fields=["shift", "volunteer"],
                condition=Q(state__in=["placed", "waiting"]),
                name="turn_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, state__in=["placed", "waiting"])
                | Q(ended_at__isnull=False)
                & Q(state__in=["left", "taken_off", "absent", "swapped"]),
                name="turn_ended",
            ),
            models.CheckConstraint(
                condition=Q(came_at=None) | Q(state="placed"), name="turn_came_placed"
            ),
            models.CheckConstraint(
                condition=Q(went_at=None) | Q(went_at__gte=F("came_at")), name="turn_came_and_went"
            ),
            models.CheckConstraint(
                condition=Q(minutes=None, went_at=None)
                | Q(minutes__isnull=False, came_at__isnull=False, went_at__isnull=False),
                name="turn_credit",
            ),
            models.CheckConstraint(
                condition=Q(allowed_by="", asked_by="", allowed_for="")
                | (~Q(asked_by=F("allowed_by")) & ~Q(allowed_for="")),
                name="turn_allowed",
            ),
        ]
        indexes = [
            models.Index(fields=["place_code", "state"], name="turn_place"),
            models.Index(fields=["volunteer", "state"], name="turn_volunteer"),
        ]

    @property
    def asks(self) -> bool:
        """Whether a second person has yet to say if it may pass a limit."""
        return bool(self.asked_by) and not self.allowed_by and self.state == self.State.WAITING


class Whereabouts(Row):
    """Where somebody was when he checked in, if he chose to say so: longitude and latitude, WGS 84.

    Sealed as the note of the turn is. It is no part of the history and is forgotten with the
    emergency, or once the turn can't be recorded any more.
    """

    scope = Linked("mobilise.Turn", column="turn_id", link_column="id")

    turn = models.OneToOneField(Turn, models.CASCADE, related_name="whereabouts")
    emergency = models.ForeignKey(
        Emergency, models.PROTECT, null=True, blank=True, related_name="+"
    )
    position = SealedTextField(
        verbose_name=_("position"),
        column="mobilise.whereabouts.position",
        emergency="emergency_id",
    )

    class Meta:
        verbose_name = _("position at check-in")
        verbose_name_plural = _("positions at check-in")
