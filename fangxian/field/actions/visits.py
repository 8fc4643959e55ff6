"""Recording visits: one statement for one visit or a hundred, once whatever the network does."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.keyring import REGISTER, KeyDestroyed
from fangxian.field.actions.recording import (
    Became,
    NewVisit,
    Ready,
    hold_sweeps,
    unsettle,
    write,
)
from fangxian.field.models import Campaign, FormDefinition, Visit
from fangxian.field.questionnaire import Questionnaire, check_answers
from fangxian.field.rules import FieldRules, Outcome, field_rules_version

RIGHT = "field.visit"
MOST = 100
CLOCK_AHEAD = dt.timedelta(minutes=10)
REVISIT_WITHIN = dt.timedelta(days=366)


@dataclass(frozen=True)
class Answer:
    """What became of one visit: ``applied``, ``duplicate`` or ``rejected`` with its problems."""

    op_id: UUID
    result: str
    problems: tuple[Problem, ...] = ()


class _Campaigns:
    """Campaigns, rules and questionnaires of one batch, each read once."""

    def __init__(self, visits: Sequence[NewVisit]) -> None:
        self.campaigns = running_campaigns({visit.campaign_id for visit in visits})
        self._forms: dict[UUID, FormDefinition] = {}

    def rules(self, campaign: Campaign) -> FieldRules:
        return _rules_of(campaign)

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
        return _questions_of(form.id, form)


# What a running sweep asks does not change while it runs, so each process reads it once. Whether it
# still runs is asked by the statement that records, in the same moment.
_KEPT: dict[UUID, tuple[Campaign, FieldRules]] = {}
_KEPT_FORMS: dict[UUID, Questionnaire] = {}
MOST_KEPT = 100


def running_campaigns(wanted: set[UUID]) -> dict[UUID, Campaign]:
    """The campaigns of these ids, in whatever state those are that are not known to run."""
    # Other threads clear what is kept at any time: it is asked once.
    kept = {id_: _KEPT.get(id_) for id_ in wanted}
    found: dict[UUID, Campaign] = {id_: one[0] for id_, one in kept.items() if one is not None}
    missing = wanted - found.keys()
    if not missing:
        return found
    for campaign in Campaign.objects.filter(id__in=missing).select_related("form", "emergency"):
        found[campaign.id] = campaign
        if campaign.state == Campaign.State.RUNNING:
            if len(_KEPT) >= MOST_KEPT:
                _KEPT.clear()
            _KEPT[campaign.id] = (campaign, field_rules_version(campaign.rule_version))
    return found


def _rules_of(campaign: Campaign) -> FieldRules:
    kept = _KEPT.get(campaign.id)
    return kept[1] if kept is not None else field_rules_version(campaign.rule_version)


def _questions_of(form_id: UUID, form: FormDefinition) -> Questionnaire:
    """A version of a form never changes."""
    known = _KEPT_FORMS.get(form_id)
    if known is None:
        if len(_KEPT_FORMS) >= MOST_KEPT:
            _KEPT_FORMS.clear()
        known = _KEPT_FORMS[form_id] = form.questionnaire()
    return known


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
        str(visit.corrects or ""),
    ]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def _problem(message: str, where: str, mend: str, code: str) -> Problem:
    return Problem(message, field=where, mend=mend, code=code)


def _check(visit: NewVisit, known: _Campaigns, now: dt.datetime) -> Ready | list[Problem]:
    campaign = known.campaigns.get(visit.campaign_id)
    if campaign is None or campaign.state == Campaign.State.DRAFT:
        return [
            _problem(
                _("There is no such sweep."), "campaign", _("Choose a running one."), "campaign"
            )
        ]
    visited_at = _when(visit, campaign, now)
    late = campaign.state == Campaign.State.CLOSED
    if late and not _is_in_time(campaign, visited_at):
        return [_closed(campaign)]
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
    local = timezone.localtime(visited_at)
    day = local.date()
    if visit.revisit_on and not day <= visit.revisit_on <= day + REVISIT_WITHIN:
        return [
            _problem(
                _("The day to come back is before the visit or more than a year later."),
                "revisit_on",
                _("Choose another day, or none."),
                "revisit_on",
            )
        ]
    answers: dict[str, Any] = {}
    exceptions = 0
    if outcome.asked(every_door=campaign.every_door) or visit.answers:
        checked = check_answers(known.questions(form), visit.answers, today=day, now=local)
        if not checked.ok:
            return checked.problems
        if checked.exceptions and outcome.met and not outcome.exception:
            return [_contradiction(rules)]
        answers, exceptions = checked.answers, len(checked.exceptions)
    return Ready(
        visit=visit,
        digest=digest_of(visit),
        outcome=outcome,
        campaign=campaign,
        form_id=form.id,
        exceptions=max(exceptions, int(outcome.exception)),
        answers=_sealed("answers", orjson.dumps(answers).decode() if answers else "", campaign),
        note=_sealed("note", visit.note.strip(), campaign),
        visited_at=visited_at,
        revisit_on=visit.revisit_on or _revisit(outcome, day),
        closing=rules.closing,
        late=late,
    )


def _contradiction(rules: FieldRules) -> Problem:
    names = "、".join(one.name for one in rules.outcomes.values() if one.exception)
    return _problem(
        _("An answer is an exception, so not all is well here."),
        "outcome",
        _("Save it as “%(names)s”, or correct the answer.") % {"names": names},
        "outcome",
    )


def _when(visit: NewVisit, campaign: Campaign, now: dt.datetime) -> dt.datetime:
    """When the visit was, as the device says; a clock that can't be right is not believed."""
    begun = timezone.make_aware(dt.datetime.combine(campaign.starts_on, dt.time.min))
    said = visit.visited_at
    return said if said is not None and begun <= said <= now + CLOCK_AHEAD else now


def _revisit(outcome: Outcome, day: dt.date) -> dt.date | None:
    return None if outcome.revisit_days is None else day + dt.timedelta(days=outcome.revisit_days)


def _sealed(name: str, text: str, campaign: Campaign) -> bytes | None:
    if not text:
        return None
    column: Any = Visit._meta.get_field(name)
    sealed: bytes = column.seal(text, campaign.emergency_id or REGISTER)
    return sealed


def _recorded(visits: Sequence[NewVisit]) -> set[tuple[UUID, bytes]]:
    """Which of these are recorded already with just this body, wherever their doors lie now."""
    ids, digests = [v.op_id for v in visits], [digest_of(v) for v in visits]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM field_recorded(%s::uuid[], %s::bytea[])", [ids, digests])
        return {(op_id, bytes(digest)) for op_id, digest in cursor.fetchall()}


def _number_taken(visit: NewVisit) -> Answer:
    problem = _problem(
        _("This number was used for another record."),
        "op_id",
        _("Record it again under a number of its own."),
        "op_id",
    )
    return Answer(visit.op_id, "rejected", (problem,))


@action
def record_visits(
    *, by: Actor, visits: Sequence[NewVisit], after_closing: bool = False
) -> list[Answer]:
    """Record up to ``MOST`` visits; one bad visit never keeps back the others.

    Answers come in the order given. The same ``op_id`` with the same body is ``duplicate`` however
    often it is sent and whatever has changed since (the sweep closed, the door moved away); with
    another body it is ``rejected``, as is a door that is not a target in the actor's area. A visit
    that was made before its sweep was closed is taken until the closing reports are made; later it
    is ``rejected`` with the code ``late``, unless somebody has decided that it counts
    (``after_closing``): then a further closing report follows. Two statements when all is new, one
    more when something is refused or was sent before.
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
    if after_closing:
        # Whether they were closed is asked anew.
        for visit in visits:
            _KEPT.pop(visit.campaign_id, None)
    known = _Campaigns(visits)
    answers: dict[int, Answer] = {}
    ready: dict[int, Ready] = {}
    for at, visit in enumerate(visits):
        try:
            checked = _check(visit, known, now)
        except KeyDestroyed:
            checked = [emergency_over("campaign")]
        if isinstance(checked, list):
            answers[at] = Answer(visit.op_id, "rejected", tuple(checked))
        else:
            ready[at] = checked
    repeats: list[int] = []
    for at in _too_late(ready, again=after_closing):
        answers[at] = Answer(visits[at].op_id, "rejected", (_late(ready.pop(at).campaign),))
    hold_sweeps(ready.values())
    for wave in _waves(ready):
        answers |= _record(by, wave, repeats)
    answers |= {at: _number_taken(visits[at]) for at in repeats}
    if unheard := [at for at, one in ready.items() if not one.late and _is_late(answers[at])]:
        # This process had not heard of the closing: now they are late ones like any other's.
        again = [visits[at] for at in unheard]
        told = record_visits(by=by, visits=again, after_closing=after_closing)
        answers |= dict(zip(unheard, told, strict=True))
    refused = [at for at, answer in answers.items() if answer.result == "rejected"]
    if refused:
        recorded = _recorded([visits[at] for at in refused])
        for at in refused:
            if (visits[at].op_id, digest_of(visits[at])) in recorded:
                answers[at] = Answer(visits[at].op_id, "duplicate")
    return [answers[at] for at in range(len(visits))]


def _too_late(ready: Mapping[int, Ready], *, again: bool) -> list[int]:
    """Those whose sweep was closed and its last visits reported."""
    late = {one.campaign.id for one in ready.values() if one.late}
    taking = unsettle(late, again=again)
    return [at for at, one in ready.items() if one.late and one.campaign.id not in taking]


def _waves(ready: Mapping[int, Ready]) -> Iterator[dict[int, Ready]]:
    """The visits in order, as many in one statement as possible; each correction stands alone."""
    wave: dict[int, Ready] = {}
    for at, one in ready.items():
        if one.visit.corrects is None:
            wave[at] = one
            continue
        if wave:
            yield wave
        yield {at: one}
        wave = {}
    if wave:
        yield wave


def _record(by: Actor, wave: Mapping[int, Ready], repeats: list[int]) -> dict[int, Answer]:
    """Write a wave; what was there already is added to ``repeats``."""
    first: dict[UUID, int] = {}
    for at, one in wave.items():
        if first.setdefault(one.visit.op_id, at) != at:
            repeats.append(at)
    written = write(by, [wave[at] for at in first.values()], timezone.localdate())
    answers: dict[int, Answer] = {}
    for op_id, at in first.items():
        became = written[op_id]
        if became is Became.KEPT:
            answers[at] = Answer(op_id, "applied")
        elif became is Became.KNOWN:
            repeats.append(at)
        else:
            answers[at] = Answer(op_id, "rejected", (_why(became, wave[at]),))
    return answers


def _why(became: Became, ready: Ready) -> Problem:
    if became is Became.NOT_CORRECTABLE:
        return _not_correctable()
    now = Campaign.objects.select_related("emergency").get(id=ready.campaign.id)
    if (now.state != Campaign.State.RUNNING and not ready.late) or _is_over(now):
        # It was closed since this process had read it.
        _KEPT.pop(now.id, None)
        return _late(now) if _is_in_time(now, ready.visited_at) else _closed(now)
    return _no_door()


def _is_in_time(campaign: Campaign, visited_at: dt.datetime) -> bool:
    """Whether a visit was made before its sweep was closed, which can still be sealed for."""
    closed_at = campaign.closed_at
    return closed_at is not None and visited_at <= closed_at and not _is_over(campaign)


def _is_late(answer: Answer) -> bool:
    return any(problem.code == "late" for problem in answer.problems)


def _late(campaign: Campaign) -> Problem:
    return _problem(
        _("The sweep “%(name)s” was closed before this arrived.") % {"name": campaign.name},
        "campaign",
        _("Somebody has to decide whether it still counts."),
        "late",
    )


def _is_over(campaign: Campaign) -> bool:
    return campaign.emergency is not None and campaign.emergency.ended_on is not None


def _closed(campaign: Campaign) -> Problem:
    if _is_over(campaign):
        return emergency_over("campaign")
    return _problem(
        _("The sweep “%(name)s” is closed.") % {"name": campaign.name},
        "campaign",
        _("Ask headquarters to open a new one."),
        "closed",
    )


def emergency_over(where: str = "") -> Problem:
    """What is said of a record whose emergency has ended."""
    return _problem(
        _("The emergency has ended and its key is destroyed: nothing can be recorded under it."),
        where,
        _("Ask headquarters to set it up anew."),
        "emergency",
    )


def _not_correctable() -> Problem:
    return _problem(
        _("There is no such visit at this door, or it was corrected already."),
        "corrects",
        _("Open the door again and correct the latest visit."),
        "corrects",
    )


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
