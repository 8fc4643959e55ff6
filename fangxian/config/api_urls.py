"""The API: each room's router, one OpenAPI document."""

from __future__ import annotations

from django.urls import path
from ninja import NinjaAPI

from fangxian import __version__
from fangxian.accounts.policy import Undeclared

api = NinjaAPI(
    title="Fangxian",
    version=__version__,
    urls_namespace="api",
    # An operation that does not say its right (`auth=Needs(...)`) is refused.
    auth=Undeclared(),
    docs_url=None,
    openapi_url="openapi.json",
)

urlpatterns = [path("", api.urls)]
