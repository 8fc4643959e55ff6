"""Places become one, or exchange their codes: posts are told apart, nobody serves twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.mobilise.actions import NewPattern, enlist, open_post, put_on
from fangxian.mobilise.models import Post, Shift, Turn, Volunteer
from fangxian.mobilise.tests.conftest import EARLY, enlisted, gate, shift
from fangxian.people.models import NameToken, Person, PersonLink
from fangxian.regions import recode
from fangxian.regions.models import Region


@pytest.fixture
def hq(cast: Any) -> Any:
    return cast.actor("headquarters")


def test_two_places_that_become_one_keep_both_posts_and_each_volunteer_once(
    hq: Any, places: Any
) -> None:
    old = places[places.community]
    new = Region.objects.filter(code__startswith=places.town, level=12).exclude(id=old.id)[0]
    stays, goes = gate(hq, new), gate(hq, old)
    # Somebody has thought of that name before.
    open_post(by=hq, place=new, name=f"东门（{old.name}）", kind="gate")
    here = enlisted(hq, new, "测试甲")
    with acting(hq):
        person = Person.objects.get(id=here.person_id)
    there = enlist(by=hq, place=old, person=person)
    alone = enlisted(hq, old, "测试乙")
    turn = put_on(by=hq, shift=shift(hq, goes), volunteer=there)
    with acting(hq):
        recode.move(
            by=hq, pairs={}, forward={old.code: new.id}, area=places.town, on=timezone.localdate()
        )
        assert Post.objects.get(id=stays.id).name == "东门"
        moved = Post.objects.get(id=goes.id)
        assert (moved.name, moved.place_code) == (f"东门（{old.name} 2）", new.code)
        assert Shift.objects.get(id=turn.shift_id).place_code == new.code
        (one,) = Volunteer.objects.filter(person_id=person.id, to_date=None)
        assert (one.id, one.place_code) == (here.id, new.code)
        assert Turn.objects.get(id=turn.id).volunteer_id == here.id
        assert Volunteer.objects.get(id=alone.id).place_code == new.code
        links = PersonLink.objects.filter(person_id=person.id, kind="volunteer")
        assert list(links.values_list("source_id", "place_code")) == [(here.id, new.code)]
        tokens = NameToken.objects.filter(person_id=person.id)
        assert set(tokens.values_list("place_code", flat=True)) == {new.code}


def test_who_waits_moves_up_where_one_human_was_on_a_shift_twice(hq: Any, places: Any) -> None:
    old = places[places.community]
    new = Region.objects.filter(code__startswith=places.town, level=12).exclude(id=old.id)[0]
    post = gate(hq, new, NewPattern(EARLY, dt.time(8), 480, 2), days=1)
    here = enlisted(hq, new, "测试甲")
    with acting(hq):
        person = Person.objects.get(id=here.person_id)
    there = enlist(by=hq, place=old, person=person)
    first, waits, last = (enlisted(hq, new, f"测试{n}") for n in "乙丙丁")
    turns = [put_on(by=hq, shift=shift(hq, post), volunteer=one) for one in (here, first, waits)]
    behind = put_on(by=hq, shift=shift(hq, post), volunteer=last)
    with acting(hq):
        # As it is where both entries were put on before anybody knew.
        Turn.objects.filter(id=turns[1].id).update(volunteer=there)
        recode.move(
            by=hq, pairs={}, forward={old.code: new.id}, area=places.town, on=timezone.localdate()
        )
        states = dict(Turn.objects.values_list("id", "state"))
        assert [states[one.id] for one in turns] == ["placed", "taken_off", "placed"]
        assert states[behind.id] == "waiting"
        early = Shift.objects.get(post=post)
        assert (early.placed, early.place_code) == (2, new.code)


def test_places_that_exchange_their_codes_take_posts_and_volunteers_along(
    hq: Any, places: Any
) -> None:
    one, other = places[places.grid], places[places.other_grid]
    posts = [gate(hq, place) for place in (one, other)]
    with acting(hq):
        recode.move(
            by=hq,
            pairs=recode.with_places_below({one.code: other.code, other.code: one.code}),
            area=places.community,
            on=timezone.localdate(),
            tell=False,
        )
        found = [Post.objects.get(id=post.id) for post in posts]
        assert [post.place_code for post in found] == [other.code, one.code]
        assert {post.name for post in found} == {"东门"}
        early = Shift.objects.filter(post=posts[0], name=EARLY).first()
        assert early is not None
        assert early.place_code == other.code
