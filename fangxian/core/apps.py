from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "fangxian.core"
    label = "core"

    def ready(self) -> None:
        from fangxian.core import registered, rules

        rules.register_shipped(Path(__file__).parent / "data" / "rules.json")
        post_migrate.connect(_load_rules, sender=self, dispatch_uid="fangxian.rules")
        registered.register()


def _load_rules(using: str, **_kwargs: object) -> None:
    from fangxian.core.rules import load_shipped

    load_shipped(using=using)
