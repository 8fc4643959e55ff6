from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig


class SurveillanceConfig(AppConfig):
    name = "fangxian.surveillance"
    label = "surveillance"

    def ready(self) -> None:
        from fangxian.core import rules
        from fangxian.surveillance import registered

        data = Path(__file__).parent / "data"
        rules.register_shipped(data / "diseases.json")
        rules.register_shipped(data / "reporting.json")
        registered.register()
