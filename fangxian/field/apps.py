from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig


class FieldConfig(AppConfig):
    name = "fangxian.field"
    label = "field"

    def ready(self) -> None:
        from fangxian.core import rules
        from fangxian.field import registered

        rules.register_shipped(Path(__file__).parent / "data" / "rules.json")
        registered.register()
