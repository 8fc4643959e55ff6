from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig


class MobiliseConfig(AppConfig):
    name = "fangxian.mobilise"
    label = "mobilise"

    def ready(self) -> None:
        from fangxian.core import rules
        from fangxian.mobilise import registered

        rules.register_shipped(Path(__file__).parent / "data" / "rules.json")
        rules.register_shipped(Path(__file__).parent / "data" / "call_rules.json")
        registered.register()
