"""``fangxian user list``: accounts, their state and their roles."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from fangxian.accounts import queries


class Command(BaseCommand):
    help = "List the accounts of this installation with their roles."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="disabled ones too")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = queries.users_in(settings.FANGXIAN_AREA)
        if not options["all"]:
            found = found.filter(is_active=True)
        shown = 0
        for user in found:
            grants: list[Any] = queries.grants_of(user)
            roles = ", ".join(f"{g.role_id}@{g.area or 'country'}" for g in grants) or "no role"
            state = "" if user.is_active else "\tdisabled"
            self.stdout.write(f"{user.username}\t{user.display_name}\t{roles}{state}")
            shown += 1
        if not shown:
            self.stdout.write(
                "no account yet; make the first: fangxian user create NAME --role "
                "system_administrator --staff-number NUMBER"
            )
