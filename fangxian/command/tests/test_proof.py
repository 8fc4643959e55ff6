"""What is proved: counted now, and by the last check of everything."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from fangxian.command.checking import check_all, proof
from fangxian.command.models import CheckRun
from fangxian.command.structure import structure
from fangxian.common import registries
from fangxian.common.registries import Invariant
from fangxian.common.scoping import acting
from fangxian.regions.models import Region

PROOF = reverse("command:proof")


def test_households_are_counted_at_each_level(client_of, sweep, places, alice):
    with acting(alice):
        rows = {
            row.level: (row.places, row.households, row.outside)
            for row in structure(places.community)
        }
    assert rows == {12: (1, 5, 0), 15: (2, 5, 0), 18: (4, 5, 0)}
    answer = client_of("alice").get(PROOF)
    assert answer.status_code == 200
    assert answer.context["proof"]["at"] is None


def test_a_household_in_a_grid_that_is_gone_is_found(sweep, places, alice):
    Region.objects.filter(code=places.grid).update(valid_to=dt.date(2021, 1, 1))
    with acting(alice):
        found = {row.level: row.outside for row in structure(places.community)}
    assert found == {12: 0, 15: 4, 18: 0}


def test_the_last_check_counts_the_breaches_of_each_invariant(client_of, sweep, monkeypatch):
    found = registries.Registry[Invariant]("invariant")
    found.register("fine", Invariant("fine", lambda: iter(())))
    found.register("broken", Invariant("broken", lambda: iter(["a", "b"])))
    monkeypatch.setattr(registries, "invariants", found)
    run = check_all()
    assert CheckRun.objects.get().id == run.id
    shown = proof()
    assert [(row["name"], row["breaches"]) for row in shown["rows"]] == [
        ("broken", 2),
        ("fine", 0),
    ]
    assert (shown["broken"], shown["holds"], shown["stale"]) == (1, False, False)
    assert client_of("alice").get(PROOF).context["proof"]["broken"] == 1


def test_an_invariant_that_cannot_be_checked_keeps_back_no_other(client_of, sweep, monkeypatch):
    def fails():
        yield "one"
        raise RuntimeError("no such table")

    found = registries.Registry[Invariant]("invariant")
    found.register("fails", Invariant("fails", fails))
    found.register("fine", Invariant("fine", lambda: iter(())))
    monkeypatch.setattr(registries, "invariants", found)
    check_all()
    shown = proof()
    assert {row["name"]: row["breaches"] for row in shown["rows"]} == {"fails": None, "fine": 0}
    assert (shown["broken"], shown["holds"]) == (1, False)
    assert "未能核验" in client_of("alice").get(PROOF).content.decode()


def test_every_invariant_is_named_in_chinese(client_of, sweep):
    CheckRun.objects.create(results=[[name, 0, 0.0] for name, _of in registries.invariants.items()])
    page = client_of("alice").get(PROOF).content.decode()
    for name, invariant in registries.invariants.items():
        with translation.override("en"):
            english = str(invariant.label)
        with translation.override("zh-hans"):
            chinese = str(invariant.label)
        assert english != chinese, f"{name} has no Chinese name"
        assert escape(chinese) in page
        assert f">{escape(english)}<" not in page
