"""Rights, roles and routes belong together."""

from __future__ import annotations

import pytest
from ninja.constants import NOT_SET

from fangxian.accounts.policy import ByDevice, Needs
from fangxian.accounts.shipped import shipped_roles
from fangxian.common.registries import navigation, panels, rights
from fangxian.config.api_urls import api, phones
from tests.kit.routes import Route, routes

HELD = {right for row in shipped_roles() for right in row["rights"]}
ADMINISTRATORS = {"system_administrator", "security_administrator", "audit_administrator"}


def test_every_right_is_held_by_a_role() -> None:
    lonely = sorted(set(rights.names()) - HELD)
    assert not lonely, f"give to the roles that need them in accounts/data/roles.json: {lonely}"


def test_roles_hold_only_rights_that_are_registered() -> None:
    unknown = sorted(HELD - set(rights.names()))
    assert not unknown, f"no room registers these rights of accounts/data/roles.json: {unknown}"


def test_rights_are_named_after_their_room() -> None:
    rooms = {route.name.partition(":")[0] for route in routes()} | {"core", "people", "register"}
    rooms |= {"regions", "accounts", "organisations", "field", "command"}
    assert [name for name in rights.names() if name.partition(".")[0] not in rooms] == []


@pytest.mark.parametrize("route", routes(), ids=str)
def test_every_route_has_a_policy_and_a_name(route: Route) -> None:
    policy = route.policy
    assert policy is not None, f"{route.path}: decorate its view with @page(right)"
    assert route.name, f"{route.path}: give it a name"
    if policy.right is not None:
        assert policy.right in rights, f"{route}: no room registers {policy.right}"


def test_every_operation_of_the_api_says_its_right() -> None:
    silent = []
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                declared = operation.auth_callbacks
                if not any(type(auth) is Needs for auth in declared):
                    silent.append(f"{operation.methods} {prefix}{path}")
                for auth in declared:
                    right = getattr(auth, "right", None)
                    assert right is None or right in rights, f"{path}: {right} is not registered"
    assert not silent, f"declare auth=Needs(right): {silent}"


def test_phones_do_nothing_but_enrol_without_being_enrolled() -> None:
    assert [type(auth) for auth in phones.auth or ()] == [ByDevice]
    with_auth_of_its_own = {
        operation.operation_id
        for _prefix, router in phones._routers
        for view in router.path_operations.values()
        for operation in view.operations
        if operation.auth_param is not NOT_SET
    }
    assert with_auth_of_its_own == {"enrol_device"}


def test_what_is_shown_for_a_right_names_one_that_exists() -> None:
    for item in [*navigation, *panels]:
        assert item.right in rights, item


def test_the_three_administrators_share_no_power() -> None:
    roles = {row["code"]: set(row["rights"]) for row in shipped_roles()}
    harmless = {"accounts.see", "accounts.disable", "command.today"}
    for first in ADMINISTRATORS:
        others = set().union(*(roles[other] for other in ADMINISTRATORS - {first}))
        assert (roles[first] & others) - harmless == set(), first
    # And none of them looks at residents.
    for code in ADMINISTRATORS:
        personal = {name for name in roles[code] if name in rights and rights.get(name).personal}
        assert personal <= {"accounts.audit"}, (code, personal)


def test_a_resident_sees_no_register() -> None:
    roles = {row["code"]: set(row["rights"]) for row in shipped_roles()}
    assert not any(rights.get(name).personal for name in roles["resident"])


def test_wide_reach_asks_for_a_second_factor() -> None:
    rows = {row["code"]: row for row in shipped_roles()}
    assert all(rows[code]["needs_second_factor"] for code in ADMINISTRATORS)
    assert {rows[code]["exclusive_group"] for code in ADMINISTRATORS} == {"administration"}
