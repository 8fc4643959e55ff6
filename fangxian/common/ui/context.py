"""What the frame of every page shows of the installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from fangxian.common.ui import catalogue

SIZES = {"18", "22", "26", "30"}
TEXT_COOKIE = "fangxian_elders"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Add ``version``, ``demo``, ``time_zone``, and from cookies ``theme`` and ``text_size``.

    An account of the elders' edition has large text also on a device that has no cookie of it.
    """
    size = request.COOKIES.get(TEXT_COOKIE, "")
    if size not in SIZES and getattr(getattr(request, "user", None), "elders_edition", False):
        size = "18"
    dark = request.COOKIES.get("fangxian_theme") == "dark"
    return {
        "version": settings.FANGXIAN_VERSION,
        "texts_version": catalogue.version(get_language() or settings.LANGUAGE_CODE),
        "demo": settings.DEMO,
        "time_zone": settings.TIME_ZONE,
        "theme": "dark" if dark else "light",
        "text_size": size if size in SIZES else "",
    }
