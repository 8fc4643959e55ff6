"""Languages of workbooks: what survey designers call them, and our own texts in each of ours."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from django.utils.translation import override

from fangxian.field.questionnaire.schema import DEFAULT_LANGUAGE

# What survey designers call languages: the whole name, or a code in brackets at its end.
_CODE: Final = re.compile(r"\(([A-Za-z-]+)\)$")


def _plain(language: str) -> str:
    name = unicodedata.normalize("NFKC", language).replace("_", "-")
    return re.sub(r"\s+", "", name).lower()


@cache
def _languages() -> dict[str, str]:
    names = json.loads((Path(__file__).parents[1] / "data" / "languages.json").read_text("utf-8"))
    return {_plain(name): code for code, every in names.items() for name in every}


def language_of(name: str) -> str:
    """Our code of a language as a workbook names it: ``简体中文``, ``Chinese (zh)``, ``English``.

    One that we don't know keeps its own code or name: it never overwrites another's text.
    """
    plain = _plain(name)
    match = _CODE.search(plain)
    code = match.group(1) if match else plain
    known = _languages()
    return known.get(plain) or known.get(code) or code


def in_each_language(said: Callable[[], str]) -> dict[str, str]:
    """A text of our own, as a form keeps it."""
    texts = {}
    for code in (DEFAULT_LANGUAGE, "zh-hant", "en"):
        with override(code):
            texts[code] = said()
    return texts
