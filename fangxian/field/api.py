"""The API of sweeps: visits in batches, the doors of a grid.

Used with the session of the web: the cookie, and the CSRF token with what changes something.
What is sent may be a hundred visits of a device that was offline all day: each has its answer.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from fangxian.accounts.policy import Needs
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.field import actions, queries
from fangxian.field.actions.visits import MOST
from fangxian.field.models import Campaign
from fangxian.field.questionnaire.answers import MAX_TEXT

router = Router(tags=["field"])
MOST_DOORS = 2_000
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT, pattern=r"^[^\x00]*$")]


class VisitIn(Schema):
    """One visit. ``op_id`` is made by the device and names this visit for ever."""

    op_id: UUID
    campaign_id: UUID
    household_id: UUID
    outcome: Annotated[str, StringConstraints(max_length=12)]
    answers: dict[str, Any] = Field(default_factory=dict)
    note: Text = ""
    visited_at: dt.datetime | None = None
    form_id: UUID | None = None
    revisit_on: dt.date | None = None
    corrects: UUID | None = None


class BatchIn(Schema):
    """Up to a hundred visits, in the order in which they were made."""

    visits: Annotated[list[VisitIn], Field(min_length=1, max_length=MOST)]


class ProblemOut(Schema):
    """What is wrong, where, and how to mend it."""

    code: str
    field: str
    message: str
    mend: str


class AnswerOut(Schema):
    """``applied``, ``duplicate`` (it was known already) or ``rejected`` with the problems."""

    op_id: UUID
    result: str
    problems: list[ProblemOut] = []


class BatchOut(Schema):
    answers: list[AnswerOut]


class DoorOut(Schema):
    household_id: UUID
    place_code: str
    room: str
    state: str
    outcome: str
    visits: int
    due_on: dt.date
    last_visit_at: dt.datetime | None


class DoorsOut(Schema):
    """``form_id`` is what the sweep asks, at every door or where there is an exception.

    At most 2,000 doors; ``next`` is then what to ask for as ``after``, null behind the last door.
    """

    form_id: UUID
    every_door: bool
    target: int
    visited: int
    exempt: int
    gap: int
    doors: list[DoorOut]
    next: UUID | None


def _json(body: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), content_type="application/json")


@router.post("/visits", auth=Needs(actions.VISIT), response=BatchOut, operation_id="record_visits")
def record(request: HttpRequest, batch: BatchIn) -> HttpResponse:
    """Record visits. The answers come in the order of the visits; one refused keeps back no other.

    Sending the same ones again is safe: they are then ``duplicate``.
    """
    visits = [
        actions.NewVisit(
            op_id=one.op_id,
            campaign_id=one.campaign_id,
            household_id=one.household_id,
            outcome=one.outcome,
            answers=one.answers,
            note=one.note,
            visited_at=_aware(one.visited_at),
            form_id=one.form_id,
            revisit_on=one.revisit_on,
            corrects=one.corrects,
        )
        for one in batch.visits
    ]
    answers = actions.record_visits(by=_by(request), visits=visits)
    # As the schema says, without building it: this is the busiest call of all.
    return _json(
        {
            "answers": [
                {
                    "op_id": answer.op_id,
                    "result": answer.result,
                    "problems": [
                        {
                            "code": problem.code,
                            "field": problem.field,
                            "message": str(problem.message),
                            "mend": str(problem.mend),
                        }
                        for problem in answer.problems
                    ],
                }
                for answer in answers
            ]
        }
    )


@router.get(
    "/{campaign_id}/doors/{place_code}",
    auth=Needs("field.view"),
    response=DoorsOut,
    operation_id="list_doors",
)
def doors(
    request: HttpRequest, campaign_id: UUID, place_code: str, after: UUID | None = None
) -> HttpResponse:
    """The doors of a grid, a building or a unit in walking order, and how far it is covered.

    ``after`` (a household): the doors behind that one.
    """
    by = _by(request)
    fits = codes.is_code(place_code) and len(place_code) >= codes.Level.GRID
    campaign = Campaign.objects.filter(id=campaign_id).first()
    if campaign is None or not fits or not codes.contains(by.area, place_code):
        raise OutOfScope(place_code)
    covered = queries.coverage(campaign, [place_code])[place_code]
    wanted = queries.doors(campaign, place_code)
    if after is not None:
        # Also one that is gone since: its place in the order is known.
        last = campaign.targets.select_related("household").filter(household_id=after).first()
        if last is None:
            raise OutOfScope(str(after))
        wanted = wanted.filter(queries.behind(last))
    columns = wanted.values(
        "household_id",
        "place_code",
        "state",
        "outcome",
        "visits",
        "due_on",
        "last_visit_at",
        "household__room",
    )
    rows = list(columns[: MOST_DOORS + 1])
    shown = rows[:MOST_DOORS]
    return _json(
        {
            "form_id": campaign.form_id,
            "every_door": campaign.every_door,
            "target": covered.target,
            "visited": covered.visited,
            "exempt": covered.exempt,
            "gap": covered.gap,
            "doors": [
                {"room" if key == "household__room" else key: value for key, value in row.items()}
                for row in shown
            ],
            "next": shown[-1]["household_id"] if len(rows) > len(shown) else None,
        }
    )


def _by(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _aware(moment: dt.datetime | None) -> dt.datetime | None:
    """A time without a zone is one of this installation."""
    if moment is None or moment.tzinfo is not None:
        return moment
    from django.utils import timezone

    return timezone.make_aware(moment)
