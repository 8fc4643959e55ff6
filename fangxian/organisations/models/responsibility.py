"""Who answers for a place: the chain from the leader in charge to the head of a unit."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import PlaceCodeField, SealedTextField
from fangxian.common.history import tracked
from fangxian.common.ids import uuid7
from fangxian.common.models import NamesPerson, Placed
from fangxian.common.scoping import Scoped
from fangxian.organisations.models.member import ENDED_BY, Member
from fangxian.organisations.models.organisation import Organisation
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.register.models import Establishment, Household


@tracked()
class Responsibility(NamesPerson, Placed):
    """A person or an organisation answers for a place in a role, from when to when.

    The place is held by id, so a redraw neither loses nor invents one; ``place_code`` is where the
    place lies now. ``holder_name`` and ``contact`` (a work number) are copied when the holder is
    named, so that those who live or work in the place can see and reach who answers above them.
    ``substitute_for``: this row stands in for another while its holder is absent. ``cut_for``: the
    row that took over from this one, and ``cut_until`` the last day it had before (None: open), so
    that a hand-over can be taken back. ``ended_by``: what ended it by itself (``cut_until`` as
    before); taken back, it lets the row go on.
    """

    scope = Scoped(upward=True)
    names = ("person_id", "holder_name")

    place = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("place"))
    role = models.SlugField(_("role"), max_length=40)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="responsibilities"
    )
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="responsibilities"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="responsibilities"
    )
    establishment = models.ForeignKey(
        Establishment, models.PROTECT, null=True, blank=True, related_name="responsibilities"
    )
    holder_name = models.CharField(_("who answers"), max_length=120)
    contact = SealedTextField(
        verbose_name=_("work phone"),
        column="organisations.responsibility.contact",
        null=True,
        blank=True,
    )
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)
    substitute_for = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="substitutes"
    )
    cut_for = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="cut", editable=False
    )
    cut_until = models.DateField(null=True, blank=True, editable=False)
    ended_by = models.CharField(_("ended by"), **ENDED_BY)
    rule_version = models.PositiveIntegerField()
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("responsibility")
        verbose_name_plural = _("responsibilities")
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation=None)
                | Q(person=None, member=None, organisation__isnull=False),
                name="responsibility_one_holder",
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")),
                name="responsibility_dates",
            ),
            models.CheckConstraint(
                condition=Q(substitute_for=None) | Q(to_date__isnull=False),
                name="substitution_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["place_code", "role"], name="responsibility_place"),
            models.Index(fields=["place", "role"], name="responsibility_region"),
            models.Index(
                fields=["person"], condition=Q(to_date=None), name="responsibility_person"
            ),
        ]


@tracked()
class ResponsibilityHousehold(models.Model):
    """A household that a member looks after (1+10): a row of the member's responsibility."""

    scope = Scoped()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    responsibility = models.ForeignKey(Responsibility, models.CASCADE, related_name="households")
    household = models.ForeignKey(Household, models.PROTECT, related_name="member_links")
    place_code = PlaceCodeField(_("place"))
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("household of a member")
        verbose_name_plural = _("households of members")
        constraints = [
            # A household has one member who looks after it: no gap, no overlap.
            models.UniqueConstraint(
                fields=["household"], condition=Q(to_date=None), name="household_one_member"
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="member_household_place")]
