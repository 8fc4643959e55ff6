"""Cards: the blanks of one record, printed once on a sheet or several times beside and below each
other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from fangxian.common.sheets.words import key, known_field, words

from .blanks import Blank
from .labels import is_serial, split_label
from .shape import ColumnOutline, Room, TableOutline

# A form of one record: so many of its blanks are known to be columns of ledgers.
_LEAST_KNOWN: Final = 4
_LEAST_LABELS: Final = 2
# More are no cards that somebody fills by hand; they are compared with each other.
_MOST_BLANKS: Final = 2_000


def cards_in(blanks: Iterable[Blank], *, alone: bool) -> tuple[list[TableOutline], list[Blank]]:
    """The cards of a sheet as tables whose rows are cards, and the blanks that are none of them.

    With `alone` a card may be printed once; its blanks stay among those too, since figures may fill
    them as well.
    """
    given = list(blanks)
    cards = _repeated(given) if len(given) <= _MOST_BLANKS else []
    if cards and sum(not _of_the_form(blank) for blank in cards[0]) >= _LEAST_LABELS:
        inside = {id(blank) for card in cards for blank in card}
        return [_table(cards)], [blank for blank in given if id(blank) not in inside]
    form = [blank for blank in given if blank.kind != "date" and not _of_the_form(blank)]
    known = {field for blank in form if (field := known_field(_name(blank)))}
    labels = {blank.label for blank in form}
    if alone and len(known) >= _LEAST_KNOWN and len(labels) == len(form):
        return [_table([form])], given
    return [], given


def _of_the_form(blank: Blank) -> bool:
    """Whether a blank asks who filled the form in, and when."""
    return key(blank.label) in words("foot_labels") or not blank.label


def _repeated(blanks: list[Blank]) -> list[list[Blank]]:
    """Cards that are alike: the same labels in the same places, seen from the first of them."""
    by_label: dict[str, list[Blank]] = defaultdict(list)
    for blank in blanks:
        if blank.label:
            by_label[key(blank.label)].append(blank)
    at = {(key(blank.label), blank.row, blank.column): blank for blank in blanks}
    best: list[list[Blank]] = []
    for first in by_label.values():
        if len(first) < 2:
            continue
        cards: list[list[Blank]] = [[blank] for blank in first]
        for label, others in by_label.items():
            if others is first or len(others) != len(first):
                continue
            down, right = others[0].row - first[0].row, others[0].column - first[0].column
            mine = [at.get((label, b.row + down, b.column + right)) for b in first]
            found = [blank for blank in mine if blank is not None]
            if len(found) == len(first):
                cards = [[*card, blank] for card, blank in zip(cards, found, strict=True)]
        if len(cards[0]) > (len(best[0]) if best else _LEAST_LABELS - 1):
            best = cards
    for card in best:
        card.sort(key=lambda blank: (blank.row, blank.column, blank.spans))
    return sorted(best, key=lambda card: (card[0].row, card[0].column))


def _name(blank: Blank) -> str:
    return split_label(blank.label)[0]


def _table(cards: list[list[Blank]]) -> TableOutline:
    rows = [blank.row for card in cards for blank in card]
    columns = []
    serial = None
    for index, blank in enumerate(cards[0]):
        name, unit, note = split_label(blank.label)
        if is_serial(name):
            serial = index
            continue
        boxes = blank.allowed if blank.kind == "choice" else ()
        columns.append(
            ColumnOutline(
                index=index,
                label=blank.label,
                name=name,
                unit=unit or blank.unit,
                note=note,
                locked=blank.locked,
                allowed=() if boxes else blank.allowed,
                kind=blank.format,
                boxes=boxes,
                mark=blank.mark,
            )
        )
    first, last = min(rows), max(rows)
    return TableOutline(
        id="c1",
        title="",
        header_rows=(first, first),
        columns=tuple(columns),
        first_row=first,
        last_row=last,
        rooms=(Room(first, len(cards)),),
        serial=serial,
        cards=tuple(map(tuple, cards)),
    )
