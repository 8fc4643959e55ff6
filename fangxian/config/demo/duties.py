"""Gates, rounds, disinfection and publicity of the county, and what was done of them by now.

Few places and few records: enough to show each page alive, so that loading stays quick.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import areas
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.places import is_community
from fangxian.config.demo.recipe import Chance
from fangxian.core.models import Emergency
from fangxian.field.actions import (
    NewDisinfection,
    NewGateEntry,
    NewOutreach,
    NewPoint,
    NewRoundCheck,
    open_gate,
    plan_round,
    record_disinfection,
    record_gate_entry,
    record_outreach,
    record_round_check,
    write_message,
)
from fangxian.field.actions.gates import RECORD
from fangxian.field.duties import queries
from fangxian.field.duties.rules import DutyRules, duty_rules
from fangxian.field.models import (
    Campaign,
    Disinfection,
    Gate,
    GateEntry,
    Message,
    Outreach,
    Point,
    Round,
)
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region
from fangxian.regions.queries import at, below

BEGAN = 3
VILLAGES = 2
DAY = dt.timedelta(days=1)
FIRST, LAST = dt.time(7), dt.time(21)
SHIFT = dt.timedelta(hours=14)
# Of a gate in the 24 hours of a day; of those who pass, so many are stopped or warm.
ENTRIES = 18
STOPPED = 0.06
WARM = 0.03
BUILDINGS = 4
GRIDS = 4


def set_up(by: Actor, chance: Chance, campaign: Campaign, officers: Officers) -> None:
    """Set up some days ago what is staffed, walked and said; then what was done since yesterday."""
    data = chance.data["duties"]
    where = areas(chance.data["county"])
    headquarters, office = officers.account("zhihuibu"), officers.account("shequ")
    emergency = campaign.emergency
    with acting(by):
        villages = _villages(chance)
        units = {body.name: body for body in _units(chance)}
        community, grid = at(where["community"]), at(where["grid"])
        town = at(where["community"][: int(Level.TOWN)])
        places = {"grid": grid, "community": community, "town": town}
    for row in data["gates"]:
        for place in villages if row["at"] == "village" else [places[row["at"]]]:
            open_gate(
                by=office if place in (grid, community) else headquarters,
                place=place,
                name=row["name"],
                kind=row["kind"],
                units=[units[name] for name in row["units"] if name in units],
                emergency=emergency,
            )
    for row in data["rounds"]:
        for place in villages if row["at"] == "village" else [places[row["at"]]]:
            plan_round(
                by=office if place in (grid, community) else headquarters,
                place=place,
                name=row["name"],
                times=row["times"],
                first_at=dt.time.fromisoformat(row["from"]) if "from" in row else FIRST,
                last_at=dt.time.fromisoformat(row["until"]) if "until" in row else LAST,
                points=[NewPoint(name) for name in row["points"]],
                emergency=emergency,
            )
    for row in data["messages"]:
        write_message(
            by=headquarters if row["at"] == "county" else office,
            place=at(where[row["at"]]),
            text=row["text"],
            kind=row["kind"],
            from_date=chance.today,
            to_date=campaign.ends_on,
            emergency=emergency,
        )
    with acting(by):
        began = chance.today - dt.timedelta(days=BEGAN)
        Gate.objects.filter(emergency=emergency).update(opened_on=began)
        # A point is owed from the first walk that began after it was there.
        made = queries.day_of(began)[0]
        Round.objects.filter(emergency=emergency).update(started_on=began, created_at=made)
        Point.objects.filter(round__emergency=emergency).update(created_at=made)
        Message.objects.filter(emergency=emergency).update(from_date=began)
    catch_up(by, chance, officers)


def _villages(chance: Chance) -> list[Region]:
    """The grids of some villages."""
    villages = below(chance.data["county"], Level.VILLAGE).order_by("code")
    chosen = [place for place in villages if not is_community(place)][:VILLAGES]
    return [below(place.code, Level.GRID).order_by("code")[0] for place in chosen]


def _units(chance: Chance) -> list[Organisation]:
    names = {name for row in chance.data["duties"]["gates"] for name in row["units"]}
    return list(Organisation.objects.filter(name__in=names, dissolved_on=None))


def catch_up(by: Actor, chance: Chance, officers: Officers) -> None:
    """What was done yesterday and today by now, once a day; nothing is said twice."""
    with acting(by):
        emergency = Emergency.objects.filter(name=chance.data["emergency"], ended_on=None).first()
        if emergency is None:
            return
        gates = list(Gate.objects.filter(emergency=emergency, closed_on=None).order_by("id"))
        rounds = list(Round.objects.filter(emergency=emergency, ended_on=None).order_by("id"))
        grid = areas(chance.data["county"])["grid"]
        grids = list(below(grid[: int(Level.VILLAGE)], Level.GRID).order_by("code")[:GRIDS])
        buildings = list(below(grid, Level.BUILDING).order_by("code")[:BUILDINGS])
        said = list(Message.objects.filter(emergency=emergency).order_by("id"))
        rules = duty_rules()
    places = {one.place_code for one in [*gates, *rounds]}
    places |= {one.code for one in [*grids, *buildings]}
    for day in (chance.today - DAY, chance.today):
        with acting(by):
            done = Done(officers, officers.answering(sorted(places), day, RECORD))
            _pass_gates(chance, rules, gates, day, done)
            _walk(chance, rounds, day, done)
            _disinfect(chance, rules, buildings, day, done)
            _say(chance, rules, grids, said, day, done)
        # A walk over midnight goes on where it was.
        officers.phones.send()


class Done:
    """Takes what was done of a day: by the phone of who did it if he has one, else at a desk."""

    def __init__(self, officers: Officers, answering: dict[str, Actor]) -> None:
        self._officers, self._answering = officers, answering

    def record(self, place: str, entity: str, new: Any) -> None:
        by = self._answering[place]
        phone = self._officers.phones.of(by)
        if phone is not None:
            phone.record(entity, new)
        else:
            AT_DESK[entity](by, new)


AT_DESK: dict[str, Callable[[Actor, Any], Any]] = {
    "gate_entry": lambda by, new: record_gate_entry(by=by, entry=new),
    "round_check": lambda by, new: record_round_check(by=by, check=new),
    "disinfection": lambda by, new: record_disinfection(by=by, disinfection=new),
    "outreach": lambda by, new: record_outreach(by=by, outreach=new),
}


def _moments(
    chance: Chance,
    day: dt.date,
    count: int,
    first_at: dt.time = FIRST,
    length: dt.timedelta = SHIFT,
) -> Iterator[dt.datetime]:
    """Moments of a day's work in their order, none to come."""
    first = timezone.make_aware(dt.datetime.combine(day, first_at))
    now = timezone.now()
    for number in range(count):
        moment = first + length * ((number + chance.random.random()) / count)
        if moment < now:
            yield moment


def _done(rows: Any, day: dt.date) -> bool:
    first, after = queries.day_of(day)
    return bool(rows.filter(at__gte=first, at__lt=after).exists())


def _pass_gates(
    chance: Chance, rules: DutyRules, gates: list[Gate], day: dt.date, done: Done
) -> None:
    draw = chance.random
    stopping = [one.code for one in rules.decisions.values() if not one.passes]
    passing = next(one.code for one in rules.decisions.values() if one.passes)
    for gate in gates:
        if _done(GateEntry.objects.filter(gate=gate), day):
            continue
        asks = rules.gates[gate.kind].asks
        for moment in _moments(chance, day, ENTRIES, dt.time.min, DAY):
            warm = draw.random() < WARM
            stopped = warm or draw.random() < STOPPED
            values: dict[str, Any] = {
                "temperature": Decimal(str(round(draw.uniform(37.4, 38.4), 1)))
                if warm
                else Decimal(str(round(draw.uniform(36.1, 36.9), 1))),
                "plate": chance.data["duties"]["plate"].format(n=draw.randint(1000, 9999)),
                "who": chance.name(),
                "phone": chance.phone(),
                "origin": draw.choice(chance.data["duties"]["origins"]),
            }
            entry = NewGateEntry(
                op_id=uuid7(),
                gate_id=gate.id,
                direction=draw.choice(["in", "out"]),
                decision=draw.choice(stopping) if stopped else passing,
                at=moment,
                people=draw.choice([1, 1, 1, 2, 3]),
                **{name: value for name, value in values.items() if name in asks},
            )
            done.record(gate.place_code, "gate_entry", entry)


def _walk(chance: Chance, rounds: list[Round], day: dt.date, done: Done) -> None:
    """Walk each round as often as is due.

    The last point of the first one is left out once today, that of those at night each night: at
    any hour there is one that was missed.
    """
    draw = chance.random
    now = timezone.now()
    end = queries.day_of(day)[1]
    states = queries.states_of(rounds, min(now, end - dt.timedelta(minutes=1)))
    for number, one in enumerate(rounds):
        points = states[one.id]
        for state in points:
            careless = one.last_at <= one.first_at or (number == 0 and day == chance.today)
            forgotten = careless and state is points[-1]
            times = max(0, state.walk.due - state.done - int(forgotten))
            begins, part = state.walk.begins, (state.walk.ends - state.walk.begins) / one.times
            for at_ in range(times):
                moment = begins + part * (state.done + at_ + draw.uniform(0.3, 0.9))
                fine = draw.random() > 0.08
                check = NewRoundCheck(
                    op_id=uuid7(),
                    found="fine" if fine else draw.choice(["gathering", "unmasked", "dirty"]),
                    point_id=state.point.id,
                    token=state.point.token if draw.random() < 0.9 else "",
                    at=moment,
                )
                done.record(one.place_code, "round_check", check)


def _disinfect(
    chance: Chance,
    rules: DutyRules,
    buildings: list[Region],
    day: dt.date,
    done: Done,
) -> None:
    codes = [building.code for building in buildings]
    if _done(Disinfection.objects.filter(place_code__in=codes), day):
        return
    agent = next(iter(rules.agents.values()))
    for code, moment in zip(codes, _moments(chance, day, len(codes)), strict=False):
        disinfected = NewDisinfection(
            op_id=uuid7(),
            place_code=code,
            site=chance.random.choice(["stairs", "lift", "entrance"]),
            agent=agent.code,
            concentration=agent.concentration,
            minutes=agent.minutes,
            at=moment,
            area=chance.random.randint(3, 60) * 10,
        )
        done.record(code, "disinfection", disinfected)


def _say(
    chance: Chance,
    rules: DutyRules,
    grids: list[Region],
    said: list[Message],
    day: dt.date,
    done: Done,
) -> None:
    """What is to be said is said in each grid once; here and there somebody is talked to."""
    draw = chance.random
    codes = [grid.code for grid in grids]
    if _done(Outreach.objects.filter(place_code__in=codes), day):
        return
    others = [kind for kind in rules.outreach.values() if kind.code != "told"]
    for code, moment in zip(codes, _moments(chance, day, len(codes)), strict=False):
        for message in said:
            told = NewOutreach(
                op_id=uuid7(),
                place_code=code,
                kind="told",
                outcome="said",
                at=moment,
                people=draw.randint(8, 60),
                message_id=message.id,
            )
            done.record(code, "outreach", told)
        kind = draw.choice(others)
        talk = NewOutreach(
            op_id=uuid7(),
            place_code=code,
            kind=kind.code,
            outcome=draw.choice(list(kind.outcomes)),
            at=moment,
            people=draw.randint(1, 5),
        )
        done.record(code, "outreach", talk)
