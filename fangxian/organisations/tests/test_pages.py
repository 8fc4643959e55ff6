"""The pages, through HTTP: what they show, what they change, what they refuse."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import AccessLog
from fangxian.common.scoping import acting
from fangxian.organisations.actions import (
    add_member,
    appoint,
    create_organisation,
    record_evidence,
)
from fangxian.organisations.models import (
    FiveOneEvidence,
    Member,
    Organisation,
    OrganisationKind,
    Responsibility,
    ResponsibilityHousehold,
)
from fangxian.organisations.vacancies import refresh
from fangxian.regions.models import Building, BuildingKind
from fangxian.register.actions import create_establishment, create_household

TODAY = timezone.localdate()


def url(name: str, *args: object) -> str:
    return reverse(f"organisations:{name}", args=args)


def text(response) -> str:
    return unescape(response.content.decode())


def test_the_holder_is_found_by_search_and_named(alice, client_of, places, person):
    officer = person(alice, "王小一", phones=["13800001111"])
    client = client_of("alice")
    at = url("appoint", places.grid)
    found = client.post(at, {"q": "王小", "find": "1"})
    assert found.status_code == 200
    assert f"person:{officer.id}" in text(found)
    by_phone = client.post(at, {"q": "13800001111", "find": "1"})
    assert f"person:{officer.id}" in text(by_phone)
    nobody = client.post(at, {"q": "王小", "on": TODAY})
    assert nobody.status_code == 422
    named = client.post(
        at, {"holder": f"person:{officer.id}", "contact": "0317-1", "on": TODAY}, follow=True
    )
    assert "王小一" in text(named)
    again = client.post(at, {"holder": f"person:{officer.id}", "on": TODAY})
    assert again.status_code == 422
    with acting(alice):
        assert Responsibility.objects.get().contact == "0317-1"


def test_hand_over_substitute_end_and_withdraw(alice, client_of, places, person):
    old, new, third = (person(alice, name) for name in ("王一", "王二", "王三"))
    row = appoint(
        by=alice,
        place=places[places.grid],
        role="grid_officer",
        holder=old,
        from_date=TODAY - dt.timedelta(days=9),
    )
    client = client_of("alice")
    days = {"from_date": TODAY, "to_date": TODAY}
    done = client.post(url("substitute", row.id), {"holder": f"person:{third.id}", **days})
    assert done.status_code == 302
    client.post(url("hand_over", row.id), {"holder": f"person:{new.id}", "on": TODAY})
    with acting(alice):
        made = Responsibility.objects.get(holder_name="王二")
    page = text(client.get(url("responsibility", made.id)))
    assert url("withdraw", made.id) in page
    assert re.search(r"</svg>\s*交接</a>", page)
    early = client.post(url("end", made.id), {"on": TODAY - dt.timedelta(days=1)})
    assert early.status_code == 422
    assert client.post(url("withdraw", made.id)).status_code == 302
    with acting(alice):
        assert not Responsibility.objects.filter(holder_name="王二").exists()


def test_the_chain_shows_above_here_below_and_a_day(hq, alice, client_of, places, person):
    secretary = person(hq, "王书记")
    appoint(
        by=hq,
        place=places[places.community],
        role="community_secretary",
        holder=secretary,
        from_date=TODAY - dt.timedelta(days=9),
    )
    refresh(by=alice, area=places.community)
    client = client_of("alice")
    assert "王书记" in text(client.get(url("chain", places.community)))
    assert "王书记" in text(client.get(url("chain", places.unit)))
    looks = AccessLog.objects.filter(actor="alice", purpose="page organisations:chain")
    assert looks.filter(persons__contains=[secretary.id]).count() == 2
    before = (TODAY - dt.timedelta(days=20)).isoformat()
    page = text(client.get(url("chain", places.unit), {"on": before}))
    assert "王书记" not in page
    assert client.get(url("chain", places.outside)).status_code == 404
    listed = text(client.get(url("vacancies", places.community), {"role": "grid_officer"}))
    assert url("appoint", places.grid) in listed
    assert url("appoint", places.building) not in listed
    # Who fills it, and he is noted as read there too.
    assert "王书记" in listed
    looks = AccessLog.objects.filter(actor="alice", purpose="page organisations:vacancies")
    assert looks.filter(persons__contains=[secretary.id]).count() == 1


def test_the_work_phone_is_a_tap_away_also_above_and_within_the_quota(
    hq, client_of, places, person, settings
):
    settings.FANGXIAN_REVEALS_PER_HOUR = 2
    row = appoint(
        by=hq,
        place=places[places.community],
        role="community_secretary",
        holder=person(hq, "王书记"),
        contact="13800000000",
    )
    bob = client_of("bob")
    assert "13800000000" not in text(bob.get(url("chain", places.grid)))
    asked = bob.get(url("contact", row.id))
    assert "王书记" in text(asked)
    assert "13800000000" not in text(asked)
    answer = bob.post(url("contact", row.id), headers={"HX-Request": "true"})
    assert 'href="tel:13800000000"' in text(answer)
    assert "<html" not in text(answer)
    assert answer["Cache-Control"] == "no-store"
    # A browser without scripts gets a page.
    page = bob.post(url("contact", row.id))
    assert "<html" in text(page)
    assert 'href="tel:13800000000"' in text(page)
    assert url("responsibility", row.id) in text(page)
    assert page["Cache-Control"] == "no-store"
    assert bob.post(url("contact", row.id)).status_code == 429
    assert client_of("charlie").post(url("contact", row.id)).status_code == 404


def test_organisations_are_founded_changed_and_dissolved(hq, alice, client_of, places):
    client = client_of("headquarters")
    form = {"name": "示例局", "kind": "department", "seat": places.county}
    assert client.post(url("create"), form).status_code == 302
    assert client.post(url("create"), form).status_code == 422
    with acting(hq):
        body = Organisation.objects.get()
    for query in ("示例", "slj"):
        assert "示例局" in text(client.get(url("tree"), {"q": query}))
    assert "示例局" not in text(client.get(url("tree"), {"q": "没有"}))
    change = {**form, "name": "示例二局", "parent": "没有"}
    assert client.post(url("edit", body.id), change).status_code == 422
    assert client.post(url("edit", body.id), {**change, "parent": ""}).status_code == 302
    # A county's body may be read by a community, not changed.
    staff = client_of("alice")
    assert staff.get(url("organisation", body.id)).status_code == 200
    for name in ("edit", "dissolve", "join"):
        assert staff.get(url(name, body.id)).status_code == 404
    assert client.post(url("dissolve", body.id), {"on": TODAY}).status_code == 302
    with acting(hq):
        assert Organisation.objects.get().dissolved_on == TODAY


def test_members_join_from_the_register_or_new(hq, client_of, places, person, unit):
    known = person(hq, "王一")
    client = client_of("headquarters")
    at = url("join", unit.id)
    assert client.post(at, {}).status_code == 422
    client.post(at, {"holder": f"person:{known.id}", "duty": "科员", "rank": "科级"})
    client.post(at, {"name": "王新", "number": "11010519491231002X", "party_member": "on"})
    with acting(hq):
        assert set(Member.objects.values_list("person__name", "party_member")) == {
            ("王一", False),
            ("王新", True),
        }
        row = Member.objects.get(person=known)
    page = text(client.get(url("organisation", unit.id)))
    assert "王一" in page
    assert "11010519491231002X" not in page
    office = {"duty": "科长", "rank": "科级"}
    for wrong in ("没有的地方", places.county):
        assert client.post(url("member", row.id), {**office, "wish": wrong}).status_code == 422
    client.post(url("member", row.id), {**office, "wish": places.grid})
    page = client.get(url("member", row.id))
    assert page.context["wish"].endswith("第1社区第1网格")
    assert page.context["form"].initial["wish"] == places.grid
    client.post(url("member_end", row.id), {"on": TODAY})
    with acting(hq):
        ended = Member.objects.get(id=row.id)
        assert (ended.duty, ended.to_date) == ("科长", TODAY)


def test_numbers_that_the_form_of_a_member_tells_of_are_counted(client_of, unit, settings):
    settings.FANGXIAN_LOOKUPS_PER_HOUR = 2
    client = client_of("headquarters")
    at = url("join", unit.id)
    number = "11010519491231002X"
    assert client.post(at, {"name": "王新", "number": number}).status_code == 302
    assert client.post(at, {"q": number, "find": "1"}).status_code == 200
    for given in ({"q": number, "find": "1"}, {"name": "王二", "number": number}):
        assert client.post(at, given).status_code == 429


def test_numbers_of_a_member_that_is_not_taken_are_counted_too(client_of, unit, settings):
    settings.FANGXIAN_LOOKUPS_PER_HOUR = 2
    client = client_of("headquarters")
    form = {"name": "王新", "phone": "12"}
    at = url("join", unit.id)

    def tried(number: str) -> int:
        return client.post(at, form | {"number": number}).status_code

    numbers = ("11010519491231002X", "440524198801010011", "11010519491231002X")
    assert [tried(number) for number in numbers] == [422, 422, 429]


def test_ten_households_of_a_member(hq, client_of, places, person, unit):
    member = add_member(by=hq, person=person(hq, "王一"), organisation=unit)
    doors = [create_household(by=hq, place_code=places.unit, room=str(n)) for n in range(11)]
    client = client_of("headquarters")
    at = url("households", member.id)
    assert "10" in text(client.get(at, {"place": places.building}))
    form = {"place": places.building, "household": [str(door.id) for door in doors]}
    assert client.post(at, form).status_code == 422
    form["household"] = form["household"][:3]
    assert client.post(at, form).status_code == 302
    with acting(hq):
        link = ResponsibilityHousehold.objects.first()
        assert ResponsibilityHousehold.objects.count() == 3
    assert client.post(url("household_end", link.id)).status_code == 302
    with acting(hq):
        assert ResponsibilityHousehold.objects.count() == 2


def test_long_lists_come_in_pages_and_their_counts_are_of_all(
    hq, client_of, places, unit, monkeypatch
):
    from fangxian.organisations import five_ones
    from fangxian.organisations.views import contacts, linked
    from fangxian.organisations.views import five_ones as pages

    for module in (contacts, linked, pages):
        monkeypatch.setattr(module, "PAGE", 1)
    appoint(by=hq, place=places[places.community], role="linked_unit", holder=unit)
    kind = OrganisationKind.objects.get(code="working_group")
    place = places[places.community]
    group = create_organisation(by=hq, name="专班", kind=kind, seat=place)
    record_evidence(by=hq, community=place, item="working_group", evidence=group)
    client = client_of("headquarters")

    shown = client.get(url("five_ones", places.county)).context
    assert [line.place.code for line, _town in shown["lines"]] == [places.community]
    assert (shown["total"], shown["done"], shown["count"], shown["more"]) == (10, 1, 2, True)
    last = client.get(url("five_ones", places.county), {"page": "2", "missing": "1"}).context
    assert [line.place.code for line, _town in last["lines"]] == [places.other_community]
    assert last["more"] is False
    with acting(hq):
        assert five_ones.missing(places.county) == (9, 2)
        every = five_ones.lines(list(five_ones.communities(places.county)))
        assert sum(line.missing for line in every) == 9

    at = url("linked", places.county)
    shown = client.get(at).context
    assert (len(shown["rows"]), shown["counts"]["places"], shown["counts"]["bare"]) == (1, 2, 1)
    bare = client.get(at, {"without": "1"}).context
    assert [row[0].code for row in bare["rows"]] == [places.other_community]
    held = client.get(at, {"view": "units"}).context["units"]
    assert [(body.name, [p.code for p in at_]) for body, at_ in held] == [
        ("示例局", [places.community])
    ]
    assert unit not in client.get(at, {"view": "units"}).context["idle"]


def test_evidence_is_searched_without_a_name_in_the_address(hq, client_of, places, person, unit):
    chief = add_member(by=hq, person=person(hq, "王科长"), organisation=unit, rank="副科级")
    client = client_of("headquarters")
    at = url("five_one", places.community, "chief")
    assert str(chief.id) not in text(client.post(at, {"q": "李", "find": "1"}))
    found = client.post(at, {"q": "王科", "find": "1"})
    assert found.status_code == 200
    assert str(chief.id) in text(found)
    page = text(client.get(at, {"q": "李"}))
    assert str(chief.id) in page
    assert 'method="get"' not in page.partition("<main")[2]
    assert client.post(at, {"chosen": chief.id}).status_code == 302


def test_five_ones_overview_and_a_file_as_evidence(alice, client_of, places):
    client = client_of("alice")
    overview = url("five_ones", places.community)
    assert url("five_one", places.community, "plan") in text(client.get(overview))
    at = url("five_one", places.community, "plan")
    assert client.post(at, {}).status_code == 422
    file = SimpleUploadedFile("工作方案.pdf", b"%PDF-1.7 x", "text/html")
    assert client.post(at, {"file": file}).status_code == 302
    with acting(alice):
        row = FiveOneEvidence.objects.get()
        assert row.file.media_type == "application/octet-stream"
    assert "工作方案.pdf" in text(client.get(at))
    assert client.post(url("five_one_withdraw", row.id)).status_code == 302
    shown = text(client.get(at))
    assert "此前的佐证" in shown
    assert "变更前" not in shown
    assert client.get(url("five_one", places.community, "nothing")).status_code == 404
    assert client.get(url("five_one", places.outside, "plan")).status_code == 404


def test_units_and_communities_both_ways(hq, client_of, places, unit):
    client = client_of("headquarters")
    page = text(client.get(url("linked", places.county)))
    assert url("appoint", places.community) in page
    appoint(by=hq, place=places[places.community], role="linked_unit", holder=unit)
    rest = text(client.get(url("linked", places.county), {"without": "1"}))
    assert url("chain", places.community) not in rest
    units = text(client.get(url("linked", places.county), {"view": "units"}))
    assert "第1社区" in units
    assert re.search(r"<th[^>]*>组织</th>", units)


def test_unmanaged_buildings_fall_to_the_linked_unit(hq, client_of, places, unit):
    kind = BuildingKind.objects.first()
    Building.objects.create(region=places[places.building], kind=kind, managed=False)
    client = client_of("headquarters")
    client.post(url("take_over", places.community))
    with acting(hq):
        assert not Responsibility.objects.exists()
    appoint(by=hq, place=places[places.community], role="linked_unit", holder=unit)
    client.post(url("take_over", places.community))
    with acting(hq):
        assert Responsibility.objects.get(role="building_keeper").place_code == places.building


def test_contact_leaders(hq, client_of, places, person):
    body = create_establishment(by=hq, place_code=places.building, name="示例医院", kind="hospital")
    leader = person(hq, "王一")
    client = client_of("headquarters")
    assert "示例医院" in text(client.get(url("contacts", places.county), {"without": "1"}))
    form = {"holder": f"person:{leader.id}", "on": TODAY, "contact": ""}
    assert client.post(url("contact_leader", body.id), form).status_code == 302
    assert not client.get(url("contacts", places.county), {"without": "1"}).context["rows"]


def test_what_other_pages_show_of_the_chain(hq, alice, client_of, places, person, unit):
    officer = person(alice, "王一")
    appoint(by=alice, place=places[places.grid], role="grid_officer", holder=officer)
    refresh(by=alice, area=places.community)
    home = create_household(by=alice, place_code=places.unit, room="101")
    client = client_of("alice")
    place = text(client.get(reverse("regions:place", args=[places.grid])))
    assert "王一" in place
    today = text(client.get("/"))
    assert url("vacancies", places.community) in today
    assert "示例局" in text(client.get("/search/", {"q": "示例局"}))
    from fangxian.common.registries import household_panels

    request = client.get("/").wsgi_request
    with acting(alice):
        panel = household_panels.get("organisations").render(request, alice, home.id)
    assert "王一" in panel


def test_a_ledger_may_be_of_a_place_that_is_not_listed(hq, client_of, places, monkeypatch):
    monkeypatch.setattr("fangxian.core.forms._LISTED", 0)
    client = client_of("headquarters")
    option = f'<option value="{places.community}"'
    assert option not in text(client.get(url("import")))
    assert option in text(client.get(url("import"), {"place": places.community}))
    for code, status in (
        (places.community, 302),
        (places.outside, 422),
        (places.building, 422),
        (places.community[:-1] + "9", 422),
    ):
        data = {
            "kind": "responsibilities",
            "place_code": code,
            "file": SimpleUploadedFile("包保.csv", "区域代码,角色\n1,2\n".encode()),
        }
        assert client.post(url("import"), data).status_code == status, code


def test_the_ledger_pages_lead_from_the_file_to_the_preview(hq, client_of, places):
    client = client_of("headquarters")
    data = f"区域代码,角色,单位名称\n{places.community},包联单位,示例局\n".encode()
    sent = client.post(
        url("import"),
        {
            "kind": "responsibilities",
            "place_code": places.county,
            "file": SimpleUploadedFile("包保.csv", data),
        },
    )
    assert sent.status_code == 302
    page = text(client.get(sent["Location"]))
    assert 'value="place_code" selected' in page
    broken = client.post(
        url("import"),
        {
            "kind": "responsibilities",
            "place_code": places.county,
            "file": SimpleUploadedFile("a.xlsx", b"PK"),
        },
    )
    assert broken.status_code == 422
    taken = client.post(url("export", "organisations"), {"code": places.county})
    assert taken["Content-Type"].endswith("sheet")
    assert client.post(url("export", "organisations"), {"code": places.outside}).status_code == 404
