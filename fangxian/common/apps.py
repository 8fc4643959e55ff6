from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

# django-pghistory's trigger calls this once a statement even when, as here, the context is stored
# in the history row itself; its own version opens a subtransaction each time.
NO_CONTEXT_ROW = """
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS uuid
LANGUAGE sql STABLE AS 'SELECT NULL::uuid'
"""


class CommonConfig(AppConfig):
    name = "fangxian.common"
    label = "common"

    def ready(self) -> None:
        # Each signal comes once an app that has models: the first before, the last after them all.
        with_models = [config for config in apps.get_app_configs() if config.models_module]
        pre_migrate.connect(_before, sender=with_models[0], dispatch_uid="fangxian.before")
        post_migrate.connect(_after, sender=with_models[-1], dispatch_uid="fangxian.after")


def _no_context_row(using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(NO_CONTEXT_ROW)


def _before(using: str, **_kwargs: Any) -> None:
    _no_context_row(using)


def _after(using: str, **_kwargs: Any) -> None:
    from fangxian.common.scoping import apply_policies

    # The package's own migration has put its version back.
    _no_context_row(using)
    apply_policies(using)
