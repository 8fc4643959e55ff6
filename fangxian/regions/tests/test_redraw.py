"""Drawings: drawn, edited, accepted, put in force; what a redraw must never lose."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.codes import Level, parent
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.regions import actions, queries, redraw, solve
from fangxian.regions import said as said_here
from fangxian.regions.actions.plans import assignment_of
from fangxian.regions.models import (
    Building,
    BuildingUnit,
    GridPlan,
    GridPlanHistory,
    Region,
    RegionCode,
)

START = dt.date(2020, 1, 1)
DAY = dt.date(2024, 5, 1)
COMMUNITY = "130902001001"


@dataclass
class Community:
    by: Actor
    buildings: dict[str, str]


def make_community(sizes, units=(), positions=None) -> Community:
    """A community with one grid; ``sizes`` are the buildings' households, on a square lattice."""
    for code, name in (("13", "省"), ("1309", "市"), ("130902", "县"), ("130902001", "街")):
        Region.objects.create(code=code, name=name, level=len(code), valid_from=START)
    Region.objects.create(code=COMMUNITY, name="社区", level=12, valid_from=START)
    grid = COMMUNITY + "001"
    Region.objects.create(code=grid, name="一网格", level=15, valid_from=START)
    made, units = {}, dict(units)
    for n, size in enumerate(sizes):
        code = f"{grid}{n + 1:03d}"
        place = Region.objects.create(
            code=code,
            name=f"{n + 1}号楼",
            level=18,
            valid_from=START,
            longitude=116.8 + 0.001 * (n % 6),
            latitude=38.3 + 0.001 * (n // 6),
        )
        Building.objects.create(region=place, kind_id="residential", households=size)
        made[str(place.id)] = code
        for u, count in enumerate(units.get(n, ()), start=1):
            unit = Region.objects.create(
                code=f"{code}{u:02d}", name=f"{u}单元", level=20, valid_from=START
            )
            BuildingUnit.objects.create(region=unit, households=count)
    by = Actor("drawer", frozenset({"regions.draw", "regions.edit"}), COMMUNITY, "test")
    return Community(by, made)


@pytest.fixture
def community(db):
    """36 buildings of 40 households: 1,440, so three or four grids."""
    return make_community([40] * 36)


def rows_at(by, codes):
    """Rows of a scoped and tracked table at each code: they must follow the places."""
    with acting(by):
        place = queries.at(COMMUNITY)
        for code in codes:
            GridPlan.objects.create(
                place_code=code,
                community=place,
                state="withdrawn",
                parameters={"at": str(queries.at(code).id)},
                drawing=[],
                made_by="row",
            )


def where_rows_are(by):
    with acting(by):
        rows = GridPlan.objects.filter(made_by="row").values_list("parameters", "place_code")
        return {(row["at"], code) for row, code in rows}


def put_in_force(by, plan, on=DAY):
    plan = actions.accept_grids(by=by, plan_id=plan.id, version=plan.version, effective=on)
    redraw.apply(by=by, plan_id=plan.id)
    with acting(by):
        return GridPlan.objects.get(id=plan.id)


def test_a_draft_changes_nothing_and_tells_how_good_it_is(community):
    before = dict(Region.objects.values_list("id", "code"))
    plan = actions.draw_grids(by=community.by, community_code=COMMUNITY)
    assert dict(Region.objects.values_list("id", "code")) == before
    assert plan.report["valid"]
    assert len(plan.drawing) == 4
    sizes = [grid["households"] for grid in plan.report["grids"]]
    assert all(324 <= size <= 396 for size in sizes)
    assert all(grid["pieces"] == 1 for grid in plan.report["grids"])
    assert plan.graph["pairs"]
    assert plan.parameters["rules"]["source"] == "GB/T 34300-2017"


def test_one_grid_continues_the_present_one(community):
    plan = actions.draw_grids(by=community.by, community_code=COMMUNITY)
    followed = [grid["follows"] for grid in plan.drawing if grid["follows"]]
    assert followed == [str(queries.at(COMMUNITY + "001").id)]
    assert len({grid["name"] for grid in plan.drawing}) == 4


def test_put_in_force_rows_follow_and_the_past_is_kept(community):
    by = community.by
    codes = list(community.buildings.values())
    rows_at(by, [*codes, COMMUNITY])
    before = {str(p.id): p for p in queries.inside(COMMUNITY)}
    plan = actions.draw_grids(by=by, community_code=COMMUNITY)
    plan = put_in_force(by, plan)
    assert plan.state == "in_force"
    assert queries.below(COMMUNITY, Level.GRID).count() == 4
    after = {str(p.id): p for p in queries.inside(COMMUNITY)}
    assert set(before) <= set(after)
    assert where_rows_are(by) == {
        (place_id, after[place_id].code)
        for place_id in [*community.buildings, str(queries.at(COMMUNITY).id)]
    }
    for place_id, old in community.buildings.items():
        place = after[place_id]
        assert queries.code_on(place, DAY - dt.timedelta(days=1)) == old
        assert queries.code_on(place, DAY) == place.code
        assert queries.at_on(old, dt.date(2022, 1, 1)) == place
    names = {grid["number"]: grid["name"] for grid in plan.drawing}
    for (building, _unit), number in assignment_of(plan).items():
        assert queries.at(parent(after[building].code)).name == names[number]


def test_the_history_of_rows_follows_too(community):
    by = community.by
    rows_at(by, list(community.buildings.values()))
    put_in_force(by, actions.draw_grids(by=by, community_code=COMMUNITY))
    with acting(by):
        here = dict(GridPlan.objects.filter(made_by="row").values_list("id", "place_code"))
        told = GridPlanHistory.objects.filter(made_by="row").values_list("pgh_obj", "place_code")
        assert {(row, code) for row, code in told} == set(here.items())


def test_twice_in_force_changes_nothing(community):
    plan = put_in_force(community.by, actions.draw_grids(by=community.by, community_code=COMMUNITY))
    before = dict(Region.objects.values_list("id", "code"))
    assert redraw.apply(by=community.by, plan_id=plan.id).state == "in_force"
    assert dict(Region.objects.values_list("id", "code")) == before


def test_followers_are_told_once(community, monkeypatch):
    told = []
    follower = registries.Registry("redraw follower")
    follower.register("test", lambda by, area: told.append((by.area, area)))
    monkeypatch.setattr(registries, "after_redraw", follower)
    put_in_force(community.by, actions.draw_grids(by=community.by, community_code=COMMUNITY))
    assert told == [(COMMUNITY, COMMUNITY)]


def test_a_future_drawing_waits_for_its_day(community):
    by = community.by
    plan = actions.draw_grids(by=by, community_code=COMMUNITY)
    day = dt.date(2999, 1, 1)
    actions.accept_grids(by=by, plan_id=plan.id, version=plan.version, effective=day)
    with acting(by):
        assert redraw.due(day - dt.timedelta(days=1)) == []
        assert [p.id for p in redraw.due(day)] == [plan.id]
    second = actions.draw_grids(by=by, community_code=COMMUNITY)
    with pytest.raises(Conflict, match="withdraw it first"):
        actions.accept_grids(by=by, plan_id=second.id, version=second.version)
    actions.withdraw_plan(by=by, plan_id=plan.id)
    actions.accept_grids(by=by, plan_id=second.id, version=second.version)


def test_redrawn_again_old_grids_end_and_numbers_are_not_reused(community):
    by = community.by
    first = put_in_force(by, actions.draw_grids(by=by, community_code=COMMUNITY))
    one = actions.draw_grids(by=by, community_code=COMMUNITY, parameters={"grids": 3, "seed": 5})
    later = DAY + dt.timedelta(days=30)
    with pytest.raises(Invalid, match="in force is of"):
        actions.accept_grids(by=by, plan_id=one.id, version=1, effective=START)
    put_in_force(by, one, later)
    assert queries.below(COMMUNITY, Level.GRID).count() == 3
    ended = Region.objects.get(code__startswith=COMMUNITY, level=15, valid_to__isnull=False)
    assert ended.valid_to == later
    with acting(by):
        assert GridPlan.objects.get(id=first.id).state == "replaced"
    for place in queries.below(COMMUNITY, Level.BUILDING):
        between = queries.above_on(place, DAY + dt.timedelta(days=1))
        assert [p.level for p in between[-3:]] == [12, 15, 18]
    assert not Region.objects.filter(code__startswith=ended.code, valid_to=None).exists()


def test_editing_tells_what_breaks_and_only_a_missing_building_is_refused(community):
    by = community.by
    plan = actions.draw_grids(by=by, community_code=COMMUNITY)
    numbers = assignment_of(plan)
    corner = next(b for b, code in community.buildings.items() if code.endswith("001"))
    far = numbers[next(b for b, code in community.buildings.items() if code.endswith("036")), None]
    edited = actions.move_part(by=by, plan_id=plan.id, version=1, building_id=corner, grid=far)
    assert edited.version == 2
    assert not edited.report["valid"]
    assert "in_pieces" in {m["code"] for m in edited.report["findings"]}
    with pytest.raises(Conflict, match="meanwhile"):
        actions.move_part(by=by, plan_id=plan.id, version=1, building_id=corner, grid=far)
    left_out = dict(assignment_of(edited))
    left_out.pop((corner, None))
    with pytest.raises(Invalid, match="is in no grid"):
        actions.set_drawing(by=by, plan_id=plan.id, version=2, assignment=left_out)
    put_in_force(by, edited)


def test_a_new_grid_by_hand(community):
    plan = actions.draft_of_present_grids(by=community.by, community_code=COMMUNITY)
    building = next(iter(community.buildings))
    plan = actions.move_part(
        by=community.by, plan_id=plan.id, version=1, building_id=building, grid=0
    )
    plan = actions.name_grid(by=community.by, plan_id=plan.id, version=2, grid=2, name="新网格")
    put_in_force(community.by, plan)
    place = Region.objects.get(id=building)
    assert queries.at(parent(place.code)).name == "新网格"


def test_buildings_that_came_meanwhile_are_not_lost(community):
    by = community.by
    plan = actions.draw_grids(by=by, community_code=COMMUNITY)
    plan = actions.accept_grids(by=by, plan_id=plan.id, version=1, effective=DAY)
    actions.create_building(by=by, grid_code=COMMUNITY + "001", name="新楼")
    with pytest.raises(Conflict, match="draw again"):
        redraw.apply(by=by, plan_id=plan.id)


def test_rights_and_scope(community):
    plan = actions.draw_grids(by=community.by, community_code=COMMUNITY)
    reader = Actor("reader", frozenset({"regions.view"}), COMMUNITY, "test")
    with pytest.raises(Forbidden):
        actions.draw_grids(by=reader, community_code=COMMUNITY)
    with pytest.raises(Forbidden):
        actions.withdraw_plan(by=reader, plan_id=plan.id)
    outsider = Actor("outsider", frozenset({"regions.draw"}), "130903", "test")
    with pytest.raises(OutOfScope):
        actions.withdraw_plan(by=outsider, plan_id=plan.id)


def test_a_large_building_is_split_by_unit_and_made_whole_again(db):
    community = make_community([400, 1200, 400], {1: [200] * 6})
    by = community.by
    rows_at(by, [p.code for p in queries.below(COMMUNITY, Level.UNIT)])
    units = {str(p.id): p for p in queries.below(COMMUNITY, Level.UNIT)}
    plan = put_in_force(by, actions.draw_grids(by=by, community_code=COMMUNITY))
    assert plan.report["valid"], plan.report
    main = next(b for b, code in community.buildings.items() if code.endswith("002"))
    sections = list(Building.objects.filter(part_of=main).select_related("region"))
    assert sections
    after = {str(p.id): p for p in queries.below(COMMUNITY, Level.UNIT)}
    assert set(after) == set(units)
    assert where_rows_are(by) == {(u, p.code) for u, p in after.items()}
    names = {g["number"]: g["name"] for g in plan.drawing}
    for (_building, unit), number in assignment_of(plan).items():
        if unit:
            assert queries.at(after[unit].code[:15]).name == names[number]
    rows_at(by, [sections[0].region.code])
    whole = actions.draw_grids(by=by, community_code=COMMUNITY, parameters={"grids": 1})
    put_in_force(by, whole, DAY + dt.timedelta(days=1))
    assert not queries.below(COMMUNITY, Level.BUILDING).filter(building__part_of__isnull=False)
    again = {str(p.id): p.code for p in queries.below(COMMUNITY, Level.UNIT)}
    home = Region.objects.get(id=main).code
    assert all(code.startswith(home) for code in again.values())
    assert (str(sections[0].region_id), home) in where_rows_are(by)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sizes=st.lists(st.integers(0, 260), min_size=2, max_size=14),
    split=st.integers(0, 3),
    seed=st.integers(0, 5),
    rounds=st.integers(1, 2),
)
def test_a_redraw_loses_nothing(db, sizes, split, seed, rounds):
    from django.db import transaction

    with transaction.atomic():
        units = {
            n: [size // 3, size // 3, size - 2 * (size // 3)]
            for n, size in enumerate(sizes[:split])
        }
        community = make_community(sizes, units)
        by, on = community.by, DAY
        places = [p.code for p in queries.inside(COMMUNITY) if p.level >= Level.BUILDING]
        rows_at(by, places)
        rng = random.Random(seed)
        before_any = {str(p.id): p.code for p in queries.inside(COMMUNITY)}
        for _round in range(rounds):
            before = {str(p.id): p.code for p in queries.inside(COMMUNITY) if p.level > 15}
            rows = Counter(place for place, _code in where_rows_are(by))
            plan = actions.draft_of_present_grids(by=by, community_code=COMMUNITY)
            keys = list(assignment_of(plan))
            wild = {}
            for building, unit in keys:
                inside = [str(p.id) for p in queries.children(before[building])]
                parts = inside if inside and unit is None and rng.random() < 0.7 else [unit]
                wild |= {(building, part): rng.randint(1, 3) for part in parts}
            plan = actions.set_drawing(by=by, plan_id=plan.id, version=1, assignment=wild)
            put_in_force(by, plan, on)
            after = {str(p.id): p.code for p in queries.inside(COMMUNITY)}
            mains = {p for p in before if p in community.buildings or len(before[p]) == 20}
            assert mains <= set(after)
            assert Counter(place for place, _code in where_rows_are(by)) == rows
            assert {(p, after[p]) for p, _code in where_rows_are(by)} == where_rows_are(by)
            wanted = {g["number"]: set() for g in plan.drawing}
            for (building, unit), number in assignment_of(plan).items():
                wanted[number].add(after[unit or building][:15])
            assert all(len(codes) == 1 for codes in wanted.values())
            assert all(parent(code) in after.values() for code in after.values() if len(code) > 12)
            on += dt.timedelta(days=10)
        for place in Region.objects.filter(id__in=before_any):
            assert queries.code_on(place, dt.date(2021, 1, 1)) == before_any[str(place.id)]
        assert not RegionCode.objects.filter(valid_to__lt=START).exists()
        transaction.set_rollback(True)


def test_whatever_a_drawing_says_has_a_sentence():
    said = {code.value: solve.Message(code).template for code in solve.Code}
    assert said == said_here.TEXTS


def test_sentences_name_places_instead_of_ids():
    message = {"code": "not_covered", "values": {"part": "a-1/u-2"}}
    with translation.override("en"):
        text = said_here.sentence(message, {"a-1": "3号楼", "u-2": "2单元"})
    assert text == "3号楼/2单元 is in no grid"
