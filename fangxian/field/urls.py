from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.field.views import (
    campaigns,
    doors,
    exemptions,
    forms,
    phones,
    photos,
    reports,
    visits,
)

app_name = "field"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", campaigns.every, name="campaigns"),
    path("new/", campaigns.plan, name="campaign_new"),
    path("forms/", forms.every, name="forms"),
    path("forms/build/", forms.build, name="form_build"),
    path("forms/import/", forms.take_in, name="form_import"),
    path("forms/<uuid:form_id>/", forms.detail, name="form"),
    path("reports/<uuid:report_id>/", reports.detail, name="report"),
    path("reports/<uuid:report_id>/send/", reports.send, name="report_send"),
    path("reports/<uuid:report_id>/correct/", reports.correct, name="report_correct"),
    path("exemptions/<uuid:exemption_id>/end/", exemptions.end, name="exemption_end"),
    path("households/<uuid:household_id>/", visits.of_household, name="household_visits"),
    path("phones/", phones.every, name="phones"),
    path("phones/held/<uuid:held_id>/", phones.held, name="held"),
    path("phones/disputes/<uuid:conflict_id>/", phones.dispute, name="dispute"),
    path("photos/<uuid:photo_id>/", photos.photo, name="photo"),
    path("<uuid:campaign_id>/", campaigns.detail, name="campaign"),
    path("<uuid:campaign_id>/start/", campaigns.start, name="campaign_start"),
    path("<uuid:campaign_id>/close/", campaigns.close, name="campaign_close"),
    path("<uuid:campaign_id>/extend/", campaigns.extend, name="campaign_extend"),
    path("<uuid:campaign_id>/gaps/", campaigns.gaps, name="gaps"),
    path("<uuid:campaign_id>/visits/", visits.of_place, name="visits"),
    path("<uuid:campaign_id>/answers/", visits.export, name="answers"),
    path("<uuid:campaign_id>/doors/", doors.work_list, name="doors"),
    path("<uuid:campaign_id>/exemptions/", exemptions.every, name="exemptions"),
    path("<uuid:campaign_id>/reports/", reports.of_day, name="reports"),
    path("<uuid:campaign_id>/doors/<uuid:household_id>/", doors.door, name="door"),
    path("<uuid:campaign_id>/doors/<uuid:household_id>/exempt/", exemptions.grant, name="exempt"),
]
