"""All routes: each room's under its own prefix. A route without a policy is refused."""

from __future__ import annotations

from django.urls import include, path
from django.views.i18n import set_language

from fangxian.accounts.policy import open_route
from fangxian.command.views.search import search
from fangxian.common.ui.catalogue import catalogue

urlpatterns = [
    path("", include("fangxian.command.urls")),
    path("", include("fangxian.common.ui.urls")),
    path("search/", search, name="search"),
    path("places/", include("fangxian.regions.urls")),
    path("accounts/", include("fangxian.accounts.urls")),
    path("sign-in/", include("fangxian.accounts.signin_urls")),
    path("core/", include("fangxian.core.urls")),
    path("reporting/", include("fangxian.reporting.urls")),
    path("people/", include("fangxian.people.urls")),
    path("register/", include("fangxian.register.urls")),
    path("organisations/", include("fangxian.organisations.urls")),
    path("mobilise/", include("fangxian.mobilise.urls")),
    path("field/", include("fangxian.field.urls")),
    path("surveillance/", include("fangxian.surveillance.urls")),
    path("f/", include("fangxian.field.app_urls")),
    path("api/", include("fangxian.config.api_urls")),
    path("language/", open_route(set_language), name="set_language"),
    path("catalogue.js", open_route(catalogue), name="catalogue"),
]
