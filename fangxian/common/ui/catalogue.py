"""The texts of the islands, in one file for each language that browsers may keep."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.i18n import JavaScriptCatalog

# Its address changes with its content.
KEPT = "public, max-age=31536000, immutable"


@lru_cache(maxsize=16)
def _body(language: str) -> tuple[bytes, str]:
    with translation.override(language):
        # The phone app's texts, in field, are kept on the phone (fangxian/field/shell.py).
        made = JavaScriptCatalog().get(HttpRequest(), packages="fangxian.common")
    content = bytes(made.content)
    return content, hashlib.sha256(content).hexdigest()[:12]


def version(language: str) -> str:
    """The version of a language's texts, as it stands in their address."""
    return _body(language)[1]


def catalogue(request: HttpRequest) -> HttpResponse:
    """The texts in the language of the address (``l``)."""
    wanted = request.GET.get("l", "")
    known = wanted in dict(settings.LANGUAGES)
    content, now = _body(wanted if known else translation.get_language() or settings.LANGUAGE_CODE)
    response = HttpResponse(content, content_type='text/javascript; charset="utf-8"')
    named = known and request.GET.get("v") == now
    response["Cache-Control"] = KEPT if named else "private, no-cache"
    return response
