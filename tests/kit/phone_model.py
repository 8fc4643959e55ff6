"""What the server should hold of what phones sent: the rules of ``docs/methods/sync.md``, no more.

Plain Python over plain values; nothing of the server is imported. Operations are given to
:meth:`Model.apply` in the order in which they reach the server.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# By what phones call an entity when they push it: what they call its record.
RECORDS = {"household": "household", "residency": "resident"}
FIELDS = {"household": ("state", "note"), "residency": ("away_since", "away_where")}
CLOSING = "all_well"
DESK = "desk"
# So many are remembered of each phone.
PULLS_KEPT = 8

Key = tuple[str, str]


class Told(NamedTuple):
    """What the phone is answered; ``first`` where the number was known."""

    result: str
    first: str = ""


class Change(NamedTuple):
    """Fields that were written, by whom and when; never changed afterwards."""

    who: str
    at: dt.datetime
    values: Mapping[str, Any]


@dataclass
class Thing:
    """A household or a residency: where it lies, and each change of it, first what it began as."""

    place: str
    log: list[Change]

    def value(self, name: str, until: int | None = None) -> Any:
        for change in reversed(self.log[:until]):
            if name in change.values:
                return change.values[name]
        raise KeyError(name)

    def told(self) -> tuple[Any, ...]:
        """Its values, and who wrote what when."""
        log = sorted((one.at, one.who, str(sorted(one.values.items()))) for one in self.log)
        return {name: self.value(name) for name in self.log[0].values}, log

    def copy(self) -> Thing:
        return Thing(self.place, [*self.log])


@dataclass
class Model:
    """The ledger. ``reach``: the grid that each user answers for now."""

    reach: dict[str, str] = field(default_factory=dict)
    things: dict[Key, Thing] = field(default_factory=dict)
    # Where gates and points of rounds lie, by their ids.
    posts: dict[str, str] = field(default_factory=dict)
    # Households where somebody is registered: they can't be empty.
    lived_in: frozenset[str] = frozenset()
    visits: dict[str, tuple[str, str]] = field(default_factory=dict)
    duties: dict[str, tuple[str, str]] = field(default_factory=dict)
    # By household: how many visits, and whether one closes the door.
    doors: dict[str, tuple[int, bool]] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    held: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    disputed: set[tuple[str, str, str]] = field(default_factory=set)
    # By phone and thing: the numbers of the operations that counted, and what each said.
    taken: dict[tuple[str, str, str], tuple[tuple[int, tuple[str, ...]], ...]] = field(
        default_factory=dict
    )
    # By phone: the number of its last operation and the moment, of its latest pulls.
    pulls: dict[str, tuple[tuple[int, dt.datetime], ...]] = field(default_factory=dict)
    # By thing and version as a phone was told it: how much of the log that was.
    versions: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def copy(self) -> Model:
        """Another one that goes its own way."""
        return Model(
            dict(self.reach),
            {key: thing.copy() for key, thing in self.things.items()},
            self.posts,
            self.lived_in,
            dict(self.visits),
            dict(self.duties),
            dict(self.doors),
            dict(self.results),
            dict(self.held),
            set(self.disputed),
            dict(self.taken),
            dict(self.pulls),
            dict(self.versions),
        )

    def like(self, other: Model) -> bool:
        """Whether both hold the same; what was written at the same moment in any order."""

        def held(model: Model) -> tuple[Any, ...]:
            return (
                model.reach,
                model.results,
                model.visits,
                model.duties,
                model.disputed,
                model.held,
            )

        return held(self) == held(other) and all(
            thing.told() == other.things[key].told() for key, thing in self.things.items()
        )

    def begin(self, thing: Mapping[str, Any], at: dt.datetime) -> None:
        """Learn a thing that is there: ``entity``, ``id``, ``place`` and its fields."""
        values = {name: thing[name] for name in FIELDS[thing["entity"]]}
        key = thing["entity"], thing["id"]
        self.things[key] = Thing(thing["place"], [Change("", at, values)])

    # --- what the server does

    def apply(self, device: str, plain: Mapping[str, Any], at: dt.datetime) -> Told:
        """Apply an operation that reaches the server; what it should be answered.

        ``plain["made"]`` is when it was recorded.
        """
        op_id = plain["op_id"]
        if op_id in self.results:
            return Told("duplicate", self.results[op_id])
        # Made after what the phone asked for before, also where that came late.
        asked = [when for seq, when in self.pulls.get(device, ()) if seq < plain["seq"]]
        plain = {**plain, "made": max([plain["made"], *asked])}
        if self._place(plain) == self.reach[plain["actor"]]:
            result = self._do(device, plain, at)
        else:
            result = "held"
            self.held[op_id] = device, plain
        self.results[op_id] = result
        return Told(result)

    def decide(self, op_id: str, *, take: bool, at: dt.datetime) -> str:
        """Somebody at a desk takes over what was held, or turns it down."""
        device, plain = self.held[op_id]
        result = self._do(device, plain, at) if take else "rejected"
        if take and result == "rejected":
            # It can't be taken over; it goes on waiting.
            return "held"
        del self.held[op_id]
        self.results[op_id] = result
        return result

    def at_desk(self, entity: str, id_: str, values: Mapping[str, Any], at: dt.datetime) -> None:
        """Somebody at a desk changes a thing."""
        thing = self.things[entity, id_]
        self._write(thing, DESK, at, values)

    def _place(self, plain: Mapping[str, Any]) -> str:
        patch = plain["patch"]
        if plain["entity"] == "visit":
            return self.things["household", patch["household_id"]].place
        if plain["entity"] in FIELDS:
            return self.things[plain["entity"], plain["id"]].place
        return self.posts[patch.get("gate_id") or patch["point_id"]]

    def _do(self, device: str, plain: Mapping[str, Any], at: dt.datetime) -> str:
        op_id, entity, patch = plain["op_id"], plain["entity"], plain["patch"]
        if entity in FIELDS:
            return self._merge(device, plain, at)
        if entity == "visit":
            home, outcome = patch["household_id"], patch["outcome"]
            self.visits[op_id] = home, outcome
            count, closed = self.doors.get(home, (0, False))
            self.doors[home] = count + 1, closed or outcome == CLOSING
        else:
            self.duties[op_id] = entity, patch.get("gate_id") or patch["point_id"]
        return "applied"

    def _merge(self, device: str, plain: Mapping[str, Any], at: dt.datetime) -> str:
        entity, id_ = plain["entity"], plain["id"]
        if plain["patch"].get("state") == "empty" and id_ in self.lived_in:
            return "rejected"
        thing = self.things[entity, id_]
        known = self.versions.get((entity, id_, plain["base_version"]))
        if known is None:
            # A version of before a restore: what held when it was made.
            known = max(1, sum(one.at <= plain["made"] for one in thing.log))
        since = thing.log[known:]
        written: dict[str, Any] = {}
        disputed: set[tuple[str, str, str]] = set()
        taken = self.taken.get((device, entity, id_), ())
        # What the phone itself said later stays, where this comes last.
        newer = {name for seq, names in taken if seq > plain["seq"] for name in names}
        wanted = self._wanted(thing, plain["patch"])
        for name, mine in wanted.items():
            own = [one.values[name] for one in since if one.who == device and name in one.values]
            base = own[-1] if own else thing.value(name, known)
            theirs = thing.value(name)
            if mine in (theirs, base) or name in newer:
                continue
            written[name] = mine
            if theirs != base:
                disputed.add((entity, id_, name))
        others = any(one.who != device for one in since) or not newer.isdisjoint(wanted)
        self._write(thing, device, at, written)
        self.disputed |= disputed
        self.taken[device, entity, id_] = (*taken, (plain["seq"], tuple(plain["patch"])))
        return "conflict" if disputed else "merged" if others else "applied"

    @staticmethod
    def _wanted(thing: Thing, patch: Mapping[str, Any]) -> Mapping[str, Any]:
        if patch.keys().isdisjoint(("away_since", "away_where")):
            return patch
        # Who is back is nowhere.
        since = patch["away_since"] if "away_since" in patch else thing.value("away_since")
        return {**patch, "away_where": ""} if since is None else patch

    @staticmethod
    def _write(thing: Thing, who: str, at: dt.datetime, values: Mapping[str, Any]) -> None:
        after = dict(values)
        if values and "away_where" in thing.log[0].values:
            since = values.get("away_since", thing.value("away_since"))
            if since is None:
                after["away_where"] = ""
        changed = {name: one for name, one in after.items() if one != thing.value(name)}
        if changed:
            thing.log.append(Change(who, at, changed))

    # --- what phones see

    def asked(self, device: str, seq: int, at: dt.datetime) -> None:
        """A pull of a phone reaches the server."""
        self.pulls[device] = (*self.pulls.get(device, ()), (seq, at))[-PULLS_KEPT:]

    def learn(self, record: Mapping[str, Any]) -> None:
        """A phone is told a version: it stands for what is there now."""
        for entity, name in RECORDS.items():
            if record["entity"] == name:
                key = entity, record["id"], record["version"]
                self.versions.setdefault(key, len(self.things[key[:2]].log))

    def view(self, user: str) -> dict[Key, tuple[Any, ...]]:
        """What the phone of a user shows once it has fetched all: by entity and id."""
        here = self.reach[user]
        found: dict[Key, tuple[Any, ...]] = {}
        for (entity, id_), thing in self.things.items():
            if thing.place == here:
                values = tuple(thing.value(name) for name in FIELDS[entity])
                found[RECORDS[entity], id_] = values
                if entity == "household":
                    found["door", id_] = self.doors.get(id_, (0, False))
        return found


def seen(records: Mapping[Key, Mapping[str, Any]]) -> dict[Key, tuple[Any, ...]]:
    """What a phone shows of the same."""
    found: dict[Key, tuple[Any, ...]] = {}
    for (name, id_), record in records.items():
        data = record["data"]
        for entity, called in RECORDS.items():
            if called == name:
                found[name, id_] = tuple(data[one] for one in FIELDS[entity])
        if name == "door":
            found[name, data["household_id"]] = data["visits"], data["state"] == "visited"
    return found
