"""The clauses of what somebody says, and what each wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .model import Doubt
from .offers import Atom
from .tokens import Token
from .when import Days, Hours
from .words import vocabulary

_ENDS = frozenset(",;!…")
# A word may be of several kinds; the first of these counts.
_ORDER = ("hedge", "question", "withdraw", "turned", "no", "except", "except_after", "change",
          "not_but", "own", "other", "any", "also", "prefer", "then", "whole", "two_days",
          "three_days", "free", "relative", "ok", "sign_up", "empty")  # fmt: skip


@dataclass
class Clause:
    """One clause: what it selects, leaves out and wants."""

    atoms: list[Atom] = field(default_factory=list)
    left_out: list[Atom] = field(default_factory=list)
    intent: str = ""
    marks: set[str] = field(default_factory=set)
    count: int = 0
    text: bool = False
    closed: bool = False
    last: str = ""

    def add(self, token: Token, out: bool = False) -> None:
        """Take a selector; one of a kind that is there already begins a new atom."""
        atoms = self.left_out if out else self.atoms
        kind = {"days": "days", "post": "posts", "shift": "shifts"}[token.kind]
        if not atoms:
            atoms.append(Atom())
        atom = atoms[-1]
        if getattr(atom, kind) and self.last != kind:
            atom = Atom()
            atoms.append(atom)
        if kind == "days":
            value: Days = token.value
            if atom.days is None:
                atom.days = value
            elif {atom.days.kind, value.kind} == {"date", "week"} and len(value.days) == 1:
                if not set(value.days) & set(atom.days.days):
                    raise Doubt("which_day")
            elif "every" in (atom.days.kind, value.kind):
                atom.days = value if atom.days.kind == "every" else atom.days
            else:
                atom.days = Days(
                    tuple(dict.fromkeys(atom.days.days + value.days)),
                    atom.days.loose and value.loose,
                    value.kind,
                )
        elif kind == "posts":
            atom.several_posts |= bool(atom.posts)
            atom.posts |= token.value
        else:
            if atom.shifts and _narrows(atom.shifts[-1], token.value):
                atom.shifts[-1] = token.value
            elif token.value not in atom.shifts and not (
                isinstance(token.value, Hours)
                and atom.shifts
                and not isinstance(atom.shifts[-1], Hours)
                and "bracket" in token.words
            ):
                atom.shifts.append(token.value)
        self.last = kind


def _narrows(before: object, after: object) -> bool:
    """Whether hours stand behind the part of the day they lie in."""
    if not isinstance(after, Hours) or isinstance(before, Hours) or not isinstance(before, tuple):
        return False
    return before[0][0] in {"am", "pm", "eve", "noon"} and before[0][0] != ""


def clauses_of(tokens: Sequence[Token]) -> list[Clause]:
    """The clauses of what is said. Raises Doubt (conditions, questions, relatives)."""
    out = [Clause()]
    excepting = False
    touching = False
    for token in tokens:
        here = out[-1]
        if token.kind == "sep" and token.text in _ENDS:
            out.append(Clause())
            excepting = touching = False
        elif token.kind in {"sep", "space"}:
            touching = False
        elif token.kind in {"days", "shift", "post"}:
            if here.closed and not excepting:
                here = Clause()
                out.append(here)
            here.add(token, out=excepting)
            if token.has("any_day") and not excepting:
                here.intent = here.intent or "any"
            touching = True
        elif token.kind == "text":
            here.text |= touching or not here.atoms
            touching = True
        else:
            touching = True
            mark = next((kind for kind in _ORDER if token.has(kind)), "")
            if not mark:
                continue
            if mark == "hedge":
                raise Doubt("not_understood")
            if mark == "question":
                raise Doubt("question")
            if mark == "relative":
                raise Doubt("no_name")
            if mark == "except":
                excepting = True
                here.marks.add("except")
                continue
            if mark == "except_after":
                if not excepting:
                    here.left_out += here.atoms
                    here.atoms = []
                here.marks.add("except")
                excepting = False
                continue
            if mark == "change" or (
                mark == "ok"
                and "not_but" in here.marks
                and token.text == vocabulary()["opening"][0]
            ):
                here = Clause()
                out.append(here)
                here.marks.add("change")
                here.intent = "can"
                excepting = False
                continue
            excepting = False
            _mark(here, mark, token)
    return [c for c in out if c.atoms or c.left_out or c.intent or c.marks or c.text]


def _mark(here: Clause, mark: str, token: Token) -> None:
    if mark in {"withdraw", "turned", "no"}:
        here.intent = "withdraw" if mark == "withdraw" else "cannot"
        here.marks.add(mark)
        here.closed = bool(here.atoms)
    elif mark in {"any", "also"}:
        if here.intent not in {"cannot", "withdraw"}:
            here.intent = "any"
        here.marks.add(mark)
        here.closed = bool(here.atoms) and not token.has("connect")
    elif mark == "not_but":
        here.marks.add("not_but")
        here.intent = "withdraw"
    elif mark in {"two_days", "three_days"}:
        here.count = 2 if mark == "two_days" else 3
    elif mark == "own":
        here.marks.add("own")
        here.intent = here.intent or "can"
    elif mark == "free":
        here.marks.add("free")
        here.intent = here.intent or "any"
    elif mark in {"prefer", "then", "whole", "other", "empty"}:
        here.marks.add(mark)
        if mark == "prefer" and here.atoms:
            here.closed = True
    else:
        here.intent = here.intent or "can"
        here.marks.add("sign" if token.has("sign_up") else "ok")
        if here.atoms and len(token.text) > 1:
            here.closed = True
