from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FieldConfig(AppConfig):
    name = "fangxian.field"
    label = "field"

    def ready(self) -> None:
        from fangxian.core import rules
        from fangxian.field import registered

        rules.register_shipped(Path(__file__).parent / "data" / "rules.json")
        post_migrate.connect(_load_forms, sender=self, dispatch_uid="fangxian.forms")
        registered.register()


def _load_forms(using: str, **_kwargs: object) -> None:
    from fangxian.field.shipped import load_forms

    load_forms(using=using)
