"""The room's pages through HTTP, in the scope and with the rights of the cast."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.regions import actions, queries
from fangxian.regions.models import Building, BuildingUnit, GridPlan, Region
from fangxian.regions.tests.test_redraw import rows_at, where_rows_are

SQUARE = [[[116.8, 38.3], [116.9, 38.3], [116.9, 38.4], [116.8, 38.4], [116.8, 38.3]]]


def url(name, *args):
    return reverse(f"regions:{name}", args=args)


@pytest.fixture
def town(cast, places):
    """Buildings and units of Alice's community with details and positions."""
    for n, place in enumerate(queries.below(places.community, 18)):
        Building.objects.create(region=place, kind_id="residential", households=200)
        Region.objects.filter(id=place.id).update(
            longitude=116.8 + 0.001 * n, latitude=38.3 + 0.001 * (n % 2)
        )
    for place in queries.below(places.community, 20):
        BuildingUnit.objects.create(region=place, households=100)
    return places


def test_the_page_of_ones_own_area_leads_to_its_changes(client_of, places):
    client = client_of("alice")
    assert url("changes") in client.get(url("place", places.community)).content.decode()
    assert url("changes") not in client.get(url("place", places.grid)).content.decode()


def only_draft(cast):
    with acting(cast.actor("alice")):
        return GridPlan.objects.get(state="draft")


def again(cast, plan):
    with acting(cast.actor("alice")):
        return GridPlan.objects.get(id=plan.id)


def test_the_tree_begins_at_my_area(client_of, places):
    answer = client_of("alice").get(url("tree"))
    assert answer.url == url("place", places.community)


def test_a_place_shows_what_lies_in_it_and_the_way_to_it(client_of, town):
    text = client_of("alice").get(url("place", town.community)).content.decode()
    assert url("place", town.grid) in text
    assert "甲县" in text
    assert url("place", town.county) not in text
    assert ">800<" not in text
    assert ">400<" in text


def test_another_county_is_not_there(client_of, places):
    for name in ("place", "map", "children_geojson", "plans"):
        assert client_of("charlie").get(url(name, places.community)).status_code == 404


def test_a_building_shows_its_details_and_former_codes(client_of, town, cast):
    actions.move_place(
        by=cast.actor("alice"), code=town.building, to=town.other_grid, on=dt.date(2024, 5, 1)
    )
    text = client_of("alice").get(url("place", town.other_grid + "003")).content.decode()
    assert town.building in text
    assert "住宅楼" in text


def test_search(client_of, places):
    text = client_of("alice").get(url("search"), {"q": "第1栋"}).content.decode()
    assert url("place", places.building) in text
    assert url("place", "130903001001001001") not in text


def test_geojson_is_served_with_an_etag(client_of, town):
    client = client_of("alice")
    answer = client.get(url("children_geojson", town.community))
    assert answer["Content-Type"] == "application/geo+json"
    features = json.loads(answer.content)["features"]
    assert [f["properties"]["kind"] for f in features] == ["grid", "grid"]
    assert features[0]["properties"]["approximate"] is True
    assert features[0]["geometry"]["type"] in {"LineString", "Polygon"}
    second = client.get(
        url("children_geojson", town.community), headers={"If-None-Match": answer["ETag"]}
    )
    assert second.status_code == 304


def test_the_map_has_a_table_behind_it(client_of, town):
    text = client_of("alice").get(url("map", town.community)).content.decode()
    assert f'data-map-select="{town.grid}"' in text


def test_a_building_is_made_changed_moved_and_ended(client_of, town):
    client = client_of("alice")
    assert client.get(url("create", town.grid)).status_code == 200
    sent = {"name": "9号楼", "kind": "park", "households": "7", "longitude": "116.8"}
    refused = client.post(url("create", town.grid), sent)
    assert refused.status_code == 422
    answer = client.post(url("create", town.grid), sent | {"latitude": "38.3"})
    code = town.grid + "003"
    assert answer.url == url("place", code)
    place = queries.at(code)
    assert (place.building.kind_id, place.building.managed) == ("park", False)
    changed = {"name": "九号楼", "kind": "park", "households": "", "managed": "on"}
    assert client.post(url("edit", code), changed).status_code == 302
    place = Region.objects.select_related("building").get(id=place.id)
    assert (place.name, place.building.managed, place.longitude) == ("九号楼", True, None)
    assert client.post(url("move", code), {"to": town.grid}).status_code == 422
    answer = client.post(url("move", code), {"to": town.other_grid, "on": "2024-05-01"})
    moved = town.other_grid + "003"
    assert answer.url == url("place", moved)
    assert client.post(url("end", moved), {"on": "1999-01-01"}).status_code == 422
    assert client.post(url("end", moved), {}).status_code == 302
    gone = client.get(url("place", moved))
    assert gone.status_code == 200
    assert gone.context["ended"]
    assert client.get(url("place", code)).status_code == 404


def test_a_unit_is_changed(client_of, town):
    sent = {"name": "甲单元", "number": "A", "households": "55"}
    assert client_of("alice").post(url("edit", town.unit), sent).status_code == 302
    unit = BuildingUnit.objects.get(region__code=town.unit)
    assert (unit.region.name, unit.number, unit.households) == ("甲单元", "A", 55)


def test_without_the_right_nothing_is_changed(client_of, places):
    for name in ("create", "edit", "end", "boundaries"):
        assert client_of("bob").post(url(name, places.grid), {}).status_code == 403


def test_boundaries_are_taken_in_by_code_or_name(client_of, places):
    data = {
        "type": "FeatureCollection",
        "features": [
            {
                "properties": {"code": places.grid},
                "geometry": {"type": "Polygon", "coordinates": SQUARE},
            },
            {
                "properties": {"name": "第2网格"},
                "geometry": {"type": "MultiPolygon", "coordinates": [SQUARE]},
            },
            {"properties": {"name": "月球"}, "geometry": None},
        ],
    }
    file = SimpleUploadedFile("a.geojson", json.dumps(data).encode())
    client = client_of("alice")
    answer = client.post(url("boundaries", places.community), {"file": file}, follow=True)
    assert "月球" in answer.content.decode()
    place = Region.objects.get(code=places.grid)
    assert place.boundary["type"] == "MultiPolygon"
    assert (place.longitude, place.latitude) == (116.85, 38.35)
    assert Region.objects.get(code=places.other_grid).boundary is not None
    shown = json.loads(client.get(url("children_geojson", places.community)).content)
    assert shown["features"][0]["properties"]["approximate"] is False


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}, "four points"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, "not closed"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1.5], [0, 0]]]},
            "crosses itself",
        ),
        (
            {"type": "Polygon", "coordinates": [[[500, 0], [1, 0], [1, 1], [500, 0]]]},
            "not on the earth",
        ),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "no area"),
    ],
)
def test_bad_boundaries_are_refused_with_the_row(places, cast, geometry, said):
    from django.utils import translation

    data = json.dumps(
        {"features": [{"properties": {"code": places.grid}, "geometry": geometry}]}
    ).encode()
    with translation.override("en"), pytest.raises(Invalid, match=said) as caught:
        actions.import_boundaries(by=cast.actor("alice"), area=places.community, data=data)
    assert caught.value.problems[0].row == 1
    assert Region.objects.get(code=places.grid).boundary is None


def test_grids_are_drawn_edited_and_accepted(client_of, town, cast):
    client = client_of("alice")
    rows_at(cast.actor("alice"), [town.building, town.unit])
    assert client.get(url("plans", town.community)).status_code == 200
    for name, value in (("grids", "999"), ("target_households", "9999")):
        refused = client.post(url("plans", town.community), {name: value})
        assert refused.status_code == 422
        (said,) = refused.context["form"].errors[name]
        assert value in said
        assert "household" not in said
    answer = client.post(url("plans", town.community), {"seed": "3"})
    plan = only_draft(cast)
    assert answer.url == url("plan", plan.id)
    page = client.get(answer.url)
    assert page.status_code == 200
    parts = page.context["parts"]
    shown = page.context["geojson"]["features"]
    assert {f["properties"]["kind"] for f in shown} == {"building", "edge"}
    sent = {"building": parts[0]["id"], "grid": "0"}
    moved = client.post(url("plan_assign", plan.id), sent, content_type="application/json")
    body = moved.json()
    assert body["features"][0]["properties"]["id"] == parts[0]["id"]
    wrong = client.post(
        url("plan_assign", plan.id), sent | {"grid": "99"}, content_type="application/json"
    )
    assert wrong.status_code == 422
    assert wrong.json()["errors"]
    plan = again(cast, plan)
    number = plan.drawing[-1]["number"]
    client.post(
        url("plan_name", plan.id), {"grid": number, "version": plan.version, "name": "东网格"}
    )
    plan = again(cast, plan)
    sent = {"effective": "2024-05-01", "version": plan.version}
    assert client.post(url("plan_accept", plan.id), sent).status_code == 302
    plan = again(cast, plan)
    assert plan.state == "in_force"
    building = Region.objects.get(id=parts[0]["id"])
    assert queries.at(building.code[:15]).name == "东网格"
    assert len(where_rows_are(cast.actor("alice"))) == 2
    # Who drew and accepted it is called by name.
    told = client.get(url("plan", plan.id)).content.decode()
    assert "Alice 按" in told
    assert "由 Alice 采用" in told
    assert ">Alice</td>" in client.get(url("plans", town.community)).content.decode()


def test_a_drawing_for_a_later_day_waits_and_can_be_withdrawn(client_of, town, cast):
    client = client_of("alice")
    client.post(url("plans", town.community), {"present": "1"})
    plan = only_draft(cast)
    bad = client.post(url("plan_accept", plan.id), {"effective": "soon", "version": 1})
    assert bad.status_code == 422
    sent = {"effective": "2999-01-01", "version": 1}
    assert client.post(url("plan_accept", plan.id), sent).status_code == 302
    plan = again(cast, plan)
    assert plan.state == "accepted"
    client.post(url("plan_withdraw", plan.id))
    plan = again(cast, plan)
    assert plan.state == "withdrawn"


def test_roads_are_read_and_bad_ones_refused(client_of, town, cast):
    client = client_of("alice")
    line = {"type": "LineString", "coordinates": [[116.8005, 38.29], [116.8005, 38.31]]}
    roads = SimpleUploadedFile("r.geojson", json.dumps({"features": [{"geometry": line}]}).encode())
    client.post(url("plans", town.community), {"roads": roads})
    plan = only_draft(cast)
    assert len(plan.parameters["roads"]) == 1
    # No file the next time: what is known is used, and said.
    assert len(client.get(url("plans", town.community)).context["roads"].lines) == 1
    for sent in ({"present": "1"}, {}):
        client.post(url("plan_withdraw", only_draft(cast).id))
        client.post(url("plans", town.community), sent)
        later = only_draft(cast)
        assert later.parameters["roads"] == plan.parameters["roads"]
        assert later.parameters["roads_of"] == plan.parameters["roads_of"]
        assert len(later.graph["pairs"]) == len(plan.graph["pairs"])
        text = client.get(url("plan", later.id), headers={"accept-language": "en"}).content
        assert "part neighbours (lines: 1)" in text.decode()
    # A file without lines says that there are none, and so does the tick.
    none = SimpleUploadedFile("r.geojson", b'{"features": []}')
    for sent in ({"roads": none}, {"forget": "on"}):
        client.post(url("plan_withdraw", later.id))
        client.post(url("plans", town.community), sent)
        later = only_draft(cast)
        assert later.parameters["roads"] == []
        assert len(later.graph["pairs"]) > len(plan.graph["pairs"])
    # A file that is given with the present grids is theirs.
    roads.seek(0)
    client.post(url("plan_withdraw", later.id))
    client.post(url("plans", town.community), {"roads": roads, "present": "1"})
    assert len(only_draft(cast).parameters["roads"]) == 1
    bad = SimpleUploadedFile("r.geojson", b'{"features": [{"geometry": 7}]}')
    answer = client.post(url("plans", town.community), {"roads": bad})
    assert answer.status_code == 422


def test_changes_page(client_of, places, cast):
    for code, name in ((places.community, "新社区"), (places.building, "新楼")):
        actions.rename_place(by=cast.actor("alice"), code=code, name=name)
    for user, query, seen, hidden in (
        ("alice", {}, "新社区", "新楼"),
        ("alice", {"kind": "rename", "below": "1"}, "新楼", "新社区"),
        ("bob", {}, "新楼", "新社区"),
    ):
        rows = client_of(user).get(url("changes"), query).content.decode().split("<tbody>")[1]
        assert seen in rows
        assert hidden not in rows
    assert client_of("alice").get(url("changes"), {"kind": "split"}).status_code == 200


def test_points_are_positions_by_code_or_name(places, cast):
    def point(x, y, **properties):
        geometry = {"type": "Point", "coordinates": [x, y]}
        return {"type": "Feature", "properties": properties, "geometry": geometry}

    by = cast.actor("alice")
    named = Region.objects.get(code=places.building)
    Region.objects.filter(pk=named.pk).update(name="幸福里1号楼")
    second = places.building[:-1] + "2"
    features = [point(116.8, 38.3, name="幸福里1号楼"), point(116.9, 38.4, code=second)]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    first = actions.import_boundaries(by=by, area=places.community, data=data)
    again = actions.import_boundaries(by=by, area=places.community, data=data)
    assert (first.changed, first.unknown, again.changed, again.unchanged) == (2, [], 0, 2)
    found = Region.objects.filter(code__in=[places.building, second]).order_by("code")
    assert list(found.values_list("longitude", "latitude")) == [(116.8, 38.3), (116.9, 38.4)]
    bad = json.dumps({"type": "FeatureCollection", "features": [point(999, 38, code=second)]})
    with pytest.raises(Invalid):
        actions.import_boundaries(by=by, area=places.community, data=bad.encode())
