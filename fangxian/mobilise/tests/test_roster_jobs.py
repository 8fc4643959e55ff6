"""Rosters through the pages and the job that works them out, with real commits."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core import runner
from fangxian.core.models import JobState
from fangxian.mobilise import rostering
from fangxian.mobilise.actions import (
    NewPattern,
    draft_roster,
    drop_draft,
    publish_draft,
    put_on,
    take_what_is_there,
)
from fangxian.mobilise.models import RosterDraft, Shift, Turn
from fangxian.mobilise.registered import counted
from fangxian.mobilise.tests.conftest import DAY, EARLY, enlisted, gate, shift
from tests.kit.cast import make_places

BY = Actor.system("test", "1309")

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rounds are enough to be right."""
    shipped = rostering.roster_rules
    monkeypatch.setattr(rostering, "roster_rules", lambda: replace(shipped(), rounds=1))


def _home() -> tuple[Any, Any, list[Any]]:
    home = make_places()["130902001001"]
    post = gate(BY, home, NewPattern(EARLY, dt.time(8), 480, 1), first=1, days=3)
    return home, post, [enlisted(BY, home, f"测试{n}") for n in range(3)]


def _drafted(home: Any) -> RosterDraft:
    first = timezone.localdate() + DAY
    draft = draft_roster(by=BY, place=home, first=first, last=first + 2 * DAY)
    assert draft.job is not None
    runner.run(draft.job.id)
    with acting(BY):
        return RosterDraft.objects.select_related("job").get(id=draft.id)


def test_a_sign_up_and_a_publication_at_once() -> None:
    """Whoever comes second finds what the first did: the roster is refused whole, or the place is
    gone. Nobody is on a shift twice, and no shift has more than its heads."""
    home, post, people = _home()
    draft = _drafted(home)
    assert draft.state == "ready"
    assert draft.job is not None
    assert draft.job.state == JobState.DONE
    early = shift(BY, post)
    with acting(BY):
        line = draft.lines.get(shift=early)
    other = next(one for one in people if one.id != line.volunteer_id)
    both = threading.Barrier(2)

    def publish() -> str:
        try:
            both.wait(30)
            return publish_draft(by=BY, draft=draft, digest=draft.digest).state
        except Conflict:
            return "refused"
        finally:
            connections.close_all()

    def take() -> str:
        try:
            both.wait(30)
            return put_on(by=BY, shift=early, volunteer=other, source=Turn.Source.TAP).state
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        published, taken = pool.submit(publish), pool.submit(take)
        found = published.result(60), taken.result(60)
    assert found in {("published", "waiting"), ("refused", "placed")}
    with acting(BY):
        placed = Turn.objects.filter(state="placed").count()
        assert placed == (3 if found[0] == "published" else 1)
        assert Shift.objects.get(id=early.id).placed == 1
    assert list(counted()) == []


def test_enough_takes_what_is_there_and_a_dropped_draft_stays_empty() -> None:
    home, _post, _people = _home()
    first = timezone.localdate() + DAY
    draft = draft_roster(by=BY, place=home, first=first, last=first + 2 * DAY)
    take_what_is_there(by=BY, draft=draft)
    assert draft.job is not None
    runner.run(draft.job.id)
    with acting(BY):
        draft.refresh_from_db()
        assert draft.state == "ready"
        assert draft.lines.count() == 3
    other = draft_roster(by=BY, place=home, first=first, last=first + 2 * DAY)
    drop_draft(by=BY, draft=other)
    assert other.job is not None
    runner.run(other.job.id)
    with acting(BY):
        other.refresh_from_db()
        assert (other.state, other.lines.count()) == ("dropped", 0)
