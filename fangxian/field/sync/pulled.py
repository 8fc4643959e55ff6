"""What of sweeps and of the register phones get: no identity number, no phone, no full birthday.

Each source reads one place in one to three statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import translation

from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.vocabulary import in_all_languages
from fangxian.core.kinds import label_of
from fangxian.core.models import Task
from fangxian.core.queries import tasks_for
from fangxian.field import queries
from fangxian.field.models import Campaign, FormDefinition, Target
from fangxian.field.questionnaire.fields import compiled
from fangxian.field.questionnaire.schema import Question
from fangxian.field.rules import Outcome, field_rules_version
from fangxian.field.sync.entities import Reach, Record, Source, register_source
from fangxian.field.sync.records import (
    CampaignData,
    DoorData,
    FormData,
    GridData,
    HouseholdData,
    ResidentData,
    TaskData,
    WordsData,
)
from fangxian.people.vocabularies import SEXES
from fangxian.regions.queries import called, current, inside, names
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.queries import OPEN, households_in
from fangxian.register.vocabularies import KEY_GROUPS, RELATIONS, RESIDENCY_KINDS

VIEW = "field.view"
REGISTER = "register.view"
TASK = "core.task"
COUNTS = ("targets", "visited", "exempt")
MOST_TASKS = 200
# So many doors of one place are numbered before those of the next.
_APART = 100_000
# One record for all phones; its id says what it is.
WORDS = uuid5(NAMESPACE_URL, "fangxian:field:words")


def _running(reach: Reach) -> list[Campaign]:
    """The sweeps under way at the place by the end of the lease. One query a pull and place."""
    key = "running", reach.place
    if key not in reach.kept:
        reach.kept[key] = list(queries.running(reach.place, reach.until))
    found: list[Campaign] = reach.kept[key]
    return found


def _campaigns(reach: Reach) -> Iterator[Record]:
    running = _running(reach)
    covered = queries.coverage_of({campaign: [reach.place] for campaign in running})
    for campaign in running:
        here = covered[campaign.id, reach.place]
        if not here.target:
            continue
        yield Record(
            campaign.id,
            {
                "name": campaign.name,
                "starts_on": campaign.starts_on,
                "ends_on": campaign.ends_on,
                "form_id": campaign.form_id,
                "every_door": campaign.every_door,
                "outcomes": _outcomes(reach, campaign),
                "targets": here.target,
                "visited": here.visited,
                "exempt": here.exempt,
            },
        )


def _outcomes(reach: Reach, campaign: Campaign) -> list[dict[str, Any]]:
    key = "outcomes", campaign.rule_version
    if key not in reach.kept:
        rules = field_rules_version(campaign.rule_version)
        reach.kept[key] = in_all_languages([_outcome(one) for one in rules.outcomes.values()])
    found: list[dict[str, Any]] = reach.kept[key]
    return found


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "code": one.code,
        "zh": one.zh,
        "en": one.en,
        "key": one.key,
        "closes": one.closes,
        "asks": one.asks,
        "met": one.met,
        "exception": one.exception,
        "revisit_days": one.revisit_days,
    }


def _both_places(first: Record, second: Record) -> Record:
    """One sweep in two places of the phone: what is to be done adds up."""
    added = {name: first.data[name] + second.data[name] for name in COUNTS}
    return Record(first.id, {**first.data, **added})


def _forms(reach: Reach) -> Iterator[Record]:
    for form in {campaign.form_id: campaign.form for campaign in _running(reach)}.values():
        key = "form", form.id
        if key not in reach.kept:
            reach.kept[key] = _form(form)
        yield Record(form.id, reach.kept[key])


def _form(form: FormDefinition) -> dict[str, Any]:
    questions = form.questionnaire()
    return {
        "code": form.code,
        "version": form.version,
        "name": form.name,
        "schema": form.schema,
        "compiled": compiled(questions),
        "defaults": dict(_defaults(questions.questions)),
    }


def _defaults(questions: Iterable[Question]) -> Iterator[tuple[str, Any]]:
    """The trees of answers that are worked out when the form is opened."""
    for question in questions:
        if question.default_value is not None:
            yield question.name, question.default_value
        yield from _defaults(question.questions)


def _doors(reach: Reach) -> Iterator[Record]:
    labels = _labels(reach)
    for campaign in _running(reach):
        rows = queries.doors(campaign, reach.place).values_list(
            "id",
            "household_id",
            "place_code",
            "household__room",
            "state",
            "outcome",
            "visits",
            "due_on",
        )
        for at, row in enumerate(list(rows)):
            id_, household, code, room, state, outcome, visits, due_on = row
            yield Record(
                id_,
                {
                    "campaign_id": campaign.id,
                    "household_id": household,
                    **_where(labels, code),
                    "room": room,
                    "order": reach.number * _APART + at,
                    "state": state,
                    "outcome": outcome,
                    "visits": visits,
                    "due_on": due_on,
                },
            )


def _where(labels: Mapping[str, str], code: str) -> dict[str, str]:
    """Building and unit of a door, by name."""
    unit = labels.get(code, "") if len(code) > Level.BUILDING else ""
    return {"building": labels.get(code[: int(Level.BUILDING)], ""), "place_name": unit}


def _homes(reach: Reach) -> list[dict[str, Any]]:
    """The households where something is to be done: by a sweep or a task."""
    key = "homes", reach.number
    if key not in reach.kept:
        columns = ("id", "place_code", "room", "number", "address", "state", "note")
        homes = households_in(reach.place).filter(_concerned(reach))
        homes = homes.annotate(last=_last_change(Household))
        reach.kept[key] = list(homes.values(*columns, "last"))
    found: list[dict[str, Any]] = reach.kept[key]
    return found


def _concerned(reach: Reach) -> Q:
    """Behind a door of a sweep (to which all tasks at doors belong), or named by a task."""
    lo, hi = codes.bounds(reach.place)
    sweeps = _running(reach) if reach.by.may(VIEW) else []
    doors = Target.objects.filter(campaign__in=sweeps, place_code__gte=lo, place_code__lt=hi)
    swept = doors.exclude(state=Target.State.GONE).values("household_id")
    tasks = _open_tasks(reach) if reach.by.may(TASK) else []
    label = Household._meta.label
    named = [task.object_id for task in tasks if task.object_type == label and task.object_id]
    return Q(id__in=swept) | Q(id__in=named)


def _labels(reach: Reach) -> dict[str, str]:
    """Names of the buildings and units of the place. One query a pull and place."""
    key = "names", reach.number
    if key not in reach.kept:
        places = {home["place_code"] for home in _homes(reach)}
        reach.kept[key] = names(places | {code[: int(Level.BUILDING)] for code in places})
    found: dict[str, str] = reach.kept[key]
    return found


def _last_change(model: Any) -> Coalesce:
    """The last history row of each object, in the statement that reads it.

    Read apart, a change in between would be told as known to a phone that has what was before.
    """
    rows = model.pgh_event_model.objects.filter(pgh_obj_id=OuterRef("pk")).order_by()
    last = rows.values("pgh_obj_id").annotate(last=Max("pgh_id")).values("last")
    return Coalesce(Subquery(last), 0)


def _households(reach: Reach) -> Iterator[Record]:
    homes, labels = _homes(reach), _labels(reach)
    for home in homes:
        data = {name: value for name, value in home.items() if name not in ("id", "last")}
        data |= _where(labels, home["place_code"])
        yield Record(home["id"], data, home["last"])


def _residents(reach: Reach) -> Iterator[Record]:
    lo, hi = codes.bounds(reach.place)
    here = Residency.objects.filter(OPEN, household__in=[home["id"] for home in _homes(reach)])
    living = here.filter(person__deceased_on=None)
    rows = list(
        living.annotate(last=_last_change(Residency))
        .order_by()
        .values_list(
            "id",
            "household_id",
            "relation",
            "kind",
            "away_since",
            "away_where",
            "person_id",
            "person__name",
            "person__sex",
            "person__birth_date",
            "last",
        )
    )
    groups: dict[UUID, list[str]] = {}
    entries = KeyGroupEntry.objects.filter(OPEN, place_code__gte=lo, place_code__lt=hi)
    for person, group in entries.order_by("group").values_list("person_id", "group"):
        groups.setdefault(person, []).append(group)
    for id_, household, relation, kind, since, where, person, name, sex, born, last in rows:
        yield Record(
            id_,
            {
                "household_id": household,
                "name": name,
                "sex": sex,
                "birth_year": born.year if born else None,
                "relation": relation,
                "kind": kind,
                "groups": groups.get(person, []),
                "away_since": since,
                "away_where": where,
            },
            last,
            (person,),
        )


def _open_tasks(reach: Reach) -> list[Task]:
    """What the holder has to do at the place. One query a pull and place."""
    key = "tasks", reach.number
    if key not in reach.kept:
        lo, hi = codes.bounds(reach.place)
        here = tasks_for(reach.by).filter(place_code__gte=lo, place_code__lt=hi)
        reach.kept[key] = list(here[:MOST_TASKS])
    found: list[Task] = reach.kept[key]
    return found


def _tasks(reach: Reach) -> Iterator[Record]:
    tasks = _open_tasks(reach)
    labels = names({task.place_code for task in tasks}) if tasks else {}
    for task in tasks:
        yield Record(
            task.id,
            {
                "kind": task.kind,
                "label": label_of(task.kind),
                "title": str(task),
                "due_at": task.due_at,
                "place_code": task.place_code,
                "place_name": labels.get(task.place_code, ""),
                "object_type": task.object_type,
                "object_id": task.object_id,
            },
        )


def _grids(reach: Reach) -> Iterator[Record]:
    """The places that the holder may name: his own, of a community its grids too."""
    community = len(reach.place) == Level.VILLAGE
    mine = inside(reach.place).filter(level__lte=Level.GRID) if community else None
    here = current().filter(code=reach.place) if mine is None else mine
    places = list(here.values_list("id", "code"))
    labels = called({code for _id, code in places})
    for id_, code in places:
        kind = codes.level_of(code).name.lower()
        yield Record(id_, {"code": code, "name": labels[code], "kind": kind})


def _words(_reach: Reach) -> Iterator[Record]:
    """The names of codes in all languages; a phone shows them in its own."""
    lists = {"relations": RELATIONS, "residency_kinds": RESIDENCY_KINDS, "groups": KEY_GROUPS}
    data: dict[str, Any] = {
        name: {code: {"zh": term.zh, "en": term.en} for code, term in words.terms.items()}
        for name, words in lists.items()
    }
    data["sexes"] = {code: _in_both(label) for code, label in SEXES}
    data["states"] = {str(one): _in_both(one.label) for one in Household.State}
    yield Record(WORDS, in_all_languages(data))


def _in_both(label: Any) -> dict[str, str]:
    found = {}
    for name, language in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(language):
            found[name] = str(label)
    return found


def register_sources() -> None:
    """Register what this room's phones pull (from ``ready()``)."""
    for at, source in enumerate(
        (
            Source("words", _words, WordsData),
            Source("grid", _grids, GridData, wide=True),
            Source("campaign", _campaigns, CampaignData, VIEW, merge=_both_places),
            Source("form", _forms, FormData, VIEW),
            Source("door", _doors, DoorData, VIEW),
            Source("household", _households, HouseholdData, REGISTER),
            Source("resident", _residents, ResidentData, REGISTER),
            Source("task", _tasks, TaskData, TASK),
        )
    ):
        register_source(source, order=10 + at)
