"""The APIs: each room's router, one OpenAPI document; phones have one of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import translation
from ninja import NinjaAPI
from ninja.parser import Parser

from fangxian import __version__
from fangxian.accounts.policy import ByDevice, Policy, Undeclared
from fangxian.field.api import router as field
from fangxian.field.sync.answers import PhoneApi
from fangxian.field.sync.api import router as sync
from fangxian.field.sync.exchange import router as exchange
from fangxian.field.sync.photo_api import router as photos


class OrjsonParser(Parser):
    """Reads bodies by orjson, which refuses what is not JSON (NaN, lone surrogates)."""

    def parse_body(self, request: HttpRequest) -> Any:
        return orjson.loads(request.body)


api = NinjaAPI(
    title="Fangxian",
    version=__version__,
    urls_namespace="api",
    # An operation that does not say its right (`auth=Needs(...)`) is refused.
    auth=Undeclared(),
    docs_url=None,
    openapi_url="openapi.json",
    parser=OrjsonParser(),
)
api.add_router("/field", field)

phones = PhoneApi(
    title="Fangxian: phones at the door",
    version=__version__,
    urls_namespace="phones",
    auth=ByDevice(),
    docs_url=None,
    openapi_url="openapi.json",
    parser=OrjsonParser(),
)
phones.add_router("", sync)
phones.add_router("", exchange)
phones.add_router("", photos)


def _without_session(mounted: Any) -> Any:
    """The same routes, asked for by phones that have no session of the web."""
    for pattern in mounted[0]:
        pattern.callback = _as_asked(pattern.callback)
        pattern.callback.policy = Policy(public=True)
    return mounted


def _as_asked(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer in the language of the request: the cookie is that of web pages beside the app."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.COOKIES.pop(settings.LANGUAGE_COOKIE_NAME, None)
        with translation.override(translation.get_language_from_request(request)):
            return view(request, *args, **kwargs)

    return answered


urlpatterns = [path("field/sync/", _without_session(phones.urls)), path("", api.urls)]
