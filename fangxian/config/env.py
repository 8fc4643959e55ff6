"""Settings come from the environment only; a wrong one says what it should be and stops."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class Environment:
    """Typed reading of ``FANGXIAN_*`` variables (``docs/guide/settings.md`` lists them all)."""

    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, default).strip()

    def flag(self, name: str, default: bool) -> bool:
        given = self.values.get(name)
        if given is None:
            return default
        lowered = given.strip().lower()
        if lowered in TRUE:
            return True
        if lowered in FALSE:
            return False
        raise ImproperlyConfigured(f"{name}={given!r}: write 1 or 0")

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        given = self.values.get(name)
        if given is None:
            return default
        try:
            number = int(given)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ImproperlyConfigured(f"{name}={given!r}: write a whole number, {low} to {high}")
        return number

    def names(self, name: str, default: str = "") -> list[str]:
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def folder(self, name: str, default: Path) -> Path:
        given = self.text(name)
        path = Path(given).expanduser() if given else default
        if not path.is_absolute():
            raise ImproperlyConfigured(f"{name}={given!r}: write an absolute path")
        return path

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        given = self.text(name, default)
        if given not in choices:
            raise ImproperlyConfigured(f"{name}={given!r}: write one of {', '.join(choices)}")
        return given
