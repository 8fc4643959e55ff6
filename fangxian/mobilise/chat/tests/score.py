"""How well pastes are read: precision and recall of the proposals, overall and by intent."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

from fangxian.mobilise.chat import Human, Offered, Proposal, parse

CORPUS = Path(__file__).resolve().parent / "corpus"


@dataclass
class Score:
    """Counts by intent: made, expected, and both."""

    made: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right.total() / max(1, self.made.total())

    @property
    def recall(self) -> float:
        return self.right.total() / max(1, self.expected.total())


def _plain(one: Proposal) -> tuple[Any, ...]:
    return (one.name, one.intent, one.wish, tuple(one.shifts))


def score(path: Path) -> Score:
    """The score of one file; its settings stand beside it."""
    settings = json.loads((path.parent / "settings.json").read_text("utf-8"))
    out = Score()
    for row in path.read_text("utf-8").splitlines():
        if not row.strip():
            continue
        case = json.loads(row)
        offered = [
            Offered(
                **{
                    **o,
                    "day": date.fromisoformat(o["day"]),
                    "starts": time.fromisoformat(o["starts"]),
                }
            )
            for o in settings["offered"][case["offered"]]
        ]
        known = [
            Human(h["key"], h["name"], tuple(h.get("nicknames", ())))
            for h in settings["known"][case["known"]]
        ]
        lines = parse(
            "\n".join(case["text"]), offered, known, date.fromisoformat(case["today"])
        ).lines
        for line, wanted in zip(lines, case["expect"], strict=True):
            made = [_plain(p) for p in line.proposals]
            hoped = []
            for w in wanted if isinstance(wanted, list) else ():
                hoped.append(
                    (w["name"], w["intent"], w["wish"], tuple(w["shifts"]), w.get("ordered"))
                )
            out.made.update(p[1] for p in made)
            out.expected.update(h[1] for h in hoped)
            left = list(made)
            for h in hoped:
                for m in left:
                    same = m[3] == h[3] if h[4] else set(m[3]) == set(h[3])
                    if m[:3] == h[:3] and same:
                        out.right[h[1]] += 1
                        left.remove(m)
                        break
                else:
                    out.misses.append(
                        f"{case['id']} missed {line.text!r} {h[:4]} got {made or line.doubts}"
                    )
            out.misses += [
                f"{case['id']} false  {line.text!r} {m} wanted {wanted if not hoped else ''}"
                for m in left
            ]
    return out


def main(path: str) -> None:
    """Print the misses and the figures."""
    found = score(Path(path))
    say = sys.stdout.write
    for miss in found.misses:
        say(miss + "\n")
    for intent in sorted(found.expected | found.made):
        right = found.right[intent]
        say(
            f"{intent}: precision {right}/{found.made[intent]}, "
            f"recall {right}/{found.expected[intent]}\n"
        )
    say(f"precision {found.precision:.3f}, recall {found.recall:.3f}\n")


if __name__ == "__main__":
    main(sys.argv[1])
