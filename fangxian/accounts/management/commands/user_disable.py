"""``fangxian user disable``: close an account, or open it again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from fangxian.accounts import actions
from fangxian.accounts.management.console import AccountCommand, console_actor


class Command(AccountCommand):
    help = "Disable an account; its sessions end at once (--enable opens it again)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--enable", action="store_true", help="enable it instead")

    def change(self, options: dict[str, Any]) -> str:
        reason = self.reason(options)
        user = self.user(options)
        by = console_actor(reason)
        if options["enable"]:
            actions.enable_user(by=by, user_id=user.pk, reason=reason)
            return f"account {user.username} is enabled"
        actions.disable_user(by=by, user_id=user.pk, reason=reason)
        return f"account {user.username} is disabled; its sessions have ended"
