"""Chat heads, lines that need no answer, headings."""

from __future__ import annotations

import re
from datetime import date, timedelta

from .cleaning import without_rooms
from .model import Doubt
from .tokens import Lexicon, Token
from .words import any_of, listed, pattern, vocabulary


def _head_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    p = vocabulary()["patterns"]
    noon = p["head_noon"]
    when = rf"{p['head_day']}?\s{{0,3}}{noon}\s{{0,2}}{p['clock']}"
    return (
        re.compile(rf"(?P<name>\S.{{0,30}}?)\s{{1,6}}{when}$"),
        re.compile(rf"{when}\s{{1,6}}(?P<name>\S.{{0,30}})$"),
    )


_HEADS = _head_patterns()


def head(text: str, today: date) -> tuple[str, date, str] | None:
    """The speaker, the day, and what stands on the same line behind a chat head."""
    found = pattern("bracketed_head").match(text)
    if found:
        return found["name"], today, found["rest"]
    for form in _HEADS:
        m = form.match(text[:80]) if len(text) <= 80 else None
        if m is None or re.search(r"[-~:]\s?$", m["name"]):
            continue
        return m["name"].strip(), _head_day(m, today), ""
    return None


def _head_day(m: re.Match[str], today: date) -> date:
    if m["month"]:
        try:
            return date(int(m["year"] or today.year), int(m["month"]), int(m["dom"]))
        except ValueError:
            return today
    if m["rel"]:
        far = {
            w: int(d) for d, ws in vocabulary()["relative_days"].items() for w in ws if "," not in d
        }
        return today + timedelta(far.get(m["rel"], 0))
    if m["wd"]:
        back = (today.weekday() - vocabulary()["weekdays"][m["wd"]]) % 7
        return today - timedelta(back)
    return today


def speaker_of(name: str, lexicon: Lexicon, today: date) -> str:
    """The name a chat head bears, without house, duty and brackets."""
    bare = re.sub(r"\([^()]*\)", " ", name).strip(" :")
    whole = lexicon.names.get(bare.lower())
    if whole:
        return bare
    short = without_rooms(bare).strip(" -:")
    try:
        names = [t.text for t in lexicon.tokens(short, today) if t.kind == "name"]
    except Doubt:
        names = []
    return names[0] if len(names) == 1 else short or bare


def is_noise(text: str, numbered: bool) -> bool:
    """Whether the cleaned line needs no answer, whatever stands around it."""
    bare = text.strip(" .,;:!~-_=*#|/、…")
    if not bare:
        return True
    if not any(c.isalnum() for c in bare):
        return not any(c in "?" for c in bare) or numbered
    plain = re.sub(r"[\s,;!.~]+", "", bare)
    asked = "?" in text and pattern("missing").fullmatch(text.split()[-1]) is None
    if asked and not pattern("quoted").match(text):
        return False
    told = plain.partition(":")[2].lower()
    if not numbered and told in listed("thanks_only"):
        return True
    if (
        plain.lower() in listed("thanks_only")
        or pattern("quoted").match(text)
        or pattern("received").match(plain)
    ):
        return True
    if re.fullmatch(pattern("greeting_alone").pattern + "!+", text.strip()):
        return True
    return any_of("announced").search(text) is not None


def is_listing(text: str) -> bool:
    """Whether the line announces a list: names below are sign-ups."""
    return any_of("listing").search(text.lower()) is not None


def is_heading(tokens: list[Token], text: str) -> bool:
    """Whether a line only sets the day, the post or the shift of those below."""
    if any(t.kind in {"name"} for t in tokens) or pattern("by_oneself").search(text):
        return False
    listing = is_listing(text)
    # A title in brackets may name a post that nobody offers by name.
    titled = all("bracket" in t.words for t in tokens if t.kind not in {"space", "sep"})
    titled = titled and any(t.kind in {"days", "shift"} for t in tokens)
    glued = titled and len(tokens) > 1 and tokens[1].kind == "word"
    first = tokens[0].text if tokens and tokens[0].kind == "text" and not glued else ""
    if pattern("likely_name").fullmatch(first):
        return False
    for token in tokens:
        if token.has("me", "no", "withdraw", "any", "also", "change", "hedge", "question", "they",
                     "relative", "except"):  # fmt: skip
            return False
        words = token.kind == "text" or token.has("sign_up", "ok")
        if not (listing or titled) and words and not token.has("filler"):
            return False
    return any(t.kind in {"days", "shift", "post"} for t in tokens) or listing
