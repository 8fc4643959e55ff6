"""Journeys through several rooms, as browsers make them, without a browser."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import read_file
from fangxian.core.models import ImportRun, Job
from fangxian.core.tests.importing import run_job
from fangxian.field.models import Campaign, Target, Visit
from fangxian.field.queries import coverage
from fangxian.organisations.actions import appoint
from fangxian.organisations.queries import in_force, who_closes
from fangxian.people.actions import create_person
from fangxian.regions import actions as regions
from fangxian.regions import queries, redraw
from fangxian.register.actions import create_household
from fangxian.register.models import Household
from fangxian.register.tests.ledgers import identity, person, workbook
from tests.journeys.sweep import TODAY, begin_sweep
from tests.kit.cast import Places


def import_ledger(client: Any, by: Any, place: str, data: bytes) -> ImportRun:
    """Upload, columns as proposed, preview, import: four pages, and the worker twice."""
    sent = {"place_code": place, "file": SimpleUploadedFile("台账.xlsx", data)}
    columns = client.post(reverse("register:import"), sent)["Location"]
    proposals = client.get(columns).context["proposals"]
    chosen = {f"column-{row['it'].position}": row["it"].field or "" for row in proposals}
    run_url = client.post(columns, chosen)["Location"]
    work(by)
    assert client.get(run_url).status_code == 200
    assert client.post(run_url).status_code == 302
    work(by)
    assert client.get(run_url).status_code == 200
    with acting(by):
        return ImportRun.objects.select_related("result_file").latest("id")


def work(by: Any) -> None:
    with acting(by):
        job = Job.objects.get(state="queued")
    run_job(by, job)


def gaps(by: Any, campaign: Campaign, code: str) -> int:
    with acting(by):
        return coverage(campaign, [code])[code].gap


@pytest.mark.django_db
def test_a_corrected_ledger_becomes_gaps_that_are_closed(
    client_of: Any, cast: Any, places: Places, alice: Any
) -> None:
    campaign = begin_sweep(cast.actor("headquarters"), places)
    client = client_of("alice")
    rows = [person(n) for n in range(6)]
    rows[4]["身份证号"] = "110105"
    first = import_ledger(client, alice, places.grid, workbook(rows))
    assert (first.rows_in, first.accepted, first.rejected) == (6, 5, 1)

    # The same workbook comes back with what is wrong; one cell is corrected.
    book = openpyxl.load_workbook(io.BytesIO(read_file(by=alice, file_id=first.result_file_id)))
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    told = [sheet.cell(row, heads.index("错误") + 1).value for row in range(2, 8)]
    assert [bool(text) for text in told] == [False] * 4 + [True, False]
    sheet.cell(6, heads.index("身份证号") + 1).value = identity(4, male=True)
    out = io.BytesIO()
    book.save(out)
    second = import_ledger(client, alice, places.grid, out.getvalue())
    assert (second.rows_in, second.accepted, second.rejected) == (6, 6, 0)
    assert second.changed == 1

    # Its two doors are gaps on the board; a visit closes each.
    assert gaps(alice, campaign, places.county[:6]) == 2
    board = reverse("command:board_place", args=[campaign.id, places.grid])
    assert client.get(board).context["own"].coverage.gap == 2
    with acting(alice):
        doors = list(Household.objects.order_by("room"))
    assert len(doors) == 2
    officer = client_of("bob")
    for left, door in zip((1, 0), doors, strict=True):
        url = reverse("field:door", args=[campaign.id, door.id])
        page = officer.get(url)
        op_id = page.context["form"]["op_id"].value()
        for _pressed_twice in range(2):
            answer = officer.post(url, {"op_id": op_id, "outcome": "all_well"})
            assert answer.status_code == 302
        assert client.get(board).context["own"].coverage.gap == left
    with acting(alice):
        assert Visit.objects.count() == 2


@pytest.mark.django_db
def test_a_redraw_keeps_who_answers_and_what_was(cast: Any, places: Places) -> None:
    by = Actor.system("kit", places.community)
    hq = cast.actor("headquarters")
    campaign_door = create_household(by=by, place_code=places.unit, room="101")
    campaign = begin_sweep(hq, places)
    officers = {}
    for code in (places.grid, places.other_grid):
        named = create_person(
            by=by, name="示例" + code[-1], place_code=places.community,
            link_kind="met", source_id=uuid4(),
        )  # fmt: skip
        officers[code] = appoint(
            by=hq, place=places[code], role="grid_officer", holder=named,
            from_date=TODAY - dt.timedelta(days=30),
        ).id  # fmt: skip
    plan = regions.draft_of_present_grids(by=by, community_code=places.community)
    moved = str(places[places.building].id)
    plan = regions.move_part(by=by, plan_id=plan.id, version=1, building_id=moved, grid=2)
    regions.accept_grids(by=by, plan_id=plan.id, version=2, effective=TODAY)
    redraw.apply(by=by, plan_id=plan.id)
    with acting(by):
        now = queries.by_id(places[places.unit].id)
        assert now.code.startswith(places.other_grid)
        # Who answers for a grid answers for what lies in it now …
        closers = [row.responsibility_id for row in who_closes(now.code)]
        assert officers[places.other_grid] in closers
        assert officers[places.grid] not in closers
        # … both still hold what they held, and the map of yesterday is known.
        for code, row in officers.items():
            place = queries.by_id(places[code].id)
            assert list(in_force().filter(place=place).values_list("id", flat=True)) == [row]
        before = queries.above_on(places[places.unit], TODAY - dt.timedelta(days=1))
        assert [place.id for place in before if place.level == 15] == [places[places.grid].id]
        target = Target.objects.get(household=campaign_door)
        assert target.place_code == now.code
    assert gaps(hq, campaign, places.other_grid) == 1
    assert gaps(hq, campaign, places.grid) == 0
