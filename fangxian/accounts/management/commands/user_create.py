"""``fangxian user create``: make an account, with a first role if wanted."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from fangxian.accounts import actions
from fangxian.accounts.management.console import AccountCommand, console_actor, read_secret


class Command(AccountCommand):
    help = "Make an account. The password is asked for, or read from standard input, or made."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", default="", help="display name; the user name if left out")
        parser.add_argument("--place", default="", help="code of the place; empty: whole country")
        parser.add_argument("--role", default="", help="role to give it there, e.g. grid_officer")
        parser.add_argument(
            "--staff-number", default="", help="of the holder; an administrator needs one"
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        how.add_argument(
            "--temporary", action="store_true", help="make a password to be changed within 72 h"
        )

    def change(self, options: dict[str, Any]) -> str:
        by = console_actor(self.reason(options))
        password = None
        if not options["temporary"]:
            password = read_secret(
                f"Password for {options['username']}: ", from_stdin=options["password_stdin"]
            )
        with transaction.atomic():
            made = actions.create_user(
                by=by,
                username=options["username"],
                display_name=options["name"] or options["username"],
                region_code=options["place"],
                staff_number=options["staff_number"],
                password=password,
            )
            if options["role"]:
                actions.grant_role(
                    by=by,
                    user_id=made.user.pk,
                    role=options["role"],
                    region_code=options["place"],
                    reason=self.reason(options),
                    staff_number=options["staff_number"],
                )
        lines = [f"account {made.user.username} made"]
        if made.password:
            lines.append(f"temporary password, to be changed within 72 hours: {made.password}")
        if not options["role"]:
            lines.append(f"it has no role yet: fangxian user grant {made.user.username} …")
        return "\n".join(lines)
