"""Jobs, one's own and those of the area: progress, result, stopping."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.core import actions, queries
from fangxian.core.forms import JobFilter
from fangxian.core.jobs import kinds
from fangxian.core.models import UNFINISHED, Job, JobState

SHOWN = 100

# The five states of a job in the words of the progress component.
LOOK = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "running",
    JobState.STOPPING: "running",
    JobState.STOPPED: "failed",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
}


def error_of(job: Job) -> str:
    """Why a job has ended before its end; empty if it has not."""
    if job.state == JobState.STOPPED:
        return _("Stopped on request.")
    if job.state != JobState.FAILED:
        return ""
    told = {
        "worker_lost": _("The worker was lost several times while doing this. Start it again."),
        "requester_gone": _("The account or its role is no longer in force."),
        "forbidden": _("A right for this was missing."),
        "out_of_scope": _("Something it needs no longer lies in your area."),
        "emergency_ended": _("The emergency has ended: what was recorded for it is destroyed."),
        "destroyed": _("The emergency has ended and the file is destroyed."),
        "internal": _("An unexpected error; it is in the log. Start it again or report it."),
    }
    return told.get(job.error_code) or _("Refused: %(code)s") % {"code": job.error_code}


def row_of(job: Job, *, reload: bool = False) -> dict[str, Any]:
    """What the progress component shows of a job; with ``reload`` its page is loaded at its end."""
    result = ""
    if job.result_url:
        result = job.result_url
    elif job.result_file_id:
        result = reverse("core:file", args=[job.result_file_id])
    return {
        "job": job,
        "label": str(kinds.get(job.kind).label) if job.kind in kinds else job.kind,
        "look": LOOK[JobState(job.state)],
        "unfinished": job.state in UNFINISHED,
        "url": reverse("core:job_progress", args=[job.id]) + ("?then=reload" if reload else ""),
        "error": error_of(job),
        "result": result,
    }


def _job(by: Actor, job_id: UUID) -> Job:
    job = Job.objects.filter(id=job_id).first()
    if job is None or not (job.user_id == by.user_id or by.may("core.jobs", job.place_code)):
        raise OutOfScope(str(job_id))
    return job


@page()
def mine(request: SignedRequest) -> HttpResponse:
    """The jobs one has started, newest first; with the right for it those of the area."""
    by = request.actor
    form = JobFilter(request.GET)
    everybody = form.chosen("who") == "all" and by.may("core.jobs")
    state = form.chosen("state")
    found = queries.jobs_in_area(by) if everybody else queries.jobs_for(by)
    if state:
        found = found.filter(state=state)
    context = {
        "rows": [row_of(job) for job in found[:SHOWN]],
        "form": form if by.may("core.jobs") else None,
        "everybody": everybody,
        "filtered": everybody or bool(state),
    }
    return render(request, "core/jobs.html", context)


@page()
def detail(request: SignedRequest, job_id: UUID) -> HttpResponse:
    """One job, its progress kept up to date."""
    job = _job(request.actor, job_id)
    return render(request, "core/job.html", {"row": row_of(job)})


@page()
def progress(request: SignedRequest, job_id: UUID) -> HttpResponse:
    """The progress alone, for polling; at its end a page that shows more then is loaded anew."""
    job = _job(request.actor, job_id)
    reload = request.GET.get("then") == "reload"
    row = row_of(job, reload=reload)
    answer = render(request, "core/_job.html", {"row": row})
    if reload and not row["unfinished"]:
        answer["HX-Refresh"] = "true"
    return answer


@page(methods=("POST",))
def cancel(request: SignedRequest, job_id: UUID) -> HttpResponse:
    """Ask a job to stop."""
    actions.cancel_job(by=request.actor, job_id=job_id)
    messages.success(request, _("The job is asked to stop."))
    return redirect("core:job", job_id)
