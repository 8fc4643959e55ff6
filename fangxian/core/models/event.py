"""Events, counters, and the epoch of the server."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import PlaceCodeField
from fangxian.common.ids import uuid7
from fangxian.common.models import Placed
from fangxian.common.scoping import Global, Scoped


class Event(Placed):
    """Something happened: append-only, once for each ``op_id``. ``data`` has no personal values.

    ``code_then`` is the place's code at the time; ``place_code`` follows it through redraws.
    """

    scope = Scoped(append_only=True)

    kind = models.SlugField(_("kind"), max_length=60)
    op_id = models.UUIDField(unique=True)
    digest = models.BinaryField()
    code_then = PlaceCodeField()
    data = models.JSONField(default=dict)
    actor = models.CharField(_("by"), max_length=80)
    user_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["place_code", "-created_at"], name="event_place"),
            models.Index(fields=["kind", "-created_at"], name="event_kind"),
        ]


class CounterDelta(models.Model):
    """A change of a counter, written with the change it counts and folded within a second.

    Not rewritten by a redraw: :func:`fangxian.core.counters.move` takes what was counted along.
    """

    scope = Scoped(moves=False)

    id = models.BigAutoField(primary_key=True)
    metric = models.CharField(max_length=40, db_collation="C")
    key = models.CharField(max_length=40, db_collation="C")
    place_code = PlaceCodeField()
    n = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["key", "place_code"], name="delta_key")]


class NodeStat(models.Model):
    """The folded value of a counter at one place: the sum over everything below it."""

    scope = Scoped(column="code", moves=False)

    id = models.BigAutoField(primary_key=True)
    metric = models.CharField(max_length=40, db_collation="C")
    key = models.CharField(max_length=40, db_collation="C")
    code = PlaceCodeField()
    value = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "code", "metric"], name="node_stat"),
        ]


class ServerEpoch(models.Model):
    """Which life of this database it is: a restore from a backup begins another."""

    scope = Global("one opaque id that devices compare")

    one = models.BooleanField(primary_key=True, default=True)
    epoch = models.UUIDField(default=uuid7)
    since = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "core_serverepoch"
        constraints = [
            models.CheckConstraint(condition=models.Q(one=True), name="one_epoch"),
        ]
