"""Calls of the demonstration: one runs, one of the county is matched, others are over or drafts."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import areas
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.recipe import Chance
from fangxian.mobilise import actions
from fangxian.mobilise.actions.calling import ANSWER, digest_of
from fangxian.mobilise.calls import matching
from fangxian.mobilise.models import Call, CallLine, Match, Volunteer
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region
from fangxian.regions.queries import at, below

DAY = dt.timedelta(days=1)
# Days for which people are called, and until when they may pledge.
CALLED, OPEN = 14, 7


def begin(chance: Chance, officers: Officers) -> None:
    """Send them, by the actions that people use; pledge, claim, match, accept, close, withdraw."""
    data = chance.data["calls"]
    where = areas(chance.data["county"])
    office, above = officers.account("shequ"), officers.account("zhihuibu")
    here = at(where["community"])
    _running(office, chance, here, data["community"])
    _matched(above, at(where["county"]), here, data["county"])
    _call(office, here, data["draft"], [here] * len(data["draft"]["lines"]))
    over, gone = data["closed"], data["withdrawn"]
    call = _sent(office, here, over, [here] * len(over["lines"]))
    _pledge(office, chance, call, over["pledges"])
    actions.close_call(by=office, call=call)
    call = _sent(office, here, gone, [here] * len(gone["lines"]))
    actions.withdraw_call(by=office, call=call, reason=gone["reason"])


def catch_up(by: Actor, chance: Chance) -> None:
    """What runs or is drawn up goes on a while longer: later there are calls to answer, too."""
    with acting(by):
        for call in Call.objects.filter(state__in=[Call.State.DRAFT, Call.State.SENT]):
            if call.cut_off < timezone.now() + DAY:
                call.cut_off = timezone.now() + OPEN * DAY
                call.ends_on = max(call.ends_on, chance.today + CALLED * DAY)
                call.save(update_fields=["cut_off", "ends_on"])


def _running(office: Actor, chance: Chance, here: Region, told: dict[str, Any]) -> None:
    call = _sent(office, here, told, [here] * len(told["lines"]))
    first, lines = _pledge(office, chance, call, told["pledges"])
    key = next(line for line in lines if line.key)
    actions.claim(by=replace(office, person_id=first.person_id), line=key)


def _pledge(
    office: Actor, chance: Chance, call: Call, heads: int
) -> tuple[Volunteer, list[CallLine]]:
    """So many volunteers pledge; the first of all who could, and the lines of the call."""
    with acting(office):
        here = Volunteer.objects.filter(place_code=call.place_code, to_date=None)
        ready = list(here.order_by("rank"))
        lines = list(CallLine.objects.filter(call=call).order_by("number"))
    # Those with an account pledge by themselves, when somebody looks.
    holder = {row["name"] for row in chance.data["accounts"]}
    ready = [one for one in ready if one.name not in holder]
    draw = random.Random(chance.data["seed"])  # noqa: S311 (made-up data, not secrets)
    for who in draw.sample(ready, heads):
        wishes = actions.Wishes((draw.choice(lines).id,), draw.choice(["any", "days", "nights"]))
        by = replace(office, person_id=who.person_id)
        actions.pledge(by=by, call=call, wishes=wishes)
    return ready[0], lines


def _matched(above: Actor, county: Region, here: Region, told: dict[str, Any]) -> None:
    with acting(above):
        near = list(below(here.code[: int(Level.TOWN)], Level.VILLAGE).order_by("code"))
    call = _sent(above, county, told, near[: len(told["lines"])])
    for name, heads in told["pledges"]:
        by = replace(above, rights=above.rights | {ANSWER}, organisation_id=_body(above, name).id)
        actions.pledge_unit(by=by, call=call, heads=heads)
    first = actions.ask_match(by=above, call=call)
    second = actions.ask_match(
        by=above, call=call, base=first, what_if=actions.WhatIf(weights={"wish_weight": 0})
    )
    with acting(above):
        row = Match.objects.select_related("call").get(id=second.id)
        seen = matching.digest_of(row)
    actions.accept_match(by=above, match=row, seen=seen)


def _sent(by: Actor, place: Region, told: dict[str, Any], where: Sequence[Region]) -> Call:
    call = _call(by, place, told, where)
    with acting(by):
        seen = digest_of(call)
    return actions.send_call(by=by, call=call, seen=seen)


def _call(by: Actor, place: Region, told: dict[str, Any], where: Sequence[Region]) -> Call:
    today = timezone.localdate()
    said = actions.NewCall(
        title=told["title"],
        kind=told["kind"],
        text=told["text"],
        hours=told["hours"],
        starts_on=today + DAY,
        ends_on=today + CALLED * DAY,
        cut_off=timezone.now() + OPEN * DAY,
        open_to_all=told["open_to_all"],
    )
    lines = [
        actions.NewLine(region, heads, name, skills, key)
        for region, (name, heads, skills, key) in zip(where, told["lines"], strict=False)
    ]
    units = [actions.Sending(_body(by, name), quota=quota) for name, quota in told["units"]]
    return actions.draft_call(by=by, place=place, call=said, lines=lines, units=units)


def _body(by: Actor, name: str) -> Organisation:
    with acting(by):
        return Organisation.objects.select_related("seat").get(name=name)
