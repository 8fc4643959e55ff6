from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from fangxian.common import access
from fangxian.common.actor import Actor
from fangxian.common.registries import (
    Invariant,
    NavItem,
    Right,
    after_redraw,
    invariants,
    navigation,
    rights,
)
from fangxian.common.ui.formats import set_account_namer


class AccountsConfig(AppConfig):
    name = "fangxian.accounts"
    label = "accounts"

    def ready(self) -> None:
        access.set_writer(_write_access_log)
        _register()
        post_migrate.connect(_load_roles, sender=self, dispatch_uid="fangxian.roles")
        user_login_failed.connect(_sign_in_failed, dispatch_uid="fangxian.sign_in_failed")


def _register() -> None:
    from fangxian.accounts import facts
    from fangxian.accounts.checks import exclusive_roles_are_apart
    from fangxian.accounts.queries import called, display_names

    set_account_namer(display_names, called)
    facts.register()
    for name, label, personal in (
        ("accounts.see", _("See accounts and their roles"), False),
        ("accounts.create", _("Create accounts"), False),
        ("accounts.disable", _("Disable and enable accounts"), False),
        ("accounts.reset", _("Reset passwords"), False),
        ("accounts.grant", _("Give and take back roles"), False),
        ("accounts.unlock", _("Lift lock-outs and remove lost second factors"), False),
        ("accounts.alerts", _("Work on security alerts"), False),
        ("accounts.device", _("Enrol phones for work at the door"), False),
        ("accounts.audit", _("Read the access log and the history of accounts"), True),
    ):
        rights.register(name, Right(name, label, personal))
    for name, item in (
        ("accounts", NavItem(_("Accounts"), "accounts:users", "accounts.see", "key")),
        ("alerts", NavItem(_("Security alerts"), "accounts:alerts", "accounts.alerts", "warn")),
        ("access", NavItem(_("Access log"), "accounts:access", "accounts.audit", "eye")),
    ):
        navigation.register(f"accounts.{name}", item, order=900)
    after_redraw.register("accounts.alerts", _alerts_follow)
    invariants.register(
        "accounts.exclusive",
        Invariant(_("nobody holds two roles that exclude each other"), exclusive_roles_are_apart),
    )


def _alerts_follow(_by: Actor, _code: str) -> None:
    from fangxian.accounts import queries
    from fangxian.accounts.models import SecurityAlert, User

    waiting = SecurityAlert.objects.filter(settled_at=None, user_id__isnull=False)
    users = User.objects.select_related("region").in_bulk(
        set(waiting.values_list("user_id", flat=True))
    )
    for alert in waiting:
        if (user := users.get(alert.user_id)) is not None:
            alert.area = queries.widest_area(user)
            alert.save(update_fields=["area"])


def _load_roles(using: str, **_kwargs: object) -> None:
    from fangxian.accounts.shipped import load_roles

    load_roles(using=using)


def _sign_in_failed(**signal: Any) -> None:
    from fangxian.accounts.lockout import sign_in_failed

    sign_in_failed(**signal)


def _write_access_log(by: Actor, purpose: str, ids: list[UUID]) -> None:
    from fangxian.accounts.models import AccessLog

    AccessLog.objects.create(
        user_id=by.user_id,
        grant_id=by.grant_id,
        actor=by.name,
        role=by.role,
        organisation_id=by.organisation_id,
        area=by.area,
        purpose=purpose[:260],
        source=by.source,
        request_id=by.request_id,
        persons=ids,
    )
