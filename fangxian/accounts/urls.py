from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.accounts.views import area, logs, look, reason, users

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", users.users, name="users"),
    path("new/", users.create, name="create"),
    path("roles/", users.roles, name="roles"),
    path("area/", area.switch, name="switch"),
    path("reason/", reason.working_reason, name="reason"),
    path("elders/", look.elders, name="elders"),
    path("access/", logs.access, name="access"),
    path("alerts/", logs.alerts, name="alerts"),
    path("alerts/<uuid:alert_id>/settle/", logs.settle, name="settle"),
    path("grants/<uuid:grant_id>/revoke/", users.revoke, name="revoke"),
    path("<uuid:user_id>/", users.detail, name="user"),
    path("<uuid:user_id>/disable/", users.disable, name="disable"),
    path("<uuid:user_id>/enable/", users.enable, name="enable"),
    path("<uuid:user_id>/password/", users.reset_password, name="reset_password"),
    path("<uuid:user_id>/unlock/", users.unlock, name="unlock"),
    path("<uuid:user_id>/factors/", users.remove_factors, name="remove_factors"),
    path("<uuid:user_id>/person/", users.link_person, name="link_person"),
    path("<uuid:user_id>/holder/", users.name_holder, name="name_holder"),
    path("<uuid:user_id>/grants/", users.grant, name="grant"),
]
