from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.accounts.views import area, devices, logs, look, reason, users

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", users.users, name="users"),
    path("new/", users.create, name="create"),
    path("roles/", users.roles, name="roles"),
    path("area/", area.switch, name="switch"),
    path("reason/", reason.working_reason, name="reason"),
    path("elders/", look.elders, name="elders"),
    path("devices/", devices.mine, name="devices"),
    path("devices/all/", devices.every, name="every_device"),
    path("devices/code/", devices.code, name="device_code"),
    path("devices/code/<uuid:code_id>/", devices.code_state, name="device_code_state"),
    path("devices/<uuid:device_id>/disable/", devices.disable, name="device_disable"),
    path("devices/<uuid:device_id>/wipe/", devices.wipe, name="device_wipe"),
    path("devices/all/<uuid:phone_id>/disable/", devices.disable_other, name="phone_disable"),
    path("devices/all/<uuid:phone_id>/wipe/", devices.wipe_other, name="phone_wipe"),
    path("devices/all/<uuid:phone_id>/enable/", devices.enable, name="phone_enable"),
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
