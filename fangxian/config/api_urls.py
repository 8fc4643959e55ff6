"""The API: each room's router, one OpenAPI document."""

from __future__ import annotations

from django.urls import path
from ninja import NinjaAPI

from fangxian import __version__

api = NinjaAPI(
    title="Fangxian",
    version=__version__,
    urls_namespace="api",
    docs_url=None,
    openapi_url="openapi.json",
)

urlpatterns = [path("", api.urls)]
