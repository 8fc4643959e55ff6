"""The fields of a ledger of residents, and one of its rows, cleaned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fangxian.common.errors import Problem
from fangxian.common.facts.rowkeys import opened_key
from fangxian.common.sheets import Cell, Fault, FieldSpec, cleaning
from fangxian.core.imports import place_of
from fangxian.core.ledgers.keys import ROW_KEY, foreign, without_masks
from fangxian.people.vocabularies import (
    CHINESE,
    DOCUMENT_KINDS,
    ETHNICITIES,
    FOREIGN_DOCUMENTS,
    IDENTITY,
    NATIONALITIES,
    document_kind,
)
from fangxian.register.importing.addresses import COLUMNS, Written, is_collective, why, written
from fangxian.register.importing.cells import (
    REMEMBERED,
    UNREAD,
    Taker,
    door_text,
    not_filler,
    or_unread,
    reads,
    text,
    unless_ditto,
    unless_word,
    without_spaces,
)
from fangxian.register.importing.groups import GROUP_FIELDS, columns_of, read_groups
from fangxian.register.importing.living import Living, is_answer
from fangxian.register.importing.relations import relation_of
from fangxian.register.importing.status import is_no_name, names_nobody
from fangxian.register.vocabularies import HEAD

FIELDS: Final = (
    FieldSpec("name", pgettext_lazy("person", "Name"), "name", required=True, instead="head_name"),
    FieldSpec("identity", gettext_lazy("Document number"), "document", instead="head_identity"),
    FieldSpec("document_type", gettext_lazy("Kind of document"), "choice"),
    FieldSpec("sex", gettext_lazy("Sex"), "sex"),
    FieldSpec("birth_date", gettext_lazy("Date of birth"), "date"),
    FieldSpec("ethnicity", gettext_lazy("Ethnicity"), "choice"),
    FieldSpec("nationality", gettext_lazy("Nationality"), "choice"),
    FieldSpec("phone", gettext_lazy("Phone"), "phone", instead="head_phone"),
    FieldSpec("phone_2", gettext_lazy("Second phone"), "phone"),
    FieldSpec("relation", gettext_lazy("Relation to the head"), "choice"),
    FieldSpec("head_name", gettext_lazy("Head of household"), "name"),
    FieldSpec("head_identity", gettext_lazy("Document number of the head"), "document"),
    FieldSpec("head_phone", gettext_lazy("Phone of the head"), "phone"),
    FieldSpec("household_number", gettext_lazy("Household number")),
    FieldSpec("household_kind", gettext_lazy("Kind of household")),
    FieldSpec("address", gettext_lazy("Address (building, unit, room in one)"), "address"),
    FieldSpec("estate", gettext_lazy("Estate")),
    FieldSpec("building", gettext_lazy("Building")),
    FieldSpec("unit", gettext_lazy("Unit")),
    FieldSpec("floor", gettext_lazy("Floor")),
    FieldSpec("room", gettext_lazy("Room")),
    FieldSpec("village_group", gettext_lazy("Village group")),
    FieldSpec("community", gettext_lazy("Community or village")),
    FieldSpec("grid", gettext_lazy("Grid")),
    FieldSpec("person_category", gettext_lazy("Key groups"), "choice"),
    FieldSpec("residence_status", gettext_lazy("Lives here as"), "choice"),
    FieldSpec("move_in_date", gettext_lazy("Moved in on"), "date"),
    FieldSpec("move_out_date", gettext_lazy("Moved out on"), "date"),
    FieldSpec("move_kind", gettext_lazy("Kind of change")),
    FieldSpec("death_date", gettext_lazy("Died on"), "date"),
    FieldSpec("died", gettext_lazy("Has died")),
    FieldSpec("left", gettext_lazy("Has left")),
    FieldSpec("away", gettext_lazy("At home or away")),
    FieldSpec("state", gettext_lazy("State of the person")),
    FieldSpec(
        "registration", gettext_lazy("Registered here or elsewhere"), synonyms="household_type"
    ),
    FieldSpec("registered_address", gettext_lazy("Registered address")),
    FieldSpec("employer", gettext_lazy("Workplace or school")),
    FieldSpec("note", gettext_lazy("Remarks")),
    *GROUP_FIELDS,
    ROW_KEY,
)
LABELS: Final = {spec.name: spec.label for spec in FIELDS}

Place = tuple[str, str, str, str, str, str, str, str]
"""Community, grid, estate, building, unit, room, village group, road and number: canonical."""
NOWHERE: Final[Place] = ("",) * 8
LONGEST_ROOM: Final = 20
# A nationality that is not known.
ELSEWHERE: Final = "?"
FILLED: Final = (
    "sex", "birth_date", "ethnicity", "nationality", "registered_address", "employer"
)  # fmt: skip
# Unknown or not stated: that takes nothing back.
_SAYS_NOTHING: Final = {"sex": ("0", "9"), "nationality": (ELSEWHERE,)}
BY_HEAD: Final = "h:"


@dataclass(slots=True)
class Record:
    """One row of a ledger, cleaned. ``problems``: (field, code, message, mend).

    ``number`` is that of ``core.imports.number_of``.
    """

    number: int
    # The residency of which a sheet that went out from here tells, whatever was corrected in it.
    row_key: str = ""
    name: str = ""
    document: tuple[str, str] | None = None
    sex: str = ""
    birth_date: str = ""
    ethnicity: str = ""
    # ELSEWHERE: no Chinese, or perhaps none.
    nationality: str = ""
    phones: list[str] = field(default_factory=list)
    relation: str = ""
    head_name: str = ""
    household_number: str = ""
    place: Place = NOWHERE
    groups: list[str] = field(default_factory=list)
    kind: str = ""
    # A day, or how the days of a month or year begin: 2019-05-.
    since: str = ""
    registered_address: str = ""
    employer: str = ""
    # What tells households apart: "h:" name of the head; "n:" number, where a door has none.
    home: str = ""
    # The number of the row of the same file in which this person stands already.
    same_as: int | None = None
    # Where the row's household lies if no building of that name is known, else empty.
    or_place: Place | tuple[()] = ()
    # As a column of its own has it.
    community: str = ""
    # A dwelling in which nobody lives; such a row names no person.
    vacant: bool = False
    # One of a collective household: a dormitory, or the public booklet of a community.
    collective: bool = False
    # Words for key groups that are not known: they are counted, not kept.
    unknown_groups: int = 0
    # The remarks speak of a death or of a move away, whosever it is.
    doubtful: bool = False
    # Its building is written by a name that it had.
    former_name: bool = False
    problems: list[tuple[str, str, str, str]] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """As staged; empty fields are left out."""
        return {name: value for name in _STAGED if (value := getattr(self, name))}

    @classmethod
    def of(cls, number: int, values: Mapping[str, Any]) -> Record:
        """From what was staged."""
        known = {name: value for name, value in values.items() if name in _STAGED}
        for name in ("document", "place", "or_place"):
            if name in known:
                known[name] = tuple(known[name])
        if "problems" in known:
            known["problems"] = [tuple(problem) for problem in known["problems"]]
        return cls(number, **known)

    @property
    def room(self) -> str:
        """The door's number as the row has it."""
        return self.place[5]

    @property
    def family(self) -> str | None:
        """The name of the head whose people the row belongs to.

        Empty when that head's row has none, None when nothing tells.
        """
        return self.home.removeprefix(BY_HEAD) if self.home.startswith(BY_HEAD) else None

    @property
    def since_day(self) -> dt.date | None:
        """The first day that ``since`` may mean."""
        if not self.since:
            return None
        year, month, day = [*map(int, self.since.rstrip("-").split("-")), 1, 1][:3]
        return dt.date(year, month, day)

    @property
    def has_place(self) -> bool:
        """Whether the row names a building, village group or street."""
        return any((self.place[3], self.place[6], self.place[7]))

    @property
    def first_nationality(self) -> str:
        """That of a new person: "" where it is not known, else Chinese unless the row says it."""
        return "" if self.nationality == ELSEWHERE else self.nationality or CHINESE

    def told(self) -> Iterator[tuple[str, Any]]:
        """The plain fields of a person of which the row says something, as the person has them."""
        for name in FILLED:
            value = getattr(self, name)
            if value and value not in _SAYS_NOTHING.get(name, ()):
                yield name, dt.date.fromisoformat(value) if name == "birth_date" else value

    def too_long(self, name: str, limit: int) -> None:
        """Note that a field is longer than the register keeps."""
        self.fault(name, Fault("too_long", {"limit": limit}))

    def fault(self, name: str, fault: Fault) -> None:
        """Note the fault of a field's cell."""
        self.refuse(name, fault.code, fault.message, fault.mend)

    def refuse(self, name: str, code: str, message: str, mend: str) -> None:
        """Note what is wrong with a field."""
        self.problems.append((name, code, message, mend))

    def as_problems(self) -> tuple[Problem, ...]:
        """The problems as the import keeps them."""
        return tuple(
            Problem(message, field=name, row=place_of(self.number)[0], mend=mend, code=code)
            for name, code, message, mend in self.problems
        )


_COUNTED: Final = ("number", "unknown_groups", "doubtful", "former_name")
_STAGED: Final = {f.name: None for f in fields(Record) if f.name not in _COUNTED}


class Reader:
    """Turns table rows into records: ``Reader(mapping.fields).read(number, cells)``.

    ``heads``: each row is the head of a household. ``names``: field → name of its column, which
    tells what its yes and no mean. ``kind``: how those live here of whom no column says it.
    ``relations``: what the cells of the column of relations mean.
    """

    def __init__(
        self,
        positions: Mapping[str, int],
        *,
        heads: bool = False,
        names: Mapping[str, str] | None = None,
        kind: str = "",
        relations: Callable[[str], str | None] = relation_of,
    ) -> None:
        self._positions = positions
        self._heads = heads
        self._relations = relations
        self._groups = columns_of(positions)
        self._living = Living(names or {}, kind, positions)
        self._reads = reads(positions)
        # The people of a household stand one below the other, each with the same door.
        self._door_cells = [positions[name] for name in _OF_DOORS if name in positions]
        self._doors: dict[tuple[Cell, ...], tuple[Place, Place | tuple[()], str, bool]] = {}

    def read(self, number: int, cells: list[Cell], section: str = "") -> Record:
        """Clean one row. Nothing is looked up."""
        record = Record(number)
        self._key(record, Taker(record, self._reads, cells))
        take = Taker(record, self._reads, without_masks(cells) if record.row_key else cells)
        record.name, note = take("name", cleaning.clean_noted_name) or ("", "")
        self._living.name(record, take, note)
        self._document(record, take)
        self._person(record, take)
        self._household(record, take)
        record.relation = record.relation or (relation_of(note) if note else None) or ""
        self._living.read(record, take)
        self._place(record, take, section)
        if not record.name and not any(p[0] == "name" for p in record.problems):
            self._nameless(record)
        return record

    @staticmethod
    def _key(record: Record, take: Taker) -> None:
        said = take("row_key", _KEY)
        if not said:
            return
        key = opened_key("register.residents", said)
        if key is None:
            problem = foreign()
            record.refuse(problem.field, problem.code, problem.message, problem.mend)
            return
        record.row_key = str(key)

    def _nameless(self, record: Record) -> None:
        if record.vacant and not record.document and record.room:
            return
        record.fault("name", Fault("required", {"field": str(LABELS["name"])}))

    def _document(self, record: Record, take: Taker) -> None:
        said = take("document_type", _KIND)
        named = DOCUMENT_KINDS.code_of(said) if said else None
        stated = named is not None and named != IDENTITY
        unknown = said and named is None and not take("identity", _is_identity)
        if unknown and take.filled("identity"):
            record.refuse(
                "document_type",
                "document_kind",
                _("Unknown kind of document."),
                _("Write identity card, passport, permit or birth certificate."),
            )
            return
        clean = cleaning.clean_stated_document if stated else cleaning.clean_document
        document = take("identity", cleaning.clean_identity_card if named == IDENTITY else clean)
        if document is None:
            return
        kind = document_kind(document.kind)
        if named is not None and stated and kind != IDENTITY:
            kind = named
        elif stated and named not in ("birth_certificate", "other"):
            record.refuse(
                "document_type",
                "document_kind",
                _("The number is that of an identity card, the kind says otherwise."),
                _("Correct the kind or the number."),
            )
        record.document = (kind, document.number)
        if kind == IDENTITY:
            born = document.birth_date
            record.birth_date = born.isoformat() if born else ""
            record.sex = document.sex or ""

    def _person(self, record: Record, take: Taker) -> None:
        # What can't be read does not contradict the number.
        sex = take("sex", _SEX)
        if sex == UNREAD:
            if not record.sex:
                record.fault("sex", Fault("sex"))
            sex = None
        if sex in ("1", "2") and record.sex and sex != record.sex:
            record.refuse(
                "sex",
                "sex_differs",
                _("The sex differs from that in the identity number."),
                _("Compare both with the document."),
            )
        record.sex = record.sex or sex or ""
        self._birth(record, take)
        self._nationality(record, take)
        record.ethnicity = self._code(record, take, "ethnicity", ETHNICITIES.code_of)
        for name in ("phone", "phone_2"):
            for phone in take(name, _PHONES) or ():
                if phone.number not in record.phones:
                    record.phones.append(phone.number)
        registered = take("registered_address", _REGISTERED) or ""
        # Local, from elsewhere, yes: that is no address.
        record.registered_address = "" if is_answer(registered) else registered
        record.employer = take("employer", _EMPLOYER) or ""

    def _nationality(self, record: Record, take: Taker) -> None:
        record.nationality = self._code(
            record, take, "nationality", NATIONALITIES.code_of, ELSEWHERE
        )
        if not record.nationality and record.document and record.document[0] in FOREIGN_DOCUMENTS:
            record.nationality = ELSEWHERE

    def _birth(self, record: Record, take: Taker) -> None:
        """An incomplete date is compared with the identity number and not kept."""
        birth = take("birth_date", _BIRTH)
        if birth == UNREAD and not record.birth_date:
            record.fault("birth_date", Fault("date_form"))
        if birth is None or birth == UNREAD:
            return
        if not record.birth_date:
            record.birth_date = birth.isoformat() if isinstance(birth, dt.date) else ""
        elif not _same_birth(birth, record.birth_date):
            record.refuse(
                "birth_date",
                "birth_differs",
                _("The date of birth differs from that in the identity number."),
                _("Compare both with the document."),
            )

    def _household(self, record: Record, take: Taker) -> None:
        record.household_number = take("household_number", _NUMBER) or ""
        since = take("move_in_date", _SINCE)
        record.since = since.isoformat() if since else ""
        day = record.since_day
        if day and day > dt.date.today() + dt.timedelta(days=1):  # noqa: DTZ011 - a day's slack covers zones
            record.refuse(
                "move_in_date",
                "future",
                _("The day lies in the future."),
                _("Compare it with the ledger."),
            )
        read_groups(record, take, self._groups)
        self._head(record, take)

    def _head(self, record: Record, take: Taker) -> None:
        record.relation = self._code(record, take, "relation", self._relations, "relative")
        head = take("head_name", _name_or_answer)
        if isinstance(head, str) and relation_of(head) == HEAD:
            head = True
        if isinstance(head, str) and not (names_nobody(head) or is_no_name(head)):
            record.head_name = head
        if (self._heads and not record.vacant) or (head is True and not record.relation):
            record.relation = HEAD
        if not record.relation and record.head_name and record.head_name == record.name:
            record.relation = HEAD

    def _place(self, record: Record, take: Taker, section: str) -> None:
        cells = (section, *[take.cells[at] for at in self._door_cells])
        known = self._doors.get(cells)
        if known is not None:
            record.place, record.or_place, record.community, record.collective = known
            return
        faults = len(record.problems)
        self._find_place(record, take, section)
        # True is 1 to a dictionary, and no door.
        if len(record.problems) == faults and all(isinstance(c, str | None) for c in cells):
            if len(self._doors) >= REMEMBERED:
                self._doors.clear()
            self._doors[cells] = (
                record.place, record.or_place, record.community, record.collective
            )  # fmt: skip

    def _find_place(self, record: Record, take: Taker, section: str) -> None:
        address = take("address", _ADDRESS) or ""
        columns = tuple(take(name, _DOOR) or "" for name in COLUMNS)
        door = written(address, columns, section)
        said = take("household_kind", text(30))
        record.collective = door.collective or bool(said and is_collective(said))
        record.community = take("community", _DOOR) or ""
        grid = take("grid", _DOOR) or ""
        record.place = _place(door, record.community, grid)
        if door.instead is not None:
            record.or_place = _place(door.instead, record.community, grid)
        if door.fault[1]:
            name, code = door.fault
            name = name or self._named("address", "building", "room")
            record.refuse(name, code, *why(code))
        if len(record.room) > LONGEST_ROOM:
            record.too_long("room" if "room" in self._positions else "address", LONGEST_ROOM)
        if not (record.has_place or record.room):
            record.refuse(
                self._named("address", "building"),
                "no_place",
                _("The row names no building, unit or room."),
                _(
                    "Write them like 3-2-501, in one cell or in several. If empty cells hold what"
                    " stands above, tick that at the columns."
                ),
            )

    def _named(self, *names: str) -> str:
        """The first of the fields that the ledger has, else the last."""
        return next((name for name in names if name in self._positions), names[-1])

    def _code(
        self,
        record: Record,
        take: Taker,
        name: str,
        code_of: Callable[[str], str | None],
        fallback: str = "",
    ) -> str:
        said = take(name, _RELATION if name == "relation" else _WORD)
        if not said or (name != "relation" and cleaning.is_filler(said)):
            return ""
        # A word outside the list loses nothing that anybody decides by, so the row still counts.
        for word in (said, without_spaces(said)):
            if (found := code_of(word)) is not None:
                return found
        return fallback


def _place(door: Written, community: str, grid: str) -> Place:
    return (
        (community or door.before)[:60], grid, door.estate, door.building, door.unit, door.room,
        door.group, door.road,
    )  # fmt: skip


def _name_or_answer(cell: Cell) -> str | bool | Fault | None:
    """A name; yes or no where the column asks whether this person is the head."""
    answer = cleaning.clean_yes_no(cell)
    return answer if isinstance(answer, bool) else cleaning.clean_name(cell)


def _is_identity(cell: Cell) -> bool:
    document = cleaning.clean_document(cell)
    return isinstance(document, cleaning.Document) and document_kind(document.kind) == IDENTITY


_OF_DOORS: Final = ("address", *COLUMNS, "household_kind", "community", "grid")
# A name of a row bears a mark of each of its cells.
_KEY: Final = text(1_000)
_KIND: Final = not_filler(40)
_SEX: Final = or_unread(cleaning.clean_sex, "sex")
_BIRTH: Final = or_unread(unless_word(cleaning.clean_birth), "date_form")
_PHONES: Final = unless_word(cleaning.clean_phones)
_REGISTERED: Final = unless_ditto(text(200))
_EMPLOYER: Final = unless_ditto(not_filler(120))
_NUMBER: Final = not_filler(30)
_SINCE: Final = unless_word(cleaning.clean_day_or_month)
_RELATION: Final = text(60)
_WORD: Final = unless_ditto(_RELATION)
_ADDRESS: Final = door_text(200)
_DOOR: Final = door_text(60)


def _same_birth(said: dt.date | cleaning.Month, exact: str) -> bool:
    if isinstance(said, cleaning.Month):
        return exact.startswith(said.isoformat())
    # A ledger often gives the month only, which reads as its first day; the number is exact.
    text = said.isoformat()
    return text == exact or (said.day == 1 and text[:7] == exact[:7])
