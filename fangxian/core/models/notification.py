"""Messages to people: the in-app notification and the outbox for everything that leaves."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import SealedTextField
from fangxian.common.models import Row
from fangxian.common.scoping import Global, Personal


class Notification(Row):
    """What stands under the bell of one account. The id is that of its outbox message."""

    scope = Personal()

    user_id = models.UUIDField()
    template = models.CharField(max_length=200)
    emergency_id = models.UUIDField(null=True, blank=True)
    context = SealedTextField(
        column="core.notification.context", emergency="emergency_id", null=True, blank=True
    )
    url = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [
            models.Index(fields=["user_id", "-created_at"], name="notification_user"),
            models.Index(
                fields=["user_id"], condition=models.Q(read_at=None), name="notification_unread"
            ),
        ]


class OutboxMessage(Row):
    """One message for one receiver: a template (msgid) and its sealed context."""

    scope = Global("a queue: payloads are sealed; the worker reads it before any scope is known")

    template = models.CharField(max_length=200)
    language = models.CharField(max_length=10, blank=True)
    emergency_id = models.UUIDField(null=True, blank=True)
    context = SealedTextField(
        column="core.outbox.context", emergency="emergency_id", null=True, blank=True
    )
    url = models.CharField(max_length=200, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    sent_by = models.CharField(max_length=80)


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    DEAD = "dead", _("Given up")


class OutboxDelivery(Row):
    """A message on one channel to one target; ``target_hash`` makes the three unique."""

    scope = Global("a queue: targets are sealed; the worker reads it before any scope is known")

    message = models.ForeignKey(OutboxMessage, models.CASCADE, related_name="deliveries")
    channel = models.CharField(_("channel"), max_length=20)
    emergency_id = models.UUIDField(null=True, blank=True)
    target = SealedTextField(column="core.outbox.target", emergency="emergency_id")
    target_hash = models.BinaryField()
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error_code = models.CharField(_("error"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "channel", "target_hash"], name="deliver_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state=DeliveryState.SENT, sent_at__isnull=False)
                | (~models.Q(state=DeliveryState.SENT) & models.Q(sent_at=None)),
                name="delivery_sent_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(state__in=[DeliveryState.WAITING, DeliveryState.SENDING]),
                name="delivery_due",
            ),
            models.Index(
                fields=["-created_at"],
                condition=models.Q(state=DeliveryState.DEAD),
                name="delivery_dead",
            ),
        ]


class Endpoint(Row):
    """A webhook, a WeCom or a DingTalk bot: gets every announcement of this installation."""

    scope = Global("addresses and secrets are sealed; used by the worker before a scope is known")

    name = models.CharField(_("name"), max_length=80, unique=True)
    channel = models.CharField(_("channel"), max_length=20)
    url = SealedTextField(verbose_name=_("address"), column="core.endpoint.url")
    secret = SealedTextField(
        verbose_name=_("secret"), column="core.endpoint.secret", null=True, blank=True
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")

    def __str__(self) -> str:
        return self.name
