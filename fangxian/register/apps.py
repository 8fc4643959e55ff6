from __future__ import annotations

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "fangxian.register"
    label = "register"

    def ready(self) -> None:
        from fangxian.register import registered

        registered.register()
