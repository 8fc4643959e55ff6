"""``fangxian user person``: say which person an account belongs to."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from fangxian.accounts import actions
from fangxian.accounts.management.console import AccountCommand, console_actor, read_secret


class Command(AccountCommand):
    help = "Link an account to its person, who then reads who looked at his data (or unlink it)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--person", default="", help="the id at the end of the person's page")
        # Not as an argument: those stand in the list of processes and in the shell's history.
        how.add_argument(
            "--number", action="store_true", help="ask for the number of the identity document"
        )
        how.add_argument(
            "--number-stdin", action="store_true", help="read that number from standard input"
        )
        how.add_argument("--unlink", action="store_true", help="belongs to nobody on record")

    def change(self, options: dict[str, Any]) -> str:
        reason = self.reason(options)
        user = self.user(options)
        number = options["person"]
        if options["number"] or options["number_stdin"]:
            number = read_secret("Number of the document: ", from_stdin=options["number_stdin"])
        actions.link_person(by=console_actor(reason), user_id=user.pk, number=number, reason=reason)
        return f"{user.username} is {'linked to' if number else 'no longer linked to'} a person"
