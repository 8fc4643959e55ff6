"""What phones sent, what is held of it, what two changed at once, and what each phone has."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Global, Scoped


class Operation(models.Model):
    """One operation of a phone, once however often it arrives.

    ``digest`` is over its plaintext; ``proven``: it was shown that ``user_id`` made it, and not
    only said (``sync/proofs.py``); ``told`` what was answered beside the result (JSON: problems,
    merged fields). ``members``: which fields it changes, where its entity is merged.
    ``decided_at``: when somebody decided on one that was held, or it met another's change, which a
    pull tells; ``heard_at``: when the phone asked on with that in its hands.
    """

    scope = Global("asked for by its number, which only the sender knows, before a place is known")

    op_id = models.UUIDField(primary_key=True, editable=False)
    device_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    seq = models.BigIntegerField(default=0)
    entity = models.CharField(max_length=40, blank=True)
    object_id = models.UUIDField(null=True)
    members = ArrayField(models.CharField(max_length=40), null=True)
    digest = models.BinaryField()
    proven = models.BooleanField(default=False)
    result = models.CharField(max_length=10)
    emergency_id = models.UUIDField(null=True)
    told = SealedTextField(column="field.operation.told", emergency="emergency_id", null=True)
    captured_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["object_id"],
                condition=Q(members__isnull=False),
                name="operation_merged",
            ),
            models.Index(
                fields=["device_id", "seq"],
                condition=Q(proven=True),
                name="operation_counted",
            ),
            models.Index(
                fields=["device_id", "decided_at"],
                condition=Q(decided_at__isnull=False),
                name="operation_decided",
            ),
        ]


# What it says is kept as long as somebody has to decide on it, and nowhere else.
@tracked(exclude=["body", "reason"])
class HeldOperation(Placed):
    """An operation that could not be applied for who sent it; somebody decides on it.

    ``place_code`` is where its object lies, else where the sender works. ``body`` is its plaintext
    until it is decided on (None before: its key or what it says is forgotten, so it can only be
    turned down). ``handed_by``: who brought it in a file; None: the phone itself sent it.
    """

    scope = Scoped()

    class Why(models.TextChoices):
        PROOF = "proof", _("nothing proves that the person named made it")
        DEVICE = "device", _("the phone was disabled")
        ACCOUNT = "account", _("the account is disabled or was never used on this phone")
        RIGHT = "right", _("the right is missing there now")
        PLACE = "place", _("it lies outside the sender’s area now")
        KEY = "key", _("it came too late to be opened")
        CLOSED = "closed", _("its sweep was closed before it arrived")
        HANDED = "handed", _("somebody else handed it in")

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        APPLIED = "applied", _("taken over")
        DECLINED = "declined", _("turned down")

    op_id = models.UUIDField(unique=True)
    device_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    handed_by = models.UUIDField(null=True)
    entity = models.CharField(_("what"), max_length=40, blank=True)
    why = models.CharField(_("why"), max_length=10, choices=Why.choices)
    emergency_id = models.UUIDField(null=True)
    body = SealedTextField(column="field.held.body", emergency="emergency_id", null=True)
    captured_at = models.DateTimeField(_("made"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True)
    reason = SealedTextField(
        _("reason"), column="field.held.reason", emergency="emergency_id", null=True
    )

    class Meta:
        verbose_name = _("held record of a phone")
        verbose_name_plural = _("held records of phones")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="held_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["place_code"], condition=Q(state="open"), name="held_open"),
            models.Index(fields=["device_id"], condition=Q(state="open"), name="held_of_device"),
            models.Index(fields=["emergency_id"], name="held_emergency"),
        ]


@tracked()
class FieldConflict(Placed):
    """A field that two changed at once: all values are kept until somebody chooses one.

    ``values`` (JSON): ``[{"value", "who", "at", "device"}]``, the first what both had begun from
    (``who`` is empty), then in the order of arrival; ``shown`` is the number of the one that shows.
    """

    scope = Scoped()

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        SETTLED = "settled", _("decided")

    entity = models.CharField(_("what"), max_length=40)
    object_id = models.UUIDField()
    field = models.CharField(_("field"), max_length=40)
    op_id = models.UUIDField()
    values = SealedTextField(column="field.conflict.values")
    shown = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(_("decided"), null=True)
    settled_by = models.CharField(_("decided by"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("field that two changed")
        verbose_name_plural = _("fields that two changed")
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "object_id", "field"],
                condition=Q(state="open"),
                name="one_open_conflict",
            ),
        ]
        indexes = [
            models.Index(fields=["place_code"], condition=Q(state="open"), name="conflict_open"),
        ]


class PhoneManifest(models.Model):
    """What a phone has: ids and versions after its last page and after the one before it.

    Packed as ``field.sync.manifest`` says. ``pulls`` (JSON): when it last asked, and the number of
    its last operation then: ``[[seq, moment]]``, the latest last.
    """

    scope = Global("ids and versions of what a phone has, no value; asked for by the phone itself")

    device_id = models.UUIDField(primary_key=True, editable=False)
    epoch = models.CharField(max_length=60)
    cursor = models.CharField(max_length=22)
    cursor_before = models.CharField(max_length=22, blank=True)
    has = models.BinaryField(default=b"")
    had = models.BinaryField(default=b"")
    pulls = models.JSONField(default=list)
    pulled_at = models.DateTimeField(default=timezone.now)
