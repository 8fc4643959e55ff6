from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "fangxian.config"
    label = "config"

    def ready(self) -> None:
        from fangxian.common import registries
        from fangxian.config import facts, keys

        facts.register()
        post_migrate.connect(keys.remember, sender=self, dispatch_uid="fangxian.keys")
        registries.invariants.register(
            "config.keys",
            registries.Invariant(
                _("The keys are those that the database was written with"), keys.differing
            ),
        )
