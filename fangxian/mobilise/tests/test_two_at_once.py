"""Two people have the same page of a call, a pledge or a certificate open. All is synthetic."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse

from fangxian.common.scoping import acting
from fangxian.mobilise.actions import NewLine, Sending
from fangxian.mobilise.models import Call, Pledge, Skill
from fangxian.mobilise.tests.conftest import enlisted
from fangxian.mobilise.tests.test_calls import body, drawn, officer
from fangxian.mobilise.tests.test_calls import sent as sent_call
from fangxian.mobilise.tests.test_planning import sent


def test_a_call_is_not_written_over_unseen(client_of: Any, alice: Any, places: Any) -> None:
    here = places[places.community]
    call = drawn(alice, here, [NewLine(here, 2)])
    ticked = {"open_to_all": "on"}
    client, url = client_of("alice"), reverse("mobilise:call_edit", args=[call.id])
    one, other = (sent(client.get(url).content.decode()) for _ in range(2))
    assert client.post(url, {**one, **ticked, "line-0-heads": "5"}).status_code == 302
    stale = client.post(url, {**other, **ticked, "title": "示例征召二"})
    assert stale.status_code == 409
    with acting(alice):
        assert Call.objects.get().title == call.title
        assert call.lines.get().heads == 5
    typed = sent(stale.content.decode())
    assert typed["title"] == "示例征召二"
    assert client.post(url, {**typed, **ticked}).status_code == 302
    with acting(alice):
        assert (Call.objects.get().title, call.lines.get().heads) == ("示例征召二", 2)


def test_a_unit_keeps_what_its_other_officer_has_changed(
    client_of: Any, alice: Any, cast: Any, places: Any
) -> None:
    here = places[places.community]
    unit = body(places, "示例单位")
    officer(cast, unit)
    call = sent_call(alice, here, [NewLine(here, 5)], [Sending(unit)])
    client, url = client_of("unit_officer"), reverse("mobilise:call_unit", args=[call.id])
    assert client.post(url, {"heads": "2", "hours": "any"}).status_code == 302
    one, other = (sent(client.get(url).content.decode()) for _ in range(2))
    assert client.post(url, {**one, "heads": "4"}).status_code == 302
    assert client.post(url, {**other, "hours": "days"}).status_code == 302
    with acting(alice):
        assert Pledge.objects.values_list("heads", "hours").get() == (4, "days")
    assert client.post(url, {**other, "heads": "3"}).status_code == 409


def test_a_certificate_keeps_what_another_has_written(
    client_of: Any, alice: Any, places: Any
) -> None:
    who = enlisted(alice, places[places.community], "测试甲", "nurse")
    client, url = client_of("alice"), reverse("mobilise:skill_certificates", args=[who.id])
    one, other = (sent(client.get(url).content.decode()) for _ in range(2))
    assert client.post(url, {**one, "nurse-expires_on": "2090-01-01"}).status_code == 302
    assert client.post(url, {**other, "nurse-number": "示例1"}).status_code == 302
    with acting(alice):
        has = Skill.objects.get(volunteer=who)
        assert (has.certificate, has.expires_on) == ("示例1", dt.date(2090, 1, 1))
    assert client.post(url, {**other, "nurse-expires_on": "2091-01-01"}).status_code == 409
