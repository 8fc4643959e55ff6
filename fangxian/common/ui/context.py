"""What the frame of every page shows of the installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from fangxian.common.ui import catalogue

SIZES = {"18", "22", "26", "30"}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Add ``version``, ``demo``, ``time_zone``, and from cookies ``theme`` and ``text_size``."""
    size = request.COOKIES.get("fangxian_elders", "")
    dark = request.COOKIES.get("fangxian_theme") == "dark"
    return {
        "version": settings.FANGXIAN_VERSION,
        "texts_version": catalogue.version(get_language() or settings.LANGUAGE_CODE),
        "demo": settings.DEMO,
        "time_zone": settings.TIME_ZONE,
        "theme": "dark" if dark else "light",
        "text_size": size if size in SIZES else "",
    }
