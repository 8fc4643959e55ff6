"""What the pages of the register share."""

from __future__ import annotations

from django.urls import reverse

from fangxian.regions.queries import path


def crumbs(code: str, area: str) -> list[dict[str, str]]:
    """The way from the actor's area down to a place, each to its register."""
    return [
        {"label": place.name, "url": reverse("register:place", args=[place.code])}
        for place in path(code)
        if place.code.startswith(area)
    ]
