"""The reading of a whole paste, one line after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from .cleaning import clean, fold, without_rooms
from .lines import head, is_heading, is_listing, is_noise, speaker_of
from .model import Doubt, Human, Line, Offered, Proposal, Reading
from .offers import Atom, select
from .people import clean_name, find_names, groups, settle
from .saying import statements
from .tokens import Lexicon, Token
from .words import any_of, pattern


@dataclass
class _State:
    speaker: str = ""
    said: bool = True
    bare_heads: bool = False
    today: date = date.min
    day: Atom = field(default_factory=Atom)
    shift: Atom = field(default_factory=Atom)
    post: Atom = field(default_factory=Atom)
    listing: bool = False
    inline: bool = False

    @property
    def headed(self) -> bool:
        return bool(self.day.days or self.shift.shifts or self.post.posts)


def parse(text: str, offered: Sequence[Offered], known: Sequence[Human], today: date) -> Reading:
    """Read a paste. Takes time in proportion to its length; never raises on any text."""
    return Reading(_Paste(text, offered, known, today).lines())


class _Paste:
    def __init__(
        self, text: str, offered: Sequence[Offered], known: Sequence[Human], today: date
    ) -> None:
        self.raw = text.split("\n")
        self.offered = tuple(offered)
        self.lexicon = Lexicon(offered, known)
        self.state = _State(today=today)
        self.today = today
        self.starts = {f"{o.starts:%H:%M}" for o in offered}
        self.cleaned = [clean(line) for line in self.raw]

    def lines(self) -> tuple[Line, ...]:
        return tuple(self._line(n) for n in range(len(self.raw)))

    def _line(self, n: int) -> Line:
        raw, (text, numbered) = self.raw[n], self.cleaned[n]
        try:
            found = self._read(n, text, numbered)
        except Doubt as doubt:
            return Line(n + 1, raw, "unclear", (), (doubt.code,))
        if found is None:
            return Line(n + 1, raw, "noise")
        if not all(one.name and one.shifts for one in found) or not found:
            return Line(n + 1, raw, "unclear", (), ("not_understood",))
        doubts = []
        for one in found:
            if one.human is None:
                several = len(self.lexicon.names.get(fold(one.name), ())) > 1
                doubts.append("two_of_the_name" if several else "unknown_name")
        return Line(n + 1, raw, "proposals", tuple(found), tuple(dict.fromkeys(doubts)))

    def _read(self, n: int, text: str, numbered: bool) -> list[Proposal] | None:
        state = self.state
        if not numbered and not self._is_start(n, text) and (found := head(text, self.today)):
            name, day, rest = found
            state.speaker, state.said = speaker_of(name, self.lexicon, self.today), False
            state.today = day
            if not rest:
                return None
            text = rest
        elif not numbered and self._is_name_head(n, text):
            state.speaker = speaker_of(text, self.lexicon, self.today)
            state.bare_heads = not text.endswith(":")
            return None
        if state.speaker and text == "1":
            text = "+1"
        if is_noise(text, numbered):
            if is_listing(text) and not state.speaker:
                state.listing = True
            if text.strip(" .,;:!~-_=*#|/、…") and any_of("needed").search(text):
                raise Doubt("not_understood")
            return None
        if "?" in text and pattern("missing").fullmatch(text.split()[-1]) is None:
            raise Doubt("question")
        text = without_rooms(text)
        tokens = self._brackets(self.lexicon.tokens(text, state.today))
        if self._empty_slot(tokens):
            self._remember(tokens)
            return None
        if pattern("people").search(re.sub(r"\([^()]*\)", " ", text)) and not is_heading(
            tokens, text
        ):
            raise Doubt("not_understood")
        listing = any_of("sure_listing").search(text) is not None
        if not numbered and (not state.speaker or listing) and is_heading(tokens, text):
            if any_of("needed").search(text):
                raise Doubt("not_understood")
            self._heading(tokens, text)
            return None
        return self._sign_ups(tokens, numbered)

    def _is_start(self, n: int, text: str) -> bool:
        """Whether a name with a time and nothing said below is a sign-up for what starts then."""
        clock = re.search(r"\s(\d{1,2}:\d{2})$", text[-8:])
        if clock is None or clock[1].zfill(5) not in self.starts:
            return False
        after = next((c[0] for c in self.cleaned[n + 1 : n + 3] if c[0]), "")
        return not after or head(after, self.today) is not None

    def _is_name_head(self, n: int, text: str) -> bool:
        bare = text.rstrip(":").strip()
        if text.endswith(":"):
            return fold(bare) in self.lexicon.names
        if fold(bare) not in self.lexicon.names or self.state.headed or self.state.listing:
            return False
        if self.state.bare_heads:
            return True
        after = next((c for c in self.cleaned[n + 1 : n + 3] if c[0]), None)
        if after is None or after[1] or head(after[0], self.today):
            return False
        try:
            tokens = self.lexicon.tokens(after[0], self.today)
        except Doubt:
            return False
        return not any(t.kind == "name" for t in tokens) and any(
            t.has("me", "ok", "any", "no", "sign_up", "withdraw", "except") for t in tokens
        )

    def _brackets(self, tokens: list[Token]) -> list[Token]:
        out: list[Token] = []
        inside: list[Token] | None = None
        for token in tokens:
            if token.kind == "sep" and token.text == "(" and inside is None:
                inside = []
            elif token.kind == "sep" and token.text == ")" and inside is not None:
                out += self._bracket(inside, bool(out))
                inside = None
            else:
                (out if inside is None else inside).append(token)
        return out + (inside or [])

    def _bracket(self, inside: list[Token], behind: bool) -> list[Token]:
        if any(t.has("hedge", "question", "also") for t in inside) or (
            behind and any(t.kind == "name" for t in inside)
        ):
            raise Doubt("not_understood")
        selecting = any(t.kind in {"shift", "days", "post"} for t in inside)
        if behind and any(t.kind == "text" for t in inside):
            return [Token("space", " ")]
        if selecting or not behind or any(t.has("empty", "no", "withdraw") for t in inside):
            for token in inside:
                token.words |= {"bracket"}
            return [*inside, Token("space", " ")]
        return [Token("space", " ")]

    def _empty_slot(self, tokens: list[Token]) -> bool:
        left = [t for t in tokens if t.kind not in {"shift", "days", "post", "space", "sep"}]
        return bool(left) and all(
            t.has("empty") or pattern("missing").fullmatch(t.text) for t in left
        )

    def _remember(self, tokens: Sequence[Token]) -> None:
        chosen = Atom()
        for token in tokens:
            if token.kind == "days":
                chosen.days = token.value
        if chosen.days:
            self.state.day = chosen

    def _heading(self, tokens: Sequence[Token], text: str) -> None:
        state = self.state
        day, shift, post = Atom(), Atom(), Atom()
        for token in tokens:
            if token.kind == "days":
                day.days = token.value
            elif token.kind == "shift" and token.value not in shift.shifts:
                if (
                    "bracket" not in token.words
                    or not shift.shifts
                    or not isinstance(token.value, tuple)
                ):
                    shift.shifts.append(token.value)
                else:
                    shift.shifts = [
                        *[
                            s
                            for s in shift.shifts
                            if s in (t.value for t in tokens if "bracket" in t.words)
                        ],
                        token.value,
                    ]
            elif token.kind == "post":
                post.posts |= token.value
        fits = [s for s in shift.shifts if self._offers(s)]
        if day.days and any(d in self.lexicon.days for d in day.days.days):
            state.day, state.shift = day, Atom()
        if fits:
            state.shift, state.inline = Atom(shifts=fits), False
        if post.posts:
            state.post = post
        state.speaker, state.listing = "", True

    def _offers(self, shift: object) -> bool:
        try:
            select(Atom(shifts=[shift]), self.offered, self.offered, "cannot", True)
        except Doubt:
            return False
        return True

    def _pool(self) -> list[Offered]:
        state = self.state
        pool = list(self.offered)
        if state.day.days:
            pool = [o for o in pool if o.day in state.day.days.days] or pool
        for atom in (state.post, state.shift):
            if atom.posts or atom.shifts:
                try:
                    pool = select(atom, self.offered, pool, "cannot", True)[0]
                except Doubt:
                    continue
        return pool

    def _sign_ups(self, tokens: list[Token], numbered: bool) -> list[Proposal]:
        state = self.state
        listed = numbered or state.listing or state.headed
        speaker = "" if numbered else state.speaker
        find_names(tokens, speaker, listed)
        led = next((t for t in tokens if t.kind not in {"space", "sep"}), None)
        opened = led is not None and led.kind in {"shift", "days", "post"}
        tokens = settle(tokens, speaker)
        out: list[Proposal] = []
        common: Atom | None = None
        for people, rest in groups(tokens, speaker):
            out += self._group(people, rest, speaker, listed, common)
            common = common or self._days_of(rest)
        if opened and not speaker and not numbered and any(t.text == ":" for t in tokens):
            shifts = [t.value for t in tokens if t.kind == "shift"]
            if len(shifts) == 1:
                state.shift, state.inline = Atom(shifts=shifts), True
        return out

    def _days_of(self, tokens: Sequence[Token]) -> Atom | None:
        atom = Atom()
        for token in tokens:
            if token.kind == "days":
                atom.days = token.value
            elif token.kind == "post":
                atom.posts |= token.value
        return atom if atom.days or atom.posts else None

    def _group(
        self, people: Sequence[Token], rest: list[Token], speaker: str, listed: bool,
        common: Atom | None,
    ) -> list[Proposal]:  # fmt: skip
        named = any(t.value is not None or t.text != speaker for t in people)
        strict = bool(speaker) and not named
        pool = self._pool()
        base = self.offered
        wanting = [t for t in rest if t.kind == "shift"]
        if self.state.inline and any(t.has("no", "withdraw") for t in rest):
            pool = list(self.offered)
            wanting = wanting or rest
        if self.state.shift.shifts and not wanting:
            base = tuple(pool)
        elif self.state.headed:
            if wanting and any(t.has("also") for t in rest):
                raise Doubt("which_shift")
            inside = [
                o
                for o in self.offered
                if not self.state.day.days or o.day in self.state.day.days.days
            ]
            if self.state.post.posts and not any(t.kind == "post" for t in rest):
                inside = [o for o in inside if fold(o.post) in self.state.post.posts]
            pool = inside or pool
            base = tuple(pool)
        if any(t.kind == "days" for t in rest):
            names = {p.name for p in base}
            free = bool(wanting) or not self.state.shift.shifts
            base = tuple(o for o in self.offered if o in base or free or o.name in names)
            pool = list(base)
        if (
            strict
            and len([t for t in rest if t.kind != "space"]) == 1
            and pattern("greeting_alone").fullmatch(rest[0].text)
        ):
            raise Doubt("not_understood")
        if (
            not listed
            and len(pool) > 1
            and not any(t.kind in {"shift", "days", "post"} for t in rest)
        ):
            weak = [t for t in rest if t.has("ok", "sign_up")]
            firm = any(
                t.has("strong", "any", "also", "no", "withdraw", "except", "free", "whole")
                for t in rest
            )
            if weak and not firm:
                raise Doubt("which_shift")
        said = statements(rest, self.offered, pool, strict, common)
        if not said:
            useful = [t for t in rest if t.kind == "text"]
            if strict or (useful and not listed and len(self.offered) > 1):
                raise Doubt("not_understood")
            if not listed and len(self.offered) > 1:
                raise Doubt("which_shift")
            shifts = pool
            intent = "any" if len(shifts) > 1 else "can"
            pairs = [(intent, shifts)]
        else:
            pairs = [(one.intent, one.shifts) for one in said]
        out = []
        for person in people:
            name = clean_name(person.text)
            keys = self.lexicon.names.get(fold(name), set())
            human = next(iter(keys)) if len(keys) == 1 else None
            for said_as, shifts in pairs:
                intent = "can" if said_as == "any" and len(shifts) == 1 else said_as
                wish = "one_of" if intent == "any" else "exact"
                out.append(Proposal(name, human, intent, tuple(o.key for o in shifts), wish))
        return out
