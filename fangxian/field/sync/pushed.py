"""How visits, households and residencies that phones send are applied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ui.formats import date, date_time
from fangxian.field.actions import VISIT, Answer, NewVisit, record_visits
from fangxian.field.actions.visits import running_campaigns
from fangxian.field.models import FormDefinition, HeldOperation, Target
from fangxian.field.questionnaire.answers import MAX_TEXT
from fangxian.field.questionnaire.said import Said, said, typed
from fangxian.field.rules import field_rules_version
from fangxian.field.sync.entities import (
    Entity,
    Operation,
    Outcome,
    Result,
    passed,
    register,
    unreached,
)
from fangxian.field.sync.forms import Answers, DescribedAs
from fangxian.field.sync.merging import Change, merged, merged_many
from fangxian.people.locks import lock_persons
from fangxian.register import queries
from fangxian.register.actions import change_at_doors, change_household, come_back, go_away
from fangxian.register.actions.households import still_lived_in
from fangxian.register.actions.locks import lock_homes
from fangxian.register.models import Household, Residency

B = TypeVar("B", bound=BaseModel)
EDIT = "register.edit"
# The states that can be told at a door; a household is closed at a desk.
EMPTY = Household.State.EMPTY
STATES = (Household.State.LIVED_IN, EMPTY)


class Patch(BaseModel):
    """A patch: what it does not know it refuses, so that nothing is dropped in silence."""

    model_config = ConfigDict(extra="forbid")


class VisitPatch(Patch):
    """A visit of a household in a sweep: what was found there, answered, noted.

    ``outcome`` is a code of the sweep's rules; ``answers`` are by the names of its questions;
    ``form_id`` is the form that was asked, if it is not the sweep's of now; ``revisit_on`` when to
    come back; ``corrects`` the number of the visit that was mistaken.
    """

    campaign_id: UUID
    household_id: UUID
    outcome: str = Field(max_length=12)
    answers: Annotated[dict[str, Any], DescribedAs(Answers)] = Field(default_factory=dict)
    note: str = Field(default="", max_length=MAX_TEXT)
    form_id: UUID | None = None
    revisit_on: dt.date | None = None
    corrects: UUID | None = None


class HouseholdPatch(Patch):
    """What changes of a household: one of ``STATES``, the note. What is not sent stays."""

    state: Annotated[str | None, WithJsonSchema({"enum": [str(one) for one in STATES]})] = None
    note: str | None = Field(default=None, max_length=200)


class ResidencyPatch(Patch):
    """Since when somebody is away (null: is back) and where. What is not sent stays."""

    away_since: dt.date | None = None
    away_where: str | None = Field(default=None, max_length=80)


def read_patch(shape: type[B], patch: Mapping[str, Any]) -> B:
    """The patch in its types. Raises Invalid naming each field that is none."""
    try:
        return shape.model_validate(patch)
    except ValidationError as error:
        raise Invalid(
            *(
                Problem(
                    _("“%(field)s” is missing or not what the protocol says.")
                    % {"field": ".".join(str(part) for part in one["loc"])},
                    field=str(one["loc"][0]) if one["loc"] else "patch",
                    mend=_("Correct it, or record it again in the app of today."),
                    code="malformed",
                )
                for one in error.errors(include_input=False, include_url=False)[:20]
            )
        ) from None


def _visit(operation: Operation) -> NewVisit:
    said = read_patch(VisitPatch, operation.patch)
    return NewVisit(
        op_id=operation.op_id,
        campaign_id=said.campaign_id,
        household_id=said.household_id,
        outcome=said.outcome,
        answers=said.answers,
        note=said.note,
        visited_at=operation.captured_at,
        form_id=said.form_id,
        revisit_on=said.revisit_on,
        corrects=said.corrects,
    )


def _of_answer(answer: Answer) -> Outcome:
    if answer.result == "rejected":
        codes = {problem.code for problem in answer.problems}
        if "late" in codes:
            return Outcome(Result.HELD, why=HeldOperation.Why.CLOSED)
        return Outcome(Result.REJECTED, answer.problems, out_of_reach="door" in codes)
    return Outcome(Result.APPLIED)


def apply_visits(by: Actor, operations: Sequence[Operation]) -> list[Outcome]:
    """Record visits, all in one go; one that can't be read keeps back no other."""
    found: dict[int, Outcome] = {}
    visits: dict[int, NewVisit] = {}
    for at, operation in enumerate(operations):
        try:
            visits[at] = _visit(operation)
        except Invalid as error:
            found[at] = Outcome(Result.REJECTED, error.problems)
    if visits:
        decided = all(operation.taken_over for operation in operations)
        new = list(visits.values())
        answers = record_visits(by=by, visits=new, after_closing=decided)
        found |= {at: _of_answer(answer) for at, answer in zip(visits, answers, strict=True)}
    return [found[at] for at in range(len(operations))]


def apply_visit(by: Actor, operation: Operation) -> Outcome:
    """Record one visit."""
    return apply_visits(by, [operation])[0]


def _household_of_visit(operation: Operation) -> UUID | None:
    return operation.id_in("household_id")


def _emergency_of_visit(operation: Operation) -> UUID | None:
    campaign_id = operation.id_in("campaign_id")
    if campaign_id is None:
        return None
    campaign = running_campaigns({campaign_id}).get(campaign_id)
    return campaign.emergency_id if campaign is not None else None


def _household_wish(operation: Operation) -> dict[str, Any]:
    """What a phone wants of a household. Raises Invalid."""
    said = read_patch(HouseholdPatch, operation.patch)
    wanted: dict[str, Any] = {}
    if "state" in said.model_fields_set:
        if said.state not in STATES:
            raise Invalid(_choose("state", [str(one.label) for one in STATES]))
        wanted["state"] = str(said.state)
    if "note" in said.model_fields_set:
        wanted["note"] = (said.note or "").strip()
    return wanted


def apply_household(by: Actor, operation: Operation) -> Outcome:
    """Merge state and note of a household."""
    return apply_households(by, [operation])[0]


def apply_households(by: Actor, operations: Sequence[Operation]) -> list[Outcome]:
    """Merge state and note of households; several changes of one in their order."""
    found: dict[UUID, Outcome] = {}
    waves: list[dict[UUID, tuple[Operation, dict[str, Any]]]] = []
    for operation in operations:
        try:
            wanted = _household_wish(operation)
        except Invalid as error:
            found[operation.op_id] = Outcome(Result.REJECTED, error.problems)
            continue
        wave = next((one for one in waves if operation.object_id not in one), None)
        if wave is None:
            waves.append(wave := {})
        wave[operation.object_id] = operation, wanted
    for wave in waves:
        found |= _merge_households(by, wave)
    return [found[operation.op_id] for operation in operations]


def _merge_households(
    by: Actor, wave: Mapping[UUID, tuple[Operation, dict[str, Any]]]
) -> dict[UUID, Outcome]:
    homes = {home.pk: home for home in lock_homes(wave)}
    emptied = [id_ for id_, (_o, wanted) in wave.items() if wanted.get("state") == EMPTY]
    lived_in = queries.lived_in(emptied) if emptied else frozenset()
    found: dict[UUID, Outcome] = {}
    changes: list[Change] = []
    for object_id, (operation, wanted) in wave.items():
        home = homes.get(object_id)
        if home is None or not by.may(EDIT, home.place_code):
            found[operation.op_id] = unreached()
        elif home.state == Household.State.CLOSED:
            found[operation.op_id] = passed(_("This household was closed."))
        elif object_id in lived_in and wanted.get("state") == EMPTY:
            found[operation.op_id] = Outcome(Result.REJECTED, (still_lived_in(),))
        else:
            changes.append(Change(operation, home, wanted))

    def write(values: Mapping[UUID, Mapping[str, Any]]) -> None:
        change_at_doors(by=by, values=values)

    outcomes = merged_many(by, changes, write)
    merges = zip(changes, outcomes, strict=True)
    return found | {change.operation.op_id: outcome for change, outcome in merges}


def _choose(field: str, names: Sequence[str]) -> Problem:
    return Problem(
        _("This is none of the values to choose from."),
        field=field,
        mend=_("Take one of: %(names)s.") % {"names": "、".join(names)},
        code=field,
    )


def apply_residency(by: Actor, operation: Operation) -> Outcome:
    """Merge since when and where somebody is away."""
    said = read_patch(ResidencyPatch, operation.patch)
    wanted: dict[str, Any] = {}
    if "away_since" in said.model_fields_set:
        wanted["away_since"] = said.away_since
        if said.away_since is None:
            wanted["away_where"] = ""
    if "away_where" in said.model_fields_set:
        wanted["away_where"] = (said.away_where or "").strip()
    found = _locked(operation.object_id)
    by.require(EDIT, found.place_code)
    if found.to_date is not None:
        raise Conflict(_("This person does not live here any more."))
    if wanted.get("away_since", found.away_since) is None:
        # Who is back is nowhere, wherever he is said to have been.
        wanted = {name: "" if name == "away_where" else each for name, each in wanted.items()}

    def write(values: Mapping[str, Any]) -> None:
        _write_away(by, found, values)

    return merged(by, Change(operation, found, wanted), write)


def _locked(residency_id: UUID) -> Residency:
    known = Residency.objects.filter(pk=residency_id).only("person_id", "household_id").first()
    if known is None:
        raise OutOfScope(f"residency {residency_id}")
    lock_persons([known.person_id])
    lock_homes([known.household_id])
    return Residency.objects.select_for_update().get(pk=residency_id)


def _write_away(by: Actor, found: Residency, values: Mapping[str, Any]) -> None:
    since = values.get("away_since", found.away_since)
    if since is None:
        come_back(by=by, residency_id=found.pk)
    else:
        where = values.get("away_where", found.away_where)
        go_away(by=by, residency_id=found.pk, since=since, where=where)


def _settle_household(by: Actor, household_id: UUID, field: str, value: Any) -> None:
    change_household(by=by, household_id=household_id, **{field: value})


def _settle_residency(by: Actor, residency_id: UUID, field: str, value: Any) -> None:
    found = _locked(residency_id)
    if field == "away_since" and value is not None:
        value = dt.date.fromisoformat(value)
    _write_away(by, found, {field: value})


def _say_visit(_by: Actor, operation: Operation) -> Iterable[tuple[Any, str]]:
    """The outcome, the answers and the note; numbers in them are masked."""
    try:
        visit = _visit(operation)
    except Invalid:
        return
    campaign = running_campaigns({visit.campaign_id}).get(visit.campaign_id)
    if campaign is None:
        return
    outcome = field_rules_version(campaign.rule_version).outcomes.get(visit.outcome)
    yield gettext_lazy("Sweep"), campaign.name
    yield gettext_lazy("Outcome"), outcome.name if outcome else visit.outcome
    form = FormDefinition.objects.filter(id=visit.form_id or campaign.form_id).first()
    if form is not None:
        for one in said(form.questionnaire(), orjson.dumps(dict(visit.answers)).decode()):
            yield one.label, one.value or "、".join(_flat(one.rows))
    if visit.note:
        yield gettext_lazy("Note"), typed(visit.note)


def _flat(rows: Iterable[Iterable[Said]]) -> Iterator[str]:
    for row in rows:
        yield " ".join(f"{one.label} {one.value}" for one in row)


def _now_visit(operation: Operation) -> Iterable[tuple[Any, str]]:
    """How the door stands: somebody may have been there since."""
    sweep, home = operation.id_in("campaign_id"), _household_of_visit(operation)
    if sweep is None or home is None:
        return
    door = Target.objects.filter(campaign_id=sweep, household_id=home).first()
    if door is None:
        return
    yield gettext_lazy("State"), str(door.get_state_display())
    if door.last_visit_at is not None:
        campaign = running_campaigns({sweep}).get(sweep)
        rules = field_rules_version(campaign.rule_version).outcomes if campaign else {}
        outcome = rules.get(door.outcome)
        words = outcome.name if outcome else door.outcome
        yield gettext_lazy("Last visit"), f"{words} · {date_time(door.last_visit_at)}"


def word(field: str, value: Any) -> str:
    """A value of a household or a residency in words; what is typed masked."""
    if value in (None, ""):
        return _("not away") if field == "away_since" else _("nothing")
    if field == "state":
        return str(dict(Household.State.choices).get(value, value))
    day = _day(value) if field == "away_since" else None
    return date(day) if day else typed(str(value))


def _day(value: Any) -> dt.date | None:
    try:
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
    except ValueError:
        return None


def _say(fields: Mapping[str, Any]) -> Callable[[Actor, Operation], Iterable[tuple[Any, str]]]:
    def say(_by: Actor, operation: Operation) -> Iterable[tuple[Any, str]]:
        for name, label in fields.items():
            if name in operation.patch:
                yield label, word(name, operation.patch[name])

    return say


def _now(
    model: type[Household | Residency], fields: Mapping[str, Any]
) -> Callable[[Operation], Iterable[tuple[Any, str]]]:
    def now(operation: Operation) -> Iterable[tuple[Any, str]]:
        found = model.objects.filter(pk=operation.object_id).first()
        for name, label in fields.items():
            if found is not None and name in operation.patch:
                yield label, word(name, getattr(found, name))

    return now


def _whose(residency_id: UUID) -> str:
    found = Residency.objects.select_related("person").filter(pk=residency_id).first()
    return str(found.person) if found is not None else ""


def _homes_of_residencies(ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Where they live, by residency. One query."""
    return dict(Residency.objects.filter(pk__in=ids).values_list("pk", "household_id"))


def _households(ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    return {id_: id_ for id_ in ids}


HOUSEHOLD_FIELDS = {"state": gettext_lazy("State"), "note": gettext_lazy("Note")}
RESIDENCY_FIELDS = {
    "away_since": gettext_lazy("Away since"),
    "away_where": gettext_lazy("Away to"),
}


def register_entities() -> None:
    """Register what this room's phones push (from ``ready()``)."""
    register(
        Entity(
            name="visit",
            label=gettext_lazy("Visit"),
            right=VISIT,
            apply=apply_visit,
            patch=VisitPatch,
            apply_many=apply_visits,
            object_of=_household_of_visit,
            emergency=_emergency_of_visit,
            places="household",
            say=_say_visit,
            now=_now_visit,
            homes=_households,
        )
    )
    register(
        Entity(
            name="household",
            label=gettext_lazy("Household"),
            right=EDIT,
            apply=apply_household,
            patch=HouseholdPatch,
            apply_many=apply_households,
            places="household",
            merges=HOUSEHOLD_FIELDS,
            settle=_settle_household,
            say=_say(HOUSEHOLD_FIELDS),
            now=_now(Household, HOUSEHOLD_FIELDS),
            word=word,
            homes=_households,
        )
    )
    register(
        Entity(
            name="residency",
            label=gettext_lazy("Residency"),
            right=EDIT,
            apply=apply_residency,
            patch=ResidencyPatch,
            places="residency",
            merges=RESIDENCY_FIELDS,
            settle=_settle_residency,
            say=_say(RESIDENCY_FIELDS),
            now=_now(Residency, RESIDENCY_FIELDS),
            word=word,
            whose=_whose,
            homes=_homes_of_residencies,
        )
    )
