"""The texts of messages: registered templates, or plain msgids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from fangxian.common.fields import Destroyed
from fangxian.common.registries import Registry

IN_APP = "in_app"
ENDPOINTS = ("webhook", "wecom", "dingtalk")


def channels_of(template: str) -> tuple[str, ...]:
    """The channels that a template declares; plain msgids go to the account alone."""
    return templates.get(template).channels if template in templates else (IN_APP,)


@dataclass(frozen=True)
class Template:
    """``text`` is a lazy msgid with ``%(name)s`` places; ``url(context)`` where it leads.

    ``channels``: where such messages go unless the caller says otherwise. A channel of endpoints
    ("webhook", "wecom", "dingtalk") goes to all that are in use.
    """

    text: Any
    url: Callable[[dict[str, Any]], str] | None = None
    channels: tuple[str, ...] = (IN_APP,)


templates: Registry[Template] = Registry("message template")


def opened(sealed: str | None) -> dict[str, Any]:
    """The context of a message; empty once its emergency's key is destroyed."""
    if not sealed or isinstance(sealed, Destroyed):
        return {}
    context: dict[str, Any] = orjson.loads(sealed)
    return context


def text_of(template: str, context: dict[str, Any], language: str = "") -> str:
    """The message in a language (default: the running one). A missing value shows as “…”."""
    known = templates.get(template) if template in templates else None
    with translation.override(language or translation.get_language() or settings.LANGUAGE_CODE):
        text = str(known.text) if known else gettext(template)
        return text % _Lenient(context) if "%(" in text else text


def url_of(template: str, context: dict[str, Any], url: str = "") -> str:
    """Where a message leads: what it says itself, else its template; "" if nowhere."""
    if url or template not in templates:
        return url
    make = templates.get(template).url
    try:
        return make(context) if make else ""
    except KeyError:
        # The context went with its emergency.
        return ""


class _Lenient(dict[str, Any]):
    def __missing__(self, _key: str) -> str:
        return "…"
