"""Settings come from the environment only; a wrong one says what it should be and stops."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class Environment:
    """Typed reading of ``FANGXIAN_*`` variables (``docs/guide/settings.md`` lists them all)."""

    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self.values = values
        self.asked: set[str] = set()

    def _given(self, name: str) -> str | None:
        self.asked.add(name)
        return self.values.get(name)

    def text(self, name: str, default: str = "") -> str:
        given = self._given(name)
        return (default if given is None else given).strip()

    def flag(self, name: str, default: bool) -> bool:
        given = self._given(name)
        if given is None:
            return default
        lowered = given.strip().lower()
        if lowered in TRUE:
            return True
        if lowered in FALSE:
            return False
        raise ImproperlyConfigured(f"{name}={given!r}: write 1 or 0")

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        given = self._given(name)
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

    def pairs(self, name: str, keys: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in self.text(name).split(";"):
            key, equals, value = (piece.strip() for piece in part.partition("="))
            if not part.strip():
                continue
            if not equals or key not in keys or not value:
                raise ImproperlyConfigured(
                    f"{name}: {part.strip()!r} is not name=value with one of {', '.join(keys)}"
                )
            found[key] = value
        return found

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

    def refuse_unknown(self, elsewhere: Collection[str] = ()) -> None:
        """Raise for a ``FANGXIAN_*`` variable that nothing reads: a slip would go unnoticed."""
        known = self.asked | set(elsewhere)
        for name in sorted(self.values):
            if name.startswith("FANGXIAN_") and name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                meant = (
                    f"did you mean {near[0]}? Or" if near else "docs/guide/settings.md lists all;"
                )
                raise ImproperlyConfigured(f"{name}: there is no such setting; {meant} unset it")
