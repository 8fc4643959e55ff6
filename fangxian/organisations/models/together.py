"""Organisations that stand together: alliances of all units in a place, pairs far and near."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.organisations.models.organisation import Organisation
from fangxian.regions.models import Region


@tracked()
class Alliance(Placed):
    """All units of a place around one organisation that leads."""

    scope = Scoped()

    name = models.CharField(_("name"), max_length=120)
    kind = models.SlugField(_("kind"), max_length=40)
    place = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("place"))
    lead = models.ForeignKey(
        Organisation, models.PROTECT, related_name="leads", verbose_name=_("who leads it")
    )
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("alliance")
        verbose_name_plural = _("alliances")
        constraints = [
            models.UniqueConstraint(
                fields=["place", "name"], condition=Q(to_date=None), name="alliance_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="alliance_dates"
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="alliance_place")]

    def __str__(self) -> str:
        return self.name


@tracked()
class Ally(Placed):
    """An organisation in an alliance, and as what (roles: rule set ``together``).

    ``with_alliance``: it left because the alliance ended, and is back if that is taken back.
    """

    scope = Scoped()

    alliance = models.ForeignKey(Alliance, models.PROTECT, related_name="allies")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="alliances")
    role = models.SlugField(_("role"), max_length=40)
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)
    with_alliance = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = _("member of an alliance")
        verbose_name_plural = _("members of alliances")
        constraints = [
            models.UniqueConstraint(
                fields=["alliance", "organisation"], condition=Q(to_date=None), name="ally_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="ally_dates"
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="ally_place")]


@tracked()
class SharedTask(Placed):
    """What an alliance does together; ``organisation`` sees to it, the lead where none is named."""

    scope = Scoped()

    alliance = models.ForeignKey(Alliance, models.PROTECT, related_name="tasks")
    title = models.CharField(_("task"), max_length=200)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    due = models.DateField(_("by when"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("shared task")
        verbose_name_plural = _("shared tasks")
        constraints = [
            models.CheckConstraint(
                condition=~Q(done_on=None) | Q(result=""), name="shared_task_result"
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="shared_task_place")]


@tracked()
class Pairing(Placed):
    """An organisation stands by another one, or by a place, near or far away.

    ``linked``: of a unit and a community it is the unit's link of the chain, a responsibility, and
    ends with that. Otherwise ``partner`` is another organisation, or ``place`` a town or somewhere
    far away, where ``unit_there`` names the unit, which is not kept here. ``place_code`` is the
    seat of the organisation.
    """

    scope = Scoped()

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="pairings")
    partner = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="paired_with"
    )
    place = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")
    unit_there = models.CharField(_("unit there"), max_length=120, blank=True)
    linked = models.BooleanField(_("linked unit"), default=False, editable=False)
    purpose = models.CharField(_("purpose"), max_length=200)
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("pairing")
        verbose_name_plural = _("pairings")
        constraints = [
            models.CheckConstraint(
                condition=Q(partner=None, place__isnull=False)
                | Q(partner__isnull=False, place=None, linked=False),
                name="pairing_of_two",
            ),
            models.CheckConstraint(
                condition=Q(unit_there="") | Q(place__isnull=False, linked=False),
                name="pairing_unit_there",
            ),
            models.CheckConstraint(
                condition=Q(partner=None) | ~Q(partner=F("organisation")),
                name="pairing_not_with_itself",
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="pairing_dates"
            ),
            models.UniqueConstraint(
                fields=["organisation", "partner", "place", "unit_there"],
                condition=Q(to_date=None),
                nulls_distinct=False,
                name="pairing_once",
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="pairing_place")]

    @property
    def other_name(self) -> str:
        """The other side: the organisation, the unit there with its place, or the place."""
        if self.partner is not None:
            return self.partner.name
        place = self.place.name if self.place is not None else ""
        if not self.unit_there:
            return place
        return str(_("%(unit)s (%(place)s)") % {"unit": self.unit_there, "place": place})


@tracked()
class PairingEntry(Placed):
    """What was given or done for each other, on a day."""

    scope = Scoped()

    pairing = models.ForeignKey(Pairing, models.PROTECT, related_name="entries")
    on = models.DateField(_("on"))
    kind = models.SlugField(_("kind"), max_length=40)
    text = models.CharField(_("what was given or done"), max_length=300)

    class Meta:
        verbose_name = _("entry of a pairing")
        verbose_name_plural = _("entries of pairings")
        indexes = [models.Index(fields=["place_code"], name="pairing_entry_place")]
