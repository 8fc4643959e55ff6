"""GeoJSON as other programs write it: whose a feature is, its shapes, its coordinates."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fangxian.common.errors import Invalid
from fangxian.regions import actions, geo
from fangxian.regions.coordinates import wgs84_to_gcj02
from fangxian.regions.models import Region

pytestmark = pytest.mark.django_db


def square(x: float, y: float = 38.3) -> list[list[list[float]]]:
    return [[[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y + 0.01], [x, y]]]


def polygon(x: float) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": square(x)}


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.fixture
def take(places: Any, cast: Any) -> Any:
    def taken(*features: Any, **options: Any) -> actions.Boundaries:
        data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        return actions.import_boundaries(
            by=cast.actor("alice"), area=places.community, data=data, **options
        )

    return taken


def boundary(code: str) -> Any:
    return Region.objects.get(code=code, valid_to=None).boundary


def test_a_foreign_code_is_not_overruled_by_a_name(places: Any, take: Any) -> None:
    name = Region.objects.get(code=places.grid).name
    done = take(
        feature(polygon(116.8), code="110101001001", name=name),
        feature(polygon(116.9), code="110101001001000", name=name),
    )
    assert (done.changed, len(done.unknown)) == (0, 2)
    assert boundary(places.grid) is None
    # An identifier of another kind says nothing about the place: its name does.
    assert take(feature(polygon(116.8), id="way/77", code="XF-3", name=name)).changed == 1
    assert boundary(places.grid) is not None


@pytest.mark.parametrize("number", [10, "12", 1000, "1309", 116, "130902001"])
def test_a_number_of_a_row_or_of_a_place_above_is_no_code(
    places: Any, take: Any, number: Any
) -> None:
    name = Region.objects.get(code=places.grid).name
    row = feature(polygon(116.8), id=number, name=name)
    assert take(row).changed == 1
    top = feature(polygon(116.9), name=name) | {"id": number}
    assert (take(top).changed, take(top).unknown) == (1, [])
    assert boundary(places.grid)["coordinates"][0][0][0][0] == 116.9
    nobody = take(feature(polygon(116.8), id=number, name="某处"))
    assert (nobody.changed, nobody.unknown) == (0, ["某处"])


def test_a_place_code_counts_before_a_short_number(places: Any, take: Any) -> None:
    assert take(feature(polygon(116.8), code=12, adcode=places.grid)).changed == 1
    assert boundary(places.grid) is not None


def test_features_with_the_code_of_the_area_are_of_the_places_they_name(
    places: Any, take: Any
) -> None:
    names = dict(Region.objects.filter(valid_to=None).values_list("code", "name"))
    parts = {116.8: places.grid, 116.9: places.other_grid, 116.7: places.community}
    done = take(
        *(feature(polygon(x), adcode=places.community, name=names[c]) for x, c in parts.items()),
        feature(polygon(117.0), adcode=places.community, name="某处"),
    )
    assert (done.changed, done.unknown) == (3, ["某处"])
    for x, code in parts.items():
        assert [shape[0][0][0] for shape in boundary(code)["coordinates"]] == [x]


def test_a_village_far_from_its_town_is_taken_and_told(places: Any, cast: Any) -> None:
    town, county = places.town, places.town[:6]
    Region.objects.filter(code__in=(town, county)).update(longitude=100.0, latitude=35.0)
    items = [
        feature(point(101.0, 35.0), code=places.community),
        feature(point(100.01, 35.0), code=places.other_community),
    ]
    data = json.dumps({"features": items}).encode()
    by = replace(cast.actor("alice"), area=county)
    done = actions.import_boundaries(by=by, area=town, data=data)
    assert (done.changed, done.far) == (2, [Region.objects.get(code=places.community).name])
    Region.objects.filter(code=places.community).update(longitude=None, latitude=None)
    data = json.dumps({"features": [feature(point(101.0, 35.0), code=places.grid)]}).encode()
    with pytest.raises(Invalid):
        actions.import_boundaries(by=by, area=town, data=data)


def test_a_boundary_of_many_features_is_compared_by_its_points_once(
    places: Any, take: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geo, "MOST_POINTS", 15)
    parts = [polygon(116 + n / 10) for n in range(5)]
    assert take(*(feature(p, code=places.grid) for p in parts[:3] * 9)).changed == 1
    assert len(boundary(places.grid)["coordinates"]) == 3
    with pytest.raises(Invalid) as caught:
        take(*(feature(part, code=places.grid) for part in parts))
    assert [problem.row for problem in caught.value.problems] == [4, 5]


def test_several_areas_of_one_place_are_one_boundary(places: Any, take: Any) -> None:
    parts = [polygon(116.8), polygon(116.9), polygon(116.8)]
    done = take(*(feature(part, code=places.grid) for part in parts))
    assert (done.changed, done.unchanged) == (1, 0)
    shape = boundary(places.grid)
    assert shape["type"] == "MultiPolygon"
    assert len(shape["coordinates"]) == 2
    again = take(*(feature(part, code=places.grid) for part in parts))
    assert (again.changed, again.unchanged) == (0, 1)


@pytest.mark.parametrize("properties", [[1], "text", 7, True])
def test_properties_that_are_none_are_refused_by_row(
    places: Any, take: Any, properties: Any
) -> None:
    bad = {"type": "Feature", "properties": properties, "geometry": polygon(116.8)}
    with pytest.raises(Invalid) as caught:
        take(feature(polygon(116.8), code=places.grid), bad)
    assert [problem.row for problem in caught.value.problems] == [2]
    assert boundary(places.grid) is None


@pytest.mark.parametrize("item", [None, 7, "text", [], [[]]])
def test_features_that_are_none_are_refused_by_row(take: Any, item: Any) -> None:
    with pytest.raises(Invalid) as caught:
        take(item)
    assert caught.value.problems[0].row == 1


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "LineString", "coordinates": [[116, 38], [117, 39]]},
        {"type": "MultiPoint", "coordinates": [[116, 38]]},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "GeometryCollection", "geometries": 7},
        {"type": ["Polygon"]},
        {},
        "Polygon",
    ],
)
def test_what_has_no_area_is_left_out_and_said(places: Any, take: Any, geometry: Any) -> None:
    done = take(
        feature(geometry, code=places.other_grid), feature(polygon(116.8), code=places.grid)
    )
    assert (done.changed, done.shapeless) == (1, [places.other_grid])
    assert boundary(places.grid) is not None


def test_a_collection_of_shapes_gives_its_areas(places: Any, take: Any) -> None:
    line = {"type": "LineString", "coordinates": [[116, 38], [117, 39]]}
    inner = {"type": "GeometryCollection", "geometries": [polygon(116.9), line]}
    shape = {"type": "GeometryCollection", "geometries": [polygon(116.8), inner]}
    assert take(feature(shape, code=places.grid)).changed == 1
    assert len(boundary(places.grid)["coordinates"]) == 2


def test_a_single_feature_is_taken(places: Any, cast: Any) -> None:
    data = json.dumps(feature(polygon(116.8), code=places.grid)).encode()
    done = actions.import_boundaries(by=cast.actor("alice"), area=places.community, data=data)
    assert done.changed == 1


@pytest.mark.parametrize("write", [str, int, float])
def test_a_prefecture_is_found_by_its_usual_six_digits(places: Any, cast: Any, write: Any) -> None:
    code = places.community[:4]
    item = feature(polygon(116.8), adcode=write(f"{code}00"))
    data = json.dumps({"features": [item]}).encode()
    by = replace(cast.actor("alice"), area=code)
    assert actions.import_boundaries(by=by, area=code, data=data).changed == 1
    assert boundary(code) is not None


def test_coordinates_of_other_maps_are_converted(places: Any, take: Any) -> None:
    here = (116.812345, 38.312345)
    shifted = wgs84_to_gcj02(*here)
    area = {"type": "Polygon", "coordinates": square(*shifted)}
    take(feature(area, code=places.grid), system="gcj02")
    assert boundary(places.grid)["coordinates"][0][0][0] == pytest.approx(here, abs=2e-6)
    take(feature(point(*shifted), code=places.building), system="gcj02")
    found = Region.objects.get(code=places.building)
    assert (found.longitude, found.latitude) == pytest.approx(here, abs=2e-6)


def test_positions_must_lie_in_china_and_near_their_place(places: Any, take: Any) -> None:
    Region.objects.filter(code=places.community).update(longitude=116.8, latitude=38.3)
    for x, y in ((38.3, 116.8), (2.35, 48.85), (118.0, 38.3)):
        with pytest.raises(Invalid) as caught:
            take(feature(point(x, y), code=places.building))
        assert caught.value.problems[0].row == 1
        assert caught.value.problems[0].field == "longitude"
    assert take(feature(point(116.81, 38.31), code=places.building)).changed == 1


def test_two_positions_of_one_place_are_refused(places: Any, take: Any) -> None:
    with pytest.raises(Invalid) as caught:
        take(
            feature(point(116.8, 38.3), code=places.building),
            feature(point(116.9, 38.3), code=places.building),
        )
    assert [problem.row for problem in caught.value.problems] == [2]


def test_the_pages_ask_for_the_coordinates(places: Any, client_of: Any) -> None:
    client = client_of("alice")
    url = reverse("regions:boundaries", args=[places.community])
    shifted = wgs84_to_gcj02(116.8, 38.3)
    item = feature({"type": "Polygon", "coordinates": square(*shifted)}, code=places.grid)
    empty = feature(None, code=places.other_grid)
    data = json.dumps({"features": [item, empty]}).encode()
    sent = {"file": SimpleUploadedFile("a.geojson", data), "system": "gcj02"}
    answer = client.post(url, sent, follow=True)
    assert places.other_grid in answer.content.decode()
    assert boundary(places.grid)["coordinates"][0][0][0] == pytest.approx((116.8, 38.3), abs=2e-6)
    sent = {"file": SimpleUploadedFile("a.geojson", b'{"features": [{"properties": [1]}]}')}
    assert client.post(url, sent).status_code == 422
