"""Where members wish to serve: who learns it, and what becomes of it when places change."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.core.rules import rule_version
from fangxian.organisations import rules
from fangxian.organisations.actions import add_member
from fangxian.organisations.wishes import standing, wishes_of_residents
from fangxian.regions import recode
from fangxian.regions.models import Region
from fangxian.register.actions import create_household, move_in

TODAY = timezone.localdate()


def test_a_wish_goes_to_the_place_that_took_it_over(hq, places):
    old, new = places[places.grid], places[places.other_grid]
    with acting(hq):
        recode.move(by=hq, pairs={}, forward={old.code: new.id}, area=places.community, on=TODAY)
        Region.objects.filter(id=old.id).update(valid_to=TODAY)
        assert {key: place.code for key, place in standing({old.id, new.id}).items()} == {
            old.id: new.code,
            new.id: new.code,
        }
        Region.objects.filter(id=new.id).update(valid_to=TODAY)
        assert standing({old.id, new.id}) == {}


def test_the_wish_of_a_resident_is_told_for_the_area_and_around_it(alice, hq, places, unit):
    home = create_household(by=alice, place_code=places.unit, room="101")
    lives = move_in(
        by=alice, household_id=home.id, on=TODAY, name="王一", birth_date=dt.date(1980, 1, 1)
    )
    with acting(hq):
        member = add_member(by=hq, person=lives.person, organisation=unit)
    told = []
    for code in (places.building, places.community, "130902001002"):
        with acting(hq):
            member.wish = Region.objects.get(code=code, valid_to=None)
            member.save()
        with acting(alice.within(places.grid)):
            told.append(wishes_of_residents({lives.person_id})[lives.person_id])
    assert told == [(places.building,), (places.community,), ()]


@pytest.mark.django_db
def test_rules_from_before_wishes_could_be_stated_hold_too(monkeypatch):
    newest = rules.chain_rules().wishes
    assert newest["stated"] > sum(newest.values()) - newest["stated"]
    monkeypatch.setattr(rules, "in_force", lambda name, _on: rule_version(name, 1))
    assert rules.chain_rules().wishes["stated"] == 1.0
