"""The questions of forms as columns of the ledger of visits."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from fangxian.accounts.models import AccessLog
from fangxian.common.errors import Invalid
from fangxian.common.facts import Filter, View, plans, tables
from fangxian.common.scoping import acting
from fangxian.core import sunset
from fangxian.core.actions import create_emergency
from fangxian.core.models import Emergency
from fangxian.field.actions import NewVisit, plan_campaign, publish_form, record_visit
from fangxian.field.models import Campaign
from fangxian.field.queries import doors
from fangxian.field.tests.conftest import OTHER_UNIT, SCHEMA, begin
from fangxian.field.tests.test_answers import ANSWERS
from fangxian.register.actions import create_household, move_in

TABLE = "field.visits"


def visit(by: Any, campaign: Campaign, at: int = 0, **more: Any) -> NewVisit:
    """The door of this number, with something found."""
    with acting(by):
        target = list(doors(campaign, by.area))[at]
    values: dict[str, Any] = {"outcome": "exceptions", "answers": ANSWERS}
    made = NewVisit(uuid4(), campaign.id, target.household_id, **(values | more))
    record_visit(by=by, visit=made)
    return made


def labels() -> dict[str, str]:
    """What the columns are called, and their names."""
    with override("zh-hans"):
        return {str(column.label): column.name for column in tables.get(TABLE).columns}


def told(by: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The cells of columns called so, all visits in the order of the ledger."""
    with acting(by), override("zh-hans"):
        names = labels()
        view = View(TABLE, columns=tuple(names[one] for one in columns)).checked(by)
        return [line.cells for line in plans.page(view, by, by.area).lines]


def test_each_question_is_a_column(campaign: Campaign, cast: Any, bob: Any) -> None:
    visit(bob, campaign)
    visit(bob, campaign, 1, outcome="all_well", answers={})
    hq = cast.actor("headquarters")
    found = told(hq, "有无发热", "体温", "返回人员", "返回人员·来自", "返回人员·症状", "表单")
    assert found == [
        ("有", 38.5, 2, "武汉，电话138****1111；上海", "咳嗽、乏力；—", "入户摸排"),
        (None, None, None, None, None, "入户摸排"),
    ]
    [(everything,), (nothing,)] = told(hq, "回答")
    assert everything == (
        "有无发热：有；体温：38.5；返回人员：（来自：武汉，电话138****1111；症状：咳嗽、乏力）、（来自：上海）"
    )
    assert nothing is None


def test_each_visit_is_read_by_the_version_that_it_answered(
    campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    visit(bob, campaign)
    hq = cast.actor("headquarters")
    later = copy.deepcopy(SCHEMA)
    later["questions"][0]["options"][0]["label"] = "发热"
    later["questions"][1] = {"name": "cough", "kind": "text", "label": "咳嗽几天"}
    second = begin(hq, places, schema=later, name="第二轮摸排")
    visit(bob, second, 1, answers={"fever": "yes", "cough": "3天"})
    found = told(hq, "摸排", "有无发热", "体温", "咳嗽几天")
    assert sorted(found, key=str) == [
        ("第一轮摸排", "有", 38.5, None),
        ("第二轮摸排", "发热", None, "3天"),
    ]


def test_forms_that_ask_the_same_say_which_they_are(
    campaign: Campaign, cast: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    form = publish_form(
        by=hq, code="gate-check", name="卡口排查",
        schema={"questions": [{"name": "temperature", "kind": "decimal", "label": "体温"}]},
    )  # fmt: skip
    with acting(hq):
        assert not [name for name in labels() if "卡口" in name], "no sweep asks it yet"
    today = timezone.localdate()
    plan_campaign(
        by=hq, form=form, name="卡口", area=places[places.county],
        starts_on=today, ends_on=today + dt.timedelta(days=3), report_at=dt.time.max,
    )  # fmt: skip
    with acting(hq):
        called = labels()
    assert called["体温（卡口排查）"] == "asked__gate-check__temperature"
    assert called["体温（入户摸排）"] == "asked__sweep__temperature"
    assert called["有无发热"] == "asked__sweep__fever"


def test_who_may_not_take_answers_away_reads_none(campaign: Campaign, cast: Any, bob: Any) -> None:
    visit(bob, campaign)
    assert not bob.may("field.export")
    assert told(bob, "有无发热", "体温", "回答") == [("***", "***", "***")]
    assert told(cast.actor("alice"), "有无发热", "体温") == [("有", 38.5)]


def test_answers_are_opened_once_whatever_the_columns(
    campaign: Campaign, cast: Any, bob: Any
) -> None:
    for at in (0, 1, 2):
        visit(bob, campaign, at)
    hq = cast.actor("headquarters")
    many = []
    with acting(hq):
        names = [name for name in tables.get(TABLE).by_name if name.startswith("asked__")]
        for columns in (names[:1], names):
            with CaptureQueriesContext(connection) as asked:
                plans.page(View(TABLE, columns=tuple(columns)), hq, hq.area)
            many.append(len(asked))
    assert len(names) == 5
    assert many[0] == many[1]


def test_reading_is_noted_of_who_lives_there(campaign: Campaign, cast: Any, bob: Any) -> None:
    made = visit(bob, campaign)
    hq = cast.actor("headquarters")
    person = move_in(
        by=hq, household_id=made.household_id, on=timezone.localdate(), name="张三"
    ).person_id
    told(hq, "体温")
    with acting(hq):
        assert AccessLog.objects.filter(persons__contains=[person]).exists()


def test_what_is_sealed_is_not_asked_for(campaign: Campaign, cast: Any) -> None:
    hq = cast.actor("headquarters")
    with acting(hq):
        name = labels()["体温"]
        with pytest.raises(Invalid):
            View(TABLE, filters=(Filter(name, "from", "37.3"),)).checked(hq)
        with pytest.raises(Invalid):
            View(TABLE, groups=(name,)).checked(hq)


def test_nobody_reading_there_are_no_questions(campaign: Campaign, cast: Any) -> None:
    assert not [name for name in labels().values() if name.startswith("asked__")]
    with acting(cast.actor("charlie")):
        assert not [name for name in labels().values() if name.startswith("asked__")]


def test_answers_destroyed_with_their_emergency_say_so(cast: Any, places: Any, bob: Any) -> None:
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=OTHER_UNIT, room="101")
    create_household(by=hq, place_code=places.unit, room="101")
    emergency = create_emergency(
        by=hq, name="演练", disease="不明原因", place_code=places.county, level=3,
        started_on=timezone.localdate(),
    )  # fmt: skip
    campaign = begin(hq, places, emergency=emergency)
    visit(bob, campaign)
    assert told(hq, "体温") == [(38.5,)]
    with acting(hq):
        Emergency.objects.update(ended_on=timezone.localdate())
    sunset.destroy_key(emergency.id)
    [(temperature, everything)] = told(hq, "体温", "回答")
    assert temperature == everything == "已随应急响应终止销毁"
