"""Recording visits: one statement for one visit or a hundred, once whatever the network does."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.ids import uuid7
from fangxian.common.keyring import REGISTER
from fangxian.field.models import Campaign, FormDefinition, Visit
from fangxian.field.questionnaire import Questionnaire, check_answers
from fangxian.field.rules import FieldRules, Outcome, field_rules_version

RIGHT = "field.visit"
MOST = 100
CLOCK_AHEAD = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class NewVisit:
    """What is recorded at a door. ``op_id`` is made by who records it and never used again."""

    op_id: UUID
    campaign_id: UUID
    household_id: UUID
    outcome: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    visited_at: dt.datetime | None = None
    form_id: UUID | None = None
    revisit_on: dt.date | None = None


@dataclass(frozen=True)
class Answer:
    """What became of one visit: ``applied``, ``duplicate`` or ``rejected`` with its problems."""

    op_id: UUID
    result: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Ready:
    """A visit that passed its checks, as the statement takes it."""

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


class _Campaigns:
    """Campaigns, rules and questionnaires of one batch, each read once."""

    def __init__(self, visits: Sequence[NewVisit]) -> None:
        wanted = {visit.campaign_id for visit in visits}
        found = Campaign.objects.filter(id__in=wanted).select_related("form", "area")
        self.campaigns = {campaign.id: campaign for campaign in found}
        self._rules: dict[int, FieldRules] = {}
        self._questions: dict[UUID, Questionnaire] = {}
        self._forms: dict[UUID, FormDefinition] = {}

    def rules(self, campaign: Campaign) -> FieldRules:
        if campaign.rule_version not in self._rules:
            self._rules[campaign.rule_version] = field_rules_version(campaign.rule_version)
        return self._rules[campaign.rule_version]

    def form(self, campaign: Campaign, form_id: UUID | None) -> FormDefinition | None:
        """The campaign's form, or an earlier version of it that a device still has."""
        if form_id is None or form_id == campaign.form_id:
            return campaign.form
        if form_id not in self._forms:
            earlier = FormDefinition.objects.filter(id=form_id, code=campaign.form.code).first()
            if earlier is None:
                return None
            self._forms[form_id] = earlier
        return self._forms[form_id]

    def questions(self, form: FormDefinition) -> Questionnaire:
        if form.id not in self._questions:
            self._questions[form.id] = form.questionnaire()
        return self._questions[form.id]


def digest_of(visit: NewVisit) -> bytes:
    """SHA-256 over everything that was recorded; equal for a repeat, different for another body."""
    body = [
        str(visit.campaign_id),
        str(visit.household_id),
        visit.outcome,
        dict(visit.answers),
        visit.note,
        visit.visited_at,
        str(visit.form_id or ""),
        visit.revisit_on,
    ]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def _problem(message: str, where: str, mend: str, code: str) -> Problem:
    return Problem(message, field=where, mend=mend, code=code)


def _check(visit: NewVisit, known: _Campaigns, now: dt.datetime) -> _Ready | list[Problem]:
    campaign = known.campaigns.get(visit.campaign_id)
    if campaign is None or campaign.state == Campaign.State.DRAFT:
        return [
            _problem(
                _("There is no such sweep."), "campaign", _("Choose a running one."), "campaign"
            )
        ]
    if campaign.state == Campaign.State.CLOSED:
        return [
            _problem(
                _("The sweep “%(name)s” is closed.") % {"name": campaign.name},
                "campaign",
                _("Ask headquarters to open a new one."),
                "closed",
            )
        ]
    rules = known.rules(campaign)
    outcome = rules.outcomes.get(visit.outcome)
    form = known.form(campaign, visit.form_id)
    if outcome is None:
        names = "、".join(o.name for o in rules.outcomes.values())
        return [
            _problem(
                _("“%(code)s” is not an outcome.") % {"code": visit.outcome},
                "outcome",
                _("Take one of: %(names)s.") % {"names": names},
                "outcome",
            )
        ]
    if form is None:
        return [_problem(_("The form is not the sweep’s."), "form", _("Fetch it anew."), "form")]
    visited_at = min(visit.visited_at or now, now + CLOCK_AHEAD)
    day = timezone.localtime(visited_at).date()
    answers: dict[str, Any] = {}
    exceptions = 0
    if outcome.asks or visit.answers:
        checked = check_answers(known.questions(form), visit.answers, today=day)
        if not checked.ok:
            return checked.problems
        answers, exceptions = checked.answers, len(checked.exceptions)
    return _Ready(
        visit=visit,
        digest=digest_of(visit),
        outcome=outcome,
        campaign=campaign,
        form_id=form.id,
        exceptions=max(exceptions, int(outcome.asks)),
        answers=_sealed("answers", orjson.dumps(answers).decode() if answers else "", campaign),
        note=_sealed("note", visit.note.strip(), campaign),
        visited_at=visited_at,
        revisit_on=visit.revisit_on or _revisit(outcome, day),
    )


def _revisit(outcome: Outcome, day: dt.date) -> dt.date | None:
    return None if outcome.revisit_days is None else day + dt.timedelta(days=outcome.revisit_days)


def _sealed(name: str, text: str, campaign: Campaign) -> bytes | None:
    if not text:
        return None
    column: Any = Visit._meta.get_field(name)
    sealed: bytes = column.seal(text, campaign.emergency_id or REGISTER)
    return sealed


# One statement, so one round trip and one snapshot: the targets are locked in the order of their
# ids, the visits appended, and the state, the counts and the lapsed exemptions follow the visits
# that were really new.
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
  SELECT t.id, t.campaign_id, t.household_id, t.state, t.place_code FROM field_target t
  WHERE (t.campaign_id, t.household_id) IN (SELECT campaign_id, household_id FROM op)
  ORDER BY t.id FOR UPDATE
), kept AS (
  INSERT INTO field_visit (id, created_at, place_code, campaign_id, target_id, household_id, op_id,
    digest, outcome, exceptions, form_id, emergency_id, answers, note, revisit_on, visited_at,
    code_then, user_id, actor, source)
  SELECT op.row_id, now(), door.place_code, op.campaign_id, door.id, op.household_id, op.op_id,
    op.digest, op.outcome, op.exceptions, op.form_id, op.emergency_id, op.answers, op.note,
    op.revisit_on, op.visited_at, door.place_code, %(user)s, %(actor)s, %(source)s
  FROM op JOIN door USING (campaign_id, household_id) ORDER BY op.at
  ON CONFLICT (op_id) DO NOTHING
  RETURNING op_id, target_id
), latest AS (
  SELECT kept.target_id, count(*) AS n, bool_or(op.closes) AS closes,
    max(op.visited_at) AS visited_at, (array_agg(op.outcome ORDER BY op.at DESC))[1] AS outcome,
    (array_agg(op.revisit_on ORDER BY op.at DESC))[1] AS revisit_on
  FROM kept JOIN op USING (op_id) GROUP BY kept.target_id
), changed AS (
  UPDATE field_target t SET
    state = CASE WHEN latest.closes THEN 'visited' ELSE t.state END,
    outcome = latest.outcome,
    visits = t.visits + latest.n,
    last_visit_at = greatest(t.last_visit_at, latest.visited_at),
    due_on = CASE WHEN latest.closes OR latest.revisit_on IS NULL THEN t.due_on
                  ELSE latest.revisit_on END
  FROM latest WHERE t.id = latest.target_id
), covered AS (
  SELECT door.id, door.campaign_id, door.place_code, door.state FROM door
  JOIN latest ON latest.target_id = door.id WHERE latest.closes AND door.state <> 'visited'
), lapsed AS (
  UPDATE field_exemption e SET ended_on = %(today)s
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


def _write(by: Actor, ready: Sequence[_Ready], today: dt.date) -> dict[UUID, tuple[bool, bool]]:
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
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values)
        return {op_id: (known, kept) for op_id, known, kept in cursor.fetchall()}


def _repeat(visit: NewVisit, digests: Mapping[UUID, bytes]) -> Answer:
    """The answer for an operation that is already there: the same body is fine, another is not."""
    known = digests.get(visit.op_id)
    if known is not None and bytes(known) == digest_of(visit):
        return Answer(visit.op_id, "duplicate")
    problem = _problem(
        _("This number was used for another record."),
        "op_id",
        _("Record it again under a number of its own."),
        "op_id",
    )
    return Answer(visit.op_id, "rejected", (problem,))


@action
def record_visits(*, by: Actor, visits: Sequence[NewVisit]) -> list[Answer]:
    """Record up to ``MOST`` visits; one bad visit never keeps back the others.

    Answers come in the order given. The same ``op_id`` with the same body is ``duplicate`` however
    often it is sent; with another body it is ``rejected``, as is a door that is not a target in
    the actor's area. Two statements when all is new, one more when something was sent before.
    """
    by.require(RIGHT)
    if len(visits) > MOST:
        raise Invalid(
            Problem(
                _("%(n)d visits at once are too many.") % {"n": len(visits)},
                mend=_("Send %(n)d at most.") % {"n": MOST},
            )
        )
    now = timezone.now()
    known = _Campaigns(visits)
    answers: dict[int, Answer] = {}
    ready: dict[UUID, tuple[int, _Ready]] = {}
    repeats: list[int] = []
    for at, visit in enumerate(visits):
        checked = _check(visit, known, now)
        if isinstance(checked, list):
            answers[at] = Answer(visit.op_id, "rejected", tuple(checked))
        elif visit.op_id in ready:
            repeats.append(at)
        else:
            ready[visit.op_id] = (at, checked)
    written = _write(by, [r for _at, r in ready.values()], timezone.localdate()) if ready else {}
    for op_id, (at, _ready) in ready.items():
        is_door, kept = written[op_id]
        if kept:
            answers[at] = Answer(op_id, "applied")
        elif is_door:
            repeats.append(at)
        else:
            answers[at] = Answer(op_id, "rejected", (_no_door(),))
    if repeats:
        ids = [visits[at].op_id for at in repeats]
        digests = dict(Visit.objects.filter(op_id__in=ids).values_list("op_id", "digest"))
        for at in repeats:
            answers[at] = _repeat(visits[at], digests)
    return [answers[at] for at in range(len(visits))]


def _no_door() -> Problem:
    return _problem(
        _("This household is not one of the sweep’s in your area."),
        "household",
        _("Check the door; if it is new, add it to the register first."),
        "door",
    )


@action
def record_visit(*, by: Actor, visit: NewVisit) -> Answer:
    """Record one visit. Raises OutOfScope (no such door here) or Invalid with each problem."""
    answer = record_visits(by=by, visits=[visit])[0]
    if answer.result == "rejected":
        if any(problem.code == "door" for problem in answer.problems):
            raise OutOfScope(str(visit.household_id))
        raise Invalid(*answer.problems)
    return answer
