"""Django on demand: set up, run a management command, ask for unapplied migrations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from fangxian.config.postgres import ServerError

from .errors import CommandFailed

SETTINGS = "fangxian.config.settings"


def setup() -> None:
    """Load settings and models. CommandFailed if the settings are wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise CommandFailed(f"settings: {error}") from error


def run_command(name: str, arguments: Sequence[str]) -> int:
    """Run a management command as its own parser reads the arguments; its exit code."""
    setup()
    from django.core.management import get_commands, load_command_class
    from django.core.management.base import CommandError, SystemCheckError
    from django.db import Error, connections
    from django.db.migrations.loader import MigrationLoader
    from django.utils.connection import ConnectionDoesNotExist

    from fangxian.common.operations import refuse_half_replaced

    known = get_commands()
    if name not in known:
        raise CommandFailed(f"there is no command {name}. See: fangxian manage help")
    command = load_command_class(known[name], name)
    options: dict[str, Any] | None = None
    try:
        options = vars(command.create_parser("fangxian", name).parse_args(list(arguments)))
        positional = options.pop("args", ())
        if name == "migrate":
            loader = MigrationLoader(connections[options["database"]])
            refuse_half_replaced(loader, loader.applied_migrations)
        command.execute(*positional, **options)
    except CommandError as error:
        wrong_settings = isinstance(error, SystemCheckError)
        # Of its own accord a parser raises before there are options.
        misused = wrong_settings or options is None
        raise CommandFailed(str(error), 2 if misused else error.returncode) from error
    except ConnectionDoesNotExist as error:
        raise CommandFailed(
            "this command needs the addresses of more roles of the database. Set "
            "DATABASE_OWNER_URL and DATABASE_MAINTENANCE_URL."
        ) from error
    except Error as error:
        raise CommandFailed(f"the database refused: {_first_line(error)}") from error
    finally:
        connections.close_all()
    return 0


def refuse_other_keys() -> None:
    """CommandFailed if the key folder isn't the one that the database was written with."""
    from django.db import Error, connection

    from fangxian.config.keys import differing

    try:
        found = list(differing())
    except Error:  # no such table yet: what needs it says that migrations are missing
        return
    finally:
        connection.close()
    if found:
        raise CommandFailed("\n".join(found))


def unapplied_migrations() -> list[str]:
    """Names of the migrations that the database lacks, in the order of their running.

    CommandFailed if it has but a part of those that a squashed one replaces.
    """
    from django.core.management.base import CommandError
    from django.db import Error, connection
    from django.db.migrations.executor import MigrationExecutor

    from fangxian.common.operations import refuse_half_replaced

    try:
        executor = MigrationExecutor(connection)
        refuse_half_replaced(executor.loader, executor.loader.applied_migrations)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except CommandError as error:
        raise CommandFailed(str(error)) from error
    except Error as error:
        raise ServerError(f"The database can't be asked: {_first_line(error)}") from error
    finally:
        connection.close()
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
