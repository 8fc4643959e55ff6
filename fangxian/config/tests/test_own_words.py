"""What a room says in Chinese is said on pages, whatever a library makes of the same English."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import polib
from django.utils import translation
from django.utils.translation import gettext, pgettext

import fangxian


def test_no_library_speaks_in_place_of_a_room() -> None:
    said: dict[tuple[str | None, str], set[str]] = defaultdict(set)
    rooms = Path(fangxian.__file__).parent
    for path in rooms.glob("*/locale/zh_Hans/LC_MESSAGES/django.po"):
        for entry in polib.pofile(str(path)):
            if not (entry.obsolete or entry.msgid_plural):
                said[entry.msgctxt, entry.msgid].add(entry.msgstr)
    assert len(said) > 1000
    with translation.override("zh-hans"):
        alien = {
            text
            for (context, text), own in said.items()
            if (pgettext(context, text) if context else gettext(text)) not in own
        }
    assert alien == set()
