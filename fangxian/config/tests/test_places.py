"""Where the demonstration's villages stand."""

from __future__ import annotations

from fangxian.config.demo.places import where
from fangxian.config.demo.recipe import Chance

BLOCKS = 0.005  # degrees that the buildings of a village reach beyond its corner


def test_no_town_of_the_demonstration_lies_in_another() -> None:
    chance = Chance()
    for towns in (2, 7, 10):
        boxes = []
        for town in range(towns):
            spots = [where(chance, town, towns, near) for near in (True, False) * 200]
            east, north = zip(*spots, strict=True)
            boxes.append((min(east), max(east) + BLOCKS, min(north), max(north) + BLOCKS))
        for at, (west, east_, south, north_) in enumerate(boxes):
            for other in boxes[:at]:
                beside = other[1] < west or east_ < other[0]
                above = other[3] < south or north_ < other[2]
                assert beside or above, (towns, at)
