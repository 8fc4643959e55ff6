"""A database of its own for a benchmark, durable as in production, removed at the end."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = ("DATABASE_", "FANGXIAN_", "DJANGO_")
CHECKOUT = Path(__file__).resolve().parent.parent


@contextmanager
def database(data: str = "") -> Iterator[Path]:
    """Start a server with an empty, migrated database in ``data`` (default: a temporary folder).

    A folder that is given is kept, with what is in it.
    """
    with tempfile.TemporaryDirectory(prefix="fangxian-bench-") as temporary:
        folder = Path(data).absolute() if data else Path(temporary)
        # The database server may run as another user, which has to pass through.
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        for name in [one for one in os.environ if one.startswith(SETTINGS)]:
            # What is set for a live installation must not lead there.
            del os.environ[name]
        os.environ |= {
            "FANGXIAN_MODE": "production",
            "FANGXIAN_DATA": str(folder),
            "FANGXIAN_LOG": "ERROR",
            "DJANGO_SETTINGS_MODULE": "fangxian.config.settings",
        }
        sys.path.insert(0, str(CHECKOUT))
        import django
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        try:
            call_command("migrate", database="owner", verbosity=0)
            yield folder
        finally:
            for connection in connections.all():
                connection.close()
            settings.SERVER.stop()
