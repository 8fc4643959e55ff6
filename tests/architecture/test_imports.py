"""The import law: rooms use only the rooms above them, by code and by foreign keys in strings."""

from __future__ import annotations

import ast
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from django.apps import apps
from django.conf import settings

from fangxian.common.scoping import Linked, scope_of


def _layers() -> list[str]:
    law = ConfigParser()
    law.read(settings.CHECKOUT / ".importlinter")
    layers = law["importlinter:contract:rooms"]["layers"].split()
    return [name.removeprefix("fangxian.") for name in reversed(layers)]


ORDER = _layers()
RANK = {room: rank for rank, room in enumerate(ORDER)}


def test_the_import_law_is_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=settings.CHECKOUT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_only_solve_touches_the_methods() -> None:
    """import-linter knows whole packages only; this looks into each file."""
    found = []
    for path in (settings.CHECKOUT / "fangxian").rglob("*.py"):
        if path.name == "solve.py" or "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(name.split(".")[0] == "fangxian_methods" for name in names):
                found.append(f"{path.relative_to(settings.CHECKOUT)}:{node.lineno}")
    assert found == []


def test_every_room_is_in_the_order() -> None:
    rooms = {
        config.label for config in apps.get_app_configs() if config.name.startswith("fangxian.")
    }
    assert rooms == set(ORDER)


def test_no_foreign_key_points_down() -> None:
    down = []
    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith("fangxian."):
            continue
        label = model._meta.app_label
        for field in model._meta.local_fields:
            target = field.remote_field.model if field.remote_field else None
            if target is None or not target.__module__.startswith("fangxian."):
                continue
            if RANK[target._meta.app_label] > RANK[label]:
                down.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
        scope = scope_of(model)
        if isinstance(scope, Linked):
            room = apps.get_model(scope.link)._meta.app_label
            if RANK[room] > RANK[label]:
                down.append(f"{model._meta.label} is seen through {scope.link}")
    assert down == []
