from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.template import Context, Template
from django.utils.safestring import SafeString

from tests.security.world import World, make_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world of a module's tests, gone at its end; each request in it is undone."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        pytest.MonkeyPatch.context() as patch,
    ):
        # Nobody here asks which templates drew a page: noting it costs a tenth of the drawing.
        patch.setattr(Template, "_render", _as_served)
        yield make_world()
        transaction.set_rollback(True)


def _as_served(template: Template, context: Context) -> SafeString:
    return template.nodelist.render(context)


class Kept(logging.Handler):
    """Keeps what is logged, as text with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def logged() -> Iterator[list[str]]:
    """All that the module's tests log, as production does: INFO and above."""
    handler = Kept()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler.lines
    root.setLevel(level)
    root.removeHandler(handler)
