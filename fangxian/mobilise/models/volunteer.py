"""Who can be put on a post: volunteers and staff of a place, with what they are able to do."""

from __future__ import annotations

from typing import Final

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import NamesPerson, Placed
from fangxian.common.scoping import Scoped
from fangxian.organisations.models import Organisation
from fangxian.people.models import Person

ECHELONS: Final = 9
MOST_SEATS: Final = 60


@tracked()
class Volunteer(NamesPerson, Placed):
    """A person who serves at a place, from when to when.

    ``name`` is copied, so that those who serve together can see it without the register: on a
    roster, on a badge, in the list of a shift. ``fit`` is all that is kept of health and
    vaccination: yes, no, or not said. ``echelon`` 1 is called first; ``rank`` orders an echelon.
    ``ended_by_death``: his death ended it, and taken back it goes on.
    ``vehicle_kind`` and ``languages`` are codes of the rule set ``calls``.
    ``link_round`` counts up when new secret links are made (``mobilise.links``).
    """

    scope = Scoped()

    person = models.ForeignKey(Person, models.PROTECT, related_name="volunteers")
    name = models.CharField(_("name"), max_length=60)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="volunteers",
        verbose_name=_("unit"),
    )
    echelon = models.PositiveSmallIntegerField(_("echelon"), default=1)
    rank = models.PositiveIntegerField(_("rank"), default=0)
    vehicle = models.BooleanField(_("has a vehicle"), default=False)
    vehicle_kind = models.SlugField(_("kind of vehicle"), max_length=40, blank=True)
    seats = models.PositiveSmallIntegerField(
        _("seats"), null=True, blank=True, validators=[MaxValueValidator(MOST_SEATS)]
    )
    languages = models.JSONField(_("languages and dialects"), default=list, blank=True)
    fit = models.BooleanField(_("fit for duty"), null=True, blank=True)
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)
    ended_by_death = models.BooleanField(default=False, editable=False)
    link_round = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("volunteer")
        verbose_name_plural = _("volunteers")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "place_code"], condition=Q(to_date=None), name="volunteer_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="volunteer_dates"
            ),
            models.CheckConstraint(
                condition=Q(echelon__gte=1, echelon__lte=ECHELONS), name="volunteer_echelon"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="volunteer_name"),
            models.CheckConstraint(
                condition=Q(vehicle=True) | Q(vehicle_kind="", seats=None), name="volunteer_vehicle"
            ),
        ]
        indexes = [models.Index(fields=["place_code", "echelon", "rank"], name="volunteer_place")]

    def __str__(self) -> str:
        return self.name


@tracked()
class Skill(Placed):
    """Something a volunteer is able to do (codes: rule set ``posts``), until it expires."""

    scope = Scoped()

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="skills")
    skill = models.SlugField(_("skill"), max_length=40)
    certificate = SealedTextField(
        verbose_name=_("certificate"), column="mobilise.skill.certificate", null=True, blank=True
    )
    expires_on = models.DateField(_("expires on"), null=True, blank=True)

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        constraints = [
            models.UniqueConstraint(fields=["volunteer", "skill"], name="skill_once"),
        ]
