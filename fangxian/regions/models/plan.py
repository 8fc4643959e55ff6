"""A drawing of the grids of one community, from draft to in force."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.regions.models.region import Region


@tracked(exclude=["graph"])
class GridPlan(Placed):
    """Which building (or unit) belongs to which grid, and how good that is.

    ``drawing`` is a list of grids ``{"number", "name", "follows", "parts"}``: ``follows`` is the
    id of the present grid that it continues (or null), ``parts`` are pairs of building id and
    unit id (null for the whole building). ``graph`` is the published neighbour graph, pairs of
    parts with the reason; ``report`` the evaluation. ``version`` counts the edits: an edit of an
    older version is refused.
    """

    scope = Scoped()

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("a drawing of grids", "draft")
        ACCEPTED = "accepted", _("accepted, not yet in force")
        IN_FORCE = "in_force", _("in force")
        REPLACED = "replaced", _("replaced")
        WITHDRAWN = "withdrawn", _("withdrawn")

    community = models.ForeignKey(Region, models.PROTECT, related_name="grid_plans")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    effective = models.DateField(_("in force from"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    parameters = models.JSONField(_("parameters"))
    drawing = models.JSONField(_("grids"))
    graph = models.JSONField(_("neighbour graph"), default=dict)
    report = models.JSONField(_("evaluation"), default=dict)
    edits = models.PositiveIntegerField(_("moves by hand"), default=0)
    made_by = models.CharField(_("drawn by"), max_length=150)
    accepted_by = models.CharField(_("accepted by"), max_length=150, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("drawing of grids")
        verbose_name_plural = _("drawings of grids")
        constraints = [
            models.UniqueConstraint(
                fields=["community"],
                condition=Q(state="accepted"),
                name="one_accepted_drawing_a_community",
            ),
            models.UniqueConstraint(
                fields=["community"],
                condition=Q(state="in_force"),
                name="one_drawing_in_force_a_community",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(effective__isnull=False),
                name="drawing_has_a_date",
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="plan_place")]
