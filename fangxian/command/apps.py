from __future__ import annotations

from django.apps import AppConfig


class CommandConfig(AppConfig):
    name = "fangxian.command"
    label = "command"

    def ready(self) -> None:
        from fangxian.command import exporting, registered  # noqa: F401 - job kinds

        registered.register()
