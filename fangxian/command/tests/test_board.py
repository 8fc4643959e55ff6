"""The board through HTTP: sums at every level, scope, filters, polling, phones, downloads."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.urls import reverse

from fangxian.accounts.models import AccessLog
from fangxian.command import coverage as boards
from fangxian.command import polling
from fangxian.command.coverage import Board
from fangxian.command.gaps import vacancies_of
from fangxian.command.tests.conftest import PHONE, begin
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.field.actions import close_campaign
from fangxian.organisations.actions import appoint, withdraw_responsibility
from fangxian.organisations.models import Vacancy
from fangxian.people.actions import create_person
from fangxian.regions.queries import at


def url(name, *args):
    return reverse(f"command:{name}", args=args)


def text_of(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def shown(client, *args):
    """The context of a board page."""
    answer = client.get(url("board_place", *args))
    assert answer.status_code == 200
    return answer.context


def figures(row):
    return (
        row.coverage.target,
        row.coverage.visited,
        row.coverage.exempt,
        row.coverage.gap,
        row.vacancies,
    )


@pytest.mark.parametrize("of_sweep", [True, False], ids=["sweep", "chain"])
def test_at_every_place_the_rows_add_up_to_the_place(client_of, sweep, places, of_sweep):
    """Walk the whole tree by its links: the sum of the rows is the place, down to the door."""
    client = client_of("headquarters")
    todo, seen = [places.county], 0
    while todo:
        code = todo.pop()
        here = url("board_place", sweep.id, code) if of_sweep else url("chain_place", code)
        answer = client.get(here)
        own, lines = answer.context["own"], answer.context["lines"]
        below = [line["row"] for line in lines]
        if below:
            sums = tuple(map(sum, zip(*map(figures, below), strict=True)))
            assert sums == figures(own), code
        if code == places.county:
            assert figures(own)[:4] == ((6, 1, 1, 4) if of_sweep else (0, 0, 0, 0))
            assert own.vacancies > 0
        if of_sweep and answer.context["door_level"]:
            states = [door["state"] for door in answer.context["doors"]]
            assert len(states) == own.coverage.target
            assert states.count("open") == own.coverage.gap
        todo += [line["row"].code for line in lines if not line["row"].here]
        seen += 1
    assert seen == 1 + 1 + 2 + 4 + 8 + 16


def test_a_building_shows_the_doors_that_lie_in_no_unit(client_of, sweep, places):
    context = shown(client_of("alice"), sweep.id, places.building)
    here = [line for line in context["lines"] if line["row"].here]
    assert [figures(line["row"])[:4] for line in here] == [(1, 0, 0, 1)]
    assert here[0]["url"] == ""


def test_the_worst_stands_first_and_orders_are_kept_in_the_address(client_of, sweep, places):
    client = client_of("headquarters")
    context = shown(client, sweep.id, places.town)
    gaps = [line["row"].coverage.gap for line in context["lines"]]
    assert gaps == sorted(gaps, reverse=True)
    answer = client.get(url("board_place", sweep.id, places.community) + "?only=gaps&sort=place")
    lines = answer.context["lines"]
    assert [line["row"].code for line in lines] == [places.grid]
    # The other grid, and the community itself: its vacancies are no gaps.
    assert answer.context["hidden"] == 2
    assert lines[0]["url"].endswith("?sort=place&only=gaps")
    assert answer.context["own"].coverage.target == 5
    odd = client.get(url("board_place", sweep.id, places.community) + "?only=%00&sort=1;--")
    assert len(odd.context["lines"]) == 3


def test_a_gap_names_who_closes_it_by_when_with_the_phone_behind_a_tap(
    client_of, sweep, places, officer
):
    client = client_of("bob")
    html = text_of(client.get(url("board_place", sweep.id, places.unit)))
    assert "王一" in html
    assert PHONE not in html
    assert looks("bob", officer)
    tap = reverse("organisations:contact", args=[officer.id])
    assert f'hx-post="{tap}"' in html
    before = AccessLog.objects.exclude(revealed="").count()
    answer = client.post(tap, headers={"HX-Request": "true"})
    assert PHONE in text_of(answer)
    assert AccessLog.objects.exclude(revealed="").count() == before + 1


def looks(who, row):
    """How often the log says that somebody read of a holder on the board."""
    found = AccessLog.objects.filter(actor=who, purpose__startswith="page command:")
    return found.filter(persons__contains=[row.person_id]).count()


def test_a_standing_board_answers_304_and_a_changed_one_the_fragment(
    client_of, sweep, places, hq, officer
):
    client = client_of("headquarters")
    address = url("board_place", sweep.id, places.county)
    first = client.get(address)
    poll = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    before = looks("headquarters", officer)
    still = client.get(address, headers=poll)
    assert (still.status_code, still.content) == (304, b"")
    # What was not shown was not read.
    assert looks("headquarters", officer) == before
    whole = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert whole.status_code == 200
    withdraw_responsibility(by=hq, responsibility=officer)
    changed = client.get(address, headers=poll)
    html = text_of(changed)
    assert "<html" not in html
    assert changed["ETag"] != first["ETag"]
    # In another language it is another page.
    english = client.get(
        address,
        headers={"HX-Request": "true", "If-None-Match": changed["ETag"], "Accept-Language": "en"},
    )
    assert english.status_code == 200


def test_whom_polls_name_is_noted_once_in_a_while_and_a_page_each_time(
    client_of, sweep, places, hq, officer, alice, monkeypatch
):
    client = client_of("headquarters")
    address = url("board_place", sweep.id, places.unit)
    # The start of five minutes, and of a day in UTC.
    clock = [dt.datetime(2026, 3, 2, tzinfo=dt.UTC)]
    monkeypatch.setattr(polling, "timezone", SimpleNamespace(now=lambda: clock[0]))

    def poll(tag="none"):
        answer = client.get(address, headers={"HX-Request": "true", "If-None-Match": tag})
        assert answer.status_code == 200
        return answer

    before = looks("headquarters", officer)
    shown = client.get(address)
    assert looks("headquarters", officer) == before + 1
    for _news in range(3):
        assert "王一" in text_of(poll())
    assert looks("headquarters", officer) == before + 1
    # Opened once more, and by somebody else: each is noted.
    client.get(address)
    client_of("alice").get(address)
    poll()
    assert (looks("headquarters", officer), looks("alice", officer)) == (before + 2, 1)
    # Left open it names him again in the next five minutes, for its tag ends with them.
    clock[0] += dt.timedelta(minutes=4, seconds=59)
    still = {"HX-Request": "true", "If-None-Match": shown["ETag"]}
    assert client.get(address, headers=still).status_code == 304
    clock[0] += dt.timedelta(seconds=1)
    poll(shown["ETag"])
    poll()
    assert looks("headquarters", officer) == before + 3
    # Who is named for the first time is noted by the poll that names him.
    withdraw_responsibility(by=hq, responsibility=officer)
    heir = appointed(alice, places)
    assert "王二" in text_of(poll())
    assert looks("headquarters", heir) == 1


def appointed(by, places):
    who = create_person(
        by=by, name="王二", place_code=places.community, link_kind="met", source_id=uuid4()
    )
    return appoint(by=by, place=places[places.grid], role="grid_officer", holder=who)


def test_rows_keep_their_ids_from_poll_to_poll_so_that_the_focus_stays(client_of, sweep, places):
    html = text_of(client_of("headquarters").get(url("board_place", sweep.id, places.county)))
    assert f'id="row-{places.town}"' in html


def test_another_county_sees_nothing_of_it(client_of, sweep, places):
    charlie = client_of("charlie")
    for address in (
        url("board_area", sweep.id),
        url("board_place", sweep.id, places.community),
        url("map", sweep.id, places.community),
        url("chain_place", places.community),
        url("board_place", sweep.id, "no-code"),
    ):
        assert charlie.get(address).status_code == 404, address
    for address in (
        url("gaps_csv", sweep.id, places.community),
        url("vacancies_csv", places.community),
    ):
        assert charlie.post(address).status_code == 404, address
    assert sweep.name not in text_of(charlie.get(url("sweeps")))


def test_a_place_outside_the_sweep_and_a_draft_have_no_board(client_of, hq, places, sweep):
    small = begin(hq, places[places.other_community], "小区摸排")
    client = client_of("headquarters")
    assert client.get(url("board_area", small.id)).context["place"].code == places.other_community
    assert client.get(url("board_place", small.id, places.county)).status_code == 404
    assert client.get(url("board_place", small.id, places.community)).status_code == 404
    small.state = "draft"
    small.save()
    assert client.get(url("board_area", small.id)).status_code == 404


def test_one_sweep_is_opened_at_once_several_are_listed_closed_ones_too(
    client_of, hq, places, sweep
):
    client = client_of("alice")
    assert client.get(url("board")).url == url("board_area", sweep.id)
    assert client.get(url("board_area", sweep.id)).context["place"].code == places.community
    other = begin(hq, places[places.town], "第二轮摸排")
    assert client.get(url("board")).url == url("sweeps")
    html = text_of(client.get(url("sweeps")))
    assert "第二轮摸排" in html
    close_campaign(by=hq, campaign=other)
    assert client.get(url("board")).url == url("board_area", sweep.id)
    assert "第二轮摸排" in text_of(client.get(url("sweeps")))
    assert client.get(url("board_area", other.id)).context["closed"]


def test_vacancies_are_listed_with_who_names_and_by_when(client_of, sweep, places):
    context = client_of("alice").get(url("chain_place", places.grid)).context
    rows = {(row["code"], row["role"]): row for row in context["unfilled"]}
    assert len(rows) == context["own"].vacancies
    first = context["unfilled"][0]
    assert first["code"] == places.grid
    assert first["due"] is not None
    assert first["naming"].role
    assert first["task"] is not None


def test_a_vacancy_names_who_fills_it_with_the_phone_behind_a_tap(
    client_of, alice, hq, sweep, places
):
    """The secretary stands for the staff of the community; above, an account and who answers."""
    secretary, leader = (
        appoint(
            by=hq,
            place=places[code],
            role=role,
            holder=create_person(
                by=hq, name=name, place_code=code, link_kind="met", source_id=uuid4()
            ),
            contact=PHONE,
        )
        for code, role, name in (
            (places.community, "community_secretary", "书记甲"),
            (places.town, "town_leader", "领导乙"),
        )
    )
    client = client_of("alice")
    rows = client.get(url("chain_place", places.community)).context["unfilled"]
    found = {(row["code"], row["key"][1]): row["naming"] for row in rows}
    building = found[places.building, "building_head"]
    assert (building.closer.name, building.account) == ("书记甲", "")
    linked = found[places.community, "linked_unit"]
    assert (linked.closer.name, linked.account) == ("领导乙", "Headquarters")
    # Who can't close it is not shown like one who can.
    assert (building.to_ask, linked.to_ask) == (False, True)
    assert "可咨询：</span> <span" in text_of(client.get(url("chain_place", places.community)))
    html = text_of(client.get(url("chain_place", places.building)))
    assert "书记甲" in html
    assert "可咨询" not in html
    assert PHONE not in html
    tap = reverse("organisations:contact", args=[secretary.id])
    assert f'hx-post="{tap}"' in html
    assert looks("alice", secretary)
    assert looks("alice", leader)
    book = client.post(url("vacancies_csv", places.community)).content.decode("utf-8-sig")
    assert "书记甲" in book
    # Who may not call is shown no button that is refused.
    laboratory = client_of("laboratory")
    html = text_of(laboratory.get(url("chain_place", places.building)))
    assert "书记甲" in html
    assert tap not in html
    assert laboratory.post(tap).status_code == 403


def test_the_highest_places_stand_first_however_many_lie_below(sweep, hq, places):
    deep, high = places.unit, places.other_community
    assert (deep < high, len(deep) > len(high)) == (True, True)
    with acting(hq):
        Vacancy.objects.all().delete()
        Vacancy.objects.bulk_create(
            Vacancy(
                place=places[code], place_code=code, role=role, missing=1, since=dt.date(2026, 1, 1)
            )
            for code, role in [*((deep, f"role{n}") for n in range(11)), (high, "linked_unit")]
        )
        assert [row["code"] for row in vacancies_of(places.county, most=1)] == [high]


def test_doors_are_for_those_who_work_on_sweeps(client_of, sweep, places):
    laboratory = client_of("laboratory")
    context = shown(laboratory, sweep.id, places.building)
    assert not context["door_level"]
    assert not context["doors"]
    answer = laboratory.post(url("gaps_csv", sweep.id, places.building))
    assert answer.status_code == 403


def test_the_map_colours_places_by_their_share(client_of, sweep, places):
    context = client_of("headquarters").get(url("map", sweep.id, places.town)).context
    shares = {
        f["properties"]["code"]: f["properties"]["share"] for f in context["places"]["features"]
    }
    assert shares == {places.community: 2 / 5, places.other_community: 0.0}


def test_queries_don_t_grow_with_the_rows(client_of, sweep, places, django_assert_max_num_queries):
    client = client_of("headquarters")
    client.get(url("board_place", sweep.id, places.county))
    for code in (places.county, places.town, places.community):
        with django_assert_max_num_queries(BOARD_QUERIES):
            client.get(url("board_place", sweep.id, code))


def test_a_poll_that_changes_nothing_costs_less(
    client_of, sweep, places, django_assert_max_num_queries
):
    client = client_of("headquarters")
    address = url("board_place", sweep.id, places.county)
    tag = client.get(address)["ETag"]
    poll = {"HX-Request": "true", "If-None-Match": tag}
    with django_assert_max_num_queries(POLL_QUERIES):
        assert client.get(address, headers=poll).status_code == 304
    # Not by the tag of what others see: the page is made, and told by its own tag.
    poll = {"HX-Request": "true", "If-None-Match": '"another"'}
    with django_assert_max_num_queries(BOARD_QUERIES):
        assert client.get(address, headers=poll)["ETag"] == tag


# Sign-in, grants and scope take 12; the frame 2; the board itself 8.
BOARD_QUERIES = 24
POLL_QUERIES = 9


def test_the_whole_country_is_the_sum_of_its_provinces(hq, sweep, places):
    from fangxian.common.actor import Actor

    with acting(Actor.system("test", "")):
        found: Board = boards.board(None, None)
        county = boards.rows(None, [at(places.county)])[0]
    assert found.own.level == Level.COUNTRY
    assert found.own.vacancies >= county.vacancies > 0


def test_a_polled_fragment_keeps_its_filters_and_downloads(client_of, sweep, places):
    address = url("board_place", sweep.id, places.community) + "?only=gaps"
    html = text_of(client_of("alice").get(address, headers={"HX-Request": "true"}))
    assert "?only=gaps&amp;sort=place" in html or "?sort=place&amp;only=gaps" in html
    assert url("gaps_xlsx", sweep.id, places.community) in html
