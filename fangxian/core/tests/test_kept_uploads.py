"""What rooms above take in is kept as a file: at its place, for its readers, for its time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Forbidden, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core.actions import read_file
from fangxian.core.models import Event, File
from fangxian.regions.models import Building, Region

pytestmark = pytest.mark.django_db

SQUARE = [[[116.8, 38.3], [116.9, 38.3], [116.9, 38.4], [116.8, 38.4], [116.8, 38.3]]]


def boundary(code: str, coordinates: Any = SQUARE) -> bytes:
    geometry = {"type": "Polygon", "coordinates": coordinates}
    feature = {"properties": {"code": code}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def sent(client: Any, name: str, code: str, **files: bytes) -> int:
    given = {field: SimpleUploadedFile(f"{field}.geojson", data) for field, data in files.items()}
    status: int = client.post(reverse(f"regions:{name}", args=[code]), given).status_code
    return status


def test_boundaries_that_were_taken_in_are_a_file(client_of: Any, cast: Any, places: Any) -> None:
    client, data = client_of("alice"), boundary(places.grid)
    assert sent(client, "boundaries", places.community, file=data) == 302
    alice = cast.actor("alice")
    with acting(alice):
        kept = File.objects.get()
        assert (kept.place_code, kept.name, kept.right) == (
            places.community,
            "file.geojson",
            "regions.edit",
        )
        assert kept.owner_id == alice.user_id
        assert kept.keep_until is not None
        assert kept.keep_until > timezone.localdate()
        event = Event.objects.get(kind="core.file_kept")
        assert (event.data, event.user_id) == ({"file": str(kept.id)}, alice.user_id)
    assert read_file(by=alice, file_id=kept.id) == data
    with pytest.raises(OutOfScope):
        read_file(by=cast.actor("charlie"), file_id=kept.id)
    with pytest.raises(Forbidden):
        read_file(by=cast.actor("laboratory"), file_id=kept.id)


def test_a_refused_file_is_not_kept(client_of: Any, alice: Any, places: Any) -> None:
    bad = boundary(places.grid, [[[0, 0], [1, 0], [1, 1], [0, 1]]])
    assert sent(client_of("alice"), "boundaries", places.community, file=bad) == 422
    with acting(alice):
        assert not File.objects.exists()


def test_roads_of_a_drawing_are_a_file(client_of: Any, alice: Any, places: Any) -> None:
    inside = Region.objects.filter(code__startswith=places.community, level=18)
    for n, place in enumerate(inside.order_by("code")):
        Building.objects.create(region=place, kind_id="residential", households=200)
        Region.objects.filter(id=place.id).update(
            longitude=116.8 + 0.001 * n, latitude=38.3 + 0.001 * (n % 2)
        )
    line = {"type": "LineString", "coordinates": [[116.8, 38.3], [116.9, 38.4]]}
    roads = json.dumps({"features": [{"geometry": line}]}).encode()
    assert sent(client_of("alice"), "plans", places.community, roads=roads) == 302
    with acting(alice):
        kept = File.objects.get()
    assert read_file(by=alice, file_id=kept.id) == roads
