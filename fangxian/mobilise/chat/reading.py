"""The reading of a whole paste, one line after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from .cleaning import clean, fold, without_rooms
from .lines import head, is_heading, is_listing, is_noise, speaker_of
from .model import Doubt, Human, Line, Offered, Proposal, Reading
from .offers import Atom, select
from .people import clean_name, find_names, groups, is_name, settle
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
    columns: list[Any] = field(default_factory=list)

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
        self.cleaned = [clean(line, len(self.raw)) for line in self.raw]
        self.above: list[Proposal] = []
        self.says_me = False

    def lines(self) -> tuple[Line, ...]:
        return tuple(self._line(n) for n in range(len(self.raw)))

    def _line(self, n: int) -> Line:
        raw, (text, numbered) = self.raw[n], self.cleaned[n]
        try:
            found = self._read(n, text, numbered)
        except Doubt as doubt:
            if not numbered:
                self._ask(text)
            return Line(n + 1, raw, "unclear", (), (doubt.code,))
        if found is None:
            return Line(n + 1, raw, "noise")
        self.above = found
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
            self._ask(text)
            if text.strip(" .,;:!~-_=*#|/、…") and any_of("needed").search(text):
                raise Doubt("not_understood")
            return None
        if "?" in text and pattern("missing").fullmatch(text.split()[-1]) is None:
            raise Doubt("question")
        if (above := self._like_above(text)) is not None:
            return above
        text = without_rooms(text)
        tokens = self._brackets(self.lexicon.tokens(text, state.today))
        if self._empty_slot(tokens):
            self._remember(tokens)
            return None
        if (titled := self._without_capacity(text)) is not None:
            text = titled
            tokens = self._brackets(self.lexicon.tokens(text, state.today))
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
        if (row := self._row(n, tokens)) is not None:
            return row
        same = self._as_above(text, tokens)
        return self._sign_ups(tokens, numbered) if same is None else same

    def _row(self, n: int, tokens: Sequence[Token]) -> list[Proposal] | None:
        """A row of a table whose columns are shifts: a day, and who stands where."""
        columns = self.state.columns
        days = [t for t in tokens if t.kind == "days"]
        if not columns or len(days) != 1 or any(t.kind == "shift" for t in tokens):
            return None
        raw = self.raw[n].strip()
        cells = [c.strip() for c in (raw.split("\t") if "\t" in raw else raw.split())][1:]
        if len(cells) != len(columns):
            raise Doubt("not_understood")
        out = []
        for cell, shift in zip(cells, columns, strict=True):
            if not cell or pattern("missing").fullmatch(cell):
                continue
            fits = select(Atom(days[0].value, [shift]), self.offered, self.offered, "can", False)[0]
            for name in re.split(r"[、,，/]", cell):
                if not is_name(name):
                    raise Doubt("not_understood")
                keys = tuple(o.key for o in fits)
                out.append(Proposal(name, self._human(name), "can", keys, "exact"))
        return out

    def _human(self, name: str) -> str | None:
        keys = self.lexicon.names.get(fold(name), set())
        return next(iter(keys)) if len(keys) == 1 else None

    def _as_above(self, text: str, tokens: Sequence[Token]) -> list[Proposal] | None:
        """“+1” behind what somebody else signed up for, where many days are offered: the same."""
        names = [t.text for t in tokens if t.kind == "name"] or [self.state.speaker]
        rest = text
        for name in names:
            rest = rest.replace(name, "", 1) if name else rest
        if self.state.headed or len(self.lexicon.days) < 2 or len(names) != 1 or not names[0]:
            return None
        if not pattern("as_above").fullmatch(rest.strip(" :,;!.~")):
            return None
        who = {one.name for one in self.above}
        if len(who) != 1 or names[0] in who or any(one.intent != "can" for one in self.above):
            return None
        human = self._human(names[0])
        return [replace(one, name=names[0], human=human) for one in self.above]

    def _ask(self, text: str) -> None:
        """Remember the day, shift and post that a question or a notice is about.

        Who answers “me” below means these. A question of somebody about himself, and a notice of
        what is over, ask nobody.
        """
        if pattern("tells_of").search(text):
            return
        said_by, colon, rest = text.partition(":")
        if colon and rest and fold(said_by.strip()) in self.lexicon.names:
            text = rest.strip()
        announced = is_noise(text, False) and (is_listing(text) or pattern("quoted").match(text))
        if not (announced or pattern("calls").search(text)):
            return
        try:
            tokens = self._brackets(self.lexicon.tokens(without_rooms(text), self.state.today))
        except Doubt:
            return
        if any(t.kind == "name" for t in tokens):
            return
        if any(t.kind in {"days", "shift", "post"} for t in tokens):
            speaker, listing = self.state.speaker, self.state.listing
            self._heading(tokens, text)
            self.state.speaker, self.state.listing = speaker, listing

    def _without_capacity(self, text: str) -> str | None:
        """A title without how many are wanted: “早班需2人”, “早班2人: 张三”; else None."""
        m = pattern("capacity").search(text)
        if m is None or not text[: m.start()].strip() or any_of("needed").search(text):
            return None
        told = self.lexicon.tokens(text[: m.start()], self.state.today)
        return text[: m.start()] + text[m.end() :] if is_heading(told, text) else None

    def _like_above(self, text: str) -> list[Proposal] | None:
        """What one wants who says that he wants the same as the line above."""
        m = re.search(rf"(?:{pattern('like_above').pattern})[!~,.;\s]*$", text)
        if m is None:
            return None
        name = text[: m.start()].strip(" :,-") or self.state.speaker
        who = {(p.name, p.human) for p in self.above}
        if not name:
            raise Doubt("no_name")
        if len(who) != 1 or not is_name(name):
            raise Doubt("not_understood")
        return [replace(one, name=name, human=self._human(name)) for one in self.above]

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
        shifts = [t.value for t in tokens if t.kind == "shift"]
        state.columns = shifts if len(shifts) > 1 and ":" not in text else []
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
        self.says_me = any(t.has("me") for t in tokens)
        tokens = settle(tokens, speaker)
        out: list[Proposal] = []
        common: Atom | None = None
        for people, rest in groups(tokens, speaker):
            out += self._group(people, rest, speaker, listed, common)
            common = common or self._days_of(rest)
        if state.inline and any(t.kind == "shift" for t in tokens):
            # What stood before names on one line goes on over bare names alone.
            state.shift, state.inline = Atom(), False
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
            if self.state.shift.shifts and wanting and any(t.has("also") for t in rest):
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
            asked = self.state.headed and len(pool) == 1 and self.says_me and not useful
            if (strict and not asked) or (useful and not listed and len(self.offered) > 1):
                raise Doubt("not_understood")
            if not listed and len(self.offered) > 1:
                raise Doubt("which_shift")
            shifts = pool
            intent = "any" if len(shifts) > 1 else "can"
            pairs = [(intent, shifts, False)]
        else:
            pairs = [(one.intent, one.shifts, one.ordered) for one in said]
        out = []
        for person in people:
            name = clean_name(person.text)
            human = self._human(name)
            for said_as, shifts, by_wish in pairs:
                intent = "can" if said_as == "any" and len(shifts) == 1 else said_as
                wish = "one_of" if intent == "any" else "exact"
                ordered = by_wish and wish == "one_of"
                keys_of = tuple(o.key for o in shifts)
                out.append(Proposal(name, human, intent, keys_of, wish, ordered))
        return out
