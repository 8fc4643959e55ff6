from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.reporting.views import bulletins, changes, figures, ledgers, taking, templates

app_name = "reporting"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", ledgers.start, name="start"),
    path("tables/<str:table>/", ledgers.table, name="table_page"),
    path("tables/<str:table>/change/", ledgers.table_change, name="table_change"),
    path("tables/<str:table>/keep/", ledgers.table_keep, name="table_keep"),
    path("tables/<str:table>/take/", taking.table_take, name="table_take"),
    path("ledgers/<uuid:ledger_id>/", ledgers.ledger, name="ledger_page"),
    path("ledgers/<uuid:ledger_id>/change/", ledgers.ledger_change, name="ledger_change"),
    path("ledgers/<uuid:ledger_id>/keep/", ledgers.ledger_keep, name="ledger_keep"),
    path("ledgers/<uuid:ledger_id>/take/", taking.ledger_take, name="ledger_take"),
    path("ledgers/<uuid:ledger_id>/remove/", ledgers.ledger_remove, name="ledger_remove"),
    path("ledgers/<uuid:ledger_id>/changes/", changes.changes, name="ledger_changes"),
    path("ledgers/<uuid:ledger_id>/shoot/", changes.shoot, name="ledger_shoot"),
    path("taken/", taking.every, name="takings"),
    path("taken/<uuid:taking_id>/", taking.taking, name="taking"),
    path("taken/<uuid:taking_id>/approve/", taking.approve, name="taking_approve"),
    path("taken/<uuid:taking_id>/refuse/", taking.refuse, name="taking_refuse"),
    path("taken/<uuid:taking_id>/make/", taking.make, name="taking_make"),
    path("templates/", templates.every, name="templates"),
    path("templates/new/", templates.upload, name="template_new"),
    path("templates/<uuid:template_id>/", templates.template, name="template"),
    path("templates/<uuid:template_id>/fill/", templates.fill, name="template_fill"),
    path("templates/<uuid:template_id>/retire/", templates.retire, name="template_retire"),
    path("filled/<uuid:filling_id>/", templates.filling, name="filling"),
    path("papers/", bulletins.every, name="bulletins"),
    path("papers/new/<slug:code>/", bulletins.draft, name="bulletin_draft"),
    path("papers/templates/<slug:code>/", bulletins.source, name="paper_template"),
    path("papers/templates/<slug:code>/retire/", bulletins.retire, name="paper_retire"),
    path("papers/issuer/", bulletins.issuer, name="issuer"),
    path("papers/<uuid:bulletin_id>/", bulletins.bulletin, name="bulletin"),
    path("papers/<uuid:bulletin_id>/answers/", bulletins.answers, name="bulletin_answers"),
    path("papers/<uuid:bulletin_id>/renew/", bulletins.renew, name="bulletin_renew"),
    path("papers/<uuid:bulletin_id>/submit/", bulletins.submit, name="bulletin_submit"),
    path("papers/<uuid:bulletin_id>/remove/", bulletins.remove, name="bulletin_remove"),
    path("papers/<uuid:bulletin_id>/issue/", bulletins.issue, name="bulletin_issue"),
    path("papers/<uuid:bulletin_id>/return/", bulletins.send_back, name="bulletin_return"),
    path("papers/<uuid:bulletin_id>/withdraw/", bulletins.withdraw, name="bulletin_withdraw"),
    path("papers/<uuid:bulletin_id>/pdf/", bulletins.pdf, name="bulletin_pdf"),
    path("papers/<uuid:bulletin_id>/docx/", bulletins.docx, name="bulletin_docx"),
    path("figures/", figures.every, name="figures"),
    path("figures/<str:name>/", figures.figure, name="figure"),
]
