"""Temporary units: proposed, founded by the superior, with members seconded from home."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import Emergency
from fangxian.organisations.models.member import Member
from fangxian.organisations.models.organisation import Organisation, OrganisationKind
from fangxian.people.models import Person
from fangxian.regions.models import Region


class UnitState(models.TextChoices):
    """How far a proposal has come. Whether a founded one still stands, its organisation says."""

    DRAFT = "draft", pgettext_lazy("a temporary unit", "being drawn up")
    PROPOSED = "proposed", pgettext_lazy("a temporary unit", "proposed")
    RETURNED = "returned", pgettext_lazy("a temporary unit", "sent back")
    WITHDRAWN = "withdrawn", pgettext_lazy("a temporary unit", "withdrawn")
    FOUNDED = "founded", pgettext_lazy("a temporary unit", "founded")


class Standing(models.TextChoices):
    """What somebody is in the party; only full members count for the form of a unit."""

    FULL = "full", _("full member of the party")
    PROBATIONARY = "probationary", _("probationary member of the party")


@tracked()
class TemporaryUnit(Placed):
    """A body for a task: what it is for, where, below whom, until when.

    Approved it is an :class:`Organisation` of a temporary kind with its seat at ``place``;
    dissolved, it is that organisation which is. Of an ``emergency`` it ends with that.
    ``rule_version``: by which it was checked last.
    """

    scope = Scoped()

    name = models.CharField(_("name"), max_length=120)
    kind = models.ForeignKey(OrganisationKind, models.PROTECT, related_name="+")
    setting = models.SlugField(_("where it serves"), max_length=40)
    task = models.CharField(_("task"), max_length=300)
    where = models.CharField(_("post"), max_length=120, blank=True)
    place = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("place"))
    superior = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("superior")
    )
    emergency = models.ForeignKey(
        Emergency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency"),
    )
    from_date = models.DateField(_("from"))
    until = models.DateField(_("until"))
    state = models.CharField(
        _("state"), max_length=10, choices=UnitState.choices, default=UnitState.DRAFT
    )
    proposed_by = models.CharField(max_length=150, editable=False)
    proposer_id = models.UUIDField(null=True, editable=False)
    proposed_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.CharField(max_length=150, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    organisation = models.OneToOneField(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="temporary",
        editable=False,
    )
    rule_version = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("temporary unit")
        verbose_name_plural = _("temporary units")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=UnitState.values), name="temporary_unit_state"
            ),
            models.CheckConstraint(
                condition=Q(state=UnitState.FOUNDED, organisation__isnull=False)
                | (~Q(state=UnitState.FOUNDED) & Q(organisation=None)),
                name="temporary_unit_founded",
            ),
            models.CheckConstraint(
                condition=Q(until__gte=F("from_date")), name="temporary_unit_dates"
            ),
            models.CheckConstraint(
                condition=~Q(state=UnitState.RETURNED) | ~Q(reason=""),
                name="temporary_unit_sent_back_why",
            ),
            # Nobody founds what he proposed himself.
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("proposed_by")),
                name="temporary_unit_two_people",
            ),
        ]
        indexes = [models.Index(fields=["place_code", "state"], name="temporary_unit_place")]

    def __str__(self) -> str:
        return self.name


@tracked()
class Secondment(Placed):
    """Somebody of a unit at home who serves in a temporary one, and stays a member at home.

    ``home`` is the membership that goes on, ``home_body`` its organisation (which those see to whom
    the row at home is out of sight), ``member`` the membership in the temporary unit once that is
    founded; it ends with the unit or before. Coming back renews ``member``.
    """

    scope = Scoped()

    unit = models.ForeignKey(TemporaryUnit, models.CASCADE, related_name="secondments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="secondments")
    home = models.ForeignKey(Member, models.PROTECT, related_name="serves")
    home_body = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="seconded", editable=False
    )
    duty = models.CharField(_("duty"), max_length=60, blank=True)
    office = models.SlugField(_("office"), max_length=40, blank=True)
    standing = models.CharField(
        _("standing in the party"), max_length=12, choices=Standing.choices, blank=True
    )

    class Meta:
        verbose_name = _("secondment")
        verbose_name_plural = _("secondments")
        constraints = [
            models.UniqueConstraint(fields=["unit", "person"], name="seconded_once"),
            models.CheckConstraint(
                condition=Q(standing__in=["", *Standing.values]), name="secondment_standing"
            ),
            models.CheckConstraint(
                condition=Q(member=None) | ~Q(member=F("home")), name="secondment_not_home"
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="secondment_place")]
