from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.mobilise.views import posts, public, shifts, swaps, taking, volunteers

app_name = "mobilise"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", shifts.week, name="week"),
    path("open/", taking.open_shifts, name="open"),
    path("mine/", taking.mine, name="mine"),
    path("mine/links/", taking.my_links, name="my_links"),
    path("mine/links/new/", taking.renew_links, name="renew_links"),
    path("calendar/<str:secret>.ics", public.calendar, name="calendar"),
    path("badge/<str:secret>/", public.badge, name="badge"),
    path("in/", taking.typed, name="typed"),
    path("in/<str:token>/", taking.arrive, name="check_in"),
    path("turns/<uuid:turn_id>/out/", taking.leave, name="check_out"),
    path("turns/<uuid:turn_id>/withdraw/", taking.give_back, name="withdraw"),
    path("turns/<uuid:turn_id>/swap/", swaps.ask, name="swap"),
    path("swaps/<uuid:swap_id>/<slug:answer>/", swaps.answer, name="swap_answer"),
    path("turns/<uuid:turn_id>/<slug:what>/", shifts.judge, name="judge"),
    path("shifts/<uuid:shift_id>/", shifts.detail, name="shift"),
    path("shifts/<uuid:shift_id>/put-on/", shifts.put_on, name="put_on"),
    path("shifts/<uuid:shift_id>/take/", taking.take, name="take"),
    path("shifts/<uuid:shift_id>/cancel/", shifts.cancel, name="shift_cancel"),
    path("posts/", posts.every, name="posts"),
    path("posts/new/", posts.new, name="post_new"),
    path("posts/<uuid:post_id>/", posts.detail, name="post"),
    path("posts/<uuid:post_id>/lay-out/", posts.lay_out, name="lay_out"),
    path("posts/<uuid:post_id>/edit/", posts.edit, name="post_edit"),
    path("posts/<uuid:post_id>/close/", posts.close, name="post_close"),
    path("posts/<uuid:post_id>/code/", posts.sheet, name="post_sheet"),
    path("volunteers/", volunteers.every, name="volunteers"),
    path("volunteers/new/", volunteers.new, name="volunteer_new"),
    path("volunteers/<uuid:volunteer_id>/", volunteers.detail, name="volunteer"),
    path("volunteers/<uuid:volunteer_id>/discharge/", volunteers.discharge, name="discharge"),
]
