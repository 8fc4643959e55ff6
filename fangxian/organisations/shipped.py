"""The kinds of organisations that come with the product."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from fangxian.organisations.models import OrganisationKind

KINDS = Path(__file__).parent / "data" / "kinds.json"


def load_kinds(*, using: str) -> None:
    """Add the shipped kinds that are missing; edited ones stay as they are."""
    for row in json.loads(KINDS.read_text("utf-8")):
        OrganisationKind.objects.using(using).get_or_create(code=row["code"], defaults=row)


@cache
def party_words() -> frozenset[str]:
    """What ledgers write for a member of the party."""
    return _words("party")


@cache
def probationary_words() -> frozenset[str]:
    """What ledgers write for a probationary member of the party."""
    return _words("probationary")


@cache
def stand_in_words() -> frozenset[str]:
    """What the note of a ledger begins with where somebody stands in."""
    return _words("standing_in")


def _words(key: str) -> frozenset[str]:
    return frozenset(json.loads((KINDS.parent / "words.json").read_text("utf-8"))[key])
