from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from fangxian.common.registries import Right, rights

DATA = Path(__file__).parent / "data"


class OrganisationsConfig(AppConfig):
    name = "fangxian.organisations"
    label = "organisations"

    def ready(self) -> None:
        from fangxian.core.rules import register_shipped

        register_shipped(DATA / "rules.json")
        for name, label, personal in (
            ("view", _("See organisations and who answers where"), False),
            ("edit", _("Change organisations and their members"), True),
            ("appoint", _("Name who answers for a place"), True),
            ("evidence", _("Attach evidence of the five ones"), False),
        ):
            rights.register(
                f"organisations.{name}", Right(f"organisations.{name}", label, personal)
            )
        post_migrate.connect(_load_kinds, sender=self, dispatch_uid="fangxian.organisation_kinds")


def _load_kinds(using: str, **_kwargs: object) -> None:
    from fangxian.organisations.shipped import load_kinds

    load_kinds(using=using)
