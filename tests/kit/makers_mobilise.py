"""The makers of posts, shifts and who takes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from tests.kit.objects import Side, maker


@maker("mobilise:post_id")
def _post(side: Side) -> Any:
    from fangxian.mobilise.actions import NewPattern, open_post

    place = side.region(side.codes.grid)
    return side.act(
        lambda by: open_post(
            by=by,
            place=place,
            name=f"Kit {side.name}",
            kind="gate",
            patterns=[NewPattern("Kit", dt.time(8), 480, 2)],
        )
    ).pk


@maker("mobilise:shift_id")
def _shift(side: Side) -> Any:
    from fangxian.mobilise.actions import lay_out
    from fangxian.mobilise.models import Post, Shift

    day = timezone.localdate() + dt.timedelta(days=3)
    post = side.act(lambda _by: Post.objects.get(id=side.get("mobilise:post_id")))
    side.act(lambda by: lay_out(by=by, post=post, first=day, last=day))
    return side.act(lambda _by: Shift.objects.get(post=post)).pk


@maker("mobilise:volunteer_id")
def _volunteer(side: Side) -> Any:
    from fangxian.mobilise.actions import enlist_new

    secrets, place = side.secrets, side.region(side.codes.community)
    return side.act(
        lambda by: enlist_new(by=by, place=place, name=secrets["name"], phones=[secrets["phone"]])
    ).pk


@maker("mobilise:turn_id")
def _turn(side: Side) -> Any:
    from fangxian.mobilise.actions import put_on
    from fangxian.mobilise.models import Shift, Volunteer

    shift = side.act(lambda _by: Shift.objects.get(id=side.get("mobilise:shift_id")))
    who = side.act(lambda _by: Volunteer.objects.get(id=side.get("mobilise:volunteer_id")))
    return side.act(lambda by: put_on(by=by, shift=shift, volunteer=who)).pk


@maker("mobilise:what")
def _judged(_side: Side) -> Any:
    return "off"


@maker("mobilise:token")
def _token(side: Side) -> Any:
    from fangxian.mobilise.models import Post

    return side.act(lambda _by: Post.objects.get(id=side.get("mobilise:post_id"))).token


@maker("mobilise:swap_id")
def _swap(side: Side) -> Any:
    from fangxian.mobilise.actions import enlist_new
    from fangxian.mobilise.models import Swap, Turn

    place = side.region(side.codes.community)
    turn = side.act(lambda _by: Turn.objects.get(id=side.get("mobilise:turn_id")))
    to = side.act(lambda by: enlist_new(by=by, place=place, name=side.secrets["name"]))
    return side.act(
        lambda _by: Swap.objects.create(place_code=turn.place_code, turn=turn, to=to)
    ).pk


@maker("mobilise:answer")
def _answer(_side: Side) -> Any:
    return "decline"


@maker("mobilise:secret")
def _secret(side: Side) -> Any:
    return "none"
