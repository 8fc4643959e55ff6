"""Members: a person in an organisation, with a duty, from when to when."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.organisations.models.organisation import Organisation
from fangxian.people.models import Person
from fangxian.regions.models import Region


class EndedBy(models.TextChoices):
    """What ended a membership or a post by itself; taken back, it lets go on what it ended."""

    DEATH = "death", _("the holder’s death")
    MOVE = "move", _("the holder moved away")
    LEAVING = "leaving", _("the membership ended")
    DISSOLUTION = "dissolution", _("the organisation was dissolved")


# The column of memberships and posts that says it; empty where a person ended them.
ENDED_BY: Final[dict[str, Any]] = {
    "max_length": 12,
    "choices": EndedBy.choices,
    "blank": True,
    "default": "",
    "db_default": "",
    "editable": False,
}


@tracked()
class Member(Placed):
    """A membership. ``place_code`` is the organisation's seat; the person stays one human.

    ``ended_by``: what ended it but a decision about this member alone. ``wish``: where he or she
    said to wish to serve, a community or a place in one. ``probationary``: a party member who isn't
    a full one yet, and doesn't count for the form of a party body.
    """

    scope = Scoped()

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="members")
    duty = models.CharField(_("duty"), max_length=60, blank=True)
    rank = models.CharField(_("rank"), max_length=40, blank=True)
    party_member = models.BooleanField(_("party member"), default=False)
    probationary = models.BooleanField(
        _("probationary member of the party"), default=False, db_default=False
    )
    wish = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("wishes to serve at"),
    )
    from_date = models.DateField(_("from"))
    ended_by = models.CharField(**ENDED_BY)
    to_date = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organisation"], condition=Q(to_date=None), name="member_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="member_dates"
            ),
            models.CheckConstraint(
                condition=Q(probationary=False) | Q(party_member=True), name="member_probationary"
            ),
        ]
        indexes = [
            models.Index(fields=["place_code", "organisation"], name="member_place"),
        ]
