"""Establishments: a body at a place (enterprise, hospital, school, shop)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import BlindIndexField, SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.people.documents import normal_phone
from fangxian.register.vocabularies import ESTABLISHMENT_KINDS


@tracked()
class Establishment(Placed):
    """A body at a place, from the village down. ``credit_code`` is checked (GB 32100)."""

    scope = Scoped()

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20)
    credit_code = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    contact_name = models.CharField(_("contact"), max_length=60, blank=True)
    contact_phone = SealedTextField(
        verbose_name=_("contact's phone"),
        column="register.establishment.phone",
        null=True,
        blank=True,
    )
    contact_phone_index = BlindIndexField(
        source="contact_phone", column="register.establishment.phone", normalise=normal_phone
    )
    staff_count = models.PositiveIntegerField(_("staff"), null=True, blank=True)
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("establishment")
        verbose_name_plural = _("establishments")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")),
                name="establishment_dates",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="establishment_name"),
        ]
        indexes = [
            models.Index(fields=["place_code", "kind"], name="establishment_place"),
            models.Index(fields=["credit_code"], name="establishment_credit"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> str:
        """The kind in the current language."""
        return ESTABLISHMENT_KINDS.label(self.kind)
