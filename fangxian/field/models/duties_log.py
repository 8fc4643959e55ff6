"""What was done on duty, kept for good: gate entries, checks of points, disinfections, outreach."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import BlindIndexField, SealedTextField
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.field.duties.numbers import plain_number
from fangxian.field.models.duties import Gate, Message, Point


class DutyRecord(Placed):
    """One thing that was done, never overwritten: a correction names what it ``corrects``.

    A corrected one stays and counts no more. ``op_id`` is made by who records it: the same one is
    one record however often it arrives, and ``digest``, which is keyed, tells a repeat from another
    body. ``at`` is when it was done. What is personal is sealed, with the key of the emergency when
    there is one; the rest are figures, which stay.
    """

    op_id = models.UUIDField(unique=True)
    digest = models.BinaryField()
    # The reference of each table to itself, as the types of an abstract model do not know it.
    corrects_id: UUID | None
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        to_field="op_id",
        db_column="corrects_op_id",
        null=True,
        related_name="corrected_by",
        verbose_name=_("corrects"),
    )
    at = models.DateTimeField(_("time"))
    emergency_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    actor = models.CharField(_("by"), max_length=80)
    source = models.CharField(max_length=80)

    class Meta:
        abstract = True


class GateEntry(DutyRecord):
    """Somebody passed a gate, or did not. Codes are those of the rule set ``field_duties``.

    ``fever``: the temperature was at least the rules' of that time.
    """

    scope = Scoped(append_only=True)

    class Direction(models.TextChoices):
        IN = "in", _("in")
        OUT = "out", _("out")

    gate = models.ForeignKey(Gate, models.PROTECT, related_name="entries", db_index=False)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    people = models.PositiveSmallIntegerField(_("people"), default=1)
    decision = models.SlugField(_("decision"), max_length=40, db_index=False)
    fever = models.BooleanField(_("fever"), default=False)
    temperature = SealedTextField(
        verbose_name=_("temperature"),
        column="field.gate_entry.temperature",
        emergency="emergency_id",
        null=True,
    )
    plate = SealedTextField(
        verbose_name=_("plate"),
        column="field.gate_entry.plate",
        emergency="emergency_id",
        null=True,
    )
    plate_index = BlindIndexField(
        source="plate", column="field.gate_entry.plate", normalise=plain_number
    )
    who = SealedTextField(
        verbose_name=_("name"), column="field.gate_entry.who", emergency="emergency_id", null=True
    )
    identity = SealedTextField(
        verbose_name=_("identity number"),
        column="field.gate_entry.identity",
        emergency="emergency_id",
        null=True,
    )
    identity_index = BlindIndexField(
        source="identity", column="field.gate_entry.identity", normalise=plain_number
    )
    phone = SealedTextField(
        verbose_name=_("phone"),
        column="field.gate_entry.phone",
        emergency="emergency_id",
        null=True,
    )
    phone_index = BlindIndexField(
        source="phone", column="field.gate_entry.phone", normalise=plain_number
    )
    origin = SealedTextField(
        verbose_name=_("coming from"),
        column="field.gate_entry.origin",
        emergency="emergency_id",
        null=True,
    )
    note = SealedTextField(
        verbose_name=_("note"), column="field.gate_entry.note", emergency="emergency_id", null=True
    )

    class Meta:
        verbose_name = _("gate entry")
        verbose_name_plural = _("gate entries")
        constraints = [
            models.CheckConstraint(condition=Q(people__gte=1), name="gate_entry_people"),
        ]
        indexes = [
            models.Index(fields=["gate", "at"], name="gate_entry_gate"),
            models.Index(fields=["place_code", "at"], name="gate_entry_place"),
            models.Index(fields=["emergency_id"], name="gate_entry_emergency"),
            models.Index(
                fields=["plate_index"],
                condition=Q(plate_index__isnull=False),
                name="gate_entry_plate",
            ),
            models.Index(
                fields=["identity_index"],
                condition=Q(identity_index__isnull=False),
                name="gate_entry_identity",
            ),
            models.Index(
                fields=["phone_index"],
                condition=Q(phone_index__isnull=False),
                name="gate_entry_phone",
            ),
        ]


class RoundCheck(DutyRecord):
    """A point of a round was passed. ``scanned``: its QR was read there.

    Where the officer stood is not kept, only how many ``metres`` from the point, if it is known.
    """

    scope = Scoped(append_only=True)

    point = models.ForeignKey(Point, models.PROTECT, related_name="checks", db_index=False)
    found = models.SlugField(_("found"), max_length=40, db_index=False)
    exception = models.BooleanField(_("exception"), default=False)
    scanned = models.BooleanField(_("QR read"), default=False)
    metres = models.PositiveIntegerField(_("metres from the point"), null=True)
    note = SealedTextField(
        verbose_name=_("note"),
        column="field.round_check.note",
        emergency="emergency_id",
        null=True,
    )

    class Meta:
        verbose_name = _("check of a point")
        verbose_name_plural = _("checks of points")
        indexes = [
            models.Index(fields=["point", "at"], name="round_check_point"),
            models.Index(fields=["place_code", "at"], name="round_check_place"),
            models.Index(fields=["emergency_id"], name="round_check_emergency"),
        ]


class Disinfection(DutyRecord):
    """A place was disinfected: what of it, with which agent, how strong and for how long.

    ``concentration`` in mg/L, ``minutes`` of contact, ``area`` in square metres.
    """

    scope = Scoped(append_only=True)

    site = models.SlugField(_("what"), max_length=40, db_index=False)
    agent = models.SlugField(_("agent"), max_length=40, db_index=False)
    concentration = models.PositiveIntegerField(_("mg/L"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    area = models.PositiveIntegerField(_("square metres"), null=True)
    operator = SealedTextField(
        verbose_name=_("done by"),
        column="field.disinfection.operator",
        emergency="emergency_id",
        null=True,
    )
    note = SealedTextField(
        verbose_name=_("note"),
        column="field.disinfection.note",
        emergency="emergency_id",
        null=True,
    )

    class Meta:
        verbose_name = _("disinfection")
        verbose_name_plural = _("disinfections")
        indexes = [
            models.Index(fields=["place_code", "at"], name="disinfection_place"),
            models.Index(fields=["emergency_id"], name="disinfection_emergency"),
        ]


class Outreach(DutyRecord):
    """People were told something, talked to, a rumour was answered, a gathering dispersed.

    ``done``: what was meant to be reached was, by the rules of that time.
    """

    scope = Scoped(append_only=True)

    kind = models.SlugField(_("kind"), max_length=40, db_index=False)
    message = models.ForeignKey(
        Message, models.PROTECT, null=True, related_name="outreach", verbose_name=_("message")
    )
    people = models.PositiveIntegerField(_("people reached"), default=0)
    outcome = models.SlugField(_("outcome"), max_length=40, db_index=False)
    done = models.BooleanField(_("done"), default=True)
    note = SealedTextField(
        verbose_name=_("note"),
        column="field.outreach.note",
        emergency="emergency_id",
        null=True,
    )

    class Meta:
        verbose_name = _("outreach")
        verbose_name_plural = _("outreach")
        indexes = [
            models.Index(fields=["place_code", "at"], name="outreach_place"),
            models.Index(fields=["emergency_id"], name="outreach_emergency"),
        ]
