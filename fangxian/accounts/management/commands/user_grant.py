"""``fangxian user grant``: give a role at a place, or take it back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from fangxian.accounts import actions, queries
from fangxian.accounts.management.console import AccountCommand, console_actor


class Command(AccountCommand):
    help = "Give an account a role at a place (--revoke takes it back)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("role", help="e.g. grid_officer, community_staff, system_administrator")
        parser.add_argument("--place", default="", help="code of the place; empty: whole country")
        parser.add_argument(
            "--staff-number", default="", help="of the holder; an administrator needs one"
        )
        parser.add_argument("--revoke", action="store_true", help="take the role back")

    def change(self, options: dict[str, Any]) -> str:
        reason = self.reason(options)
        by = console_actor(reason)
        user = self.user(options)
        role, place = options["role"], options["place"]
        if not options["revoke"]:
            actions.grant_role(
                by=by,
                user_id=user.pk,
                role=role,
                region_code=place,
                reason=reason,
                staff_number=options["staff_number"],
            )
            return f"{user.username} is {role} at {place or 'the whole country'}"
        grants: list[Any] = queries.grants_of(user)
        held = [g for g in grants if g.role_id == role and g.area == place]
        if not held:
            raise CommandError(f"{user.username} does not hold {role} at {place or 'the country'}")
        for grant in held:
            actions.revoke_grant(by=by, grant_id=grant.pk, reason=reason)
        return f"{user.username} is no longer {role} at {place or 'the whole country'}"
