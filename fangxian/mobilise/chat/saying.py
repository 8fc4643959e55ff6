"""What is said of one person's shifts: what follows from all clauses together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .clauses import Clause, clauses_of
from .model import Doubt, Offered
from .offers import Atom, select
from .tokens import Token
from .when import Days


@dataclass
class Said:
    """One statement: its intent, the shifts, and whether their order is a wish."""

    intent: str
    shifts: list[Offered]
    one_of: bool = False
    ordered: bool = False


def _merge_counts(clause: Clause, offered: Sequence[Offered]) -> None:
    if not clause.count:
        return
    days = tuple(sorted({o.day for o in offered}))
    for atom in clause.atoms:
        if atom.days is not None:
            if len(atom.days.days) != clause.count:
                raise Doubt("which_day")
            return
    if len(days) != clause.count or "other" in clause.marks:
        raise Doubt("which_day")
    if not clause.atoms:
        clause.atoms.append(Atom())
    for atom in clause.atoms:
        atom.days = Days(days, loose=True, kind="every")


def _inherit(clauses: Sequence[Clause]) -> None:
    days: Days | None = None
    posts: set[str] = set()
    shifts: list[object] = []
    for clause in clauses:
        refusing = clause.intent == "cannot"
        for atom in clause.atoms:
            if atom.days is None and not refusing and (atom.shifts or atom.posts):
                atom.days = days
            if not atom.posts:
                atom.posts = set(posts) if not refusing else atom.posts
            if not atom.shifts and not refusing and "free" not in clause.marks:
                atom.shifts = list(shifts)
            days, posts, shifts = atom.days or days, atom.posts or posts, atom.shifts or shifts
        new = [a for a in clause.atoms if a.shifts]
        if new:
            for atom in clause.atoms:
                if not atom.shifts:
                    atom.shifts = list(new[0].shifts)


def statements(
    tokens: Sequence[Token],
    offered: Sequence[Offered],
    pool: Sequence[Offered],
    strict: bool,
    common: Atom | None = None,
) -> list[Said]:
    """What somebody wants of a paste's shifts; `strict` when he speaks freely. Raises Doubt."""
    clauses = clauses_of(tokens)
    for clause in clauses:
        _merge_counts(clause, offered)
    _change(clauses)
    joined = _joined(clauses)
    _inherit(joined)
    if common is not None:
        for clause in joined:
            for atom in clause.atoms:
                atom.days, atom.posts = atom.days or common.days, atom.posts or common.posts
                atom.shifts = atom.shifts or list(common.shifts)
    positive = any(c.intent for c in joined)
    out: list[Said] = []
    seen: list[Offered] = []
    for clause in joined:
        if not clause.atoms and not clause.intent and not clause.left_out:
            if "other" in clause.marks and out and out[-1].intent == "cannot":
                # “Not at night, the rest as you like”.
                clause.intent = "any"
                _state(clause, joined, out, offered, pool, seen)
                continue
            if clause.marks & {"whole", "other"}:
                raise Doubt("which_shift")
            continue
        if clause.atoms and not clause.intent:
            if clause.text and "prefer" not in clause.marks:
                if positive:
                    continue
                if not strict:
                    _state(clause, joined, out, offered, pool, seen)
                    continue
                raise Doubt("not_understood")
            if "whole" in clause.marks:
                raise Doubt("which_shift")
        _state(clause, joined, out, offered, pool, seen)
    return out


def _change(clauses: list[Clause]) -> None:
    for n, clause in enumerate(clauses):
        if "change" not in clause.marks or not clause.atoms:
            continue
        old = next((c for c in reversed(clauses[:n]) if c.atoms), None)
        if old is None:
            continue
        if old.intent in {"", "can"} or "turned" in old.marks:
            old.intent = "withdraw"
        if not old.atoms[-1].shifts:
            old.atoms[-1].shifts = list(clause.atoms[0].shifts)


def _joined(clauses: list[Clause]) -> list[Clause]:
    """Clauses that belong together: a wish behind its shifts, days behind shifts."""
    out: list[Clause] = []
    for clause in clauses:
        before = out[-1] if out else None
        idle = before and not (before.atoms or before.left_out) and before.intent == "can"
        if idle and clause.atoms and clause.intent in {"", "can", "any"}:
            out.pop()
            before = out[-1] if out else None
        refused = before and not (before.atoms or before.left_out) and before.intent == "cannot"
        if refused and clause.atoms and clause.intent in {"", "cannot"}:
            # “No, tomorrow I work”: what is said behind it is when.
            clause.intent = "cannot"
            out.pop()
            before = out[-1] if out else None
        bare = not clause.atoms and not clause.left_out
        if before and bare and clause.intent and before.atoms and not before.intent:
            group = [c for c in out if c.atoms and not c.intent]
            for one in group:
                one.intent = clause.intent
                one.marks |= clause.marks
            continue
        if (
            before
            and bare
            and before.intent
            and clause.intent
            and "other" not in clause.marks
            and (
                before.intent == clause.intent
                or {before.intent, clause.intent} == {"cannot", "withdraw"}
            )
        ):
            before.intent = (
                "withdraw" if "withdraw" in (before.intent, clause.intent) else before.intent
            )
            before.marks |= clause.marks
            continue
        if before and bare and clause.intent == "can" and out:
            before.marks |= clause.marks
            continue
        if before and clause.atoms and len(clause.atoms) == 1 and len(before.atoms) == 1:
            a, b = before.atoms[0], clause.atoms[0]
            clash = (a.days and b.days and "every" not in (a.days.kind, b.days.kind)) or (
                a.shifts and b.shifts) or (a.posts and b.posts)  # fmt: skip
            wanting = {"can", "any", ""}
            if (
                not (clash or clause.text or clause.marks & {"also", "change"})
                and before.intent in wanting
                and clause.intent in wanting
            ):
                a.days, a.shifts, a.posts = (
                    (b.days if a.days is None or (a.days.kind == "every" and b.days) else a.days),
                    a.shifts or b.shifts, a.posts or b.posts)  # fmt: skip
                before.intent = (
                    "any"
                    if "any" in (before.intent, clause.intent)
                    else before.intent or clause.intent
                )
                before.marks |= clause.marks
                continue
        out.append(clause)
    return out


def _state(clause: Clause, clauses: Sequence[Clause], out: list[Said], offered: Sequence[Offered],
           pool: Sequence[Offered], seen: list[Offered]) -> None:  # fmt: skip
    intent = clause.intent or "can"
    excepted: list[Offered] = []
    for atom in clause.left_out:
        excepted += select(atom, offered, pool, "cannot", True)[0]
    if "except" in clause.marks and not clause.atoms:
        last = next((s for s in reversed(out) if s.intent in {"any", "can"}), None)
        if last is not None:
            last.shifts = [o for o in last.shifts if o not in excepted]
            return
        if intent not in {"any", "can"} or not (
            clause.intent or any(c.intent == "any" for c in clauses)
        ):
            raise Doubt("which_shift")
        if not clause.intent:
            seen += excepted
            for later in clauses[clauses.index(clause) + 1 :][:1]:
                later.marks.add("other")
            return
        intent = "any"
    found: list[Offered] = []
    one_of = intent == "any"
    every = one_of and sum(len(a.shifts) for a in clause.atoms) <= 1
    for atom in clause.atoms or [Atom()]:
        if intent == "any":
            atom.several_posts |= len(atom.posts) > 0
        if not clause.atoms and intent in {"can"}:
            some, loose = list(pool), len(pool) > 1
        else:
            some, loose = select(atom, offered, pool, intent, every or "own" in clause.marks)
        one_of |= loose and intent == "can"
        found += [o for o in some if o not in found]
    if "other" in clause.marks and not clause.atoms:
        found = [o for o in found if o not in seen]
        one_of = intent in {"any", "can"}
    found = [o for o in found if o not in excepted]
    seen += [o for o in found if o not in seen]
    if not found:
        raise Doubt("no_such_shift")
    if intent in {"can", "any"}:
        intent = "any" if one_of else "can"
    ordered = any(c.marks & {"prefer", "then"} for c in clauses)
    if intent != "cannot" and intent != "withdraw" and out:
        last = next((s for s in out if s.intent in {"can", "any"}), None)
        if last is not None and (last.intent == intent or "also" in clause.marks or ordered):
            dear = "prefer" in clause.marks
            first, then = (found, last.shifts) if dear else (last.shifts, found)
            last.shifts = [*first, *(o for o in then if o not in first)]
            last.ordered |= ordered
            if "also" in clause.marks or ordered:
                last.intent = "any"
            return
    same = next((s for s in out if s.intent == intent), None)
    if same is not None and intent in {"cannot", "withdraw"}:
        same.shifts += [o for o in found if o not in same.shifts]
        return
    out.append(Said(intent, found, one_of))
