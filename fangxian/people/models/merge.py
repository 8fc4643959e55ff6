"""Two records that may be one human: the queue, and the merges that were made."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.people.models.person import Person

REASONS = [
    ("document", _("same document")),
    ("phone", _("same name and phone")),
    ("named", _("pointed out by a colleague")),
]


@tracked()
class MergeCandidate(Placed):
    """A pair to decide on. ``place_code`` is the lowest place that contains all of both."""

    scope = Scoped()

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        MERGED = "merged", _("merged")
        DISMISSED = "dismissed", _("two different people")

    first = models.ForeignKey(Person, models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, models.CASCADE, related_name="+")
    reason = models.CharField(_("why"), max_length=12, choices=REASONS)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="candidate_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="candidate_ordered"),
        ]
        indexes = [models.Index(fields=["place_code", "state"], name="candidate_place")]


@tracked()
class Merge(Placed):
    """One merge, with all that is needed to undo it exactly."""

    scope = Scoped()

    candidate = models.ForeignKey(MergeCandidate, models.PROTECT, null=True, related_name="merges")
    kept = models.ForeignKey(Person, models.PROTECT, related_name="+")
    lost = models.ForeignKey(Person, models.PROTECT, related_name="+")
    # Field of Person → {"before": value, "after": value} of the kept record.
    changed = models.JSONField(default=dict)
    # Name of the reference → keys of the rows that were moved from the lost record to the kept one;
    # "settled" → name of the reference → what its ``settle`` returned, for its ``reopen``.
    moved = models.JSONField(default=dict)
    merged_by = models.UUIDField(null=True)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("lost")), name="merge_two"),
            models.UniqueConstraint(
                fields=["lost"], condition=Q(undone_at=None), name="merged_once"
            ),
        ]
