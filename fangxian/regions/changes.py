"""What a later list changes: a pure comparison of two lists, before anything is applied.

A place of the new list is the same as one of the old, first of all, if the list says so (old code);
then if it has the code that follows from its parent's; then if it alone has its name within the
same parent, or within the place above that; and at last if most places in it come from there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from fangxian.common.codes import Level, parent
from fangxian.regions.lists import Row

OFFICIAL = (Level.PROVINCE, Level.PREFECTURE, Level.COUNTY, Level.TOWN, Level.VILLAGE)
HALF = 0.5


class Known(NamedTuple):
    """A present place, as far as a list knows it."""

    name: str
    urban_class: str = ""


class Change(NamedTuple):
    """One change, in the words of :class:`RegionChange`; codes are "" where there is none."""

    kind: str
    old: str
    new: str


@dataclass
class Comparison:
    """``same``: old code → new code of places that go on; ``changes``: what differs, in order."""

    same: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    reclassed: list[str] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)

    @property
    def recoded(self) -> dict[str, str]:
        """Old code → new code of the places whose code changes."""
        return {old: new for old, new in self.same.items() if old != new}

    def counts(self) -> dict[str, int]:
        """How many changes of each kind."""
        return dict(Counter(change.kind for change in self.changes))

    @property
    def is_empty(self) -> bool:
        return not (self.changes or self.reclassed)


def coverage(rows: Mapping[str, Row]) -> tuple[tuple[str, ...], int]:
    """The areas that a list covers, ("",) for the country, and its finest level.

    A list of several provinces is one of the whole country.
    """
    top = min(len(code) for code in rows)
    tops = tuple(sorted(code for code in rows if len(code) == top))
    finest = max(len(code) for code in rows)
    if top == int(Level.PROVINCE) and len(tops) > 1:
        return ("",), finest
    return tops, finest


def compare(places: Mapping[str, Known], rows: Mapping[str, Row]) -> Comparison:
    """Compare the present places (those that the list covers) with a list."""
    if not places:
        return Comparison(new=list(rows))
    if places.keys() == rows.keys() and not any(row.old_codes for row in rows.values()):
        result = Comparison(same={code: code for code in rows})
    else:
        matching = _Matching(places, rows)
        matching.run()
        result = Comparison(same=matching.same)
        matching.describe(result)
    for old, new in result.same.items():
        if places[old].name != rows[new].name:
            result.renamed.append(old)
            result.changes.append(Change("rename", old, new))
        if rows[new].urban_class and rows[new].urban_class != places[old].urban_class:
            result.reclassed.append(old)
    return result


class _Matching:
    def __init__(self, places: Mapping[str, Known], rows: Mapping[str, Row]) -> None:
        self.places, self.rows = places, rows
        self.same: dict[str, str] = {}
        self.taken: set[str] = set()
        self.named: list[tuple[str, str]] = [
            (old, row.code) for row in rows.values() for old in row.old_codes if old in places
        ]

    def run(self) -> None:
        self._as_the_list_says()
        while True:
            before = len(self.same)
            for level in OFFICIAL:
                self._same_position(level)
                self._same_name(level, self._new_parent)
                self._same_name(level, self._new_grandparent)
            for level in reversed(OFFICIAL[:-1]):
                self._same_children(level)
            if len(self.same) == before:
                return

    def _match(self, old: str, new: str) -> None:
        self.same[old] = new
        self.taken.add(new)

    def _left(self, level: Level) -> tuple[list[str], list[str]]:
        olds = [c for c in self.places if len(c) == int(level) and c not in self.same]
        news = [c for c in self.rows if len(c) == int(level) and c not in self.taken]
        return olds, news

    def _as_the_list_says(self) -> None:
        by_old: dict[str, list[str]] = defaultdict(list)
        for old, new in self.named:
            if len(old) == len(new):
                by_old[old].append(new)
        for old, news in sorted(by_old.items()):
            free = [new for new in news if new not in self.taken]
            if old in self.rows and (old not in news or old in free):
                # It goes on under its own code: what names it was split off or merges into it.
                if old not in self.taken:
                    self._match(old, old)
                continue
            # A target that exists already is a merge, not the same place.
            free = [new for new in free if new not in self.places]
            if free:
                name = self.places[old].name
                self._match(old, min(free, key=lambda new: (self.rows[new].name != name, new)))

    def _same_position(self, level: Level) -> None:
        olds, _news = self._left(level)
        merged = {old for old, new in self.named if old != new}
        for old in olds:
            above = parent(old)
            new_above = self.same.get(above, above)
            new = new_above + old[len(above) :]
            if new in self.rows and new not in self.taken and old not in merged:
                self._match(old, new)

    def _new_parent(self, old: str) -> str | None:
        above = parent(old)
        return self.same.get(above) if above in self.places else above

    def _new_grandparent(self, old: str) -> str | None:
        above = parent(parent(old)) if len(old) > int(Level.PREFECTURE) else None
        if above is None:
            return None
        return self.same.get(above) if above in self.places else above

    def _same_name(self, level: Level, place_of: Callable[[str], str | None]) -> None:
        olds, news = self._left(level)
        if not olds or not news:
            return
        merged = {old for old, new in self.named if old != new}
        by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        for old in olds:
            above = place_of(old)
            if above is not None and old not in merged:
                by_name[above, self.places[old].name].append(old)
        for (above, name), same_named in by_name.items():
            fresh = [n for n in news if n.startswith(above) and self.rows[n].name == name]
            if len(same_named) == 1 and len(fresh) == 1 and not self.rows[fresh[0]].old_codes:
                self._match(same_named[0], fresh[0])

    def _flows(self, level: Level, olds: Iterable[str]) -> dict[str, Counter[str]]:
        wanted = set(olds)
        below = int(level.below or level)
        flows: dict[str, Counter[str]] = defaultdict(Counter)
        for child, new in self.same.items():
            if len(child) == below and child[: int(level)] in wanted:
                flows[child[: int(level)]][new[: int(level)]] += 1
        return flows

    def _size(self, code: str, level: Level, codes: Iterable[str]) -> int:
        below = int(level.below or level)
        return sum(1 for c in codes if len(c) == below and c.startswith(code))

    def _same_children(self, level: Level) -> None:
        olds, news = self._left(level)
        if not olds or not news:
            return
        fresh = set(news)
        for old, flow in sorted(self._flows(level, olds).items()):
            new, count = flow.most_common(1)[0]
            if (
                new in fresh
                and new not in self.taken
                and count > HALF * self._size(old, level, self.places)
                and count > HALF * self._size(new, level, self.rows)
            ):
                self._match(old, new)

    # What is told of it

    def describe(self, result: Comparison) -> None:
        for level in OFFICIAL:
            olds, news = self._left(level)
            result.ended += olds
            result.new += news
            self._describe_ended(level, olds, result)
            self._describe_new(level, news, result)
        for old, new in self.same.items():
            above = parent(old)
            follows = self.same.get(above, above) + old[len(above) :]
            if (old != new and new != follows) or (old != new and above not in self.places):
                result.changes.append(Change("recode", old, new))

    def _describe_ended(self, level: Level, olds: list[str], result: Comparison) -> None:
        said: dict[str, list[str]] = defaultdict(list)
        for old, new in self.named:
            if new not in said[old]:
                said[old].append(new)
        flows = self._flows(level, olds)
        for old in olds:
            targets = said.get(old) or list(flows.get(old, ()))
            targets = [new for new in targets if new in self.rows]
            if len(targets) == 1:
                result.merged[old] = targets[0]
                result.changes.append(Change("merge", old, targets[0]))
            elif targets:
                result.changes += [Change("split", old, new) for new in targets]
            else:
                result.changes.append(Change("ended", old, ""))

    def _describe_new(self, level: Level, news: list[str], result: Comparison) -> None:
        came: dict[str, list[str]] = defaultdict(list)
        for old, new in self.named:
            came[new].append(old)
        going_on = [old for old in self.same if len(old) == int(level)]
        for old, flow in self._flows(level, going_on).items():
            for new in flow:
                if old not in came[new]:
                    came[new].append(old)
        for new in news:
            parts = [old for old in came.get(new, ()) if old in self.same]
            if parts:
                result.changes += [Change("split", old, new) for old in parts]
            else:
                result.changes.append(Change("new", "", new))
