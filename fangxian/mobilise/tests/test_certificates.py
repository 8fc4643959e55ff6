"""Certificates: out of what was credited, as it was then, for whom it concerns."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fangxian.common import papers as typeset
from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.mobilise import links, papers
from fangxian.mobilise.actions import (
    issue_certificate,
    lay_out,
    open_post,
    put_on,
    revoke_certificate,
)
from fangxian.mobilise.actions.posts import NewPattern
from fangxian.mobilise.models import Certificate, Shift, Turn, Volunteer
from fangxian.mobilise.tests.conftest import DAY, EARLY, as_volunteer, enlisted, gate
from fangxian.organisations.actions import create_organisation
from fangxian.organisations.models import Organisation, OrganisationKind

ODD = "示例 #panic() *粗* $x$ <a> \\ 人"


@pytest.fixture
def office(alice: Any, places: Any) -> Organisation:
    with acting(alice):
        kind = OrganisationKind.objects.get(code="department")
    made: Organisation = create_organisation(
        by=alice, name="示例居委会", kind=kind, seat=places[places.community]
    )
    return made


@pytest.fixture
def served(alice: Any, places: Any, office: Organisation) -> Volunteer:
    """Two shifts of eight hours at the gate and one of four hours for the office, all over."""
    home = places[places.community]
    one = enlisted(alice, home, ODD)
    posts = [gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 1), days=2)]
    day = timezone.localdate() + 5 * DAY
    posts.append(
        open_post(
            by=alice,
            place=home,
            name="热线",
            kind="hotline",
            organisation=office,
            patterns=[NewPattern("值班", dt.time(8), 240, 1)],
        )
    )
    lay_out(by=alice, post=posts[1], first=day, last=day)
    with acting(alice):
        shifts = list(Shift.objects.filter(post__in=posts).order_by("starts_at"))
    for shift in shifts:
        put_on(by=alice, shift=shift, volunteer=one)
    with acting(alice):
        for shift in shifts:
            back = 10 * DAY
            length = int((shift.ends_at - shift.starts_at).total_seconds()) // 60
            Shift.objects.filter(id=shift.id).update(
                day=shift.day - back,
                starts_at=shift.starts_at - back,
                ends_at=shift.ends_at - back,
                cut_off=shift.cut_off - back,
            )
            Turn.objects.filter(shift=shift).update(
                came_at=shift.starts_at - back, went_at=shift.ends_at - back, minutes=length
            )
    return one


def issued(by: Any, one: Volunteer, office: Organisation, first: int = -30) -> Certificate:
    today = timezone.localdate()
    made: Certificate = issue_certificate(
        by=by, volunteer=one, first=today + first * DAY, last=today, issuer=office
    )
    return made


def test_it_says_what_was_credited_by_unit_and_stays_so(
    alice: Any, served: Volunteer, office: Organisation
) -> None:
    made = issued(alice, served, office)
    assert made.minutes == sum(row["minutes"] for row in made.rows) == 1200
    assert [(row["turns"], row["minutes"]) for row in made.rows] == [(2, 960), (1, 240)]
    assert made.rows[1]["unit"] == "示例居委会"
    # Only the days that were asked for: the hotline was the last, five days ago.
    assert issued(alice, served, office, first=-6).minutes == 240
    with acting(alice):
        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
            Certificate.objects.filter(id=made.id).update(minutes=9999)
        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
            Certificate.objects.filter(id=made.id).delete()
    numbers = [made.number, issued(alice, served, office).number]
    assert len(set(numbers)) == 2
    revoke_certificate(by=alice, certificate=made, reason="写错了")
    with pytest.raises(Conflict):
        revoke_certificate(by=alice, certificate=made, reason="再来")
    with acting(alice), pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.filter(id=made.id).update(
            revoked_at=None, revoked_by="", revoked_for=""
        )


@pytest.mark.parametrize(
    ("first", "last", "field"), [(0, 0, "first"), (-1, -2, "last"), (-1, 1, "last")]
)
def test_nothing_is_certified_that_was_not_served(
    alice: Any, served: Volunteer, office: Organisation, first: int, last: int, field: str
) -> None:
    today = timezone.localdate()
    with pytest.raises(Invalid) as refused:
        issue_certificate(
            by=alice,
            volunteer=served,
            first=today + first * DAY,
            last=today + last * DAY,
            issuer=office,
        )
    assert field in refused.value.by_field()


def test_staff_issue_it_he_fetches_it_a_third_person_verifies_it(
    alice: Any, cast: Any, client_of: Any, served: Volunteer, office: Organisation
) -> None:
    staff = client_of("alice")
    form = {
        "first": (timezone.localdate() - 30 * DAY).isoformat(),
        "last": timezone.localdate().isoformat(),
        "issuer": office.name,
    }
    page = reverse("mobilise:certificate_new", args=[served.id])
    assert staff.post(page, {**form, "issuer": "没有"}).status_code == 422
    assert staff.post(page, form).status_code == 302
    with acting(alice):
        made = Certificate.objects.get()
    paper = staff.get(reverse("mobilise:certificate", args=[made.id]))
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    own = reverse("mobilise:my_certificate", args=[made.id])
    assert client_of("volunteer").get(own).status_code == 302  # not his
    as_volunteer(cast, "volunteer", served)
    me = client_of("volunteer")
    assert own in me.get(reverse("mobilise:mine")).content.decode()
    assert me.get(own).content.startswith(b"%PDF-")
    anyone = Client()
    proof = reverse("mobilise:proof", args=[links.seal_of(made)])
    shown = anyone.get(proof).content.decode()
    assert made.number in shown
    assert "20小时" in shown
    assert "热线" not in shown
    assert office.name not in shown
    assert anyone.get(proof[:-3] + "x/").status_code == 404
    assert (
        anyone.get(reverse("mobilise:proof", args=[links.secret(served, links.BADGE)])).status_code
        == 404
    )
    staff.post(reverse("mobilise:certificate_revoke", args=[made.id]), {"reason": "写错了"})
    revoked = anyone.get(proof).content.decode()
    assert "撤销" in revoked
    assert "写错了" not in revoked
    assert me.get(own).status_code == 302


def test_a_font_that_is_missing_names_its_package(tmp_path: Path) -> None:
    template = tmp_path / "x.typ"
    template.write_text("#json(bytes(sys.inputs.data)).name", encoding="utf-8")
    day = dt.date(2026, 3, 1)
    with pytest.raises(typeset.FontMissing, match="fonts-noto-cjk"):
        typeset.pdf(template, {"name": "x"}, day=day, fonts=["No Such Font SC"])
    assert typeset.pdf(template, {"name": ODD}, day=day).startswith(b"%PDF-")
    template.write_text("#panic()", encoding="utf-8")
    with pytest.raises(typeset.NotSet):
        typeset.pdf(template, {}, day=day)


def test_hours_are_written_as_people_say_them() -> None:
    assert papers.hours_written(480) == "8小时"
    assert papers.hours_written(485) == "8小时5分钟"


def test_nobody_certifies_in_the_name_of_a_body_elsewhere(
    alice: Any, cast: Any, places: Any, served: Volunteer, office: Organisation
) -> None:
    hq = cast.actor("headquarters")
    with acting(hq):
        kind = OrganisationKind.objects.get(code="department")
    county, elsewhere = (
        create_organisation(by=hq, name=name, kind=kind, seat=places[code])
        for name, code in (("示例局", places.county), ("示例中心", places.other_community))
    )
    for body in (county, elsewhere):
        with pytest.raises(Invalid) as refused:
            issued(alice, served, body)
        assert list(refused.value.by_field()) == ["issuer"]
    with pytest.raises(Invalid):
        issued(hq, served, elsewhere)
    # A body above certifies by who acts for its place, or for itself.
    assert issued(hq, served, county).issuer_name == "示例局"
    acts_for = replace(alice, organisation_id=county.id)
    assert issued(acts_for, served, county).issuer_name == "示例局"
