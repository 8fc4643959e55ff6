from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.core.views.ledgers import LedgerPages
from fangxian.register.views import establishments, exporting, households, places

app_name = "register"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", places.start, name="start"),
    *LedgerPages("register", "register.import").urls(),
    path("households/<uuid:household_id>/", households.household, name="household"),
    path("households/<uuid:household_id>/change/", households.change, name="household_change"),
    path("households/<uuid:household_id>/close/", households.close, name="household_close"),
    path("households/<uuid:household_id>/move-in/", households.move_in, name="move_in"),
    path("households/<uuid:household_id>/birth/", households.birth, name="birth"),
    path("residencies/<uuid:residency_id>/move-out/", households.move_out, name="move_out"),
    path("residencies/<uuid:residency_id>/death/", households.death, name="death"),
    path("residencies/<uuid:residency_id>/away/", households.away, name="away"),
    path("residencies/<uuid:residency_id>/back/", households.back, name="back"),
    path(
        "residencies/<uuid:residency_id>/change/",
        households.change_residency,
        name="residency_change",
    ),
    path("residencies/<uuid:residency_id>/correct/", households.correct, name="correct"),
    path("residencies/<uuid:residency_id>/group/", households.join_group, name="join_group"),
    path("residencies/<uuid:residency_id>/head/", households.name_head, name="name_head"),
    path(
        "residencies/<uuid:residency_id>/undo-move-out/",
        households.undo_move_out,
        name="undo_move_out",
    ),
    path("persons/<uuid:person_id>/undo-death/", households.undo_death, name="undo_death"),
    path("groups/<uuid:entry_id>/leave/", households.leave_group, name="leave_group"),
    path(
        "establishments/<uuid:establishment_id>/",
        establishments.establishment,
        name="establishment",
    ),
    path(
        "establishments/<uuid:establishment_id>/change/",
        establishments.change,
        name="establishment_change",
    ),
    path(
        "establishments/<uuid:establishment_id>/close/",
        establishments.close,
        name="establishment_close",
    ),
    path(
        "establishments/<uuid:establishment_id>/phone/",
        establishments.phone,
        name="establishment_phone",
    ),
    path("<place:code>/", places.place, name="place"),
    path("<place:code>/buildings/export/", exporting.buildings, name="export_buildings"),
    path("<place:code>/new/", households.create, name="household_new"),
    path("<place:code>/establishments/", places.establishments, name="establishments"),
    path("<place:code>/establishments/new/", establishments.create, name="establishment_new"),
]
