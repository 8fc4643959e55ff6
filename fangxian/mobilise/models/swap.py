"""Swaps: somebody asks a colleague to take his shift, for one of the colleague's or for none."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.mobilise.models.shift import Turn
from fangxian.mobilise.models.volunteer import Volunteer


@tracked()
class Swap(Placed):
    """``turn`` is offered to ``to``, who gives ``back`` for it, if anything; both have to agree."""

    scope = Scoped()

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        AGREED = "agreed", _("agreed")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    turn = models.ForeignKey(Turn, models.PROTECT, related_name="swaps")
    to = models.ForeignKey(Volunteer, models.PROTECT, related_name="swaps")
    back = models.ForeignKey(Turn, models.PROTECT, null=True, blank=True, related_name="swaps_back")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("swap")
        verbose_name_plural = _("swaps")
        constraints = [
            models.UniqueConstraint(
                fields=["turn"], condition=Q(state="asked"), name="swap_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, state="asked")
                | (Q(answered_at__isnull=False) & ~Q(state="asked")),
                name="swap_answered",
            ),
            models.CheckConstraint(
                condition=Q(back=None) | ~Q(back=F("turn")), name="swap_two_turns"
            ),
        ]
        indexes = [models.Index(fields=["to", "state"], name="swap_to")]
