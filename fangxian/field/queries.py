"""Named reads of sweeps: coverage at any level, gaps down to the door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy

from fangxian.accounts.queries import display_names
from fangxian.common import access, codes
from fangxian.common.codes import Level
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.formats import who
from fangxian.core import counters
from fangxian.field.models import Campaign, FormDefinition, Photo, Target, Visit
from fangxian.field.questionnaire.said import Said, arrived, photos_of, said, typed
from fangxian.field.rules import FieldRules, field_rules_version
from fangxian.field.targets import METRICS
from fangxian.register.models import Residency

# What was found, and why a door was exempt, once the emergency of a sweep has ended.
DESTROYED = gettext_lazy("destroyed with the emergency")
# A gap by the counters it follows from.
GAP = {metric: 1 if metric == "target" else -1 for metric in METRICS}


@dataclass(frozen=True)
class Coverage:
    """How far a place is covered: ``target = visited + exempt + gap`` at every level."""

    code: str
    target: int
    visited: int
    exempt: int

    # The measures that count what is visited, all, and exempt.
    FIGURES: ClassVar = ("field.visited", "field.target", "field.exempt")

    @property
    def gap(self) -> int:
        return self.target - self.visited - self.exempt

    @property
    def share(self) -> float:
        """The covered share, 1.0 where nothing is to be done."""
        return (self.visited + self.exempt) / self.target if self.target else 1.0


def concerning(area: str) -> QuerySet[Campaign]:
    """Sweeps that concern a place: their area contains it or lies in it."""
    here = Q(area__code__startswith=area) | Q(area__code__in=codes.ancestors(area))
    return Campaign.objects.filter(here).select_related("area")


def running(area: str, on: dt.date | None = None) -> QuerySet[Campaign]:
    """Running sweeps that concern a place, the earliest first."""
    day = on or timezone.localdate()
    found = concerning(area).filter(state=Campaign.State.RUNNING, starts_on__lte=day)
    return found.select_related("area", "form").order_by("starts_on", "id")


def coverage(campaign: Campaign, places: Sequence[str]) -> dict[str, Coverage]:
    """Coverage of each place, exact at this moment. One query, whatever the level."""
    values = counters.read(places, METRICS, str(campaign.id))
    return {
        code: Coverage(code, *(values[(code, metric)] for metric in METRICS))
        for code in dict.fromkeys(places)
    }


def coverage_of(tops: Mapping[Campaign, Sequence[str]]) -> dict[tuple[UUID, str], Coverage]:
    """Coverage of the places of several sweeps, by sweep's id and code. One query for all."""
    places = [code for at_codes in tops.values() for code in at_codes]
    values = counters.read_keys(places, METRICS, [str(campaign.id) for campaign in tops])
    return {
        (campaign.id, code): Coverage(
            code, *(values[str(campaign.id), code, metric] for metric in METRICS)
        )
        for campaign, at_codes in tops.items()
        for code in at_codes
    }


def doors(campaign: Campaign, area: str) -> QuerySet[Any]:
    """The targets of a place in walking order: building, unit, room (102 before 1001)."""
    lo, hi = codes.bounds(area)
    found: QuerySet[Any] = Target.objects.filter(
        campaign=campaign, place_code__gte=lo, place_code__lt=hi
    )
    found = found.exclude(state=Target.State.GONE).select_related("household")
    wide: QuerySet[Any] = found.annotate(wide=Length("household__room"))
    return wide.order_by("place_code", "wide", "household__room", "household_id")


def behind(door: Target) -> Q:
    """What comes after a door in the walking order of :func:`doors`."""
    room, here = door.household.room, Q(place_code=door.place_code)
    return (
        Q(place_code__gt=door.place_code)
        | here & Q(wide__gt=len(room))
        | here & Q(wide=len(room), household__room__gt=room)
        | here & Q(wide=len(room), household__room=room, household_id__gt=door.household_id)
    )


def gaps(campaign: Campaign, area: str) -> QuerySet[Any]:
    """The doors that nobody has covered yet, in walking order."""
    return doors(campaign, area).filter(state=Target.State.OPEN)


def next_door(campaign: Campaign, area: str, after: Target | None, on: dt.date) -> Target | None:
    """The next uncovered door behind ``after`` in walking order, else the first one.

    Doors found closed today that are to be revisited on a later day come last. Two queries at most.
    """
    found = gaps(campaign, area).annotate(
        later=Case(When(visits__gt=0, due_on__gt=on, then=Value(1)), default=Value(0))
    )
    found = found.order_by("later", "place_code", "wide", "household__room", "household_id")
    if after is not None:
        found = found.exclude(id=after.id)
        ahead: Target | None = found.filter(behind(after), later=0).first()
        if ahead is not None:
            return ahead
    first: Target | None = found.first()
    return first


def target_at(campaign_id: UUID, household_id: UUID) -> Target:
    """The door of a sweep. Raises OutOfScope."""
    found = (
        Target.objects.filter(campaign_id=campaign_id, household_id=household_id)
        .exclude(state=Target.State.GONE)
        .select_related("campaign", "campaign__area", "campaign__form", "household")
        .first()
    )
    if found is None:
        raise OutOfScope(f"door {household_id} of {campaign_id}")
    return found


def visits_of(household_id: UUID) -> QuerySet[Visit]:
    """All visits at a household with what corrects them, the latest first."""
    return (
        Visit.objects.filter(household_id=household_id)
        .select_related("campaign", "corrected_by")
        .order_by("-visited_at", "-id")
    )


def visits_at(campaign: Campaign, area: str) -> QuerySet[Visit]:
    """All visits of a sweep in a place with what corrects them, what was received last first."""
    lo, hi = codes.bounds(area)
    found = Visit.objects.filter(campaign=campaign, place_code__gte=lo, place_code__lt=hi)
    found = found.select_related("campaign", "corrected_by", "household")
    return found.order_by("-created_at", "-id")


@dataclass(frozen=True)
class VisitLine:
    """A visit as a list shows it, with what was answered where that was asked for.

    Numbers in the note and the answers are masked.
    """

    visit: Visit
    said: str
    corrected: bool
    by: str
    note: str = ""
    answers: Sequence[Said] = ()


def visit_lines(visits: Iterable[Visit], *, answers: bool = False) -> list[VisitLine]:
    """The visits of :func:`visits_of` in words. One query, and one for each version of the rules.

    With ``answers``, what was found at the doors is read too, and noted of all who live or lived
    there; two queries more.
    """
    found = list(visits)
    asked = {}
    if answers:
        note_residents({visit.household_id for visit in found})
        forms = FormDefinition.objects.in_bulk({visit.form_id for visit in found if visit.answers})
        asked = {form.id: form.questionnaire() for form in forms.values()}
    people = display_names({visit.actor for visit in found})
    rules: dict[int, FieldRules] = {}
    lines = []
    for visit in found:
        version = visit.campaign.rule_version
        if version not in rules:
            rules[version] = field_rules_version(version)
        outcome = rules[version].outcomes.get(visit.outcome)
        lines.append(
            VisitLine(
                visit,
                outcome.name if outcome else visit.outcome or str(DESTROYED),
                hasattr(visit, "corrected_by"),
                who(visit.actor, people),
                typed(visit.note or ""),
                said(asked[visit.form_id], visit.answers) if visit.form_id in asked else (),
            )
        )
    return _with_photos(lines)


def _with_photos(lines: list[VisitLine]) -> list[VisitLine]:
    """The lines; of photos that have not arrived they say so. One query if there are photos."""
    wanted = {photo for line in lines for photo in photos_of(line.answers)}
    if not wanted:
        return lines
    here = set(map(str, Photo.objects.filter(id__in=wanted).values_list("id", flat=True)))
    return [replace(line, answers=arrived(line.answers, here)) for line in lines]


def note_residents(households: Iterable[UUID]) -> None:
    """What was found at a door is read of all who live or lived there."""
    found = Residency.objects.filter(household_id__in=set(households))
    access.note(*found.values_list("person_id", flat=True))


def gap_counts(
    campaign_id: UUID, area: str, level: Level = Level.GRID, most: int | None = None
) -> dict[str, int]:
    """Gaps of each place of a level in ``area`` that has any, the most first. One query."""
    return counters.highest(area, level, GAP, str(campaign_id), most)
