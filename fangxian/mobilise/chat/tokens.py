"""A cleaned line as tokens: names, days, shifts, posts, words, and what is none of these."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .cleaning import fold
from .model import Doubt, Human, Offered
from .when import days_at, hours_at
from .words import kinds, pattern, shift_words, vocabulary


@dataclass
class Token:
    """One piece of a line; `value` depends on the kind (Days, Hours, classes, keys of posts …)."""

    kind: str
    text: str
    value: Any = None
    words: frozenset[str] = field(default_factory=frozenset)

    def has(self, *names: str) -> bool:
        """Whether it is a word of one of these kinds."""
        return not self.words.isdisjoint(names)


class Lexicon:
    """The words of one paste: the vocabulary, who is known, what is offered."""

    def __init__(self, offered: Sequence[Offered], known: Sequence[Human]) -> None:
        self.offered = tuple(offered)
        self.days = tuple(sorted({o.day for o in offered}))
        self.names: dict[str, set[str]] = {}
        for human in known:
            for name in (human.name, *human.nicknames):
                if name.strip():
                    self.names.setdefault(fold(name.strip()), set()).add(human.key)
        self.posts: dict[str, set[str]] = {}
        for post in {fold(o.post) for o in offered if o.post}:
            for end in range(2, len(post) + 1):
                for piece in (post[:end], post[-end:]):
                    self.posts.setdefault(piece, set()).add(post)
        self.own = {fold(o.name) for o in offered} - {""}
        letter = vocabulary()["letter"]
        self.letters = {n[0] for n in self.own if re.fullmatch("[a-z]" + letter, n)}
        table: dict[str, list[tuple[str, Any]]] = {}
        for name in self.names:
            table.setdefault(name, []).append(("name", None))
        for post, where in self.posts.items():
            table.setdefault(post, []).append(("post", frozenset(where)))
        for name in self.own:
            if not any(c.isdigit() for c in name):
                table.setdefault(name, []).append(("shift", (("own:" + name,), False)))
        for word, value in shift_words().items():
            table.setdefault(word, []).append(("shift", value))
        for word, found in kinds().items():
            table.setdefault(word, []).append(("word", found))
        for name in vocabulary()["words"]["family_names"]:
            table.setdefault(name, []).append(("text", None))
        self.table = {word: entries[0] for word, entries in table.items()}
        self.longest = max(map(len, self.table))

    def tokens(self, text: str, today: date) -> list[Token]:
        """The tokens of a cleaned line. Raises Doubt (a day or time that can't be)."""
        folded = fold(text)
        out: list[Token] = []
        at, size = 0, len(folded)
        while at < size:
            end, token = self._next(text, folded, at, today)
            if token.kind == "text" and out and out[-1].kind == "text":
                out[-1].text += token.text
            else:
                out.append(token)
            at = end
        return _settled(out)

    def _next(self, text: str, folded: str, at: int, today: date) -> tuple[int, Token]:
        char = folded[at]
        word, entry = "", ("", None)
        for size in range(min(self.longest, len(folded) - at), 0, -1):
            piece = folded[at : at + size]
            if piece in self.table and not (
                piece.isascii()
                and piece.isalnum()
                and (folded[at - 1 : at] or " ").isascii()
                and ((folded[at - 1 : at] or " ").isalnum() or _alnum(folded, at + size))
            ):
                word, entry = piece, self.table[piece]
                break
        if entry[0] == "name":
            end = at + len(word)
            return end, Token("name", text[at:end], frozenset(self.names[word]))
        found_days = days_at(folded, at, today, self.days)
        hours = hours_at(folded, at) if not char.isspace() else None
        if (
            found_days
            and found_days[0] > at + len(word)
            and (not hours or found_days[0] >= hours[0])
        ):
            return found_days[0], _day_token(text[at : found_days[0]], found_days[1])
        if hours and hours[0] > at + len(word):
            return hours[0], Token("shift", text[at : hours[0]], hours[1])
        if found_days and found_days[0] >= at + len(word):
            return found_days[0], _day_token(text[at : found_days[0]], found_days[1])
        if self.letters and not _alnum(folded, at - 1) and char.isascii() and char.isalpha():
            m = re.match("[a-z]{1,8}", folded[at:])
            run = m[0] if m else ""
            letter = vocabulary()["letter"]
            tail = folded.startswith(letter, at + len(run))
            end = at + len(run) + len(letter) * tail
            if (set(run) <= self.letters or (tail and len(run) == 1)) and not _alnum(folded, end):
                return end, Token(
                    "shift", text[at:end], (tuple(f"own:{c}{letter}" for c in run), True)
                )
        if word:
            end = at + len(word)
            if entry[0] == "word":
                return end, Token("word", text[at:end], None, entry[1] or frozenset())
            return end, Token(entry[0], text[at:end], entry[1])
        if self.posts and (m := pattern("place").match(folded, at)):
            raise Doubt("no_such_shift")
        if char.isspace():
            return at + 1, Token("space", char)
        if char in ",;:!/()&+|=_~、-'\"·.*<>[]{}…^#@":
            return at + 1, Token("sep", char)
        return at + 1, Token("text", text[at])


def _day_token(text: str, value: Any) -> Token:
    free = text in vocabulary()["any_days"]
    return Token("days", text, value, frozenset({"any_day"} if free else ()))


def _alnum(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()


def _settled(tokens: list[Token]) -> list[Token]:
    """Shorthands inside of other words are no shifts, nor are single names."""
    out: list[Token] = []
    for n, found in enumerate(tokens):
        token = found
        before = tokens[n - 1] if n else None
        after = tokens[n + 1] if n + 1 < len(tokens) else None
        if token.kind == "shift" and isinstance(token.value, tuple) and token.value[1]:
            only_days = token.value[0] in {("am",), ("pm",)} and len(token.text) == 1
            wrong = after is not None and after.kind == "text"
            wrong |= bool(before and before.kind == "text" and (after and after.kind == "text"))
            if only_days and (before is None or before.kind not in {"days", "shift"}):
                words = kinds().get(token.text, frozenset())
                token = (
                    Token("word", token.text, None, words) if words else Token("text", token.text)
                )
            elif wrong:
                token = Token("text", token.text)
        if token.kind == "name" and len(token.text) == 1 and before and before.kind == "text":
            token = Token("text", token.text)
        if token.kind == "text" and out and out[-1].kind == "text":
            out[-1].text += token.text
        else:
            out.append(token)
    return out
