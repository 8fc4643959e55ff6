"""What can be done from the search box: pages and commands by name, synonym and pinyin initials.

A command is found by what it is called in the reader's language, by the words in
``data/commands.json`` and by the initials of either.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.registries import SearchHit, navigation
from fangxian.regions.pinyin import initials

WORDS = Path(__file__).parent / "data" / "commands.json"


@dataclass(frozen=True)
class Command:
    """Something to do: ``url`` is the name of a route without arguments."""

    name: str
    label: Any
    url: str
    right: str


COMMANDS = (
    Command("board", gettext_lazy("Open the coverage board"), "command:board", "command.board"),
    Command("chain", gettext_lazy("Find vacancies in the chain"), "command:chain", "command.board"),
    Command("proof", gettext_lazy("See what is proved"), "command:proof", "command.board"),
    Command("wall", gettext_lazy("Show the wall"), "command:wall", "command.wall"),
    Command("tasks", gettext_lazy("My tasks"), "core:tasks", "core.task"),
    Command("jobs", gettext_lazy("My jobs and exports"), "core:jobs", "core.task"),
    Command(
        "emergency", gettext_lazy("Begin an emergency"), "core:emergency_begin", "core.emergency"
    ),
    Command(
        "import",
        gettext_lazy("Import a ledger of households"),
        "register:import",
        "register.import",
    ),
    Command("campaign", gettext_lazy("Plan a sweep"), "field:campaign_new", "field.campaigns"),
    Command("form", gettext_lazy("Make a form"), "field:form_build", "field.forms"),
    Command(
        "appoint",
        gettext_lazy("Name who answers for a place"),
        "organisations:start",
        "organisations.view",
    ),
    Command(
        "chain_import",
        gettext_lazy("Import who answers where"),
        "organisations:import",
        "organisations.import",
    ),
    Command("merges", gettext_lazy("Settle doubles"), "people:merges", "people.merge"),
    Command("account", gettext_lazy("Open an account"), "accounts:create", "accounts.create"),
    Command("roles", gettext_lazy("Roles and their rights"), "accounts:roles", "accounts.see"),
    Command("changes", gettext_lazy("Changes of the divisions"), "regions:changes", "regions.view"),
)


@cache
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = json.loads(WORDS.read_text("utf-8"))
    return words


@cache
def _known_as(language: str, name: str, label: str) -> tuple[str, ...]:
    called = [label, *_words().get(name, [])]
    return tuple(text.casefold() for word in called for text in (word, initials(word)) if text)


def _offered(by: Actor) -> Iterator[tuple[str, str, str]]:
    seen = set()
    for command in COMMANDS:
        if by.may(command.right):
            seen.add(command.url)
            yield command.name, str(command.label), reverse(command.url)
    for name, item in navigation.items():
        if by.may(item.right) and item.url_name not in seen:
            yield name, str(item.label), reverse(item.url_name)


def find(by: Actor, text: str, limit: int) -> Sequence[SearchHit]:
    """Commands that the actor may use and whose name, words or initials hold ``text``."""
    wanted = text.casefold().strip()
    if not wanted:
        return []
    language = get_language() or ""
    ranked = []
    for at, (name, label, url) in enumerate(_offered(by)):
        places = [known.find(wanted) for known in _known_as(language, name, label)]
        found = [place for place in places if place >= 0]
        if found:
            ranked.append((min(found) > 0, at, label, url))
    return [
        SearchHit(_("Commands"), label, url) for _later, _at, label, url in sorted(ranked)[:limit]
    ]
