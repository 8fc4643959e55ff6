"""The work list of doors, and the door: what was found, saved with one key."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.common.fields import Destroyed
from fangxian.common.ids import uuid7
from fangxian.common.pictures import Picture
from fangxian.field import actions, queries
from fangxian.field.actions import NewVisit
from fangxian.field.forms import DoorFilter, ExemptForm, VisitForm, state_of
from fangxian.field.models import Campaign, Target, Visit
from fangxian.field.questionnaire.fields import answers_of, compiled, fields_of_form, masked_hint
from fangxian.field.questionnaire.pictures import with_pictures
from fangxian.field.questionnaire.said import photos_in, read, typed, withheld
from fangxian.field.rules import FieldRules, Outcome, field_rules_version
from fangxian.field.views.campaigns import campaign_of, first_row
from fangxian.organisations.queries import who_closes
from fangxian.regions.queries import full_name, names
from fangxian.register.models import KeyGroupEntry
from fangxian.register.queries import residents_of
from fangxian.register.vocabularies import KEY_GROUPS

PAGE = 100
LAST_VISITS = 10


def midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _shown(found: QuerySet[Target], show: str, today: dt.date) -> QuerySet[Target]:
    return {
        "left": found.filter(state=Target.State.OPEN),
        "back": found.filter(state=Target.State.OPEN, visits__gt=0, due_on__lte=today),
        "today": found.filter(last_visit_at__gte=midnight(today)),
        "exempt": found.filter(state=Target.State.EXEMPT),
        "all": found,
    }[show]


@page("field.view")
def work_list(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """The doors of a place in walking order: what is left, what came back today.

    Of a community or less; nobody walks a whole town, so above it leads to the grids with gaps.
    """
    campaign = campaign_of(request, campaign_id)
    today = timezone.localdate()
    place, show = DoorFilter(request.GET).chosen(request.actor, campaign)
    if len(place) < Level.VILLAGE:
        url = reverse("field:gaps", args=[campaign.id])
        return redirect(f"{url}?{urlencode({'place': place})}")
    found = queries.doors(campaign, place)
    counts = found.order_by().aggregate(
        left=Count("id", filter=Q(state="open")),
        back=Count("id", filter=Q(state="open", visits__gt=0, due_on__lte=today)),
        today=Count("id", filter=Q(last_visit_at__gte=midnight(today))),
        exempt=Count("id", filter=Q(state="exempt")),
        all=Count("id"),
    )
    shown = _shown(found, show, today)
    start = first_row(request.GET.get("from", ""))
    rows = list(shown[start : start + PAGE + 1])
    labels = door_names(rows, place)
    chips = [
        {
            "label": label,
            "url": f"?{urlencode({'place': place, 'show': name})}",
            "count": counts[name],
            "current": name == show,
        }
        for name, label in DoorFilter.base_fields["show"].choices  # type: ignore[attr-defined]
    ]
    query = {"place": place, "show": show}
    return render(
        request,
        "field/doors.html",
        {
            "campaign": campaign,
            "place": place,
            "place_name": full_name(place),
            "coverage": queries.coverage(campaign, [place])[place],
            "chips": chips,
            "rows": [_row(row, labels, today) for row in rows[:PAGE]],
            "count": counts[show],
            "next_url": f"?{urlencode(query | {'from': start + PAGE})}" if len(rows) > PAGE else "",
            "previous_url": f"?{urlencode(query | {'from': max(0, start - PAGE)})}"
            if start
            else "",
            "show": show,
            "closers": who_closes(place) if place else [],
            "now": timezone.now(),
            "may_visit": request.actor.may("field.visit"),
        },
    )


def _row(target: Target, labels: dict[str, str], today: dt.date) -> dict[str, Any]:
    look, words = state_of(target)
    return {
        "target": target,
        "where": where_of(target, labels),
        "look": look,
        "words": words,
        "late": target.state == Target.State.OPEN and target.due_on < today,
    }


def door_names(rows: Iterable[Target | Visit], within: str) -> dict[str, str]:
    """The names that :func:`where_of` takes, of a list that shows ``within``. One query.

    Above a community, the community too: a county has many first groups.
    """
    levels = [Level.BUILDING, Level.UNIT]
    if len(within) < Level.VILLAGE:
        levels.append(Level.VILLAGE)
    return names({row.place_code[: int(level)] for row in rows for level in levels})


def where_of(target: Target | Visit, labels: dict[str, str], *, within: str | None = None) -> str:
    """Building, unit and room of a door (or of a visit there), as it is spoken of ``within``."""
    code = target.place_code
    parts = [labels.get(code[: int(Level.BUILDING)], "")]
    if within is not None and len(within) < Level.VILLAGE:
        parts.insert(0, labels.get(code[: int(Level.VILLAGE)], ""))
    if len(code) > Level.BUILDING:
        parts.append(labels.get(code, ""))
    household = target.household
    return " ".join(p for p in [*parts, household.room or household.address] if p)


@page("field.visit", methods=("GET", "POST"))
def door(request: SignedRequest, campaign_id: UUID, household_id: UUID) -> HttpResponse:
    """One door: who lives there, what was found before, and one press to say what is found now."""
    target = queries.target_at(campaign_id, household_id)
    rules = field_rules_version(target.campaign.rule_version)
    if request.method == "POST":
        return _save(request, target, rules)
    mistaken = _correctable(target, request.GET.get("corrects", ""))
    form = _form(rules, request, mistaken)
    # A correction starts from what was said; full numbers are not shown without a reveal.
    given = _said(mistaken)[0] if mistaken else None
    return _door(request, target, rules, form, given=given, mistaken=mistaken)


def _said(visit: Visit) -> tuple[dict[str, Any], dict[str, str]]:
    """What was answered but for what is masked, and that as it is shown, by path."""
    return withheld(visit.form.questionnaire().questions, read(visit.answers))


def _outcomes(campaign: Campaign, rules: FieldRules) -> list[Outcome]:
    """What can be found at a door of this sweep; ``asks`` as the sweep wants it."""
    return [
        dataclasses.replace(one, asks=one.asked(every_door=campaign.every_door))
        for one in rules.outcomes.values()
    ]


def _form(rules: FieldRules, request: SignedRequest, mistaken: Visit | None) -> VisitForm:
    initial: dict[str, Any] = {"op_id": uuid7(), "outcome": request.GET.get("outcome", "")}
    if mistaken is not None:
        initial["corrects"] = mistaken.op_id
        initial["outcome"] = initial["outcome"] or mistaken.outcome
        if not isinstance(mistaken.note, Destroyed) and not _masked_note(mistaken):
            initial["note"] = mistaken.note or ""
    return VisitForm(outcomes=list(rules.outcomes.values()), initial=initial)


def _masked_note(visit: Visit) -> str:
    """The note as it is shown, if that is less than what was written."""
    note = visit.note or ""
    return words if (words := typed(note)) != note else ""


def _correctable(target: Target, text: str) -> Visit | None:
    try:
        op_id = UUID(text)
    except ValueError:
        return None
    return Visit.objects.filter(target=target, op_id=op_id, corrected_by=None).first()


def _save(request: SignedRequest, target: Target, rules: FieldRules) -> HttpResponse:
    form = VisitForm(request.POST, outcomes=list(rules.outcomes.values()))
    questionnaire = target.campaign.form.questionnaire()
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    if form.is_valid():
        data = form.cleaned_data
        asks = rules.outcomes[data["outcome"]].asked(every_door=target.campaign.every_door)
        sent, pictures, problems = with_pictures(request.POST, request.FILES, data["op_id"])
        given = answers_of(questionnaire, sent) if asks else {}
        visit = NewVisit(
            op_id=data["op_id"],
            campaign_id=target.campaign_id,
            household_id=target.household_id,
            outcome=data["outcome"],
            answers=given,
            note=data["note"],
            revisit_on=data["revisit_on"],
            corrects=data["corrects"],
        )
        try:
            if problems:
                raise Invalid(*problems)
            actions.record_visit(by=request.actor, visit=visit)
            _keep_pictures(request, data["op_id"], pictures)
        except Invalid as error:
            problems = list(error.problems)
            # A browser fills in no file again, so none is there that was not kept.
            given = answers_of(questionnaire, request.POST) if asks else {}
        else:
            return _onward(request, target, rules.outcomes[data["outcome"]].name, data["op_id"])
    if any(problem.code == "op_id" for problem in problems):
        # The page was sent before with something else (the back button): it is a new visit now.
        form.data = request.POST.copy()
        form.data["op_id"] = str(uuid7())
    mistaken = _correctable(target, form.data.get("corrects", ""))
    return _door(
        request, target, rules, form, given=given, problems=problems, mistaken=mistaken, status=422
    )


def _keep_pictures(request: SignedRequest, op_id: UUID, pictures: dict[UUID, Picture]) -> None:
    """Keep those photos that the visit names: what was skipped is not kept."""
    if not pictures:
        return
    visit = Visit.objects.select_related("form").get(op_id=op_id)
    for photo_id in photos_in(visit.form.questionnaire(), visit.answers) & pictures.keys():
        actions.keep_photo(
            by=request.actor, visit=visit, photo_id=photo_id, picture=pictures[photo_id]
        )


def _onward(request: SignedRequest, target: Target, said: str, op_id: UUID) -> HttpResponse:
    """To the next door that is not covered, in walking order; at the end back to the list."""
    within = _within(request, target)
    query = {"within": within, "after": str(target.household_id), "said": str(op_id)}
    found = queries.next_door(target.campaign, within, target, timezone.localdate())
    if found is None:
        messages.success(request, _("Saved: %(said)s. No door is left here.") % {"said": said})
        url = reverse("field:doors", args=[target.campaign_id])
        return redirect(f"{url}?{urlencode({'place': within, 'show': 'today'})}")
    url = reverse("field:door", args=[found.campaign_id, found.household_id])
    return redirect(f"{url}?{urlencode(query)}")


def _within(request: SignedRequest, target: Target) -> str:
    """The place whose doors are walked: as asked if the door lies in it, else its grid."""
    asked = request.GET.get("within", "")
    fits = asked and target.place_code.startswith(asked) and asked.startswith(request.actor.area)
    return asked if fits else target.place_code[: int(Level.GRID)]


def _just_saved(request: SignedRequest, campaign: Campaign, rules: FieldRules) -> dict[str, Any]:
    """What was saved a moment ago at the door before, so that it can be taken back."""
    try:
        op_id = UUID(request.GET.get("said", ""))
    except ValueError:
        return {}
    visit = (
        Visit.objects.filter(op_id=op_id, campaign=campaign, corrected_by=None)
        .select_related("household", "target")
        .first()
    )
    if visit is None or visit.outcome not in rules.outcomes:
        return {}
    url = reverse("field:door", args=[campaign.id, visit.household_id])
    return {
        "room": visit.household.room or visit.household.address,
        "said": rules.outcomes[visit.outcome].name,
        "url": f"{url}?{urlencode({'corrects': str(op_id)})}",
    }


def _residents(household_id: UUID) -> list[dict[str, Any]]:
    rows = list(residents_of([household_id]))
    groups: dict[UUID, list[str]] = {}
    found = KeyGroupEntry.objects.filter(
        person_id__in=[row.person_id for row in rows], to_date=None
    )
    for entry in found:
        groups.setdefault(entry.person_id, []).append(KEY_GROUPS.label(entry.group))
    today = timezone.localdate()
    return [
        {
            "row": row,
            "name": row.person.name,
            "age": _age(row.person.birth_date, today),
            "groups": groups.get(row.person_id, []),
        }
        for row in rows
    ]


def _age(born: dt.date | None, today: dt.date) -> int | None:
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _door(
    request: SignedRequest,
    target: Target,
    rules: FieldRules,
    form: VisitForm,
    *,
    given: dict[str, Any] | None = None,
    mistaken: Visit | None = None,
    problems: list[Problem] | None = None,
    status: int = 200,
) -> HttpResponse:
    campaign, today = target.campaign, timezone.localdate()
    questionnaire = campaign.form.questionnaire()
    within = _within(request, target)
    labels = names({target.place_code, target.place_code[:18], within})
    look, words = state_of(target)
    made = queries.visits_of(target.household_id).filter(target=target)
    visits = queries.visit_lines(made[:LAST_VISITS], answers=True)
    errors = {problem.field: problem for problem in problems or []}
    outcome = form["outcome"].value() or ""
    exemption = target.exemptions.filter(ended_on=None).first()
    masked: dict[str, str] = {}
    if mistaken is not None:
        masked = _said(mistaken)[1]
        if note := _masked_note(mistaken):
            form.fields["note"].help_text = masked_hint(note)
    context = {
        "target": target,
        "campaign": campaign,
        "running": campaign.state == Campaign.State.RUNNING,
        "where": where_of(target, labels),
        "place": within,
        "place_name": labels.get(within, within),
        "coverage": queries.coverage(campaign, [within])[within],
        "look": look,
        "words": words,
        "form": form,
        "problems": [str(problem) for problem in problems or []],
        "outcomes": (outcomes := _outcomes(campaign, rules)),
        "outcome": outcome,
        "asking": any(one.asks and one.code == outcome for one in outcomes),
        "questions": fields_of_form(
            questionnaire, given, errors, today=today, now=timezone.localtime(), masked=masked
        ),
        "compiled": compiled(questionnaire),
        "takes_photos": any(one.kind == "photo" for one in questionnaire.walk()),
        "today": today.isoformat(),
        "residents": _residents(target.household_id),
        "visits": visits,
        "mistaken": next((v for v in visits if mistaken and v.visit.id == mistaken.id), None),
        "saved": _just_saved(request, campaign, rules),
        "exemption": exemption,
        "exempt_form": ExemptForm(rules=rules, initial={"until": campaign.ends_on}),
        "may_exempt": request.actor.may("field.exempt", target.place_code),
        "next": queries.next_door(campaign, within, target, today),
    }
    return render(request, "field/door.html", context, status=status)
