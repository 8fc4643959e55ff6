"""Taking a shot of a watched ledger, and beginning the day's files of scheduled ones."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.facts import View, plans
from fangxian.core.actions import OWNER_ALONE, store_file
from fangxian.core.actions.files import content_of
from fangxian.core.actions.jobs import enqueue
from fangxian.core.models import UNFINISHED, Job
from fangxian.reporting import shots
from fangxian.reporting.models import Ledger, Shot
from fangxian.reporting.queries import ledger_of, view_of
from fangxian.reporting.registered import EXPORT
from fangxian.reporting.rules import export_rules

DAILY = "reporting.daily"
KEPT_DAYS = 90
DAY = dt.timedelta(days=1)


def digests_of(view: View, by: Actor, place: str, ledger_id: UUID, most: int) -> shots.Digests:
    """The digests of a ledger's rows as they are now. Raises Invalid when there are too many."""
    if plans.count(view, by, place, most) > most:
        raise Invalid(
            Problem(
                _("A ledger of more than %(most)d rows can't be compared.") % {"most": most},
                mend=_("Watch a smaller place or fewer rows."),
            )
        )
    lines = plans.stream(view, by, place)
    return shots.taken(((line.key, line.cells) for line in lines), ledger_id)


@action
def shoot(*, by: Actor, ledger_id: UUID) -> Shot:
    """Keep what stands in a watched ledger now, and how many rows differ from the last time.

    Raises OutOfScope, Forbidden, Invalid (too large, not watched).
    """
    ledger = ledger_of(by, ledger_id)
    by.require(EXPORT, ledger.place_code)
    if not ledger.watched:
        raise Invalid(Problem(_("This ledger isn't watched."), mend=_("Keep it as watched.")))
    view = view_of(ledger).checked(by, ledger.place_code)
    now = digests_of(view, by, ledger.place_code, ledger.pk, export_rules().watched_rows)
    last = last_shot(ledger, view)
    found = shots.between(opened(last), now) if last is not None else None
    file = store_file(
        by=by, data=shots.packed(now), name=f"{ledger.pk}", media_type="application/octet-stream",
        place_code=ledger.place_code, right=OWNER_ALONE,
        keep_until=timezone.localdate() + dt.timedelta(days=KEPT_DAYS),
    )  # fmt: skip
    shot = Shot(
        ledger=ledger, place_code=ledger.place_code, file=file, columns=list(view.shown()),
        rows=len(now), added=len(found.added) if found else 0,
        gone=len(found.gone) if found else 0, changed=len(found.changed) if found else 0,
    )  # fmt: skip
    shot.save(force_insert=True)
    return shot


def last_shot(ledger: Ledger, view: View) -> Shot | None:
    """The latest shot that can be compared: of the same columns, with its file still there."""
    found = Shot.objects.filter(ledger=ledger, columns=list(view.shown()), file__purged_at=None)
    return found.select_related("file").order_by("-created_at", "-id").first()


def opened(shot: Shot) -> shots.Digests:
    """The digests of a shot, whoever of those who may open the ledger has taken it."""
    return shots.unpacked(content_of(shot.file))


@action
def begin_daily(*, by: Actor, now: dt.datetime | None = None) -> int:
    """Start the files of scheduled ledgers that are due today; each once a day. Returns how many.

    Each is a job of its owner with the owner's own grant, which is looked up anew when it runs.
    """
    moment = timezone.localtime(now)
    today = moment.date()
    due = (
        Ledger.objects.select_for_update(skip_locked=True)
        .filter(
            Q(Q(ran_on=None) | Q(ran_on__lt=today), daily_at__lte=moment.time())
            # Yesterday's, where nobody looked between its time and midnight.
            | Q(ran_on__lt=today - DAY, daily_at__gt=moment.time())
        )
        .order_by("id")
    )
    begun = 0
    for ledger in due[:500]:
        late = ledger.daily_at is not None and ledger.daily_at > moment.time()
        ledger.ran_on = today - DAY if late else today
        ledger.save(update_fields=["ran_on"])
        waiting = Job.objects.filter(kind=DAILY, args__ledger=str(ledger.pk), state__in=UNFINISHED)
        if ledger.grant_id is None or waiting.exists():
            continue
        job = Job(
            kind=DAILY, args={"ledger": str(ledger.pk)}, place_code=ledger.place_code,
            user_id=ledger.user_id, grant_id=ledger.grant_id, requester=ledger.made_by,
        )  # fmt: skip
        job.save(force_insert=True)
        enqueue(job.id)
        begun += 1
    return begun
