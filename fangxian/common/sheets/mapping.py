"""Which column feeds which field: proposed, explained, correctable and remembered.

A proposal looks, in this order, at what a person decided before, at the column's name, at names
that resemble it, and at what stands in the column.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .content import Content, Kind, guess_content
from .tables import Column, Table, signature
from .words import fold, key, key_without_brackets, known_field, load, words

Reason = Literal[
    "remembered", "exact", "group", "similar", "content", "instead", "corrected", "none", "taken"
]

REASONS: Final[dict[Reason, Promise]] = {
    "remembered": _("as decided the last time"),
    "exact": _("the column's name"),
    "group": _("the column's name and the group above it"),
    "similar": _("a similar name"),
    "content": _("what stands in the column"),
    "instead": _("the nearest: no column has the field's own name"),
    "corrected": _("chosen by you"),
    "none": _("nothing fits"),
    "taken": _("another column fits better"),
}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field that an import can fill.

    `kind` is what its cells hold (see `content.Kind`); `synonyms` is a key of data/headers.json, by
    default `name`. `instead` is a key whose columns feed the field where a table has no column for
    a required field of its own: a ledger of one row a household names the head alone.
    """

    name: str
    label: str | Promise
    kind: Kind = "text"
    required: bool = False
    synonyms: str = ""
    instead: str = ""
    carry_down: bool = False

    @property
    def vocabulary(self) -> str:
        """The key of the field's column names."""
        return self.synonyms or self.name


@dataclass(frozen=True, slots=True)
class Proposal:
    """What column `position` (in `table.columns`) feeds; `field` is None when it is left out."""

    position: int
    label: str
    field: str | None
    confidence: float
    reason: Reason
    doubt: bool = False  # the contents do not look like the field's kind

    @property
    def explanation(self) -> str:
        """The reason in words, translated."""
        return str(REASONS[self.reason])


@dataclass(frozen=True, slots=True)
class Mapping:
    """Columns to fields. Immutable; `corrected` gives a new one."""

    signature: str
    proposals: tuple[Proposal, ...]
    missing: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, int]:
        """From field name to the position of its column in `table.columns`."""
        return {p.field: p.position for p in self.proposals if p.field is not None}

    def carried(self, specs: Sequence[FieldSpec]) -> frozenset[int]:
        """Positions of the columns whose empty cells may be filled from above: for `data_rows`."""
        at = self.fields
        return frozenset(at[spec.name] for spec in specs if spec.carry_down and spec.name in at)

    def corrected(
        self, changes: MappingABC[int, str | None], specs: Sequence[FieldSpec]
    ) -> Mapping:
        """The mapping after a person's changes (position → field or None). A field moves with its
        last change.
        """
        names = {spec.name for spec in specs}
        if unknown := {field for field in changes.values() if field is not None} - names:
            raise ValueError(f"unknown fields {sorted(unknown)}")
        chosen = {field for field in changes.values() if field is not None}
        proposals = []
        for proposal in self.proposals:
            if proposal.position in changes:
                field = changes[proposal.position]
                proposals.append(
                    dataclasses.replace(
                        proposal, field=field, confidence=1.0, reason="corrected", doubt=False
                    )
                )
            elif proposal.field in chosen:
                proposals.append(
                    dataclasses.replace(proposal, field=None, confidence=0.0, reason="taken")
                )
            else:
                proposals.append(proposal)
        return Mapping(self.signature, tuple(proposals), _missing(proposals, specs))

    def remember(self) -> dict[str, str]:
        """What to store under `signature`: label → field, "" for a column that was left out."""
        return {p.label: p.field or "" for p in self.proposals}


def propose_mapping(
    table: Table, fields: Sequence[FieldSpec], remembered: MappingABC[str, str] | None = None
) -> Mapping:
    """Propose a field for every column. Looks at the first 200 data rows.

    `remembered` is what `Mapping.remember` gave for a table with the same `signature`.
    """
    contents = guess_content(table)
    fixed: dict[int, str | None] = {}
    if remembered:
        names = {spec.name for spec in fields}
        for position, column in enumerate(table.columns):
            if column.label in remembered and (
                remembered[column.label] in names or not remembered[column.label]
            ):
                fixed[position] = remembered[column.label] or None
    candidates: list[tuple[float, int, str, Reason]] = []
    for position, column in enumerate(table.columns):
        if position in fixed:
            continue
        fits = [
            (confidence, position, spec.name, reason)
            for spec in fields
            for confidence, reason in (_fit(column, spec, contents[position], fields),)
            if confidence > 0
        ]
        # Contents decide only where the name says nothing at all.
        named = [fit for fit in fits if fit[3] != "content"]
        candidates.extend(named or fits)
    candidates.sort(key=lambda c: (-c[0], c[1]))
    taken: dict[str, int] = {field: position for position, field in fixed.items() if field}
    chosen: dict[int, tuple[float, str, Reason]] = {}
    wanted: set[int] = set()
    for confidence, position, name, reason in candidates:
        wanted.add(position)
        if position not in chosen and name not in taken:
            taken[name] = position
            chosen[position] = (confidence, name, reason)
    if any(spec.required and spec.instead and spec.name not in taken for spec in fields):
        _take_instead(table.columns, fields, fixed, chosen, taken)
    kinds = {spec.name: spec.kind for spec in fields}
    proposals = []
    for position, column in enumerate(table.columns):
        if position in fixed:
            proposals.append(Proposal(position, column.label, fixed[position], 1.0, "remembered"))
        elif position in chosen:
            confidence, name, reason = chosen[position]
            doubt = contents[position].contradicts(kinds[name])
            proposals.append(
                Proposal(position, column.label, name, round(confidence, 2), reason, doubt)
            )
        else:
            reason = "taken" if position in wanted else "none"
            proposals.append(Proposal(position, column.label, None, 0.0, reason))
    return Mapping(signature(table), tuple(proposals), _missing(proposals, fields))


def _take_instead(
    columns: Sequence[Column],
    fields: Sequence[FieldSpec],
    fixed: MappingABC[int, str | None],
    chosen: dict[int, tuple[float, str, Reason]],
    taken: dict[str, int],
) -> None:
    for spec in fields:
        if not spec.instead or spec.name in taken:
            continue
        for position, column in enumerate(columns):
            if position not in fixed and vocabulary_of(column) == spec.instead:
                chosen[position] = (0.9, spec.name, "instead")
                taken[spec.name] = position
                break


def vocabulary_of(column: Column) -> str | None:
    """What a column's name means, its group heeded: a key of data/headers.json."""
    return _grouped_field(column) or _known(column)


def _missing(proposals: Sequence[Proposal], fields: Sequence[FieldSpec]) -> tuple[str, ...]:
    present = {proposal.field for proposal in proposals}
    return tuple(spec.name for spec in fields if spec.required and spec.name not in present)


def _fit(
    column: Column, spec: FieldSpec, content: Content, fields: Sequence[FieldSpec]
) -> tuple[float, Reason]:
    confidence, reason = _fit_name(column, spec, fields)
    if confidence and reason != "exact" and content.contradicts(spec.kind):
        return 0.0, "none"
    if confidence and content.contradicts(spec.kind):
        return confidence * 0.5, reason
    if confidence and content.supports(spec.kind):
        return min(confidence + 0.03, 1.0), reason
    if confidence:
        return confidence, reason
    known = _known(column)
    if known and known != spec.vocabulary:
        # The column has a name of its own that means something else: its contents don't decide.
        return 0.0, "none"
    if spec.kind == "date" and column.name:
        # A date does not tell of what it is.
        return 0.0, "none"
    share = content.share(spec.kind)
    return (0.5 * share, "content") if share >= 0.7 else (0.0, "none")


def _known(column: Column) -> str | None:
    return known_field(column.name) or known_field(column.label)


def _fit_name(column: Column, spec: FieldSpec, fields: Sequence[FieldSpec]) -> tuple[float, Reason]:
    grouped = _grouped_field(column)
    if grouped:
        if grouped == spec.vocabulary:
            return 0.97, "group"
        if any(other.vocabulary == grouped for other in fields):
            return 0.0, "none"
    vocabulary = known_field(column.name)
    if vocabulary:
        if vocabulary != spec.vocabulary:
            return 0.0, "none"
        return (0.6 if grouped else 0.95), "exact"
    if key(column.name) in {key(str(spec.label)), key(spec.name)}:
        return 0.95, "exact"
    score = _similar(column.name, spec.vocabulary)
    return (score, "similar") if score else (0.0, "none")


def _grouped_field(column: Column) -> str | None:
    """户主信息 over 姓名 is 户主姓名: what group and name mean together, if known."""
    if not column.group:
        return None
    group = fold(column.group).rpartition("/")[2]
    for ending in sorted(load("words")["group_endings"], key=len, reverse=True):
        group = group.removesuffix(ending)
    if not group:
        return None
    return known_field(group + fold(column.name))


@lru_cache(maxsize=4096)
def _similar(label: str, vocabulary: str) -> float:
    """How much a label resembles the names of a field, 0 or 0.5 to 0.85."""
    text = key_without_brackets(label)
    for filler in words("label_fillers"):
        text = text.replace(filler, "")
    if len(text) < 2:
        return 0.0
    # Two questions resemble each other by how they ask.
    asks = text.startswith(tuple(load("words")["label_questions"]))
    others = load("headers")
    best = 0.0
    best_length = 0
    for synonym in others.get(vocabulary, ()):
        name = key(synonym)
        if text == name:
            return 0.9
        # The last words of a Chinese label carry its meaning: 居民现手机号码 ends with 手机号码.
        if len(name) >= 2 and text.endswith(name):
            score = 0.6 + 0.25 * len(name) / len(text)
        elif len(name) >= 3 and text.startswith(name):
            score = 0.5 + 0.2 * len(name) / len(text)
        else:
            ratio = 0.0 if asks else SequenceMatcher(None, text, name).ratio()
            score = 0.8 * ratio if ratio >= 0.8 and min(len(name), len(text)) >= 3 else 0.0
        if score > best:
            best, best_length = score, len(name)
    if not best:
        return 0.0
    # A longer name of another field inside the label wins: 监护人联系电话 is not one's own.
    for other, synonyms in others.items():
        if other == vocabulary:
            continue
        for synonym in synonyms:
            name = key(synonym)
            if len(name) > best_length and name in text:
                return 0.0
            if len(name) >= 2 and text.startswith(name) and len(name) + best_length <= len(text):
                best = min(best, 0.55)
    return best
