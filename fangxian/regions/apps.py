from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RegionsConfig(AppConfig):
    name = "fangxian.regions"
    label = "regions"

    def ready(self) -> None:
        from fangxian.regions.registered import register_all

        register_all()
        post_migrate.connect(_name_movable, sender=self, dispatch_uid="fangxian.movable")
        post_migrate.connect(_load_kinds, sender=self, dispatch_uid="fangxian.building_kinds")


def _name_movable(using: str, **_kwargs: object) -> None:
    from fangxian.regions.recode import name_movable

    name_movable(using=using)


def _load_kinds(using: str, **_kwargs: object) -> None:
    from fangxian.regions.models.building import load_kinds

    load_kinds(using=using)
