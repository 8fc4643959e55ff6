"""What this room itself adds to 今日: visits since yesterday, and what administrators watch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.queries import access_log, open_alerts, users_in
from fangxian.command.checking import proof
from fangxian.command.situation import kept
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.registries import TodayItem
from fangxian.core import worker
from fangxian.core.models import DeliveryState, Job, JobState, OutboxDelivery
from fangxian.field.models import Visit
from fangxian.field.queries import running


def today_of_sweeps(by: Actor) -> Sequence[TodayItem]:
    """Visits since yesterday, for each running sweep; counted at most once a minute.

    Visits that were corrected don't count, their corrections do, as in the daily report.
    """
    if not by.may("command.board"):
        return []
    lo, hi = codes.bounds(by.area)
    sweeps = list(running(by.area))

    def count() -> dict[str, int]:
        made = Visit.objects.filter(
            campaign_id__in=[campaign.id for campaign in sweeps],
            place_code__gte=lo,
            place_code__lt=hi,
            visited_at__gte=_yesterday(),
            corrected_by=None,
        )
        found = made.values_list("campaign_id").annotate(Count("id"))
        return {str(campaign_id): n for campaign_id, n in found}

    counts = kept(f"command.visits:{by.area}", count) if sweeps else {}
    items = []
    for campaign in sweeps:
        if made := counts.get(str(campaign.id)):
            url = reverse("command:board_area", args=[campaign.id])
            label = _("Visits since yesterday")
            figure = f"field.visits_recent:{campaign.id}"
            items.append(
                TodayItem(
                    "changed", label, made, url, detail=campaign.name, unit="visit", figure=figure
                )
            )
    return items


def today_of_administrators(by: Actor) -> Sequence[TodayItem]:
    """Alerts, accounts, the digest of the access log, the health of the machine."""
    items: list[TodayItem] = []
    if by.may("accounts.alerts"):
        items += _alerts(by)
    if by.may("accounts.see"):
        items += _accounts(by)
    if by.may("accounts.audit"):
        items += _audit(by)
    if by.may("core.outbox"):
        items += _machine()
    return items


def _yesterday() -> dt.datetime:
    day = timezone.localdate() - dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _alerts(by: Actor) -> list[TodayItem]:
    count = open_alerts(by.area).count()
    tone = "bad" if count else "ok"
    url = reverse("accounts:alerts")
    return [TodayItem("due", _("Security alerts to settle"), count, url, tone, unit="alert")]


def _accounts(by: Actor) -> list[TodayItem]:
    found = users_in(by.area).aggregate(
        active=Count("pk", filter=Q(is_active=True)),
        unused=Count("pk", filter=Q(is_active=True, last_login=None)),
        lapsed=Count("pk", filter=Q(is_active=True, password_expires_at__lt=timezone.now())),
    )
    url = reverse("accounts:users")
    items = [
        TodayItem(
            "uncovered",
            _("Accounts that nobody has used yet"),
            found["unused"],
            url,
            "late" if found["unused"] else "ok",
            _("of %(n)s in use") % {"n": found["active"]},
            unit="account",
        )
    ]
    if found["lapsed"]:
        label = _("Temporary passwords that have run out")
        items.append(TodayItem("due", label, found["lapsed"], url, "late", unit="account"))
    return items


def _audit(by: Actor) -> list[TodayItem]:
    def count() -> dict[str, int]:
        found: dict[str, int] = access_log(by.area, since=_yesterday().date()).aggregate(
            reads=Count("pk"),
            viewers=Count("user_id", distinct=True),
            revealed=Count("pk", filter=~Q(revealed="")),
        )
        return found

    reads = kept(f"command.audit:{by.area}:{timezone.localdate()}", count)
    url = reverse("accounts:access")
    since = f"?since={_yesterday():%Y-%m-%d}"
    return [
        TodayItem(
            "changed",
            _("Reads of residents' data"),
            reads["reads"],
            url + since,
            detail=_("by %(n)s accounts") % {"n": reads["viewers"]},
            unit="time",
        ),
        TodayItem(
            "changed",
            _("Full numbers shown"),
            reads["revealed"],
            f"{url}{since}&revealed=1",
            "late" if reads["revealed"] else "neutral",
            unit="time",
        ),
    ]


def _machine() -> list[TodayItem]:
    jobs = Job.objects.aggregate(
        waiting=Count("pk", filter=Q(state=JobState.QUEUED)),
        failed=Count("pk", filter=Q(state=JobState.FAILED, created_at__gte=_yesterday())),
    )
    dead = OutboxDelivery.objects.filter(state=DeliveryState.DEAD).count()
    outbox, jobs_url = reverse("core:outbox"), reverse("core:jobs") + "?who=all"
    checked = proof()
    items = [
        TodayItem(
            "uncovered",
            _("Invariants that do not hold"),
            checked["broken"],
            reverse("command:proof"),
            "bad" if checked["broken"] or checked["stale"] else "ok",
            _("not checked since yesterday") if checked["stale"] else "",
            unit="item",
        ),
        TodayItem(
            "due",
            _("Messages that could not be delivered"),
            dead,
            outbox,
            "late" if dead else "ok",
            unit="message",
        ),
        TodayItem(
            "changed",
            _("Jobs that failed"),
            jobs["failed"],
            f"{jobs_url}&state=failed",
            "bad" if jobs["failed"] else "neutral",
            _("%(n)s waiting") % {"n": jobs["waiting"]},
            unit="job",
        ),
    ]
    if not worker.alive():
        label = _("The worker gives no sign of life")
        detail = _("Start it: fangxian worker")
        items.insert(0, TodayItem("uncovered", label, 1, jobs_url, "bad", detail))
    return items
