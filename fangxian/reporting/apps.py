from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "fangxian.reporting"
    label = "reporting"

    def ready(self) -> None:
        from fangxian.core import rules
        from fangxian.reporting import registered

        rules.register_shipped(Path(__file__).parent / "data" / "rules.json")
        registered.register()
