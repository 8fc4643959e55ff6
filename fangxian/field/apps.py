from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from fangxian.common.registries import Right, rights

DATA = Path(__file__).parent / "data"


class FieldConfig(AppConfig):
    name = "fangxian.field"
    label = "field"

    def ready(self) -> None:
        from fangxian.core.rules import register_shipped

        register_shipped(DATA / "rules.json")
        for name, label, personal in (
            ("view", _("See sweeps and coverage"), False),
            ("visit", _("Record visits"), True),
            ("exempt", _("Exempt households from a visit"), True),
            ("report", _("Send and correct daily reports"), False),
            ("campaigns", _("Plan, start and close sweeps"), False),
            ("forms", _("Make forms"), False),
        ):
            rights.register(f"field.{name}", Right(f"field.{name}", label, personal))
