from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from fangxian.regions.views import editing, places, plans


class CodeConverter:
    """A place code in an address: 2, 4, 6, 9, 12, 15, 18 or 20 digits."""

    regex = r"\d{20}|\d{18}|\d{15}|\d{12}|\d{9}|\d{6}|\d{4}|\d{2}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CodeConverter, "place")

app_name = "regions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", places.tree, name="tree"),
    path("search/", places.search, name="search"),
    path("changes/", places.changes, name="changes"),
    path("plans/<uuid:plan_id>/", plans.plan, name="plan"),
    path("plans/<uuid:plan_id>/assign/", plans.assign, name="plan_assign"),
    path("plans/<uuid:plan_id>/name/", plans.name, name="plan_name"),
    path("plans/<uuid:plan_id>/accept/", plans.accept, name="plan_accept"),
    path("plans/<uuid:plan_id>/withdraw/", plans.withdraw, name="plan_withdraw"),
    path("<place:code>/", places.place, name="place"),
    path("<place:code>/children.geojson", places.children_geojson, name="children_geojson"),
    path("<place:code>/map/", places.map_of, name="map"),
    path("<place:code>/grids/", plans.plans, name="plans"),
    path("<place:code>/new/", editing.create, name="create"),
    path("<place:code>/edit/", editing.edit, name="edit"),
    path("<place:inner_code>/move/", editing.move, name="move"),
    path("<place:code>/end/", editing.end, name="end"),
    path("<place:code>/boundaries/", editing.boundaries, name="boundaries"),
]
