"""The makers of the rooms' objects; how to add one stands in ``objects.py``."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

import tests.kit.field_makers  # noqa: F401  (the makers register themselves)
from fangxian.accounts.models import Device, DeviceCode, Grant, SecurityAlert, User
from fangxian.common.ids import uuid7
from tests.kit import (  # the makers register themselves
    makers_aid,  # noqa: F401
    makers_coming,  # noqa: F401
    makers_duties,  # noqa: F401
    makers_mobilise,  # noqa: F401
    makers_reporting,  # noqa: F401
    makers_surveillance,  # noqa: F401
)
from tests.kit.cast import START
from tests.kit.makers_coming import organisation_of
from tests.kit.objects import ANYWHERE, Side, maker

TODAY = timezone.localdate()


@maker("code")
def _code(side: Side) -> str:
    return side.codes.community


# accounts


@maker("accounts:user_id")
def _user(side: Side) -> Any:
    user = User.objects.create(
        username=f"kit-{side.name}", display_name="Kit", region=side.region(side.codes.community)
    )
    return user.pk


@maker("accounts:grant_id")
def _grant(side: Side) -> Any:
    return Grant.objects.create(
        user_id=side.get("accounts:user_id"),
        role_id="grid_officer",
        region=side.region(side.codes.grid),
        valid_from=START,
    ).pk


@maker("accounts:alert_id")
def _alert(side: Side) -> Any:
    return SecurityAlert.objects.create(
        kind="lockout", user_id=side.get("accounts:user_id"), area=side.codes.community
    ).pk


def _enrolled(user_id: Any) -> Any:
    now = timezone.now()
    return Device.objects.create(
        user_id=user_id,
        name="Kit",
        cookie_hash=uuid7().bytes,
        pull_hash=b"",
        enrolled_at=now,
        last_seen_at=now,
        expires_at=now,
    ).pk


@maker("accounts:device_id", personal=True)
def _own_device(side: Side) -> Any:
    assert side.viewer is not None
    return _enrolled(side.viewer.pk)


@maker("accounts:phone_id")
def _device(side: Side) -> Any:
    return _enrolled(side.get("accounts:user_id"))


@maker("accounts:code_id", personal=True)
def _device_code(side: Side) -> Any:
    return DeviceCode.objects.create(
        user=side.viewer, code_hash=uuid7().bytes, expires_at=timezone.now()
    ).pk


@maker("accounts_sign_in:pk", personal=True)
def _passkey(side: Side) -> Any:
    from allauth.mfa.models import Authenticator

    return Authenticator.objects.create(
        user=side.viewer, type="webauthn", data={"name": "kit", "credential": {}}
    ).pk


# regions


@maker("regions:inner_code")
def _building(side: Side) -> Any:
    return side.codes.building


@maker("regions:plan_id")
def _plan(side: Side) -> Any:
    from fangxian.regions.actions.plans import draw_grids
    from fangxian.regions.models import Building, Region

    buildings = Region.objects.filter(code__startswith=side.codes.community, level=18)
    for at, place in enumerate(buildings.order_by("code")):
        place.longitude, place.latitude = 117.0 + at / 1000, 38.0 + (at % 2) / 1000
        place.save(update_fields=["longitude", "latitude"])
        Building.objects.get_or_create(
            region=place, defaults={"kind_id": "residential", "households": 200}
        )
    return side.act(lambda by: draw_grids(by=by, community_code=side.codes.community)).pk


# core


@maker("core:task_id")
def _task(side: Side) -> Any:
    from fangxian.core.actions import open_task

    return side.act(
        lambda by: open_task(
            by=by,
            kind="kit",
            place_code=side.codes.community,
            title="Kit",
            due_at=timezone.now(),
            assignee_role="community_staff",
            dedupe_key=side.name,
        )
    ).pk


@maker("core:notification_id", personal=True)
def _notification(side: Side) -> Any:
    from fangxian.core.models import Notification

    assert side.viewer is not None
    return Notification.objects.create(
        id=uuid7(), user_id=side.viewer.pk, template="core.task_escalated", context="{}"
    ).pk


@maker("core:job_id", personal=True)
def _job(side: Side) -> Any:
    from fangxian.core.models import Job

    assert side.viewer is not None
    viewer = side.viewer
    return side.act(
        lambda _by: Job.objects.create(
            place_code=side.codes.community,
            kind="register.import",
            requester=viewer.username,
            user_id=viewer.pk,
        )
    ).pk


@maker("core:file_id")
def _file(side: Side) -> Any:
    from fangxian.core.actions import store_file

    return side.act(
        lambda by: store_file(
            by=by,
            data=side.secrets["number"].encode(),
            name=f"{side.secrets['name']}.txt",
            media_type="text/plain",
            place_code=side.codes.community,
        )
    ).pk


@maker("core:run_id")
def _run(side: Side) -> Any:
    from fangxian.core.models import ImportRun

    return side.act(
        lambda _by: ImportRun.objects.create(
            place_code=side.codes.community,
            kind="register",
            file_id=side.get("core:file_id"),
            sha256="0" * 64,
            made_by="kit",
        )
    ).pk


@maker("core:emergency_id")
def _emergency(side: Side) -> Any:
    from fangxian.core.actions import create_emergency

    return side.act(
        lambda by: create_emergency(
            by=by, name=f"Kit {side.name}", disease="kit", place_code=side.codes.county, level=4
        )
    ).pk


@maker("core:measure_id")
def _measure(side: Side) -> Any:
    from fangxian.core.actions import add_measure

    return side.act(
        lambda by: add_measure(
            by=by,
            emergency_id=side.get("core:emergency_id"),
            title="Kit",
            body="Kit",
            content="Kit",
            place_code=side.codes.community,
            from_at=timezone.now(),
        )
    ).pk


@maker("core:name")
def _rule(side: Side) -> Any:
    return "task.escalation" if side.is_own else ANYWHERE


@maker("core:delivery_id")
def _delivery(side: Side) -> Any:
    from fangxian.core.models import OutboxDelivery, OutboxMessage

    if not side.is_own:
        return ANYWHERE
    message = OutboxMessage.objects.create(
        template="core.task_escalated", language="zh-hans", context="{}", sent_by="kit"
    )
    return OutboxDelivery.objects.create(
        message=message, channel="sms", target="", next_at=timezone.now()
    ).pk


@maker("core:endpoint_id")
def _endpoint(side: Side) -> Any:
    from fangxian.core.models import Endpoint

    if not side.is_own:
        return ANYWHERE
    return Endpoint.objects.create(name="kit", channel="webhook", url="https://192.0.2.1/").pk


# people and register


@maker("people:person_id")
def _person(side: Side) -> Any:
    from fangxian.people.actions import create_person

    return side.act(
        lambda by: create_person(
            by=by,
            place_code=side.codes.unit,
            link_kind="residency",
            source_id=uuid7(),
            name=side.secrets["name"],
            documents=[("identity", side.secrets["number"])],
            phones=[side.secrets["phone"]],
        )
    ).pk


@maker("people:what")
def _what(_side: Side) -> str:
    return "phone"


@maker("people:row_id")
def _phone(side: Side) -> Any:
    from fangxian.people.models import PersonPhone

    person = side.get("people:person_id")
    return side.act(lambda _by: PersonPhone.objects.get(person_id=person)).pk


def _namesake(side: Side) -> Any:
    from fangxian.people.actions import create_person

    return side.act(
        lambda by: create_person(
            by=by,
            place_code=side.codes.unit,
            link_kind="residency",
            source_id=uuid7(),
            name=side.secrets["name"],
        )
    ).pk


@maker("people:candidate_id")
def _candidate(side: Side) -> Any:
    from fangxian.people.actions import propose_merge

    first, second = side.get("people:person_id"), _namesake(side)
    return side.act(lambda by: propose_merge(by=by, first_id=first, second_id=second))


@maker("people:merge_id")
def _merge(side: Side) -> Any:
    from fangxian.people.actions import merge, propose_merge

    keep, lost = _namesake(side), _namesake(side)

    def change(by: Any) -> Any:
        candidate = propose_merge(by=by, first_id=keep, second_id=lost)
        return merge(by=by, candidate_id=candidate, keep_id=keep)

    return side.act(change).pk


@maker("register:household_id")
def _household(side: Side) -> Any:
    from fangxian.register.actions import create_household

    return side.act(lambda by: create_household(by=by, place_code=side.codes.unit, room="101")).pk


@maker("register:residency_id")
def _residency(side: Side) -> Any:
    from fangxian.register.actions import create_household, move_in

    def change(by: Any) -> Any:
        home = create_household(by=by, place_code=side.codes.unit, room="102")
        return move_in(by=by, household_id=home.pk, on=TODAY, name=side.secrets["name"])

    return side.act(change).pk


@maker("register:entry_id")
def _group_entry(side: Side) -> Any:
    from fangxian.register.actions import join_group
    from fangxian.register.models import Residency

    residency = side.get("register:residency_id")

    def change(by: Any) -> Any:
        person = Residency.objects.get(pk=residency).person_id
        return join_group(by=by, person_id=person, group="disabled")

    return side.act(change).pk


@maker("register:establishment_id")
def _establishment(side: Side) -> Any:
    from fangxian.register.actions import create_establishment

    return side.act(
        lambda by: create_establishment(
            by=by, place_code=side.codes.building, name="示例商店", kind="shop"
        )
    ).pk


@maker("register:run_id", personal=True)
def _register_run(side: Side) -> Any:
    from fangxian.core.ledgers import upload
    from fangxian.register.importing.runs import KIND, RIGHT

    # A ledger may be read again by who brought it alone.
    data = f"姓名,地址\n示例,{side.viewer}\n".encode()
    place = side.codes.community
    return side.act_as_viewer(
        RIGHT, lambda by: upload(by=by, kind=KIND, place_code=place, name="示例.csv", data=data)
    ).pk


# organisations


@maker("organisations:organisation_id")
def _organisation(side: Side) -> Any:
    # Organisations are nobody's in particular; what belongs to a place is tested by its room.
    body = organisation_of(side)
    return body.pk if side.is_own else ANYWHERE


@maker("organisations:what")
def _list_of_an_organisation(side: Side) -> Any:
    return "members"


@maker("organisations:member_id")
def _member(side: Side) -> Any:
    from fangxian.organisations.actions import add_new_member

    body = organisation_of(side)
    return side.act(
        lambda by: add_new_member(by=by, organisation=body, name=side.secrets["name"])
    ).pk


@maker("organisations:responsibility_id")
def _responsibility(side: Side) -> Any:
    from fangxian.organisations.actions import appoint

    body, place = organisation_of(side), side.region(side.codes.community)
    return side.act(
        lambda by: appoint(
            by=by,
            place=place,
            role="linked_unit",
            holder=body,
            contact=side.secrets["phone"],
        )
    ).pk


@maker("organisations:establishment_id")
def _contact_body(side: Side) -> Any:
    from fangxian.register.actions import create_establishment

    return side.act(
        lambda by: create_establishment(
            by=by, place_code=side.codes.building, name="示例医院", kind="hospital"
        )
    ).pk


@maker("organisations:link_id")
def _looked_after(side: Side) -> Any:
    from fangxian.organisations.actions import link_households
    from fangxian.organisations.queries import member
    from fangxian.register.actions import create_household

    def link(by: Any) -> Any:
        door = create_household(by=by, place_code=side.codes.unit, room="808")
        row = link_households(
            by=by,
            member=member(side.get("organisations:member_id")),
            place=side.region(side.codes.building),
            households=[door],
        )
        return row.households.get().pk

    return side.act(link)


@maker("organisations:item")
def _one(side: Side) -> str:
    return "plan"


@maker("organisations:ledger")
def _ledger(side: Side) -> Any:
    return "responsibilities" if side.is_own else ANYWHERE


@maker("organisations:evidence_id")
def _evidence(side: Side) -> Any:
    from fangxian.core.actions import store_file
    from fangxian.organisations.actions import record_evidence

    def attach(by: Any) -> Any:
        file = store_file(
            by=by, data=b"x", name="a.txt", media_type="text/plain", place_code=side.codes.community
        )
        place = side.region(side.codes.community)
        return record_evidence(by=by, community=place, item="plan", evidence=file).pk

    return side.act(attach)


@maker("organisations:run_id", personal=True)
def _ledger_run(side: Side) -> Any:
    from fangxian.core import ledgers
    from fangxian.organisations.importing import RIGHT

    # As with the register's ledgers.
    data = f"责任区,角色,单位名称\n第1社区,包联单位,{side.viewer}\n".encode()
    place = side.codes.community
    return side.act_as_viewer(
        RIGHT,
        lambda by: ledgers.upload(
            by=by,
            kind="responsibilities",
            place_code=place,
            name="示例.csv",
            data=data,
        ),
    ).pk


# api


@maker("api:campaign_id")
def _api_campaign(side: Side) -> Any:
    return side.get("field:campaign_id")


@maker("api:place_code")
def _api_grid(side: Side) -> Any:
    return side.codes.grid


@maker("register:person_id")
def _registered_person(side: Side) -> Any:
    return side.get("people:person_id")
