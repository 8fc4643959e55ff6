"""The five ones of a community: what is in place, with its evidence."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import File
from fangxian.organisations.models.member import Member
from fangxian.organisations.models.organisation import Organisation
from fangxian.organisations.models.responsibility import Responsibility
from fangxian.regions.models import Region


@tracked()
class FiveOneEvidence(Placed):
    """What shows that one item of a community is in place (items: rule set ``five_ones``)."""

    scope = Scoped()

    community = models.ForeignKey(Region, models.PROTECT, related_name="+")
    item = models.SlugField(_("item"), max_length=40)
    file = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")
    responsibility = models.ForeignKey(
        Responsibility, models.PROTECT, null=True, blank=True, related_name="+"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    member = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    # Copied when it is attached: a member's office may lie outside what the reader sees.
    label = models.CharField(_("evidence"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    rule_version = models.PositiveIntegerField()
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("evidence of a “one”")
        verbose_name_plural = _("evidence of the five ones")
        constraints = [
            models.UniqueConstraint(
                fields=["community", "item"], condition=Q(to_date=None), name="five_one_once"
            ),
            models.CheckConstraint(
                condition=(
                    Q(file__isnull=False)
                    | Q(responsibility__isnull=False)
                    | Q(organisation__isnull=False)
                    | Q(member__isnull=False)
                ),
                name="five_one_has_evidence",
            ),
        ]
