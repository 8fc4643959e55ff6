"""Ledgers of residents: how an import checks and writes them. The rows of a household belong
together.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.masks import mask_number, mask_phone
from fangxian.common.sheets import Table, vocabulary_of
from fangxian.core import imports
from fangxian.core.ledgers import Ledger, Option, Source, Status
from fangxian.core.ledgers.corrections import Corrections
from fangxian.core.models import ImportRun, RowState
from fangxian.core.previews import preview_of
from fangxian.core.progress import Progress
from fangxian.register.changes import changed
from fangxian.register.importing import matching
from fangxian.register.importing.carrying import SAMPLE_ROWS, households, propose_carried
from fangxian.register.importing.fields import FIELDS, Reader, Record
from fangxian.register.importing.heads import Heads
from fangxian.register.importing.living import told_by_name
from fangxian.register.importing.making import make_places
from fangxian.register.importing.order import FileOrder
from fangxian.register.importing.places import PlaceIndex
from fangxian.register.importing.registered import Registered
from fangxian.register.importing.relation_codes import Relations, codes_of
from fangxian.register.importing.status import kind_of_column, names_gone, names_person
from fangxian.register.importing.taken import Taken, taken_of
from fangxian.register.importing.writing import Writer
from fangxian.register.models import Residency
from fangxian.register.vocabularies import SEPARATED

KIND: Final = "register"
RIGHT: Final = "register.import"
RENAMES: Final = "people.edit"
MAKE_PLACES: Final = "make_places"
REGISTER_HEADS: Final = "register_heads"
SHOWN_ROWS: Final = 20
SHOWN_PROBLEMS: Final = 2_000


def records(
    source: Source, heads: Heads, *, all_heads: bool, corrections: Corrections | None = None
) -> Iterator[Record]:
    """The data rows, cleaned, in the order of their numbers; ``heads`` is told of each.

    ``all_heads``: then those heads whom no row is about. ``corrections`` is told of each row too.
    """
    at = source.mapping.fields
    of_heads = "relation" not in at and "name" in at and _names_heads(source.table, at["name"])
    who = source.table.columns[at["name"]] if "name" in at else None
    kind = kind_of_column(who.name, who.group) if who else ""
    reader = Reader(at, heads=of_heads, names=_names(source), kind=kind, relations=heads.relations)
    for row in source.rows():
        if corrections is not None:
            corrections.note(row)
        record = heads.alone(row) or reader.read(row.number, row.cells, row.section)
        heads.note(row, record)
        yield record
    if all_heads:
        yield from heads.without_row()


def heads_of(source: Source) -> Heads:
    """The heads that the ledger names in columns of their own."""
    doubled = [part.index for part in source.parts if part.table.blocks > 1]
    return Heads(source.mapping.fields, _names(source), doubled, Relations(source.codes))


def _codes(source: Source) -> Mapping[str, str]:
    """What numbers for relations mean: one list's in all sheets."""
    rows = source.sample(SAMPLE_ROWS)
    return codes_of(rows, source.mapping.fields, _names(source).get("relation", ""))


def _names(source: Source) -> dict[str, str]:
    columns = source.table.columns
    return {name: columns[at].name for name, at in source.mapping.fields.items()}


def _names_heads(table: Table, position: int) -> bool:
    return vocabulary_of(table.columns[position]) == "head_name"


class Residents:
    """The way of the register's ledgers."""

    def check(
        self, progress: Progress, by: Actor, run: ImportRun, source: Source, size: int
    ) -> dict[str, Any]:
        """Clean, compare and stage all rows; decide as the commit will."""
        places = PlaceIndex(run.place_code, create=bool(run.options.get(MAKE_PLACES)))
        if places.create:
            for record in records(source, heads_of(source), all_heads=False):
                places.plan(record)
        corrections = Corrections(source)
        taken: dict[int, Taken] = {}
        summary = _stage(
            progress, run, source, places, size, corrections, taken, renames=by.may(RENAMES)
        )
        before = corrections.shown(by, run.place_code)
        return summary | corrections.told(
            run,
            before,
            {number for number, fields in taken.items() if fields is None},
            lambda number, cell: cell.field in (taken.get(number) or ()),
        )

    def opened(self, by: Actor, run: ImportRun) -> tuple[imports.Handler, imports.Handler | None]:
        """What writes chunks of rows; an earlier attempt's are told of first."""
        if run.options.get(MAKE_PLACES):
            make_places(by, preview_of(run).get("missing", []))
        places = PlaceIndex(run.place_code)
        told, heads = _told_before(run)
        day = dt.date.fromisoformat(run.options["day"])

        def handle(
            by: Actor, rows: list[imports.StagedRow], exchange: bool = False
        ) -> Sequence[imports.Outcome]:
            nonlocal heads
            decisions = matching.prepare(
                [Record.of(row.number, row.values) for row in rows], places
            )
            # Two imports at once don't make the same person twice.
            imports.lock_places(d.door.place_code for d in decisions if d.door)
            # What a chunk said that was not written does not count.
            told.take_back()
            registered = Registered(dict(heads), locking=True, borrowing=bool(run.emergency_id))
            matching.decide(
                decisions, registered, told=told, day=day,
                row_name=partial(imports.row_name, run), exchange=exchange,
                renames=by.may(RENAMES),
            )  # fmt: skip
            writer = Writer(by, day, run.emergency_id)
            outcomes = [_outcome(writer, decision) for decision in decisions]
            writer.flush()
            touched = {d.home.id for d in decisions if d.home and d.status in matching.WRITTEN}
            changed(by, touched | writer.left)
            told.keep()
            heads = registered.heads
            return outcomes

        return handle, partial(handle, exchange=True)


def _stage(
    progress: Progress,
    run: ImportRun,
    source: Source,
    places: PlaceIndex,
    size: int,
    corrections: Corrections,
    taken: dict[int, Taken],
    *,
    renames: bool,
) -> dict[str, Any]:
    """Decide as the commit will: a pass over all rows, then over those that wait for others.

    ``taken`` is told, of the rows with ``corrections``, which fields they change.
    """
    order = FileOrder()
    total = source.count()
    registered = Registered(borrowing=bool(run.emergency_id))
    told = matching.Told()
    day = dt.date.fromisoformat(run.options["day"])
    row_name = partial(imports.row_name, run)
    tally = _Tally(row_name)
    heads = heads_of(source)
    all_heads = bool(run.options.get(REGISTER_HEADS))
    rows = records(source, heads, all_heads=all_heads, corrections=corrections)

    def note(decisions: Sequence[matching.Decision]) -> None:
        for decision in decisions:
            if decision.record.number in corrections:
                taken[decision.record.number] = taken_of(decision)

    late: list[Record] = []
    while chunk := list(islice(rows, size)):
        for record in chunk:
            order.tell(record)
            tally.note(record)
        imports.stage(run, [(record.number, record.values()) for record in chunk])
        decisions = matching.prepare(chunk, places)
        matching.decide(
            decisions, registered, told=told, day=day, row_name=row_name, renames=renames
        )
        note(decisions)
        late += tally.settle(decisions)
        progress.step(tally.rows + len(late), total)
    stuck = False
    while late:
        waiting, late = late, []
        for record in waiting:
            record.problems.clear()
        decisions = matching.prepare(waiting, places)
        matching.decide(
            decisions,
            registered,
            told=told,
            day=day,
            row_name=row_name,
            exchange=stuck,
            renames=renames,
        )
        note(decisions)
        # As long as rows are accepted, they may make room for others.
        none = all(d.status in (matching.LATER, matching.REFUSED) for d in decisions)
        late += tally.settle(decisions, last=none and stuck)
        stuck = none
    return tally.summary() | {
        "missing": sorted([m.grid_code, m.building, m.unit] for m in places.missing),
        "heads_left_out": 0 if all_heads else sum(1 for _head in heads.without_row()),
        "persons_left_out": _persons_left_out(source),
    }


def _persons_left_out(source: Source) -> list[str]:
    """Columns that name more persons of a row, and feed nothing: a row is one person."""
    fed = set(source.mapping.fields.values())
    return [
        column.label
        for position, column in enumerate(source.table.columns)
        if position not in fed and names_person(column.name)
    ]


class _Tally:
    """What a preview says of its rows."""

    def __init__(self, row_name: matching.RowName) -> None:
        self._row_name = row_name
        self.rows = 0
        self.unknown_groups = 0
        self.doubtful: list[int | str] = []
        self.former_names: list[int] = []
        self._counts: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._problems: list[tuple[int, list[Any]]] = []
        self._first: dict[int, str] = {}

    def note(self, record: Record) -> None:
        """Count what is worth a look in a row that may be right all the same."""
        self.unknown_groups += bool(record.unknown_groups)
        if record.doubtful:
            self.doubtful.append(self._row_name(record.number))

    def settle(self, decisions: Iterable[matching.Decision], *, last: bool = False) -> list[Record]:
        """Count what is decided. Returns the rows that wait, none if this pass is the ``last``."""
        late = []
        for decision in decisions:
            record = decision.record
            if decision.status == matching.LATER and not last:
                late.append(record)
                continue
            status = matching.REFUSED if decision.status == matching.LATER else decision.status
            self.rows += 1
            self._counts[status] += 1
            if record.former_name and status != matching.REFUSED:
                self.former_names.append(record.number)
            self._first[record.number] = status
            if len(self._first) > SHOWN_ROWS:
                del self._first[max(self._first)]
            for name, code, message, mend in record.problems:
                self._kinds[code] += 1
                row = self._row_name(record.number)
                self._problems.append((record.number, [row, name, message, mend]))
        if len(self._problems) > 4 * SHOWN_PROBLEMS:
            self._shorten()
        return late

    def _shorten(self) -> None:
        """Keep the problems that are shown."""
        self._problems.sort(key=lambda problem: problem[0])
        del self._problems[SHOWN_PROBLEMS:]

    def summary(self) -> dict[str, Any]:
        """As kept with the run."""
        self._shorten()
        return {
            "rows": self.rows,
            "counts": dict(self._counts),
            "kinds": dict(self._kinds),
            "problems": [shown for _number, shown in self._problems],
            "first": dict(sorted(self._first.items())),
            "unknown_groups": self.unknown_groups,
            "doubtful": len(self.doubtful),
            "doubtful_rows": self.doubtful[:SHOWN_ROWS],
            "former_names": len(self.former_names),
            "former_name_rows": [*map(self._row_name, sorted(self.former_names)[:SHOWN_ROWS])],
        }


def _told_before(run: ImportRun) -> tuple[matching.Told, dict[UUID, str]]:
    """What an earlier attempt has accepted says of persons (their row) and households (head)."""
    told = matching.Told()
    accepted = imports.rows_of(run, RowState.ACCEPTED)
    rows = [(row.object_id, Record.of(row.number, row.values)) for row in accepted if row.object_id]
    lives = Residency.objects.filter(person_id__in={person for person, _row in rows}, to_date=None)
    homes: dict[tuple[UUID, bool], list[UUID]] = defaultdict(list)
    for person, home, kind in lives.values_list("person_id", "household_id", "kind"):
        homes[person, kind == SEPARATED].append(home)
    heads: dict[UUID, str] = {}
    for person, row in rows:
        separated = row.kind == SEPARATED if row.kind else (person, False) not in homes
        told.tell(person, row.number, separated=separated)
        if row.family:
            for home in homes.get((person, separated), ()):
                heads.setdefault(home, row.family)
    told.keep()
    return told, heads


def _outcome(writer: Writer, decision: matching.Decision) -> imports.Outcome:
    person = writer.take(decision)
    status = decision.status
    refused = status in (matching.REFUSED, matching.LATER)
    return imports.Outcome(
        decision.record.number,
        decision.record.as_problems() if refused else (),
        None if refused else person,
        changed=status in (matching.NEW, matching.CHANGED, matching.MOVED),
        later=status == matching.LATER,
    )


def _look(row: imports.StagedRow) -> Mapping[str, str]:
    record = Record.of(row.number, row.values)
    return {
        str(pgettext("person", "Name")): record.name,
        str(_("Document")): mask_number(record.document[1]) if record.document else "",
        str(_("Phone")): ", ".join(mask_phone(number) for number in record.phones),
        str(_("Door")): _door(record),
    }


def _door(record: Record) -> str:
    _community, _grid, estate, building, unit, room, group, road = record.place
    door = "-".join(filter(None, (building, unit, room)))
    return " ".join(filter(None, (road, estate, group, door)))


def _notes(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    notes = []
    if missing := len(summary["missing"]):
        text = ngettext(
            "%(n)s building or unit that is not known yet will be made.",
            "%(n)s buildings and units that are not known yet will be made.",
            missing,
        )
        notes.append(("info", text % {"n": missing}))
    if unknown := summary["unknown_groups"]:
        text = ngettext(
            "In %(n)s row a word for a key group is not known; it is left out.",
            "In %(n)s rows a word for a key group is not known; it is left out.",
            unknown,
        )
        notes.append(("warn", text % {"n": unknown}))
    if heads := summary.get("heads_left_out", 0):
        text = ngettext(
            "%(n)s head of household has no row of the file, and is not registered by it. Go back"
            " and choose that such heads are registered, if they live there.",
            "%(n)s heads of households have no row of the file, and are not registered by it. Go"
            " back and choose that such heads are registered, if they live there.",
            heads,
        )
        notes.append(("warn", text % {"n": heads}))
    if columns := summary.get("persons_left_out"):
        text = _(
            "These columns name more persons, who are not registered: %(columns)s. Give each person"
            " a row."
        )
        notes.append(("warn", text % {"columns": ", ".join(columns)}))
    if former := summary.get("former_names", 0):
        text = ngettext(
            "In %(n)s row the building goes by a name that it had before (row %(rows)s). If another"
            " building is meant, add that one under places first.",
            "In %(n)s rows the building goes by a name that it had before (rows %(rows)s). If"
            " another building is meant, add that one under places first.",
            former,
        )
        rows = ", ".join(map(str, summary["former_name_rows"]))
        notes.append(("warn", text % {"n": former, "rows": rows}))
    if doubtful := summary.get("doubtful", 0):
        text = ngettext(
            "In %(n)s row the remarks speak of a death or of a move away (row %(rows)s). It is"
            " imported all the same: compare it.",
            "In %(n)s rows the remarks speak of a death or of a move away (rows %(rows)s). They are"
            " imported all the same: compare them.",
            doubtful,
        )
        rows = ", ".join(map(str, summary["doubtful_rows"]))
        notes.append(("warn", text % {"n": doubtful, "rows": rows}))
    return notes


LEDGER: Final = Ledger(
    KIND,
    gettext_lazy("Households and residents"),
    room="register",
    right=RIGHT,
    fields=FIELDS,
    way=Residents(),
    statuses=(
        Status(matching.NEW, pgettext_lazy("row of an import", "new")),
        Status(matching.CHANGED, gettext_lazy("changed")),
        Status(matching.MOVED, gettext_lazy("moves here")),
        Status(matching.KNOWN, gettext_lazy("known, nothing changes")),
        Status(matching.DUPLICATE, gettext_lazy("twice in the file")),
    ),
    place_url="register:place",
    codes=_codes,
    carried=propose_carried,
    groups=households,
    sections=True,
    gone=names_gone,
    by_name=told_by_name,
    look=_look,
    notes=_notes,
    emergency=True,
    knows=("register.residents",),
    options=(
        Option(
            MAKE_PLACES,
            gettext_lazy(
                "Make buildings and units that are not known yet (the row must say which grid, or"
                " the community has one only)"
            ),
            "regions.edit",
        ),
        Option(
            REGISTER_HEADS,
            gettext_lazy("Register heads of households who are named beside others' rows alone"),
        ),
    ),
)
