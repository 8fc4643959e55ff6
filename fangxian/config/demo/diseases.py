"""Cases of diseases that were reported in the last days, most of them verified."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.recipe import Chance
from fangxian.people.models import Person
from fangxian.regions.queries import at
from fangxian.register.models import Residency
from fangxian.surveillance.actions import NewCard, report_case, verify_card, withdraw_card
from fangxian.surveillance.models import ReportCard
from fangxian.surveillance.rules import catalogue_at

HOUR = dt.timedelta(hours=1)
# Beside those of the reporting account some are written in the community of the community's own.
OWN = 5


def begin(chance: Chance, officers: Officers) -> None:
    """Report, verify and withdraw by the actions that people use; the last ones wait."""
    given, draw = chance.data["diseases"], chance.random
    doctor, office = officers.account("liudiao"), officers.account("shequ")
    chief = officers.account("zhihuibu")
    whole = _residents(doctor, given["cards"] - OWN)
    cards = [(doctor, one) for one in whole] + [(office, one) for one in _residents(office, OWN)]
    draw.shuffle(cards)
    made = []
    for number, (by, home) in enumerate(cards):
        days = given["days"] * (1 - number / len(cards))
        moment = timezone.now() - dt.timedelta(days=days) - draw.random() * HOUR - HOUR
        made.append(_reported(chance, by, home, moment))
    for number, card in enumerate(made[: -given["waiting"]]):
        with acting(chief):
            if number == given["withdrawn"]:
                withdraw_card(by=chief, card_id=card.pk, reason=given["reason"])
            else:
                verify_card(by=chief, card_id=card.pk)


def _residents(by: Actor, many: int) -> list[Residency]:
    """Some who live here, far from one another in the list."""
    with acting(by):
        found = Residency.objects.filter(to_date=None, person__deceased_on=None)
        keys = list(found.order_by("place_code", "id").values_list("pk", flat=True)[:20_000])
        some = keys[:: max(len(keys) // many, 1)][:many]
        return list(Residency.objects.filter(pk__in=some).order_by("place_code", "id"))


def _reported(chance: Chance, by: Actor, home: Residency, moment: dt.datetime) -> ReportCard:
    given, draw = chance.data["diseases"], chance.random
    codes = draw.choices(list(given["weights"]), list(given["weights"].values()))
    source, classification = draw.choice(given["sources"]), draw.choice(given["classifications"])
    with acting(by):
        person = Person.objects.get(pk=home.person_id)
        card = NewCard(
            place=at(home.place_code[:12]), disease=codes[0], classification=classification,
            source=source, belongs="county", diagnosed_at=moment,
            onset_on=timezone.localdate(moment) - dt.timedelta(days=draw.randint(0, 3)),
            occupation=draw.choice(given["occupations"]), doctor=given["doctor"], again=True,
        )  # fmt: skip
        made = report_case(by=by, card=card, person=person)
        hours = catalogue_at(moment).named(made.disease).hours
        # One in so many comes after the deadline.
        late = draw.random() < given["late"]
        after = moment + HOUR * hours * (1 + draw.random() if late else 0.1 + 0.8 * draw.random())
        told: dict[str, Any] = {"reported_at": min(after, timezone.now())}
        ReportCard.objects.filter(pk=made.pk).update(**told)
    return made
