"""The first columns of lists of who answers: a place with the way to it, as ledgers are read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.utils.translation import gettext_lazy

from fangxian.common.sheets.writing import ExportColumn
from fangxian.regions.queries import names

COLUMNS: Final = (
    ExportColumn(gettext_lazy("Code of the place"), "identity"),
    ExportColumn(gettext_lazy("Town or street")),
    ExportColumn(gettext_lazy("Community or village")),
    ExportColumn(gettext_lazy("Grid")),
    ExportColumn(gettext_lazy("Building")),
    ExportColumn(gettext_lazy("Entrance")),
)
_SIZES: Final = (9, 12, 15, 18, 20)


def cells(codes: Collection[str]) -> dict[str, list[str]]:
    """The cells of ``COLUMNS`` by code; empty below the place. One query."""
    known = names({code[:size] for code in codes for size in _SIZES})
    return {
        code: [
            code,
            *(known.get(code[:size], "") if size <= len(code) else "" for size in _SIZES),
        ]
        for code in codes
    }
