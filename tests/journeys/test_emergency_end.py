"""Ending an emergency takes what was told at the doors, in the database and on every page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.urls import reverse

from fangxian.common.fields import DESTROYED
from fangxian.common.scoping import acting
from fangxian.core.actions import create_emergency
from fangxian.core.tasks import finish_endings
from fangxian.field import queries
from fangxian.field.actions import NewGateEntry, open_gate, record_gate_entry
from fangxian.field.models import Gate, GateEntry, Visit
from fangxian.field.questionnaire.fields import PREFIX
from fangxian.register.actions import create_household
from tests.journeys.sweep import begin_sweep
from tests.kit.cast import Places, make_places


@pytest.fixture
def places(fresh_database: str) -> Places:
    """Committed, since the key goes only after the end is."""
    return make_places()


def test_the_end_of_an_emergency_destroys_the_answers(
    places: Places, cast: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The web is not given the role that sees everything.
    monkeypatch.setattr(connections["maintenance"], "connect", _refused)
    hq = cast.actor("headquarters")
    emergency = create_emergency(
        by=hq, name="甲县疫情", disease="新型传染病", place_code=places.county, level=2
    )
    door = create_household(by=hq, place_code=places.unit, room="101")
    campaign = begin_sweep(hq, places, emergency)
    url = reverse("field:door", args=[campaign.id, door.id])
    officer = client_of("bob")
    sent = {
        "op_id": str(uuid4()),
        "outcome": "exceptions",
        f"{PREFIX}.fever": "yes",
        "note": "SEEDED 发热",
    }
    assert officer.post(url, sent).status_code == 302
    gate = open_gate(
        by=hq, place=places[places.grid], name="东门", kind="road", emergency=emergency
    )
    entry = NewGateEntry(uuid4(), gate.id, "in", "pass", plate="演示A1234", who="SEEDED 某人")
    record_gate_entry(by=cast.actor("bob"), entry=entry)
    log, number = reverse("field:gate_log"), {"number": "演示a1234"}
    assert "演示A1234" in officer.post(log, number).content.decode()
    with acting(hq):
        visit = Visit.objects.get()
        assert "yes" in visit.answers
        assert visit.note == "SEEDED 发热"
    head = client_of("headquarters")
    end = reverse("core:emergency_end", args=[emergency.id])
    assert head.post(end, {"confirm": "no"}).status_code == 422
    assert head.post(end, {"confirm": "甲县疫情"}).status_code == 302
    with acting(hq):
        visit = Visit.objects.get()
        assert (visit.answers, visit.note) == (DESTROYED, DESTROYED)
        # The worker empties it, when it has been counted.
        assert visit.outcome == "exceptions"
    page = officer.get(url)
    assert page.status_code == 200
    assert "SEEDED" not in page.content.decode()
    shown = reverse("core:emergency", args=[emergency.id])
    assert not head.get(shown).context["may_certificate"]
    assert "演示A1234" not in officer.get(log).content.decode()
    monkeypatch.undo()
    finish_endings()
    for answer in (officer.get(log), officer.post(log, number)):
        assert answer.status_code == 200
        assert "SEEDED" not in answer.content.decode()
    assert not answer.context["lines"]
    with acting(hq):
        assert GateEntry.objects.get().plate_index is None
        assert Gate.objects.get().closed_on is not None
    assert head.get(shown).context["may_certificate"]
    with acting(hq):
        # That somebody was there, and what the board counted, stays.
        assert Visit.objects.get().outcome == ""
        assert queries.coverage(campaign, [places.county])[places.county].visited == 1
    home = officer.get(reverse("register:household", args=[door.id]))
    assert str(queries.DESTROYED) in home.content.decode()


def _refused() -> None:
    raise AssertionError("a request opened the connection that sees everything")
