"""The cache of sign-in: a table that all web processes share, holding plain JSON.

Django's own database cache unpickles what it finds in its table, so a row that somebody else wrote
there would run as code in the web server. JSON can only be a wrong count.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.utils import timezone

FOR_EVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)

# Set overwrites, add takes the place of what has run out only.
_SET = (
    "INSERT INTO accounts_shared_cache AS kept (cache_key, value, expires) VALUES (%s, %s, %s) "
    "ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
)
_ADD = f"{_SET} WHERE kept.expires <= %s"


class SharedCounts(BaseCache):
    """Django's cache interface on ``SharedCache``; values are what JSON knows, else TypeError."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _until(self, timeout: Any) -> dt.datetime:
        until = self.get_backend_timeout(timeout)
        return FOR_EVER if until is None else dt.datetime.fromtimestamp(until, tz=dt.UTC)

    def _rows(self, key: str, version: int | None) -> Any:
        from fangxian.accounts.models import SharedCache

        return SharedCache.objects.filter(cache_key=self.make_and_validate_key(key, version))

    def _write(self, statement: str, values: list[Any]) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return bool(cursor.rowcount == 1)

    def _row(self, key: str, value: Any, timeout: Any, version: int | None) -> list[Any]:
        stored = orjson.dumps(value).decode()
        return [self.make_and_validate_key(key, version), stored, self._until(timeout)]

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        row = self._row(key, value, timeout, version)
        return self._write(_ADD, [*row, timezone.now()])

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._write(_SET, self._row(key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        living = self._rows(key, version).filter(expires__gt=timezone.now())
        stored = living.values_list("value", flat=True).first()
        if stored is None:
            return default
        try:
            return orjson.loads(stored)
        except orjson.JSONDecodeError:  # nothing of ours: as if it had run out
            return default

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        living = self._rows(key, version).filter(expires__gt=timezone.now())
        return bool(living.update(expires=self._until(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._rows(key, version).delete()[0])

    def clear(self) -> None:
        from fangxian.accounts.models import SharedCache

        SharedCache.objects.all().delete()
