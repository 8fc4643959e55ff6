from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrganisationsConfig(AppConfig):
    name = "fangxian.organisations"
    label = "organisations"

    def ready(self) -> None:
        from fangxian.core import rules
        from fangxian.organisations import registered

        data = Path(__file__).parent / "data"
        for name in (
            "rules",
            "temporary_rules",
            "standing_rules",
            "reporting_rules",
            "together_rules",
        ):
            rules.register_shipped(data / f"{name}.json")
        post_migrate.connect(_load_kinds, sender=self, dispatch_uid="fangxian.organisation_kinds")
        registered.register()


def _load_kinds(using: str, **_kwargs: object) -> None:
    from fangxian.organisations.shipped import load_kinds

    load_kinds(using=using)
