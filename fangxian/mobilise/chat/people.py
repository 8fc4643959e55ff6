"""Who is meant on a line, and which words belong to whom."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .cleaning import fold
from .model import Doubt
from .tokens import Token
from .words import pattern

_LIST = frozenset("、/&+")


def is_name(text: str, likely: bool = False) -> bool:
    """Whether unknown text has the shape of a name; `likely` asks for a surname or a title."""
    text = text.strip()
    if not pattern("name").fullmatch(text) or (not text.isascii() and len(text) > 5):
        return False
    if pattern("not_name").search(text):
        return False
    if len(text) == 1:
        return pattern("single_name").fullmatch(text) is not None
    return not likely or pattern("likely_name").fullmatch(text) is not None


def _quiet(token: Token) -> bool:
    return token.kind in {"space", "sep"} or (
        token.kind == "word" and token.has("filler", "i_am", "me", "and") and not token.has("hedge")
    )


def find_names(tokens: list[Token], speaker: str, listed: bool) -> None:
    """Turn unknown text that stands where a name stands into names."""
    began = colon = selected = False
    named: Token | None = None
    for n, token in enumerate(tokens):
        after = tokens[n + 1] if n + 1 < len(tokens) else None
        before = tokens[n - 1] if n else None
        if token.kind == "sep" and token.text == ":":
            colon = True
        if token.kind == "name":
            if after and after.kind == "text" and len(after.text) == 1 and not speaker and (
                n + 2 >= len(tokens) or tokens[n + 2].kind in {"space", "sep", "shift"}
            ) and len(token.text) > 1 and is_name(token.text + after.text):  # fmt: skip
                token.text, token.value = token.text + after.text, frozenset()
                after.kind, after.text = "space", " "
            named, began = token, True
        elif token.kind == "text":
            ask = before.words if before else frozenset()
            led = bool(ask & {"i_am", "for", "relative"})
            free = not speaker or (after is not None and after.text == ":" and not colon) or led
            joined = bool(
                before
                and (
                    before.text in _LIST
                    or before.has("and")
                    or (before.text in {" ", ","} and colon)
                )
            )
            fits = False
            if (free and not began and not selected and is_name(token.text)) or (
                free
                and selected
                and named is None
                and is_name(token.text, not colon and not listed)
            ):
                fits = True
            elif named is not None and joined and is_name(token.text, not colon):
                fits = not selected or colon
            elif named is not None and before and before.text in {" ", ","} and not speaker:
                fits = not selected and is_name(token.text, likely=True) and len(token.text) < 4
                fits = fits and (after is None or after.kind in {"space", "sep", "shift", "days"})
            elif led and is_name(token.text):
                fits = True
            if fits and not (after is not None and after.has("estate")):
                token.kind, token.value, named = "name", frozenset(), token
            began = True
        elif token.kind in {"shift", "days", "post"}:
            selected = True
        elif not _quiet(token):
            began = True


def settle(tokens: list[Token], speaker: str) -> list[Token]:
    """Who speaks, for whom, in whose place. Raises Doubt (no_name, not_understood)."""
    if tokens and tokens[0].text == "@":
        me = next((n for n, t in enumerate(tokens) if t.has("me")), None)
        if me is None:
            raise Doubt("not_understood")
        tokens = tokens[me:]
    out: list[Token] = []
    signed = any(t.has("report", "for_signed") for t in tokens)
    skip: Token | None = None
    for n, token in enumerate(tokens):
        if token is skip:
            continue
        if token.has("for") or token.has("says"):
            to = _next_name(tokens, n + 1) if token.has("for") else None
            if to is None:
                continue
            if signed:
                out = [t for t in out if t.kind != "name" and not t.has("me")]
                out.append(to)
            elif not (speaker or any(t.kind == "name" for t in out)):
                raise Doubt("not_understood")
            skip = to
            if not signed and speaker and not any(t.kind == "name" for t in out):
                out.append(Token("name", speaker, None))
        elif token.has("relative"):
            to = _next_name(tokens, n + 1)
            if to is None:
                raise Doubt("no_name")
        elif token.has("me"):
            named = any(t.kind == "name" for t in out)
            coming = _next_name(tokens, n + 1)
            joined = n + 1 < len(tokens) and tokens[n + 1].has("and")
            if joined and not (speaker or named):
                raise Doubt("no_name")
            if speaker and not named and (joined or coming is None):
                out.append(Token("name", speaker, None))
            elif (
                not speaker
                and not named
                and coming is None
                and not any(t.kind == "name" for t in tokens)
            ):
                raise Doubt("no_name")
        elif token.has("they", "you"):
            continue
        else:
            out.append(token)
    return out


def _next_name(tokens: Sequence[Token], at: int) -> Token | None:
    for token in tokens[at : at + 4]:
        if token.kind == "name":
            return token
        if not (
            token.has("relative", "they", "me", "filler", "and", "i_am") or token.kind == "space"
        ):
            return None
    return None


def _empty(token: Token) -> bool:
    return token.kind in {"space", "sep", "text"} or (
        token.kind == "word" and not token.has(
            "ok", "sign_up", "any", "also", "no", "withdraw", "turned", "change", "except",
            "except_after", "other", "hedge", "question", "free", "whole", "two_days",
            "three_days", "empty")
    )  # fmt: skip


def groups(tokens: list[Token], speaker: str) -> list[tuple[list[Token], list[Token]]]:
    """Names with the words about them. Raises Doubt where that is open."""
    runs: list[tuple[str, list[Token]]] = []
    loose: list[Token] = []
    for token in tokens:
        if token.kind == "name":
            if runs and runs[-1][0] == "N":
                runs[-1][1].append(token)
            else:
                if runs:
                    runs[-1][1].extend(loose)
                runs.append(("N", [token]))
            loose = []
        elif _empty(token):
            loose.append(token)
        else:
            if not runs or runs[-1][0] == "N":
                runs.append(("P", []))
            runs[-1][1].extend([*loose, token])
            loose = []
    if runs and runs[-1][0] == "P":
        runs[-1][1].extend(loose)
    people = [run for kind, run in runs if kind == "N"]
    if not people:
        if not speaker:
            raise Doubt("no_name")
        return [([Token("name", speaker, None)], [t for _, run in runs for t in run] or tokens)]
    said = [fold(t.text) for run in people for t in run if t.value is not None]
    if len(said) != len(set(said)):
        raise Doubt("two_of_the_name")
    if len(people) == 1 and not (len(runs) == 3 and any(t.has("empty") for t in runs[2][1])):
        gap = Token("sep", ";") if runs[0][0] == "N" else Token("space", " ")
        rest: list[Token] = []
        for kind, run in runs:
            if kind == "P":
                rest += [gap, *run] if rest else run
        return [(people[0], rest)]
    if runs[-1][0] == "P" and runs[0][0] == "P" and any(t.has("empty") for t in runs[-1][1]):
        runs.pop()
        people = [run for kind, run in runs if kind == "N"]
        if len(people) == 1:
            return [(people[0], runs[0][1])]
    common: list[Token] = []
    if runs[0][0] == "P" and runs[-1][0] == "P":
        common = runs.pop(0)[1]
    if len(runs) % 2:
        raise Doubt("not_understood")
    pairs = list(zip(runs[::2], runs[1::2], strict=True))
    if runs[0][0] == "N":
        return [(one[1], [*common, *other[1]]) for one, other in pairs]
    return [(other[1], one[1]) for one, other in pairs]


def clean_name(text: str) -> str:
    """The name as it is kept: no marks around it."""
    return re.sub(r"^[\s:、,.\-_@]+|[\s:、,.\-_@]+$", "", text)
