"""The API: each room's router, one OpenAPI document."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI
from ninja.parser import Parser

from fangxian import __version__
from fangxian.accounts.policy import Undeclared
from fangxian.field.api import router as field


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

urlpatterns = [path("", api.urls)]
