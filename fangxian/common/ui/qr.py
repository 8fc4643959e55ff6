"""QR codes as pictures in a page or on paper."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# Modules of light around it, without which readers don't find it (ISO/IEC 18004).
QUIET = 4


def qr(text: str, label: object, size: int = 240) -> SafeString:
    """An SVG of ``size`` pixels that says ``text``, called ``label`` for who can't see it.

    Dark on light in every theme: readers need it so. A sixth of it may be dirty (level M).
    """
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows: list[list[bool]] = code.get_matrix()
    path = "".join(_runs(row, y) for y, row in enumerate(rows))
    return format_html(
        '<svg class="fx-qr" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}"'
        ' shape-rendering="crispEdges"><rect width="100%" height="100%" fill="#fff"/>'
        '<path fill="#000" d="{}"/></svg>',
        str(label),
        size,
        size,
        len(rows),
        len(rows),
        path,
    )


def _runs(row: list[bool], y: int) -> str:
    """The dark runs of a row as one path each."""
    drawn, begun = [], None
    for x, dark in enumerate([*row, False]):
        if dark and begun is None:
            begun = x
        elif not dark and begun is not None:
            drawn.append(f"M{begun} {y}h{x - begun}v1H{begun}z")
            begun = None
    return "".join(drawn)
