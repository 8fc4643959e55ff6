"""The style guide, for everybody who is signed in."""

from __future__ import annotations

from django.urls import path

from fangxian.common.ui.styleguide import styleguide

app_name = "ui"
urlpatterns = [path("styleguide/", styleguide, name="styleguide")]
