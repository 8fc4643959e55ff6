from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.core.views.ledgers import LedgerPages
from fangxian.organisations.importing import RIGHT as IMPORT
from fangxian.organisations.views import (
    asked_accounts,
    chain,
    contacts,
    exporting,
    five_ones,
    holding,
    households,
    linked,
    lists,
    members,
    proposals,
    tree,
)

app_name = "organisations"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", tree.tree, name="tree"),
    path("new/", tree.create, name="create"),
    path("<uuid:organisation_id>/", tree.organisation, name="organisation"),
    path("<uuid:organisation_id>/all/<slug:what>/", lists.listed, name="listed"),
    path("<uuid:organisation_id>/edit/", tree.edit, name="edit"),
    path("<uuid:organisation_id>/dissolve/", tree.dissolve, name="dissolve"),
    path("<uuid:organisation_id>/undo-dissolve/", tree.undo_dissolve, name="undo_dissolve"),
    path("<uuid:organisation_id>/join/", members.join, name="join"),
    path("members/<uuid:member_id>/", members.member, name="member"),
    path("members/<uuid:member_id>/end/", members.end, name="member_end"),
    path("members/<uuid:member_id>/undo-end/", members.undo, name="member_undo"),
    path("members/<uuid:member_id>/households/", households.link, name="households"),
    path("households/<uuid:link_id>/end/", households.unlink, name="household_end"),
    path("accounts/", asked_accounts.board, name="asked_accounts"),
    path("accounts/<place:code>/", asked_accounts.place, name="asked_at"),
    path("at/", chain.start, name="start"),
    path("at/<place:code>/", chain.place, name="chain"),
    path("at/<place:code>/vacancies/", chain.vacancies, name="vacancies"),
    path("at/<place:code>/appoint/", holding.appoint, name="appoint"),
    path("at/<place:code>/take-over/", holding.take_over, name="take_over"),
    path("at/<place:code>/propose/", proposals.propose, name="propose"),
    path("at/<place:code>/linked/", linked.board, name="linked"),
    path("at/<place:code>/contacts/", contacts.board, name="contacts"),
    path("at/<place:code>/five-ones/", five_ones.overview, name="five_ones"),
    path("at/<place:code>/five-ones/<slug:item>/", five_ones.attach, name="five_one"),
    path("evidence/<uuid:evidence_id>/withdraw/", five_ones.withdraw, name="five_one_withdraw"),
    path("establishments/<uuid:establishment_id>/", contacts.name, name="contact_leader"),
    path("responsibilities/<uuid:responsibility_id>/", holding.detail, name="responsibility"),
    path(
        "responsibilities/<uuid:responsibility_id>/hand-over/", holding.hand_over, name="hand_over"
    ),
    path(
        "responsibilities/<uuid:responsibility_id>/substitute/",
        holding.substitute,
        name="substitute",
    ),
    path("responsibilities/<uuid:responsibility_id>/end/", holding.end, name="end"),
    path("responsibilities/<uuid:responsibility_id>/withdraw/", holding.withdraw, name="withdraw"),
    path("responsibilities/<uuid:responsibility_id>/contact/", holding.contact, name="contact"),
    path(
        "responsibilities/<uuid:responsibility_id>/phone/",
        holding.change_contact,
        name="contact_change",
    ),
    *LedgerPages("organisations", IMPORT).urls(),
    path("export/<slug:ledger>/", exporting.export, name="export"),
]
