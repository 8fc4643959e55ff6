"""Which built files a page needs, from Vite's manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DIST = Path(__file__).resolve().parent.parent / "static" / "dist"


@dataclass(frozen=True, slots=True)
class Entry:
    """URLs of one entry point: the file itself, its style sheets, the chunks it imports at once."""

    url: str
    styles: tuple[str, ...]
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Files:
    """URLs of all that an entry may ever load: at once, and ``later`` (chunks loaded on demand)."""

    now: tuple[str, ...]
    later: tuple[str, ...]


def entry(source: str) -> Entry:
    """Return the built files of ``source``, such as ``islands/main.ts``.

    Raises ImproperlyConfigured when the front end is not built or has no such entry.
    """
    return _entry(source, stamp())


def files(source: str) -> Files:
    """Return every file that ``source`` needs, for what must work without a network.

    Raises ImproperlyConfigured as :func:`entry`.
    """
    return _files(source, stamp())


def stamp() -> int:
    """Return a number that changes when the front end is built anew.

    Raises ImproperlyConfigured when it is not built.
    """
    try:
        return (DIST / "manifest.json").stat().st_mtime_ns
    except FileNotFoundError:
        raise ImproperlyConfigured(
            "The front end is not built: run `make setup` (or `npm run build` in frontend/)"
        ) from None


@lru_cache(maxsize=64)
def _entry(source: str, _stamp: int) -> Entry:
    manifest = _manifest(source)
    chunk = manifest[source]
    seen: dict[str, None] = {}
    styles: dict[str, None] = {}
    _collect(manifest, chunk, seen, styles)
    return Entry(
        url=_url(str(chunk["file"])),
        styles=tuple(_url(name) for name in styles),
        imports=tuple(_url(name) for name in seen),
    )


@lru_cache(maxsize=8)
def _files(source: str, _stamp: int) -> Files:
    manifest = _manifest(source)
    now: dict[str, None] = {}
    on_demand: list[str] = []
    _reach(manifest, source, now, on_demand)
    later: dict[str, None] = {}
    # What is loaded on demand may ask for more on demand.
    for key in on_demand:
        _reach(manifest, key, later, on_demand)
    return Files(
        tuple(_url(name) for name in now), tuple(_url(name) for name in later if name not in now)
    )


def _reach(
    manifest: dict[str, dict[str, object]], key: str, found: dict[str, None], on_demand: list[str]
) -> None:
    chunk = manifest[key]
    file = str(chunk["file"])
    if file in found:
        return
    for name in (file, *_names(chunk, "css"), *_names(chunk, "assets")):
        found[name] = None
    on_demand += [one for one in _names(chunk, "dynamicImports") if one not in on_demand]
    for other in _names(chunk, "imports"):
        _reach(manifest, other, found, on_demand)


def _manifest(source: str) -> dict[str, dict[str, object]]:
    manifest: dict[str, dict[str, object]] = json.loads((DIST / "manifest.json").read_text("utf-8"))
    if source not in manifest:
        raise ImproperlyConfigured(
            f"{source} is not an entry of frontend/vite.config.ts; known: {_known(manifest)}"
        )
    return manifest


def _collect(
    manifest: dict[str, dict[str, object]],
    chunk: dict[str, object],
    seen: dict[str, None],
    styles: dict[str, None],
) -> None:
    for name in _names(chunk, "css"):
        styles[name] = None
    for key in _names(chunk, "imports"):
        file = str(manifest[key]["file"])
        if file not in seen:
            seen[file] = None
            _collect(manifest, manifest[key], seen, styles)


def _names(chunk: dict[str, object], key: str) -> list[str]:
    value = chunk.get(key, [])
    return [str(item) for item in value] if isinstance(value, list) else []


def _known(manifest: dict[str, dict[str, object]]) -> str:
    return ", ".join(sorted(name for name, chunk in manifest.items() if chunk.get("isEntry")))


def _url(file: str) -> str:
    # Not through the storage: names carry their hash already, and a second name for a module
    # would load it twice.
    return f"{settings.STATIC_URL}dist/{file}"
