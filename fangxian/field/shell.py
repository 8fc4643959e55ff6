"""What the phone app consists of: the files that its service worker keeps, and their version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.views.i18n import JSONCatalog

from fangxian.common.ui import bundle

APP = "field/main.tsx"
STYLES = "field/styles.scss"
WORKER = "field/sw.ts"
# Its own texts, and those of the islands that it shares (the engine of the forms).
CATALOGUES = "fangxian.field+fangxian.common"
# The source's language needs no catalogue.
UNTRANSLATED = "en"
ICONS = ("field/icon-192.png", "field/icon-512.png", "field/icon-maskable-512.png")


@dataclass(frozen=True, slots=True)
class Shell:
    """``now`` must be on the phone before the app counts as installed, ``later`` follows."""

    version: str
    now: tuple[str, ...]
    later: tuple[str, ...]


@lru_cache(maxsize=8)
def texts(language: str) -> bytes:
    """The catalogue of a language as JSON: ``{"catalog": {text: translation or plurals}}``."""
    with translation.override(language):
        made = JSONCatalog().get(HttpRequest(), packages=CATALOGUES)
    return orjson.dumps({"catalog": orjson.loads(made.content)["catalog"]})


def translated() -> tuple[str, ...]:
    """The languages that have a catalogue."""
    return tuple(code for code, _name in settings.LANGUAGES if code != UNTRANSLATED)


def shell() -> Shell:
    """All files of the app. Its version changes when any of them does.

    Raises ImproperlyConfigured when the front end is not built.
    """
    return _shell(bundle.stamp())


@lru_cache(maxsize=2)
def _shell(_stamp: int) -> Shell:
    built = [bundle.files(source) for source in (APP, STYLES)]
    languages = translated()
    now = (
        *(url for files in built for url in files.now),
        *(reverse(f"app:texts-{language}") for language in languages),
        *(reverse("app:manifest", kwargs={"language": code}) for code, _name in settings.LANGUAGES),
        static("field/fits.js"),
        static("common/icons.svg"),
        static("common/icon.svg"),
    )
    later = (*(url for files in built for url in files.later), *(static(name) for name in ICONS))
    # Built files are named by their content; the others are looked at.
    content = hashlib.sha256(orjson.dumps([now, later, settings.FANGXIAN_VERSION]))
    for language in languages:
        content.update(texts(language))
    with translation.override(settings.LANGUAGE_CODE):
        content.update(render_to_string("field/app.html").encode())
    content.update(_worker().encode())
    return Shell(content.hexdigest()[:16], tuple(dict.fromkeys(now)), later)


def worker() -> str:
    """The service worker's script, told which files to keep."""
    made = shell()
    told = {
        "version": made.version,
        "page": reverse("app:page"),
        "shell": made.now,
        "later": made.later,
    }
    return f"self.FANGXIAN_APP={orjson.dumps(told).decode()};\n{_worker()}"


def _worker() -> str:
    (file,) = bundle.files(WORKER).now
    return (bundle.DIST / file.removeprefix(f"{settings.STATIC_URL}dist/")).read_text("utf-8")
