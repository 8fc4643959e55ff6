from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from fangxian.people.views import merges, persons


class WhatConverter:
    """What of a person a route is about."""

    regex = "document|phone"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(WhatConverter, "what")

app_name = "people"
urlpatterns: list[URLPattern | URLResolver] = [
    path("merges/", merges.merges, name="merges"),
    path("merges/<uuid:candidate_id>/", merges.merge, name="merge"),
    path("merges/<uuid:merge_id>/undo/", merges.undo, name="merge_undo"),
    path("<uuid:person_id>/", persons.person, name="person"),
    path("<uuid:person_id>/change/", persons.change, name="change"),
    path("<uuid:person_id>/same/", merges.propose, name="propose"),
    path("<uuid:person_id>/document/", persons.add_document, name="add_document"),
    path("<uuid:person_id>/phone/", persons.add_phone, name="add_phone"),
    path("<uuid:person_id>/<what:what>/<uuid:row_id>/reveal/", persons.reveal, name="reveal"),
    path("<uuid:person_id>/<what:what>/<uuid:row_id>/remove/", persons.remove, name="remove"),
]
