"""The lists of notifiable diseases as the law had them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fangxian.common.errors import Invalid
from fangxian.core.rules import NoRule
from fangxian.surveillance.rules import catalogue, catalogue_at, check_diseases, report_rules


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (dt.date(2014, 1, 1), {"A": 2, "B": 26, "C": 11}),
        (dt.date(2020, 2, 1), {"A": 2, "B": 27, "C": 11}),
        (dt.date(2023, 6, 1), {"A": 2, "B": 27, "C": 11}),
        (dt.date(2024, 1, 1), {"A": 2, "B": 28, "C": 11}),
        (dt.date(2025, 9, 1), {"A": 2, "B": 27, "C": 11}),
    ],
)
def test_the_list_of_a_day_has_as_many_as_the_law(db: Any, day: dt.date, counts: Any) -> None:
    diseases = catalogue(day).diseases.values()
    found = {k: sum(one.klass == k and not one.of for one in diseases) for k in counts}
    assert found == counts


@pytest.mark.parametrize(
    ("day", "code", "managed", "hours"),
    [
        (dt.date(2014, 1, 1), "plague", "A", 2),
        (dt.date(2014, 1, 1), "sars", "A", 2),
        (dt.date(2014, 1, 1), "anthrax", "B", 24),
        (dt.date(2014, 1, 1), "anthrax_pulmonary", "A", 2),
        (dt.date(2020, 2, 1), "covid19", "A", 2),
        (dt.date(2023, 2, 1), "covid19", "B", 24),
        (dt.date(2024, 2, 1), "mpox", "B", 24),
        (dt.date(2026, 2, 1), "hfmd", "C", 24),
        (dt.date(2026, 2, 1), "unknown_pneumonia", "other", 2),
    ],
)
def test_the_deadline_is_that_of_the_class_that_is_managed(
    db: Any, day: dt.date, code: str, managed: str, hours: int
) -> None:
    moment = timezone.make_aware(dt.datetime.combine(day, dt.time(23, 30)))
    listed = catalogue_at(moment)
    assert listed.named(code).managed_as == managed
    assert listed.due(code, moment) - moment == dt.timedelta(hours=hours)


def test_what_is_not_on_the_list_is_refused_by_name(db: Any) -> None:
    with pytest.raises(Invalid) as refused:
        catalogue(dt.date(2014, 1, 1)).named("covid19")
    assert refused.value.problems[0].field == "disease"
    with pytest.raises(NoRule):
        catalogue(dt.date(2013, 1, 1))


def test_a_form_is_of_a_disease_of_the_list(db: Any) -> None:
    row = {"code": "x", "zh": "甲", "en": "X", "class": "B", "hours": 24, "of": "y"}
    with pytest.raises(Invalid):
        check_diseases({"diseases": [row]})
    check_diseases({"diseases": [row | {"of": "x"}]})


def test_the_codes_of_cards(db: Any) -> None:
    rules = report_rules()
    assert rules.verify_hours == 2
    assert {"suspected", "clinical", "confirmed"} <= rules.classifications.keys()
