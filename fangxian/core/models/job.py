"""Jobs: long work with progress that can be left, found again, stopped and resumed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.models import Placed
from fangxian.common.scoping import Global, Scoped


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    STOPPING = "stopping", _("Stopping")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


UNFINISHED = (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)


class Job(Placed):
    """One run of a job kind for one account (or a named system job). ``args`` are ids only.

    ``run_token`` names the attempt that may write: one that was given up for dead and comes back
    finds another token and stops. ``state_data`` is what a later attempt resumes from; it is saved
    in the same transaction as the work it describes.
    """

    scope = Scoped()

    kind = models.SlugField(_("kind"), max_length=60)
    args = models.JSONField(default=dict)
    user_id = models.UUIDField(null=True, blank=True)
    grant_id = models.UUIDField(null=True, blank=True)
    requester = models.CharField(_("started by"), max_length=80)
    state = models.CharField(
        _("state"), max_length=10, choices=JobState.choices, default=JobState.QUEUED
    )
    done = models.BigIntegerField(_("done"), default=0)
    total = models.BigIntegerField(_("of"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    result_file = models.ForeignKey(
        "core.File", models.PROTECT, null=True, blank=True, related_name="+"
    )
    result_url = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    run_token = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(_("begun"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    state_data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=UNFINISHED, finished_at=None)
                | (~models.Q(state__in=UNFINISHED) & models.Q(finished_at__isnull=False)),
                name="job_finished_at",
            ),
        ]
        indexes = [
            models.Index(fields=["user_id", "-created_at"], name="job_user"),
            models.Index(fields=["place_code"], name="job_place"),
            models.Index(
                fields=["heartbeat_at"],
                condition=models.Q(state__in=UNFINISHED),
                name="job_unfinished",
            ),
        ]


class Worker(models.Model):
    """A worker process and when it was last seen."""

    scope = Global("names of processes; read by the health page")

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=80)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()


class DailyRun(models.Model):
    """The last local day whose work of one daily task was begun, and when it was done."""

    scope = Global("names of daily tasks and days; kept by the workers")

    name = models.SlugField(primary_key=True, max_length=60)
    day = models.DateField(null=True)
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
