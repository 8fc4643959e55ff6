"""Report cards: their clocks, what is revised, verified, withdrawn, reported twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import AccessLog
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope
from fangxian.common.facts import View, plans
from fangxian.common.scoping import acting
from fangxian.core.models import Task
from fangxian.people.actions import change_person
from fangxian.people.models import Person
from fangxian.surveillance.actions import (
    NewCard,
    report_case,
    revise_card,
    verify_card,
    withdraw_card,
)
from fangxian.surveillance.models import ReportCard

NUMBER = "11010519491231002X"


def card(places: Any, **more: Any) -> NewCard:
    """A case of influenza, diagnosed an hour ago."""
    values: dict[str, Any] = {
        "place": places[places.community],
        "disease": "influenza",
        "classification": "confirmed",
        "source": "hospital",
        "belongs": "county",
        "diagnosed_at": timezone.now() - dt.timedelta(hours=1),
        "address": "第1社区示例路8号",
    }
    return NewCard(**(values | more))


@pytest.fixture
def reported(alice: Any, places: Any) -> ReportCard:
    return report_case(by=alice, card=card(places), name="张三", documents=[("identity", NUMBER)])


def tasks() -> list[tuple[str, str]]:
    return list(Task.objects.filter(kind="surveillance.verify").values_list("state", "place_code"))


def test_a_card_has_its_clock_and_somebody_who_verifies_it(
    reported: ReportCard, cast: Any, places: Any
) -> None:
    assert reported.due_at - reported.diagnosed_at == dt.timedelta(hours=24)
    assert not reported.late
    hq = cast.actor("headquarters")
    with acting(hq):
        task = Task.objects.get(kind="surveillance.verify")
        assert task.due_at - reported.reported_at == dt.timedelta(hours=2)
        assert (task.state, task.place_code) == ("open", places.community)
        person = Person.objects.get(pk=reported.person_id)
        assert (person.name, person.birth_date) == ("张三", dt.date(1949, 12, 31))


@pytest.mark.parametrize(
    ("disease", "hours", "late"),
    [("cholera", 1, False), ("cholera", 3, True), ("influenza", 23, False), ("measles", 25, True)],
)
def test_late_is_what_comes_after_the_hours_of_the_law(
    alice: Any, places: Any, disease: str, hours: int, late: bool
) -> None:
    moment = timezone.now() - dt.timedelta(hours=hours)
    made = report_case(
        by=alice, card=card(places, disease=disease, diagnosed_at=moment), name="李四"
    )
    assert made.late is late


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"disease": "unheard_of"}, "disease"),
        ({"classification": "sure"}, "classification"),
        ({"source": "rumour"}, "source"),
        ({"belongs": "moon"}, "belongs"),
        ({"occupation": "king"}, "occupation"),
        ({"diagnosed_at": timezone.now() + dt.timedelta(days=1)}, "diagnosed_at"),
        ({"diagnosed_at": timezone.now() - dt.timedelta(days=60)}, "diagnosed_at"),
        ({"onset_on": timezone.localdate() + dt.timedelta(days=1)}, "onset_on"),
        ({"died_on": timezone.localdate() + dt.timedelta(days=1)}, "died_on"),
    ],
)
def test_what_can_not_be_is_refused_by_field(
    alice: Any, places: Any, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        report_case(by=alice, card=card(places, **more), name="王五")
    assert [problem.field for problem in refused.value.problems] == [field]
    assert all(problem.mend for problem in refused.value.problems)
    with acting(alice):
        assert not ReportCard.objects.exists()
        assert not Person.objects.filter(name="王五").exists()


def test_the_same_case_is_reported_once(reported: ReportCard, alice: Any, places: Any) -> None:
    with acting(alice):
        person = Person.objects.get(pk=reported.person_id)
    with pytest.raises(Conflict, match=reported.number):
        report_case(by=alice, person=person, card=card(places))
    other = report_case(by=alice, person=person, card=card(places, disease="mumps"))
    again = report_case(by=alice, person=person, card=card(places, again=True))
    assert {other.disease, again.disease} == {"mumps", "influenza"}
    withdraw_card(by=alice, card_id=again.id, reason="重复报告，保留前一张")
    withdraw_card(by=alice, card_id=reported.id, reason="不是病例，检验为阴性")
    assert report_case(by=alice, person=person, card=card(places)).state == "reported"


def test_verified_by_another_within_the_hours(reported: ReportCard, alice: Any, cast: Any) -> None:
    epidemiologist = cast.actor("epidemiologist")
    with pytest.raises(Forbidden):
        verify_card(by=alice, card_id=reported.id)
    done = verify_card(by=epidemiologist, card_id=reported.id)
    assert (done.state, done.verified_by) == ("verified", epidemiologist.name)
    with acting(cast.actor("headquarters")):
        assert [state for state, _place in tasks()] == ["done"]
    with pytest.raises(Conflict):
        verify_card(by=epidemiologist, card_id=reported.id)


def test_nobody_verifies_what_he_reported_himself(places: Any, cast: Any) -> None:
    epidemiologist = cast.actor("epidemiologist")
    mine = report_case(by=epidemiologist, card=card(places), name="赵六")
    with pytest.raises(Forbidden):
        verify_card(by=epidemiologist, card_id=mine.id)
    assert verify_card(by=cast.actor("headquarters"), card_id=mine.id).state == "verified"


def test_a_revision_keeps_what_was_said_and_is_verified_anew(
    reported: ReportCard, alice: Any, cast: Any, client_of: Callable[[str], Any]
) -> None:
    verify_card(by=cast.actor("epidemiologist"), card_id=reported.id)
    done = revise_card(by=alice, card_id=reported.id, reason="实验室订正为麻疹", disease="measles")
    assert (done.disease, done.state, done.verified_at) == ("measles", "reported", None)
    assert done.due_at - done.diagnosed_at == dt.timedelta(hours=24)
    with acting(cast.actor("headquarters")):
        assert sorted(state for state, _place in tasks()) == ["done", "open"]
    client = client_of("alice")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    page = client.get(reverse("surveillance:card", args=[reported.id])).content.decode()
    for said in ("流行性感冒", "麻疹", "实验室订正为麻疹", "确诊病例"):
        assert said in page
    unchanged = revise_card(by=alice, card_id=reported.id, reason="没有改动", disease="measles")
    assert unchanged.revised_for == "实验室订正为麻疹"


def test_a_withdrawn_card_stays_and_counts_nowhere(
    reported: ReportCard, alice: Any, cast: Any
) -> None:
    hq = cast.actor("headquarters")
    counted = ("surveillance.cards_today", "surveillance.cards_open")
    with acting(hq):
        assert [plans.measured(n, hq, [hq.area])[hq.area] for n in counted] == [1, 1]
    withdraw_card(by=alice, card_id=reported.id, reason="同名同姓，录入有误")
    with acting(hq):
        assert [plans.measured(n, hq, [hq.area])[hq.area] for n in counted] == [0, 0]
        assert plans.count(View("surveillance.cards"), hq, hq.area, None) == 1
        assert [state for state, _place in tasks()] == ["done"]
    for change in (
        lambda: withdraw_card(by=alice, card_id=reported.id, reason="再次撤回这张卡"),
        lambda: revise_card(by=alice, card_id=reported.id, reason="再次订正", doctor="某医生"),
        lambda: verify_card(by=cast.actor("epidemiologist"), card_id=reported.id),
    ):
        with pytest.raises(Conflict):
            change()


def test_other_counties_see_nothing(reported: ReportCard, cast: Any, bob: Any) -> None:
    charlie = cast.actor("charlie")
    with acting(charlie):
        assert not ReportCard.objects.exists()
    with pytest.raises(OutOfScope):
        withdraw_card(by=charlie, card_id=reported.id, reason="别县的卡不能动")
    assert not bob.may("surveillance.view")


def test_the_name_follows_the_person(reported: ReportCard, alice: Any) -> None:
    change_person(by=alice, person_id=reported.person_id, name="张三丰")
    with acting(alice):
        assert ReportCard.objects.get(pk=reported.pk).name == "张三丰"


def test_reading_a_card_is_noted(
    reported: ReportCard, cast: Any, client_of: Callable[[str], Any]
) -> None:
    client_of("epidemiologist").get(reverse("surveillance:card", args=[reported.id]))
    with acting(cast.actor("headquarters")):
        seen = AccessLog.objects.filter(persons__contains=[reported.person_id])
        assert seen.filter(actor="epidemiologist").exists()
