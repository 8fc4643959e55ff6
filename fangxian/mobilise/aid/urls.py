from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.mobilise.aid.views import batches, members, programmes, progress

urlpatterns: list[URLPattern | URLResolver] = [
    path("", batches.every, name="aid"),
    path("new/", batches.new, name="aid_new"),
    path("programmes/new/", programmes.new, name="aid_programme_new"),
    path("programmes/<uuid:programme_id>/", programmes.detail, name="aid_programme"),
    path("programmes/<uuid:programme_id>/edit/", programmes.edit, name="aid_programme_edit"),
    path("programmes/<uuid:programme_id>/result/", programmes.result, name="aid_result"),
    path("programmes/<uuid:programme_id>/end/", programmes.end, name="aid_programme_end"),
    path(
        "programmes/<uuid:programme_id>/trainees/add/",
        programmes.add_trainee,
        name="aid_trainee_add",
    ),
    path("programmes/<uuid:programme_id>/trainees/", programmes.trainees, name="aid_trainees"),
    path("trainees/<uuid:trainee_id>/", programmes.trainee, name="aid_trainee"),
    path("trainees/<uuid:trainee_id>/out/", programmes.take_out_trainee, name="aid_trainee_out"),
    path("members/<uuid:member_id>/", members.detail, name="aid_member"),
    path("members/<uuid:member_id>/out/", members.take_out, name="aid_take_out"),
    path("members/<uuid:member_id>/away/", members.undo_back, name="aid_undo_back"),
    path("members/<uuid:member_id>/quarantine/", members.quarantine, name="aid_quarantine"),
    path(
        "members/<uuid:member_id>/quarantine/end/",
        members.end_quarantine,
        name="aid_end_quarantine",
    ),
    path("members/<uuid:member_id>/contact/", members.contact, name="aid_contact"),
    path("contacts/<uuid:contact_id>/phone/", members.phone, name="aid_phone"),
    path("legs/<uuid:leg_id>/remove/", batches.remove_leg, name="aid_remove_leg"),
    path("<uuid:batch_id>/", batches.detail, name="aid_batch"),
    path("<uuid:batch_id>/edit/", batches.edit, name="aid_edit"),
    path("<uuid:batch_id>/send/", batches.send, name="aid_send"),
    path("<uuid:batch_id>/call-off/", batches.call_off, name="aid_call_off"),
    path("<uuid:batch_id>/close/", batches.close, name="aid_close"),
    path("<uuid:batch_id>/liaison/", batches.liaison, name="aid_liaison"),
    path("<uuid:batch_id>/counters/", batches.counters, name="aid_counters"),
    path("<uuid:batch_id>/travel/", batches.leg, name="aid_leg"),
    path("<uuid:batch_id>/thanks/", batches.thanks, name="aid_thanks"),
    path("<uuid:batch_id>/day/", progress.report, name="aid_report"),
    path("<uuid:batch_id>/members/add/", members.add, name="aid_add"),
    path("<uuid:batch_id>/members/unit/", members.take_over, name="aid_take_over"),
    path("<uuid:batch_id>/members/file/", members.ledger, name="aid_ledger"),
    path("<uuid:batch_id>/back/", members.back, name="aid_back"),
]
