"""What the account commands share: who is at the console, places, secrets from the terminal."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from fangxian.accounts.looks import said
from fangxian.accounts.models import User
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope


def console_actor(reason: str) -> Actor:
    """Who sits at the server's console: with every right in the area of the installation."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    actor = Actor.system("console", settings.FANGXIAN_AREA)
    return replace(actor, name=f"console:{name}"[:80], source="console", purpose=said(reason))


def read_secret(prompt: str, *, from_stdin: bool) -> str:
    """Read a password: twice from the terminal, or one line of standard input.

    Never from an argument: those stand in process lists and shell histories.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(prompt)
    if getpass.getpass("The same again: ") != first:
        raise CommandError("the two passwords differ; start again")
    return first


class AccountCommand(BaseCommand):
    """A command that changes accounts; refusals become one plain sentence."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="user name of the account")
        parser.add_argument("--reason", default="", help="why; kept in the history")

    def reason(self, options: dict[str, Any]) -> str:
        return str(options["reason"]) or f"{self.__module__.rpartition('.')[2]} at the console"

    def user(self, options: dict[str, Any]) -> User:
        found = User.objects.filter(username__iexact=options["username"]).first()
        if found is None:
            raise CommandError(
                f"there is no account {options['username']!r}; see: fangxian user list"
            )
        return found

    def change(self, options: dict[str, Any]) -> str:
        """Do it and return the sentence to print."""
        raise NotImplementedError

    def handle(self, *_args: Any, **options: Any) -> None:
        with translation.override("en"):
            try:
                text = self.change(options)
            except Invalid as error:
                raise CommandError("; ".join(str(problem) for problem in error.problems)) from error
            except Forbidden as error:
                raise CommandError(
                    f"{error}: this installation answers for area {settings.FANGXIAN_AREA!r} only"
                ) from error
            except (Conflict, OutOfScope) as error:
                raise CommandError(str(error)) from error
        self.stdout.write(text)
