"""Migrations: the operation that makes a room's tables together; databases of before."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.core.management.base import CommandError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Create models with their relations, indexes, constraints and triggers, all in one step.

    ``models`` are the operations that create one each; they may refer to each other in any order.
    Done one after the other, each would have Django build the classes of all related models anew,
    and all models are related: on an empty database that was nearly all of the work.
    """

    category = OperationCategory.ADDITION
    serialization_expand_args = ["models"]

    def __init__(self, models: Sequence[CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Who asks for the classes next has them built, once.
        vars(state).pop("apps", None)
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create models {', '.join(model.name for model in self.models)}"


def refuse_half_replaced(loader: MigrationLoader, applied: Collection[tuple[str, str]]) -> None:
    """CommandError if a database has a part of the migrations that a squashed one replaces.

    ``applied``: room and name of those that it has. Django would leave the squashed one out, and
    the room with it. It notes the replaced names one by one, so a first migrate that was cut short
    looks the same.
    """
    for (room, name), migration in sorted(loader.replacements.items()):
        if lacking := lacking_of(migration.replaces, applied):
            raise CommandError(
                f"the database has only a part of what {room}.{name} replaces: "
                f"{room}.{lacking[0][1]} is missing. Either it was last migrated by a version in "
                f"between: run fangxian migrate of the version that has {room}.{lacking[-1][1]} "
                "first, then of this one. Or its first fangxian migrate was cut short. If there is "
                "no such version, or nothing is in the database yet, begin with an empty one: set "
                "FANGXIAN_DATA to another folder, or DATABASE_URL to another database"
            )


def lacking_of(
    replaces: Sequence[tuple[str, str]], applied: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    """What a database lacks of these migrations if it has but a part of them, else nothing."""
    lacking = [one for one in replaces if one not in applied]
    return lacking if len(lacking) < len(replaces) else []
