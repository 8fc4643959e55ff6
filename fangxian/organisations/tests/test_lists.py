"""The lists of an organisation: whoever is past the first rows is reached too."""

from __future__ import annotations

import pytest
from django.urls import reverse

from fangxian.organisations.actions import (
    add_member,
    appoint,
    create_organisation,
    end_membership,
)
from fangxian.organisations.models import OrganisationKind


@pytest.fixture
def members(hq, person, unit, monkeypatch):
    from fangxian.organisations.views import lists, tree

    monkeypatch.setattr(tree, "SHOWN", 1)
    monkeypatch.setattr(lists, "PAGE", 2)
    names = ("王一", "王二", "李三")
    return [add_member(by=hq, person=person(hq, n), organisation=unit) for n in names]


def _names(response):
    return [row.person.name for row in response.context["list"].rows]


def test_members_past_the_first_rows_are_reached(client_of, unit, members):
    client = client_of("headquarters")
    shown = client.get(reverse("organisations:organisation", args=[unit.id]))
    at = reverse("organisations:listed", args=[unit.id, "members"])
    assert at in shown.content.decode()
    assert (len(shown.context["members"].rows), shown.context["members"].count) == (1, 3)
    first, last = client.get(at), client.get(at, {"page": "2"})
    assert (_names(first), first.context["more"]) == (["王一", "王二"], True)
    assert (_names(last), last.context["more"]) == (["李三"], False)
    assert reverse("organisations:member", args=[members[2].id]) in last.content.decode()
    # A name is sent, never written into an address.
    found = client.post(at, {"q": "三"})
    assert (_names(found), found.context["searched"]) == (["李三"], True)
    assert client.post(at, {"q": "没有"}).context["list"].count == 0


def test_the_other_lists_of_an_organisation_have_pages_too(hq, client_of, places, unit, members):
    for member in members[:2]:
        end_membership(by=hq, member=member)
    for code in (places.community, places.other_community):
        appoint(by=hq, place=places[code], role="linked_unit", holder=unit)
    kind = OrganisationKind.objects.get(code="branch")
    for name in ("第一支部", "第二支部"):
        create_organisation(by=hq, name=name, kind=kind, seat=unit.seat, parent=unit)
    client = client_of("headquarters")
    page = client.get(reverse("organisations:organisation", args=[unit.id])).content.decode()
    for what in ("held", "below", "former"):
        at = reverse("organisations:listed", args=[unit.id, what])
        assert at in page
        shown = client.get(at)
        assert (shown.status_code, len(shown.context["list"].rows)) == (200, 2)
        assert (shown.context["form"] is None) == (what != "former")
    assert client.get(reverse("organisations:listed", args=[unit.id, "else"])).status_code == 404


def test_the_page_of_a_person_leads_to_the_membership(client_of, hq, members):
    client = client_of("headquarters")
    shown = client.get(reverse("people:person", args=[members[0].person_id])).content.decode()
    assert reverse("organisations:member", args=[members[0].id]) in shown
