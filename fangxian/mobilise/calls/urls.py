"""Addresses of calls, pledges and matches, below those of the room."""

from __future__ import annotations

from django.urls import URLPattern, path

from fangxian.mobilise.views import answering, calls, matches

patterns: list[URLPattern] = [
    path("", calls.every, name="calls"),
    path("new/", calls.new, name="call_new"),
    path("mine/", answering.mine, name="my_calls"),
    path("unit/", answering.unit_calls, name="unit_calls"),
    path("<uuid:call_id>/", calls.detail, name="call"),
    path("<uuid:call_id>/edit/", calls.edit, name="call_edit"),
    path("<uuid:call_id>/send/", calls.send, name="call_send"),
    path("<uuid:call_id>/next/", calls.next_echelon, name="call_next"),
    path("<uuid:call_id>/close/", calls.close, name="call_close"),
    path("<uuid:call_id>/withdraw/", calls.withdraw, name="call_withdraw"),
    path("<uuid:call_id>/wall/", answering.wall, name="call_wall"),
    path("<uuid:call_id>/answer/", answering.answer, name="call_answer"),
    path("<uuid:call_id>/pledge/", answering.pledge, name="call_pledge"),
    path("<uuid:call_id>/take-back/", answering.take_back, name="pledge_back"),
    path("<uuid:call_id>/unit/", answering.unit, name="call_unit"),
    path("<uuid:call_id>/unit/members/", answering.members, name="call_members"),
    path("<uuid:call_id>/unit/take-back/", answering.unit_take_back, name="unit_back"),
    path("<uuid:call_id>/match/", matches.ask, name="match_new"),
    path("lines/<uuid:line_id>/claim/", answering.claim, name="claim"),
    path("lines/<uuid:line_id>/unit-claim/", answering.unit_claim, name="unit_claim"),
    path("placements/<uuid:placement_id>/<slug:answer>/", calls.decide, name="placement"),
    path("matches/<uuid:match_id>/", matches.detail, name="match"),
    path("matches/<uuid:match_id>/accept/", matches.accept, name="match_accept"),
]
