from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "fangxian.people"
    label = "people"

    def ready(self) -> None:
        from fangxian.people import registered

        registered.register()
