"""Report cards: the list, a new one, one of them; the diseases that are reported."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.ui import formats
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import change_page, form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.core.rules import NoRule
from fangxian.organisations.finding import holder_of
from fangxian.organisations.models import Member, Organisation
from fangxian.people import lookups
from fangxian.people.models import Person
from fangxian.people.vocabularies import IDENTITY
from fangxian.regions.queries import called, full_name
from fangxian.surveillance import actions, queries
from fangxian.surveillance.actions import NewCard
from fangxian.surveillance.actions.cards import REPORT, REVISABLE, VERIFY
from fangxian.surveillance.forms import (
    CardFilter,
    DayFilter,
    KnownCaseForm,
    NewCaseForm,
    RevisionForm,
    WithdrawalForm,
)
from fangxian.surveillance.models import ReportCard
from fangxian.surveillance.registered import VIEW
from fangxian.surveillance.rules import CLASSES, catalogue, catalogue_version, report_rules

SHOWN = 200
CHANGES = 30
LOOKS = {"reported": "todo", "verified": "ok", "withdrawn": "neutral"}


def tabs(request: SignedRequest, current: str) -> list[dict[str, Any]]:
    """The pages of the room, one of them open."""
    names = {"cards": _("Report cards"), "diseases": _("Notifiable diseases")}
    return [
        {"label": name, "url": reverse(f"surveillance:{to}"), "current": to == current}
        for to, name in names.items()
    ]


def card_of(card_id: UUID) -> ReportCard:
    """A card of the actor's area. Raises OutOfScope."""
    found = ReportCard.objects.select_related("organisation").filter(pk=card_id).first()
    if found is None:
        raise OutOfScope(f"card {card_id}")
    return found


@page(VIEW)
def every(request: SignedRequest) -> HttpResponse:
    """The cards of a place that were diagnosed in some days, the latest first."""
    by = request.actor
    form = CardFilter(request.GET, by)
    place, since, until, disease, show = form.chosen()
    first, after = _moments(since, until)
    found = queries.cards_at(place).filter(diagnosed_at__gte=first, diagnosed_at__lt=after)
    if disease:
        found = found.filter(disease=disease)
    if show == "withdrawn":
        found = found.filter(state=ReportCard.State.WITHDRAWN)
    else:
        found = queries.counted(found)
    if show == "late":
        found = queries.late(found)
    elif show == "open":
        found = found.filter(state=ReportCard.State.REPORTED)
    rows = list(found.order_by("-diagnosed_at", "-id")[: SHOWN + 1])
    rules, listed = report_rules(), catalogue()
    context = {
        "tabs": tabs(request, "cards"),
        "filter": form,
        "place": place,
        "place_name": full_name(place) if place else "",
        "since": since,
        "until": until,
        "rows": [
            {
                "card": one,
                "disease": _disease(one, listed.diseases),
                "classification": _word(rules.classifications, one.classification),
                "look": LOOKS[one.state],
            }
            for one in rows[:SHOWN]
        ],
        "full": len(rows) > SHOWN,
        "most": SHOWN,
        "places": called({one.place_code for one in rows}),
        "may_report": by.may(REPORT),
    }
    return render(request, "surveillance/cards.html", context)


def _moments(since: dt.date, until: dt.date) -> tuple[dt.datetime, dt.datetime]:
    first = timezone.make_aware(dt.datetime.combine(since, dt.time.min))
    after = timezone.make_aware(dt.datetime.combine(until + dt.timedelta(days=1), dt.time.min))
    return first, after


def _word(known: Any, code: str) -> str:
    return known[code].name if code in known else code


def _disease(card: ReportCard, known: Any) -> str:
    """The name of the disease; of one that is listed no more that of the card's own list."""
    if card.disease in known:
        return str(known[card.disease].name)
    return str(catalogue_version(card.catalogue_version).named(card.disease).name)


@page(REPORT, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Write the card of somebody who isn't registered."""
    by = request.actor
    form = NewCaseForm(posted(request), by=by, initial={"diagnosed_at": timezone.localtime()})
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        identity, phone = given.pop("identity").strip(), given.pop("phone").strip()
        who = {
            "name": given.pop("name"),
            "documents": [(IDENTITY, identity)] if identity else [],
            "phones": [phone] if phone else [],
            "birth_date": given.pop("birth_date"),
            "sex": given.pop("sex") or "0",
        }
        made = tried(form, lambda: _reported(by, NewCard(**given), identity, who))
        if made is not None:
            messages.success(request, _("Reported. It is to be verified within the hours."))
            return redirect("surveillance:card", made.id)
    back = reverse("surveillance:cards")
    return form_page(request, form, title=_("Report a case"), back=back)


def _reported(by: Actor, card: NewCard, identity: str, who: dict[str, Any]) -> ReportCard:
    """The card; whom the number names under the same name is that person. Raises Invalid."""
    person = lookups.by_document(by, IDENTITY, identity)
    if person is None:
        return actions.report_case(by=by, card=card, **who)
    if person.name != who["name"].strip():
        raise Invalid(
            Problem(
                _("This number belongs to somebody of another name."),
                "identity",
                mend=_("Compare name and number with the document."),
                code="name_differs",
            )
        )
    return actions.report_case(by=by, card=card, person=person)


@page(REPORT, methods=("GET", "POST"))
def known(request: SignedRequest) -> HttpResponse:
    """Write the card of somebody who is registered here."""
    by = request.actor

    def save(given: dict[str, Any]) -> ReportCard:
        del given["q"]
        person = _person(given.pop("holder"))
        return actions.report_case(by=by, person=person, card=NewCard(**given))

    return change_page(
        request,
        KnownCaseForm(by, posted(request), initial={"diagnosed_at": timezone.localtime()}),
        save=save,
        done=_("Reported. It is to be verified within the hours."),
        to=lambda made: reverse("surveillance:card", args=[made.id]),
        back=reverse("surveillance:cards"),
        title=_("Report a case of somebody who is registered"),
        template="organisations/found_form.html",
    )


def _person(key: str) -> Person:
    holder = holder_of(key)
    if isinstance(holder, Organisation):
        raise Invalid(Problem(_("Choose a person."), field="holder"))
    return holder.person if isinstance(holder, Member) else holder


@page(VIEW)
def detail(request: SignedRequest, card_id: UUID) -> HttpResponse:
    """One card: what it says, its clocks, its history."""
    card, by = card_of(card_id), request.actor
    rules, listed = report_rules(), catalogue_version(card.catalogue_version)
    person = Person.objects.get(pk=card.person_id)
    context = {
        "card": card,
        "person": person,
        "disease": listed.named(card.disease),
        "klass": CLASSES[listed.named(card.disease).klass],
        "classification": _word(rules.classifications, card.classification),
        "source": _word(rules.sources, card.source),
        "belongs": _word(rules.belongs, card.belongs),
        "occupation": _word(rules.occupations, card.occupation) if card.occupation else "",
        "look": LOOKS[card.state],
        "where": full_name(card.place_code),
        "people": display_names([card.made_by, card.verified_by]),
        "history": _changes(card, rules),
        "same": list(queries.same_case(card, rules.same_days)[:10]),
        "may_report": by.may(REPORT, card.place_code) and card.state != "withdrawn",
        "may_verify": by.may(VERIFY, card.place_code)
        and card.state == "reported"
        and card.made_by != by.name,
        "may_open_person": by.may("people.view"),
    }
    return render(request, "surveillance/card.html", context)


def _changes(card: ReportCard, rules: Any) -> list[dict[str, Any]]:
    """What the card said, the latest first."""
    history: Any = apps.get_model("surveillance", "ReportCardHistory")
    rows = list(history.objects.filter(pgh_obj_id=card.pk).order_by("-pgh_id")[:CHANGES])
    people = display_names((row.pgh_context or {}).get("who", "") for row in rows)
    found = []
    for at, row in enumerate(rows):
        listed = catalogue_version(row.catalogue_version).diseases
        name = listed[row.disease].name if row.disease in listed else row.disease
        said = f"{name} · {_word(rules.classifications, row.classification)}"
        why = row.withdrawn_for or row.revised_for
        found.append(
            {
                "title": row.get_state_display(),
                "text": f"{said} · {why}" if why else said,
                "time": row.pgh_created_at,
                "who": formats.who((row.pgh_context or {}).get("who", ""), people),
                "current": at == 0,
            }
        )
    return found


@page(REPORT, methods=("GET", "POST"))
def revise(request: SignedRequest, card_id: UUID) -> HttpResponse:
    """Revise a card for a reason."""
    if request.method == "POST":
        hold(ReportCard, card_id)
    card = card_of(card_id)
    diagnosed = timezone.localtime(card.diagnosed_at)
    initial = {name: getattr(card, name) or "" for name in REVISABLE} | {"diagnosed_at": diagnosed}
    form = RevisionForm(
        posted(request), initial=initial, listed=catalogue_version(card.catalogue_version)
    )

    def save(given: dict[str, Any]) -> ReportCard:
        reason = given.pop("reason")
        # What wasn't changed isn't given.
        texts = {name: given[name].strip() or None for name in ("address", "note") if name in given}
        values = given | texts
        return actions.revise_card(by=request.actor, card_id=card.pk, reason=reason, **values)

    return change_page(
        request, form, save=save, done=_("Revised. What it said before is in its history."),
        back=reverse("surveillance:card", args=[card.pk]), title=_("Revise the card"),
        sub=card.number,
    )  # fmt: skip


@page(REPORT, methods=("GET", "POST"))
def withdraw(request: SignedRequest, card_id: UUID) -> HttpResponse:
    """Withdraw a card for a reason."""
    card = card_of(card_id)
    return change_page(
        request, WithdrawalForm(posted(request)),
        save=lambda given: actions.withdraw_card(by=request.actor, card_id=card.pk, **given),
        done=_("Withdrawn. The card stays, and counts nowhere."),
        back=reverse("surveillance:card", args=[card.pk]), title=_("Withdraw the card"),
        sub=card.number, danger=_("Withdraw"),
    )  # fmt: skip


@page(VERIFY, methods=("POST",))
def verify(request: SignedRequest, card_id: UUID) -> HttpResponse:
    """Confirm a card."""
    actions.verify_card(by=request.actor, card_id=card_of(card_id).pk)
    messages.success(request, _("Verified."))
    return redirect("surveillance:card", card_id)


@page(VIEW)
def diseases(request: SignedRequest) -> HttpResponse:
    """Which diseases are reported, under which class and within how many hours, on a day."""
    form = DayFilter(request.GET)
    day = form.chosen()
    try:
        listed = catalogue(day)
    except NoRule:
        # Of days before the oldest list that is kept.
        none = {"tabs": tabs(request, "diseases"), "classes": [], "listed": None, "day": day}
        return render(request, "surveillance/diseases.html", none)
    rows = [
        {
            "klass": label,
            "diseases": [
                {
                    "disease": one,
                    "of": listed.diseases[one.of].name if one.of else "",
                    "managed": CLASSES[one.managed_as] if one.managed_as != one.klass else "",
                }
                for one in listed.diseases.values()
                if one.klass == klass
            ],
        }
        for klass, label in CLASSES.items()
    ]
    context = {
        "tabs": tabs(request, "diseases"), "classes": rows, "listed": listed, "day": day,
    }  # fmt: skip
    return render(request, "surveillance/diseases.html", context)
