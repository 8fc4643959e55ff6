"""The pages of report cards, as people use them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.surveillance.models import ReportCard

NUMBER = "11010519491231002X"


@pytest.fixture
def given(places: Any) -> dict[str, Any]:
    """A card as it is typed."""
    return {
        "name": "张三", "identity": NUMBER, "sex": "0", "birth_date": "", "phone": "13800001234",
        "place": places.community, "address": "示例路8号", "belongs": "county",
        "occupation": "student", "disease": "influenza", "classification": "clinical",
        "onset_on": timezone.localdate().isoformat(), "died_on": "",
        "diagnosed_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "source": "hospital", "organisation": "", "doctor": "某医生", "note": "",
    }  # fmt: skip


def one(by: Any) -> ReportCard:
    with acting(by):
        return ReportCard.objects.get()


def text(client: Any, name: str, *args: Any, **query: Any) -> str:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    answer = client.get(reverse(f"surveillance:{name}", args=args), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_case_is_reported_verified_revised_and_withdrawn(
    given: dict[str, Any], client_of: Callable[[str], Any], alice: Any
) -> None:
    client, other = client_of("alice"), client_of("epidemiologist")
    assert "张三" not in text(client, "cards")
    sent = client.post(reverse("surveillance:card_new"), given)
    card = one(alice)
    assert sent["Location"] == reverse("surveillance:card", args=[card.id])
    assert (card.name, card.disease, card.occupation) == ("张三", "influenza", "student")
    listed = text(client, "cards")
    assert "张三" in listed
    assert "流行性感冒" in listed
    assert "张三" in text(other, "cards", show="open")
    assert other.post(reverse("surveillance:card_verify", args=[card.id])).status_code == 302
    assert one(alice).state == "verified"
    assert "张三" not in text(other, "cards", show="open")
    form = client.get(reverse("surveillance:card_revise", args=[card.id])).context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    shown |= {"diagnosed_at": given["diagnosed_at"], "classification": "confirmed"}
    shown["onset_on"] = given["onset_on"]
    answer = client.post(
        reverse("surveillance:card_revise", args=[card.id]), shown | {"reason": "检验结果阳性"}
    )
    assert answer.status_code == 302, answer.content.decode()
    changed = one(alice)
    assert (changed.classification, changed.state) == ("confirmed", "reported")
    assert changed.diagnosed_at == card.diagnosed_at
    client.post(reverse("surveillance:card_withdraw", args=[card.id]), {"reason": "录错了人名"})
    assert one(alice).state == "withdrawn"
    assert "张三" not in text(client, "cards")
    assert "张三" in text(client, "cards", show="withdrawn")


def test_the_mend_stands_beside_the_field(
    given: dict[str, Any], client_of: Callable[[str], Any], alice: Any
) -> None:
    client = client_of("alice")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    tomorrow = timezone.localtime() + dt.timedelta(days=1)
    late = given | {"diagnosed_at": tomorrow.strftime("%Y-%m-%dT%H:%M")}
    answer = client.post(reverse("surveillance:card_new"), late)
    assert answer.status_code == 422
    assert "诊断时间在将来" in answer.content.decode()
    with acting(alice):
        assert not ReportCard.objects.exists()
    client.post(reverse("surveillance:card_new"), given)
    # The number names him already: it is the same case twice, and says with which card.
    twice = client.post(reverse("surveillance:card_new"), given)
    assert twice.status_code in (409, 422)
    assert one(alice).number in twice.content.decode()
    other = client.post(reverse("surveillance:card_new"), given | {"name": "李四"})
    assert other.status_code == 422
    assert "姓名" in other.content.decode()


def test_the_list_of_a_day(client_of: Callable[[str], Any]) -> None:
    client = client_of("alice")
    now = text(client, "diseases")
    assert "鼠疫" in now
    assert "人感染新亚型流感" in now
    then = text(client, "diseases", day="2020-02-01")
    assert "新型冠状病毒肺炎" in then
    assert "人感染H7N9禽流感" in then
    assert "2013" in text(client, "diseases", day="2010-01-01")


def test_who_has_no_right_sees_none(client_of: Callable[[str], Any]) -> None:
    client = client_of("bob")
    for name in ("cards", "card_new", "diseases"):
        assert client.get(reverse(f"surveillance:{name}")).status_code == 403
