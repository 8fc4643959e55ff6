"""Writing visits: what follows from a visit is written in the same statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Func
from django.utils import timezone

from fangxian.common import prepared
from fangxian.common.actor import Actor
from fangxian.common.ids import uuid7
from fangxian.core import counters
from fangxian.field.models import Campaign, Exemption, Target, Visit
from fangxian.field.rules import Outcome
from fangxian.register.models import Household

# How long a closed sweep is waited for, as PostgreSQL says it.
PATIENCE = "1s"


@dataclass(frozen=True)
class NewVisit:
    """What is recorded at a door. ``op_id`` is made by who records it and never used again.

    ``corrects`` is the ``op_id`` of an earlier visit at the same door that was mistaken.
    """

    op_id: UUID
    campaign_id: UUID
    household_id: UUID
    outcome: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    visited_at: dt.datetime | None = None
    form_id: UUID | None = None
    revisit_on: dt.date | None = None
    corrects: UUID | None = None


@dataclass(frozen=True)
class Ready:
    """A visit that passed its checks, as the statement takes it.

    ``late``: it was made before its sweep was closed and came after it.
    """

    visit: NewVisit
    digest: bytes
    outcome: Outcome
    campaign: Campaign
    form_id: UUID
    exceptions: int
    answers: bytes | None
    note: bytes | None
    visited_at: dt.datetime
    revisit_on: dt.date | None
    closing: Sequence[str]
    late: bool = False


# One statement, so one round trip and one snapshot: the targets are locked in the order of their
# ids, the visits appended, and the state, the counts and the lapsed exemptions follow the visits
# that were really new. What a device sends late never overrules what was found after it:
# outcome and day to come back follow ``visited_at``. ``created_at`` is the clock's time within
# the statement, behind the table's lock: reports count by it (``field.reporting``).
_RECORD = """
WITH op AS (
  SELECT * FROM unnest(
    %(op_id)s::uuid[], %(digest)s::bytea[], %(campaign)s::uuid[], %(household)s::uuid[],
    %(outcome)s::text[], %(closes)s::bool[], %(exceptions)s::int[], %(form)s::uuid[],
    %(emergency)s::uuid[], %(answers)s::bytea[], %(note)s::bytea[], %(revisit)s::date[],
    %(visited_at)s::timestamptz[], %(row)s::uuid[]
  ) WITH ORDINALITY AS o (op_id, digest, campaign_id, household_id, outcome, closes, exceptions,
    form_id, emergency_id, answers, note, revisit_on, visited_at, row_id, at)
), door AS (
  SELECT t.id, t.campaign_id, t.household_id, t.state, t.place_code
  FROM field_target t JOIN field_campaign c ON c.id = t.campaign_id
    AND (c.state = 'running' OR c.id = ANY(%(late)s::uuid[]))
    AND NOT EXISTS (SELECT 1 FROM core_emergency e
                    WHERE e.id = c.emergency_id AND e.ended_on IS NOT NULL)
  WHERE (t.campaign_id, t.household_id) IN (SELECT campaign_id, household_id FROM op)
    AND t.state <> 'gone'
  ORDER BY t.id FOR UPDATE OF t
), kept AS (
  INSERT INTO field_visit (id, created_at, place_code, campaign_id, target_id, household_id, op_id,
    digest, outcome, exceptions, form_id, emergency_id, answers, note, revisit_on, visited_at,
    code_then, user_id, actor, source)
  SELECT op.row_id, clock_timestamp(), door.place_code, op.campaign_id, door.id, op.household_id,
    op.op_id, op.digest, op.outcome, op.exceptions, op.form_id, op.emergency_id, op.answers,
    op.note, op.revisit_on, op.visited_at, door.place_code, %(user)s::uuid, %(actor)s::text,
    %(source)s::text
  FROM op JOIN door USING (campaign_id, household_id) ORDER BY op.at
  ON CONFLICT (op_id) DO NOTHING
  RETURNING op_id, target_id
), latest AS (
  SELECT kept.target_id, count(*) AS n, bool_or(op.closes) AS closes,
    max(op.visited_at) AS visited_at,
    (array_agg(op.outcome ORDER BY op.visited_at DESC, op.at DESC))[1] AS outcome,
    (array_agg(op.revisit_on ORDER BY op.visited_at DESC, op.at DESC))[1] AS revisit_on,
    (array_agg(op.op_id ORDER BY op.visited_at, op.at) FILTER (WHERE op.closes))[1] AS covered_by
  FROM kept JOIN op USING (op_id) GROUP BY kept.target_id
), changed AS (
  UPDATE field_target t SET
    state = CASE WHEN latest.closes THEN 'visited' ELSE t.state END,
    outcome = CASE WHEN latest.visited_at >= t.last_visit_at OR t.last_visit_at IS NULL
                   THEN latest.outcome ELSE t.outcome END,
    visits = t.visits + latest.n,
    last_visit_at = greatest(t.last_visit_at, latest.visited_at),
    due_on = CASE WHEN latest.closes OR latest.revisit_on IS NULL
                    OR latest.visited_at < t.last_visit_at THEN t.due_on
                  ELSE latest.revisit_on END
  FROM latest WHERE t.id = latest.target_id
), covered AS (
  SELECT door.id, door.campaign_id, door.place_code, door.state, latest.covered_by FROM door
  JOIN latest ON latest.target_id = door.id WHERE latest.closes AND door.state <> 'visited'
), lapsed AS (
  UPDATE field_exemption e SET ended_on = %(today)s::date, ended_by = covered.covered_by
  FROM covered WHERE e.target_id = covered.id AND e.ended_on IS NULL
), counts AS (
  INSERT INTO core_counterdelta (metric, key, place_code, n)
  SELECT 'visited', campaign_id::text, place_code, count(*) FROM covered GROUP BY 2, 3
  UNION ALL
  SELECT 'exempt', campaign_id::text, place_code, -count(*) FROM covered
  WHERE state = 'exempt' GROUP BY 2, 3
)
SELECT op.op_id, door.id IS NOT NULL, kept.op_id IS NOT NULL
FROM op LEFT JOIN door USING (campaign_id, household_id) LEFT JOIN kept USING (op_id)
"""


class Became(Enum):
    """What became of a visit that was written."""

    KEPT = "kept"
    KNOWN = "known"
    NO_DOOR = "no door"
    NOT_CORRECTABLE = "not correctable"


def hold_sweeps(ready: Iterable[Ready]) -> None:
    """Hold the sweeps in which a visit is corrected as they are, before any door is locked.

    A corrected door may be due when its sweep ends, and who moves that (``extend_campaign``) locks
    the sweep, then its doors.
    """
    sweeps = {one.visit.campaign_id for one in ready if one.visit.corrects is not None}
    if not sweeps:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM field_campaign WHERE id = ANY (%s) ORDER BY id FOR SHARE", [list(sweeps)]
        )


def unsettle(sweeps: Collection[UUID], *, again: bool) -> set[UUID]:
    """Hold closed sweeps in which late visits are to be recorded; returns those that take them.

    Those whose last reports are not made yet; ``again``: the others too, whose visits are then
    reported by the clock in a further closing report. Before any door is locked, as in
    :func:`hold_sweeps`; while a sweep is held, nobody makes its reports (``close_reports``). Who
    makes them waits for all that is just recording visits, as this transaction may be: beyond
    ``PATIENCE`` it raises OperationalError, and is to be tried again as a whole.
    """
    if not sweeps:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        found = list(
            Campaign.objects.select_for_update(no_key=True).filter(id__in=sweeps).order_by("id")
        )
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    settled = {one.id for one in found if one.settled_at is not None}
    if again:
        Campaign.objects.filter(id__in=settled).update(settled_at=None)
    return {one.id for one in found if again or one.id not in settled}


def write(by: Actor, ready: Sequence[Ready], today: dt.date) -> dict[UUID, Became]:
    """Append visits, with what follows from them; by ``op_id`` what became of each.

    All in one statement, or one correction by itself, of a sweep that is held (``hold_sweeps``).
    """
    if len(ready) == 1 and ready[0].visit.corrects is not None:
        return {ready[0].visit.op_id: _write_correction(by, ready[0])}
    values: dict[str, Any] = {
        "op_id": [r.visit.op_id for r in ready],
        "digest": [r.digest for r in ready],
        "campaign": [r.visit.campaign_id for r in ready],
        "household": [r.visit.household_id for r in ready],
        "outcome": [r.outcome.code for r in ready],
        "closes": [r.outcome.closes for r in ready],
        "exceptions": [r.exceptions for r in ready],
        "form": [r.form_id for r in ready],
        "emergency": [r.campaign.emergency_id for r in ready],
        "answers": [r.answers for r in ready],
        "note": [r.note for r in ready],
        "revisit": [r.revisit_on for r in ready],
        "visited_at": [r.visited_at for r in ready],
        "row": [uuid7() for _r in ready],
        "user": by.user_id,
        "actor": by.name,
        "source": by.source,
        "today": today,
        "late": list({r.visit.campaign_id for r in ready if r.late}),
    }
    return {
        op_id: Became.KEPT if kept else Became.KNOWN if door else Became.NO_DOOR
        for op_id, door, kept in prepared.rows(_RECORD, values)
    }


def _write_correction(by: Actor, ready: Ready) -> Became:
    """Append a visit that takes an earlier one back, and work out anew where its door stands.

    Rare, so a few statements: the door is locked first, so that the visit is corrected once.
    """
    visit = ready.visit
    taking = [Campaign.State.RUNNING] + [Campaign.State.CLOSED] * ready.late
    target = (
        Target.objects.select_for_update(of=("self",))
        .select_related("campaign")
        .filter(
            campaign_id=visit.campaign_id,
            campaign__state__in=taking,
            household_id=visit.household_id,
        )
        .exclude(state=Target.State.GONE)
        .exclude(campaign__emergency__ended_on__isnull=False)
        .first()
    )
    if target is None:
        return Became.NO_DOOR
    if Visit.objects.filter(op_id=visit.op_id).exists():
        return Became.KNOWN
    known = Visit.objects.filter(target=target, corrected_by=None)
    if visit.corrects is None or not known.filter(op_id=visit.corrects).exists():
        return Became.NOT_CORRECTABLE
    row = Visit(
        created_at=_ClockTime(),
        place_code=target.place_code,
        campaign_id=visit.campaign_id,
        target=target,
        household_id=visit.household_id,
        op_id=visit.op_id,
        digest=ready.digest,
        corrects_id=visit.corrects,
        outcome=ready.outcome.code,
        exceptions=ready.exceptions,
        form_id=ready.form_id,
        emergency_id=ready.campaign.emergency_id,
        answers=ready.answers,
        note=ready.note,
        revisit_on=ready.revisit_on,
        visited_at=ready.visited_at,
        code_then=target.place_code,
        user_id=by.user_id,
        actor=by.name,
        source=by.source,
    )
    # The number may be taken by a visit that is out of sight: that is told, not an error.
    Visit.objects.bulk_create([row], ignore_conflicts=True)
    if not Visit.objects.filter(id=row.id).exists():
        return Became.KNOWN
    _stand(by, target, ready)
    return Became.KEPT


class _ClockTime(Func):
    """The database's clock at the moment the row is written."""

    template = "clock_timestamp()"
    output_field = DateTimeField()


def _stand(by: Actor, target: Target, ready: Ready) -> None:
    """Bring a door's state and counts in step with its visits that hold."""
    holding = Visit.objects.filter(target=target, corrected_by=None)
    covering = holding.filter(outcome__in=ready.closing).exists()
    latest = holding.order_by("-visited_at", "-id")[0]
    was = target.state
    reopened = None
    if covering:
        now = Target.State.VISITED
    elif was == Target.State.EXEMPT:
        # The exemption was given for its own reason and goes on.
        now = Target.State.EXEMPT
    elif Household.objects.filter(id=target.household_id, state=Household.State.CLOSED).exists():
        now = Target.State.GONE
    elif reopened := _ended_in_error(target):
        now = Target.State.EXEMPT
    else:
        now = Target.State.OPEN
    target.state = now
    target.outcome = latest.outcome
    target.visits += 1
    target.last_visit_at = latest.visited_at
    if not covering:
        # Not the kept campaign's: it may have been extended since that was read.
        target.due_on = latest.revisit_on or target.campaign.ends_on
    target.save(update_fields=["state", "outcome", "visits", "last_visit_at", "due_on"])
    key, code = str(target.campaign_id), target.place_code
    counters.add(
        by,
        [
            ("target", key, code, -(now == "gone")),
            ("visited", key, code, (now == "visited") - (was == "visited")),
            ("exempt", key, code, (now == "exempt") - (was == "exempt")),
        ],
    )
    exemptions = Exemption.objects.filter(target=target)
    if was == Target.State.EXEMPT and now == Target.State.VISITED:
        exemptions.filter(ended_on=None).update(
            ended_on=timezone.localdate(), ended_by=ready.visit.op_id
        )
    elif reopened is not None:
        exemptions.filter(id=reopened.id).update(ended_on=None, ended_by=None)
    elif now == Target.State.GONE:
        exemptions.update(ended_by=None)


def _ended_in_error(target: Target) -> Exemption | None:
    """The exemption that a visit ended which does not hold any more, if its last day is to come."""
    ended = Exemption.objects.filter(
        target=target, ended_by__isnull=False, until__gte=timezone.localdate()
    )
    return ended.order_by("-created_at", "-id").first()
