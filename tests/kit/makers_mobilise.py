"""The makers of posts, shifts and who takes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from tests.kit.makers_coming import organisation_of
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


@maker("mobilise:form")
def _form(_side: Side) -> Any:
    return "csv"


@maker("mobilise:certificate_id")
def _certificate(side: Side) -> Any:
    from fangxian.mobilise.models import Certificate, Volunteer

    who = side.act(lambda _by: Volunteer.objects.get(id=side.get("mobilise:volunteer_id")))
    today = timezone.localdate()
    return side.act(
        lambda by: Certificate.objects.create(
            place_code=who.place_code,
            volunteer=who,
            number=f"Kit {side.name}",
            name=who.name,
            first=today,
            last=today,
            minutes=60,
            rows=[{"unit": "Kit", "turns": 1, "minutes": 60}],
            issuer=organisation_of(side),
            issuer_name="Kit",
            issued_on=today,
            issued_by=by.name,
        )
    ).pk


@maker("mobilise:call_id")
def _call(side: Side) -> Any:
    from fangxian.mobilise.actions import NewCall, NewLine, draft_call, send_call
    from fangxian.mobilise.actions.calling import digest_of

    place, today = side.region(side.codes.community), timezone.localdate()
    said = NewCall(
        title=f"Kit {side.name}",
        kind="gate",
        starts_on=today,
        ends_on=today + dt.timedelta(days=6),
        cut_off=timezone.now() + dt.timedelta(days=2),
    )
    lines = [NewLine(place, 3, key=True)]
    call = side.act(lambda by: draft_call(by=by, place=place, call=said, lines=lines))
    seen = side.act(lambda _by: digest_of(call))
    return side.act(lambda by: send_call(by=by, call=call, seen=seen)).pk


@maker("mobilise:line_id")
def _line(side: Side) -> Any:
    from fangxian.mobilise.models import CallLine

    return side.act(lambda _by: CallLine.objects.get(call=side.get("mobilise:call_id"))).pk


@maker("mobilise:placement_id")
def _placement(side: Side) -> Any:
    from fangxian.mobilise.models import CallLine, Placement, Pledge, Volunteer

    def made(_by: Any) -> Any:
        line = CallLine.objects.select_related("call").get(id=side.get("mobilise:line_id"))
        call = line.call
        pledge = Pledge.objects.create(
            place_code=call.place_code,
            call=call,
            volunteer=Volunteer.objects.get(id=side.get("mobilise:volunteer_id")),
            hours="any",
            from_date=call.starts_on,
            until=call.ends_on,
            made_by="kit",
        )
        return Placement.objects.create(
            place_code=call.place_code, pledge=pledge, line=line, source="claim", state="asked"
        )

    return side.act(made).pk


@maker("mobilise:match_id")
def _match(side: Side) -> Any:
    from fangxian.mobilise.actions import ask_match
    from fangxian.mobilise.models import Call

    call = side.act(lambda _by: Call.objects.get(id=side.get("mobilise:call_id")))
    return side.act(lambda by: ask_match(by=by, call=call)).pk


@maker("mobilise:draft_id")
def _draft(side: Side) -> Any:
    from fangxian.mobilise.actions import draft_roster
    from fangxian.mobilise.models import Shift

    shift = side.act(lambda _by: Shift.objects.get(id=side.get("mobilise:shift_id")))
    place = side.region(side.codes.community)
    return side.act(lambda by: draft_roster(by=by, place=place, first=shift.day, last=shift.day)).pk


@maker("mobilise:obstacle_id")
def _obstacle(side: Side) -> Any:
    from fangxian.mobilise.actions import ask_why
    from fangxian.mobilise.models import Shift

    shift = side.act(lambda _by: Shift.objects.get(id=side.get("mobilise:shift_id")))
    return side.act(lambda by: ask_why(by=by, shift=shift)).pk


@maker("mobilise:wish_id")
def _wish(side: Side) -> Any:
    from fangxian.mobilise.actions import make_wish
    from fangxian.mobilise.models import Volunteer

    who = side.act(lambda _by: Volunteer.objects.get(id=side.get("mobilise:volunteer_id")))
    return side.act(lambda by: make_wish(by=by, volunteer=who, kind="off", weekday=1)).pk


@maker("mobilise:run_id", personal=True)
def _list(side: Side) -> Any:
    from fangxian.core import ledgers
    from fangxian.mobilise.actions.volunteers import KEEP
    from fangxian.mobilise.importing import VOLUNTEERS

    data = f"姓名,特长\n{side.viewer},党员\n".encode()
    place = side.codes.community
    return side.act_as_viewer(
        KEEP,
        lambda by: ledgers.upload(
            by=by, kind=VOLUNTEERS, place_code=place, name="示例.csv", data=data
        ),
    ).pk


@maker("mobilise:aid_run_id", personal=True)
def _aid_list(side: Side) -> Any:
    from fangxian.core import ledgers
    from fangxian.mobilise.aid.actions import KEEP
    from fangxian.mobilise.aid.importing import MEMBERS

    data = f"姓名,角色\n{side.viewer},护士\n".encode()
    place = side.codes.community
    return side.act_as_viewer(
        KEEP,
        lambda by: ledgers.upload(
            by=by, kind=MEMBERS, place_code=place, name="示例.csv", data=data
        ),
    ).pk
