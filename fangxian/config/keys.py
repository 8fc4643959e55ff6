"""The key folder and the database belong together: noticed before anything is sealed anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connections

from fangxian.common.keyring import keyring
from fangxian.config.models import KeyMark

NAMES = ("register", "index")


def remember(using: str, **_kwargs: Any) -> None:
    """After a migration: note the keys of a database that knows none yet (they are made here)."""
    if KeyMark._meta.db_table not in connections[using].introspection.table_names():
        return  # migrated back, or not so far yet
    known = set(KeyMark.objects.using(using).values_list("name", flat=True))
    KeyMark.objects.using(using).bulk_create(
        [
            KeyMark(name=name, fingerprint=keyring().fingerprint(keyring().standing(name)))
            for name in NAMES
            if name not in known
        ],
        ignore_conflicts=True,
    )


def differing(using: str = "default") -> Iterator[str]:
    """A sentence with the mend for each key that isn't the one this database was written with.

    Makes no key. Nothing is said of a database that knows no keys yet.
    """
    for name, wanted in (
        KeyMark.objects.using(using).order_by("name").values_list("name", "fingerprint")
    ):
        key = keyring().existing(name)
        if key is None:
            yield (
                f"{name}.key is missing in {settings.FANGXIAN_KEYS}, and this database was written "
                "with it. Put it back from the backup of the key folder, or set FANGXIAN_KEYS to "
                "the folder that holds it."
            )
        elif keyring().fingerprint(key) != wanted:
            yield (
                f"{name}.key in {settings.FANGXIAN_KEYS} isn't the key that this database was "
                "written with. Put that one back from the backup of the key folder, or set "
                "FANGXIAN_KEYS to the folder that holds it."
            )
