"""What a phone has, packed: the source (4 bytes of its name's hash), the id, 8 bytes of version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

_SOURCE, _ID, _VERSION = 4, 16, 8
SIZE = _SOURCE + _ID + _VERSION
# The version of what a phone has in one of two states: no record's own.
UNSURE = bytes(_VERSION)
# What JavaScript's numbers hold exactly.
_NUMBER = (1 << 53) - 1

Key = bytes
Manifest = Mapping[Key, bytes]


@lru_cache(maxsize=64)
def _named(source: str) -> bytes:
    return hashlib.blake2b(source.encode(), digest_size=_SOURCE).digest()


def key_of(source: str, id_: bytes) -> Key:
    """The key of a record: it stays the same when sources are added."""
    return _named(source) + id_


def id_of(key: Key) -> bytes:
    """The 16 bytes of the record's id."""
    return key[_SOURCE:]


def source_of(key: Key, names: Mapping[bytes, str]) -> str | None:
    """The source's name among those of :func:`prefixes`; None if it is there no more."""
    return names.get(key[:_SOURCE])


def prefixes(names: list[str]) -> dict[bytes, str]:
    """The names by what keys begin with."""
    return {_named(name): name for name in names}


def packed(manifest: Manifest) -> bytes:
    """As it is kept."""
    return b"".join(key + version for key, version in manifest.items())


def unpacked(kept: bytes) -> dict[Key, bytes]:
    """Back from :func:`packed`."""
    ends = _SOURCE + _ID
    return {kept[at : at + ends]: kept[at + ends : at + SIZE] for at in range(0, len(kept), SIZE)}


def version_of(data: Mapping[str, Any], version: int | None) -> bytes:
    """Eight bytes that differ when the content does."""
    body = orjson.dumps([version, data], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(body, digest_size=_VERSION).digest()


def number_of(version: bytes) -> int:
    """The version of a record that phones do not change, as a number for JSON."""
    return int.from_bytes(version) & _NUMBER
