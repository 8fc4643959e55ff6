"""Tasks: who, what, due when, escalated when, done by what fact."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped


class TaskState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


def key(role: str, level: int) -> str:
    """Name a role at a level among those who were ``asked``."""
    return f"{role}/{level}"


@tracked()
class Task(Placed):
    """Something one account, or the holders of a role at a place, have to do.

    ``title`` is a msgid, formatted with ``title_data``; neither holds personal data (the object is
    named by type and id). A role's holders are those with a grant at ``assignee_level`` or, where
    nobody has one there, the nearest above: the place is always a prefix of ``place_code``, so a
    redraw moves the task as a whole. ``asked``: whom an overdue task was asked of before it went up
    (:func:`key` of each); it stays theirs too.
    """

    scope = Scoped()

    kind = models.SlugField(_("kind"), max_length=60)
    title = models.CharField(_("task"), max_length=200)
    title_data = models.JSONField(default=dict, blank=True)
    due_at = models.DateTimeField(_("due"))
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.UUIDField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=120)
    assignee_user_id = models.UUIDField(_("assigned to"), null=True, blank=True)
    assignee_role = models.CharField(_("assigned to the role"), max_length=40, blank=True)
    assignee_level = models.PositiveSmallIntegerField()
    asked = ArrayField(models.CharField(max_length=44), default=list, db_default=[], blank=True)
    escalated = models.PositiveSmallIntegerField(_("times escalated"), default=0)
    escalate_at = models.DateTimeField(null=True, blank=True)
    rule_version = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=TaskState.choices, default=TaskState.OPEN
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=80, blank=True)
    done_fact = models.CharField(_("done by"), max_length=200, blank=True)
    emergency_id = models.UUIDField(null=True, blank=True)
    note = SealedTextField(
        verbose_name=_("note"),
        column="core.task.note",
        emergency="emergency_id",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dedupe_key"],
                condition=models.Q(state=TaskState.OPEN),
                name="one_open_task",
            ),
            models.CheckConstraint(
                condition=models.Q(assignee_user_id__isnull=False) | ~models.Q(assignee_role=""),
                name="task_has_assignee",
            ),
            models.CheckConstraint(
                condition=models.Q(state=TaskState.OPEN, closed_at=None)
                | (~models.Q(state=TaskState.OPEN) & models.Q(closed_at__isnull=False)),
                name="task_closed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["place_code"], name="task_place"),
            models.Index(
                fields=["due_at"], condition=models.Q(state=TaskState.OPEN), name="task_due"
            ),
            models.Index(
                fields=["assignee_user_id", "due_at"],
                condition=models.Q(state=TaskState.OPEN),
                name="task_user",
            ),
            models.Index(
                fields=["assignee_role", "place_code"],
                condition=models.Q(state=TaskState.OPEN),
                name="task_role",
            ),
            models.Index(
                fields=["escalate_at"], condition=models.Q(state=TaskState.OPEN), name="task_late"
            ),
            models.Index(
                fields=["closed_at", "id"],
                condition=~models.Q(state=TaskState.OPEN),
                name="task_closed",
            ),
            models.Index(fields=["object_id"], name="task_object"),
            GinIndex(fields=["asked"], condition=models.Q(state=TaskState.OPEN), name="task_asked"),
        ]

    def __str__(self) -> str:
        from django.utils.translation import gettext

        from fangxian.core.kinds import words_of

        text = gettext(self.title)
        return text % words_of(self) if self.title_data else text
