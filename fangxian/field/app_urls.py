"""The phone app: one page and what its service worker needs. Its data come by the API."""

from __future__ import annotations

from django.urls import path

from fangxian.field import shell
from fangxian.field.views import app

app_name = "app"
urlpatterns = [
    path("", app.page, name="page"),
    path("sw.js", app.worker, name="worker"),
    path("manifest-<slug:language>.webmanifest", app.manifest, name="manifest"),
]
urlpatterns += [
    path(f"texts/{code}.json", app.texts, {"language": code}, name=f"texts-{code}")
    for code in shell.translated()
]
