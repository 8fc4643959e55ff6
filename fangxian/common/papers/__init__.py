"""Papers: a PDF out of a Typst template and data, set in a capped process of its own.

What people have written goes to the template as JSON in ``sys.inputs``: it is text there and never
markup, whatever it looks like. The fonts are those of the system.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from fangxian.common import capped
from fangxian.common.errors import Conflict

HERE: Final = Path(__file__).parent
SERIF: Final = "Noto Serif CJK SC"
SANS: Final = "Noto Sans CJK SC"
# Where the fonts come from, by how Debian and its kin call it.
PACKAGE: Final = "fonts-noto-cjk"
SECONDS: Final = 30.0
LARGEST: Final = 32 << 20


class FontMissing(Conflict):
    """The server lacks a font that a paper needs; the message names the package that brings it."""


class NotSet(Conflict):
    """The paper could not be made."""


def pdf(
    template: Path, data: Mapping[str, Any], *, day: dt.date, fonts: Sequence[str] = (SERIF, SANS)
) -> bytes:
    """The PDF of a template and its data, dated ``day``. Starts a process and waits for it.

    The template reads ``json(bytes(sys.inputs.data))``. Raises FontMissing, NotSet.
    """
    return compiled(template.read_text(encoding="utf-8"), data, day=day, fonts=fonts)


def compiled(
    source: str,
    data: Mapping[str, Any],
    *,
    day: dt.date,
    fonts: Sequence[str] = (SERIF, SANS),
    picture: int = 0,
) -> bytes:
    """The PDF of a template's text and its data; with ``picture`` a PNG of so many dots an inch.

    As :func:`pdf`. Fonts are looked for in the system and in ``FANGXIAN_FONT_FOLDER``.
    """
    asked = {
        "template": source,
        "data": json.dumps(data, ensure_ascii=False),
        "fonts": list(fonts),
        "folder": str(settings.FANGXIAN_FONT_FOLDER or ""),
        "day": day.isoformat(),
        "picture": picture,
    }
    content = json.dumps(asked).encode()
    started = capped.command("typesetter", HERE, needs=("typst",))
    try:
        done, output = capped.run(started, [content], seconds=SECONDS, most=LARGEST)
    except capped.Stopped as error:
        raise NotSet(_("The paper could not be made in time. Try again.")) from error
    if done:
        return bytes(output)
    refused: dict[str, Any] = json.loads(output)
    if missing := refused.get("missing"):
        raise FontMissing(
            _(
                "The server lacks the font “%(font)s”: its administrator installs the package"
                " %(package)s, or the font itself where FANGXIAN_FONTS names another."
            )
            % {"font": missing, "package": PACKAGE}
        )
    raise NotSet(_("The paper could not be made: its template has a mistake."))
