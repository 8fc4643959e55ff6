from __future__ import annotations

from uuid import UUID

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from fangxian.common import access
from fangxian.common.actor import Actor


class AccountsConfig(AppConfig):
    name = "fangxian.accounts"
    label = "accounts"

    def ready(self) -> None:
        access.set_writer(_write_access_log)
        post_migrate.connect(_load_roles, sender=self, dispatch_uid="fangxian.roles")


def _load_roles(using: str, **_kwargs: object) -> None:
    from fangxian.accounts.shipped import load_roles

    load_roles(using=using)


def _write_access_log(by: Actor, purpose: str, ids: list[UUID]) -> None:
    from fangxian.accounts.models import AccessLog

    AccessLog.objects.create(
        user_id=by.user_id,
        grant_id=by.grant_id,
        actor=by.name,
        organisation_id=by.organisation_id,
        area=by.area,
        purpose=purpose[:200],
        source=by.source,
        persons=ids,
    )
