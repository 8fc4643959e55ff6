"""``fangxian user reset-password``: a temporary password; also for lost second factors."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from fangxian.accounts import actions
from fangxian.accounts.management.console import AccountCommand, console_actor


class Command(AccountCommand):
    help = "Give an account a temporary password, and lift its lock-out."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--second-factor", action="store_true", help="remove its second factors too"
        )

    def change(self, options: dict[str, Any]) -> str:
        reason = self.reason(options)
        by = console_actor(reason)
        user = self.user(options)
        made = actions.reset_password(by=by, user_id=user.pk, reason=reason)
        actions.unlock_user(by=by, user_id=user.pk, reason=reason)
        lines = [f"temporary password, to be changed within 72 hours: {made.password}"]
        if options["second_factor"]:
            removed = actions.reset_second_factor(by=by, user_id=user.pk, reason=reason)
            lines.append(f"second factors removed: {removed}")
        return "\n".join(lines)
