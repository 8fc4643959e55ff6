"""Thin names for management commands: `migrate`, `check`, `import …`, `user …`, `manage …`; and for
`detect`, a command of the methods.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from typing import TYPE_CHECKING

from fangxian.config.postgres import ensure_server
from fangxian.config.postgres.fitness import refuse_unfit

from . import django
from .mark import database_name

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]

IMPORTS = ("regions", "buildings", "register", "organisations", "volunteers", "aid")
USERS = ("create", "disable", "grant", "list", "person", "reset-password")


def add_commands(subcommands: Subcommands) -> None:
    """Add these subcommands to the parser."""
    migrate = subcommands.add_parser("migrate", help="bring the database to this version's schema")
    migrate.set_defaults(run=_migrate)

    check = subcommands.add_parser("check", help="check all invariants; exit 1 with a list")
    check.set_defaults(run=_check)

    for name, prefix, kinds, text in (
        ("import", "import_", IMPORTS, "import a file"),
        ("user", "user_", USERS, "accounts and their rights"),
    ):
        parser = subcommands.add_parser(name, help=text)
        parser.add_argument(
            "kind", metavar="KIND", help=f"{', '.join(kinds)} (KIND --help says more)"
        )
        parser.set_defaults(run=_delegate, prefix=prefix)

    detect = subcommands.add_parser(
        "detect", help="what stands out in series of counts (a CSV file; needs no database)"
    )
    detect.set_defaults(run=_detect)

    manage = subcommands.add_parser("manage", help="any management command of Django")
    manage.set_defaults(run=_manage)


def _check(options: argparse.Namespace) -> int:
    django.setup()
    django.refuse_other_keys()
    return django.run_command("check_invariants", options.passed_on)


def _delegate(options: argparse.Namespace) -> int:
    name = options.prefix + options.kind.replace("-", "_")
    django.setup()
    django.refuse_other_keys()
    return django.run_command(name, options.passed_on)


def _detect(options: argparse.Namespace) -> int:
    # A command of the methods' own, which know nothing of what is around them.
    command = import_module("fangxian_methods.detection.command")
    return int(command.main(options.passed_on))


def _migrate(options: argparse.Namespace) -> int:
    server = ensure_server()
    server.dsn("owner")  # says which setting is missing
    refuse_unfit(server, database_name(server))
    return django.run_command("migrate", ["--database", "owner", *options.passed_on])


def _manage(options: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", django.SETTINGS)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["fangxian manage", *options.passed_on])
    return 0
