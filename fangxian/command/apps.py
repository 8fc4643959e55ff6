from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from fangxian.common.registries import NavItem, Right, navigation, rights


class CommandConfig(AppConfig):
    name = "fangxian.command"
    label = "command"

    def ready(self) -> None:
        from fangxian.command import jobs  # noqa: F401 - registers its job kinds

        rights.register("command.today", Right("command.today", _("Work in an area")))
        rights.register("command.board", Right("command.board", _("See the coverage board")))
        navigation.register(
            "today", NavItem(_("Today"), "command:today", "command.today", "home"), order=10
        )
        navigation.register(
            "board", NavItem(_("Coverage"), "command:board", "command.board", "board"), order=20
        )
