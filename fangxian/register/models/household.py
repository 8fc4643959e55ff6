"""Households, and who lives in them from when to when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.codes import Level
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.register.vocabularies import HEAD, RELATIONS, RESIDENCY_KINDS


@tracked()
class Household(Placed):
    """One dwelling's household. ``place_code`` is its unit's code, or its building's.

    ``building`` and ``unit`` are ids of places, so a redraw keeps them while it rewrites the code.
    """

    scope = Scoped()

    class Kind(models.TextChoices):
        FAMILY = "family", _("family")
        COLLECTIVE = "collective", _("collective")

    class State(models.TextChoices):
        LIVED_IN = "lived_in", _("lived in")
        EMPTY = "empty", _("nobody lives here")
        CLOSED = "closed", pgettext_lazy("household", "closed")

    # Found by place_code; the ids need no index of their own.
    building = models.ForeignKey(Region, models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    room = models.CharField(_("room"), max_length=20, blank=True, db_collation="C")
    number = models.CharField(_("household number"), max_length=30, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.FAMILY)
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.LIVED_IN
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")
        constraints = [
            models.CheckConstraint(
                condition=Q(Exact(Length("place_code"), int(Level.BUILDING)), unit=None)
                | Q(Exact(Length("place_code"), int(Level.UNIT)), unit__isnull=False),
                name="household_lies_in_a_building",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["lived_in", "empty", "closed"]), name="household_state"
            ),
        ]
        indexes = [
            # The order of a list, door by door, and its keyset.
            models.Index(
                F("place_code"), Length("room"), F("room"), F("id"), name="household_by_door"
            ),
        ]

    def __str__(self) -> str:
        return self.address or self.room or self.number


@tracked()
class Residency(Placed):
    """A person in a household, from when to when. ``place_code`` is the household's."""

    scope = Scoped()

    class Ended(models.TextChoices):
        MOVED = "moved", _("moved out")
        DIED = "died", _("died")
        MISTAKE = "mistake", _("was never here")
        MERGED = "merged", _("recorded twice")

    person = models.ForeignKey(Person, models.PROTECT, related_name="residencies")
    household = models.ForeignKey(Household, models.PROTECT, related_name="residencies")
    relation = models.CharField(_("relation to the head"), max_length=12, default="other")
    kind = models.CharField(_("lives here as"), max_length=12, default="registered")
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)
    ended = models.CharField(_("ended by"), max_length=8, choices=Ended.choices, blank=True)
    # Away for a time (work elsewhere, hospital) while the residency goes on.
    away_since = models.DateField(_("away since"), null=True, blank=True)
    away_where = models.CharField(_("away to"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("residency")
        verbose_name_plural = _("residencies")
        constraints = [
            models.UniqueConstraint(
                fields=["household", "person"],
                condition=Q(to_date=None),
                name="residency_once_in_a_household",
            ),
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(to_date=None, relation=HEAD),
                name="one_head_a_household",
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="residency_dates"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None, ended="") | (~Q(to_date=None) & ~Q(ended="")),
                name="residency_end_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(away_since=None) | Q(away_since__gte=F("from_date")),
                name="residency_away_while_here",
            ),
        ]
        indexes = [
            models.Index(fields=["place_code"], name="residency_place"),
        ]

    @property
    def relation_label(self) -> str:
        """The relation in the current language."""
        return RELATIONS.label(self.relation)

    @property
    def kind_label(self) -> str:
        """The kind in the current language."""
        return RESIDENCY_KINDS.label(self.kind)
