"""Lists of divisions: reading the shipped national one and any later year's."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.codes import Level, ancestors, is_code, parent
from fangxian.common.errors import Invalid, Problem
from fangxian.common.ui import formats

DESCRIPTION = Path(__file__).parent / "data" / "division_lists.json"
MOST_PROBLEMS = 50
FULL = int(Level.VILLAGE)
# As plain numbers, each with that of the level above: a list has 665,000 codes.
_FINEST_FIRST = ((9, 12), (6, 9), (4, 6), (2, 4))
URBAN_CLASSES = frozenset({"111", "112", "121", "122", "123", "210", "220"})


@dataclass(frozen=True, slots=True)
class Row:
    """One place of a list. ``old_codes``: the places of the earlier list that it comes from."""

    code: str
    name: str
    urban_class: str = ""
    old_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DivisionList:
    """A whole list: the year and day it is of, where it comes from, its rows by code."""

    year: int
    as_of: dt.date
    source: str
    digest: str
    rows: dict[str, Row]

    def counts(self) -> dict[str, int]:
        """Rows a level, by the length of the code as text."""
        counts: dict[str, int] = {}
        for code in self.rows:
            counts[str(len(code))] = counts.get(str(len(code)), 0) + 1
        return counts


@cache
def description() -> dict[str, Any]:
    """What is known of lists: the shipped one and the headings of others."""
    data: dict[str, Any] = json.loads(DESCRIPTION.read_text("utf-8"))
    return data


def national(folder: Path) -> DivisionList:
    """Read the shipped national list from ``folder`` and assert its counts.

    Raises Invalid naming the file that is missing or the level that does not count up.
    """
    known = description()["national"]
    rows: dict[str, Row] = {}
    digest = hashlib.sha256()
    for level, name in known["files"].items():
        path = folder / name
        if not path.is_file():
            raise Invalid(
                Problem(
                    _("The national list is missing: %(path)s.") % {"path": path},
                    mend=_("Run “make setup”, or set FANGXIAN_DIVISIONS to its folder."),
                )
            )
        data = path.read_bytes()
        digest.update(data)
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig")))
        next(reader)
        before = len(rows)
        rows |= {line[0]: Row(line[0], line[1]) for line in reader}
        found, wanted = len(rows) - before, known["counts"][level]
        if found != wanted:
            raise Invalid(
                Problem(
                    _("%(file)s has %(found)s places, not %(wanted)s.")
                    % {"file": name, "found": found, "wanted": wanted},
                    mend=_("Install the list again; it is damaged or of another version."),
                )
            )
    as_of = dt.date.fromisoformat(known["as_of"])
    return DivisionList(known["year"], as_of, known["source"], digest.hexdigest(), rows)


def read(path: Path, *, year: int, as_of: dt.date | None = None) -> DivisionList:
    """Read a later list: CSV (UTF-8 or GB 18030) or JSON with code, name and, where known, class
    and old code (several separated by anything but digits).

    Codes may be written out to 12 digits, those of provinces and prefectures also to 6, with zeros.
    ``as_of`` is the last day of its year if none is given, and today in a year that has not ended.
    Raises Invalid for a day to come, and with one problem a bad row.
    """
    as_of = as_of or min(dt.date(year, 12, 31), max(dt.date(year, 1, 1), timezone.localdate()))
    if as_of > timezone.localdate():
        raise Invalid(
            Problem(
                _("The list is of %(day)s, a day to come.") % {"day": formats.date(as_of)},
                field="as_of",
                mend=_("Give the day that it is of, today at the latest."),
            )
        )
    data = path.read_bytes()
    records = _json_records(data) if path.suffix.lower() == ".json" else _csv_records(data)
    problems: list[Problem] = []
    written: list[tuple[int, Row]] = []
    for number, record in records:
        row = _row(record, number, problems)
        if row is not None:
            written.append((number, row))
        if len(problems) >= MOST_PROBLEMS:
            break
    rows = _settled(written, problems)
    _add_prefectures(rows)
    _add_counties(rows)
    _add_only_places(rows, {row.code for _number, row in written if len(row.code) == FULL})
    problems = problems[:MOST_PROBLEMS]
    problems += (_headless(rows) or _orphans(rows))[: MOST_PROBLEMS - len(problems)]
    if not rows and not problems:
        problems.append(
            Problem(_("The list has no row."), mend=_("Give a list with codes and names."))
        )
    if problems:
        raise Invalid(*problems)
    digest = hashlib.sha256(data).hexdigest()
    return DivisionList(year, as_of, path.name, digest, rows)


def _settled(written: list[tuple[int, Row]], problems: list[Problem]) -> dict[str, Row]:
    """Give each row the code it stands for: zeros may fill it up, or belong to it.

    A prefecture without counties has a county of its own digits (``4419`` and ``441900``): written
    out both are ``441900000000``. The first row of a code is the wider place; a further one is the
    place below it, if others lie there, or if it has the same name and nothing else lies there.
    """
    times = Counter(row.code for _number, row in written)
    counties: dict[str, set[str]] = defaultdict(set)
    for code in times:
        counties[code[: int(Level.PREFECTURE)]].add(code[: int(Level.COUNTY)])

    def shortest(code: str) -> str:
        wide = short_of_six(code)
        if wide == code:
            return short(code)
        many = times[code] > 1 or len(counties[code[: int(Level.PREFECTURE)]]) > 1
        return wide if wide not in times and (many or len(wide) < int(Level.PREFECTURE)) else code

    first = {code: shortest(code) for code in times}
    filled = {parent(code) for code in first.values()}
    above = {upper for code in filled for upper in ancestors(code, include_self=True)}
    reach = max((max(len(wide), len(code) % FULL) for code, wide in first.items()), default=0)
    names = {first[row.code]: row.name for _number, row in reversed(written)}

    rows: dict[str, Row] = {}
    for number, row in written:
        wide = first[row.code]
        code = wide
        if wide != row.code:
            readings = [] if wide in times else [wide]
            for deeper in ancestors(row.code, include_self=True):
                if len(deeper) <= len(wide) or (deeper in times and deeper != row.code):
                    continue
                alone = len(deeper) <= reach and parent(deeper) not in filled
                if deeper not in above and not (alone and names[wide] == row.name):
                    break
                readings.append(deeper)
            code = next((code for code in readings if code not in rows), wide)
        settled = Row(code, row.name, row.urban_class, _old_codes(row.old_codes, code))
        if rows.setdefault(code, settled) != settled:
            problems.append(
                Problem(
                    _("Code %(code)s stands twice in the list.") % {"code": code},
                    field="code",
                    row=number,
                    mend=_("Remove one of the two rows."),
                )
            )
    return rows


def _old_codes(written: Iterable[str], code: str) -> tuple[str, ...]:
    # What a place was called before is of its own level, as long as the zeros allow it.
    return tuple(short(old) if old[len(code) :].strip("0") else old[: len(code)] for old in written)


def _add_prefectures(rows: dict[str, Row]) -> None:
    """Add what lists of six digits leave out.

    Counties right below a province or municipality stand without the place between, prefectures
    without counties once: the county that stands for them has their name.
    """
    with_counties = {parent(code) for code in rows if len(code) == int(Level.COUNTY)}
    for above, name in description()["unlisted"].items():
        if above in with_counties and above not in rows and parent(above) in rows:
            rows[above] = Row(above, name)
    for above, county in description()["without_counties"].items():
        if f"{above}00" in rows and above not in rows and parent(above) in rows:
            own = rows.pop(f"{above}00")
            rows[above] = Row(above, own.name)
            rows[county] = Row(county, own.name, own.urban_class, own.old_codes)


def _add_only_places(rows: dict[str, Row], padded: set[str]) -> None:
    """Give a county that alone has nothing below it the town and community of its digits.

    A list filled up to 12 digits names them in three equal rows; without equal rows one is left.
    ``padded``: the codes of 12 digits as written.
    """
    if not any(len(code) == FULL for code in rows):
        return
    with_towns = {parent(code) for code in rows if len(code) == int(Level.TOWN)}
    for county in [code for code in rows if len(code) == int(Level.COUNTY)]:
        if county not in with_towns and county.ljust(FULL, "0") in padded:
            for level in (Level.TOWN, Level.VILLAGE):
                below = county.ljust(int(level), "0")
                rows[below] = Row(below, rows[county].name)


def _add_counties(rows: dict[str, Row]) -> None:
    """Where towns lie right below a prefecture, add the county of its digits and name."""
    with_counties = {parent(code) for code in rows if len(code) == int(Level.COUNTY)}
    towns = [code for code in rows if len(code) == int(Level.TOWN)]
    for county in {parent(town) for town in towns} - rows.keys():
        above = parent(county)
        if county == f"{above}00" and above in rows and above not in with_counties:
            rows[county] = Row(county, rows[above].name)


def _headless(rows: dict[str, Row]) -> list[Problem]:
    """Towns or communities of several places alone don't say what area the list is of."""
    top = min((len(code) for code in rows), default=0)
    fine = (code for code in rows if len(code) >= int(Level.TOWN))
    missing = {parent(code) for code in fine} - rows.keys()
    # One community may have the digits of its county: the many others tell what the list is.
    if len(missing) <= (1 if top >= int(Level.TOWN) else MOST_PROBLEMS):
        return []
    return [
        Problem(
            _("%(count)s places right above those of the list are not in it.")
            % {"count": len(missing)},
            field="code",
            mend=_("Put all levels into one list, or give one list a place."),
        )
    ]


def _orphans(rows: dict[str, Row]) -> list[Problem]:
    top = min((len(code) for code in rows), default=0)
    return [
        Problem(
            _("The list has %(code)s but not the place above it, %(parent)s.")
            % {"code": code, "parent": parent(code)},
            field="code",
            mend=_("Add the place above, or remove the row."),
        )
        for code in sorted(rows)
        if len(code) > top and parent(code) not in rows
    ]


def _json_records(data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        records = json.loads(data)
    except ValueError as error:
        raise Invalid(
            Problem(
                _("The file is not JSON: %(error)s") % {"error": error}, mend=_("Save it again.")
            )
        ) from error
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise Invalid(
            Problem(
                _("The JSON file is not a list of objects."),
                mend=_('Write [{"code": …, "name": …}, …].'),
            )
        )
    yield from enumerate((_known(record) for record in records), start=1)


def _csv_records(data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise Invalid(
                Problem(
                    _("The file is neither UTF-8 nor GB 18030."), mend=_("Save it as UTF-8 CSV.")
                )
            ) from error
    lines = csv.reader(io.StringIO(text))
    header = _known_headings(next(lines, []))
    if not {"code", "name"} <= set(header):
        raise Invalid(
            Problem(
                _("The first row names no columns for code and name."),
                row=1,
                mend=_("Call them “code” and “name”."),
            )
        )
    for number, line in enumerate(lines, start=2):
        if any(cell.strip() for cell in line):
            yield number, dict(zip(header, line, strict=False))


def _known_headings(header: Iterable[str]) -> list[str]:
    names = {
        heading: column
        for column, headings in description()["columns"].items()
        for heading in headings
    }
    return [names.get(cell.strip().lower(), cell) for cell in header]


def _known(record: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(_known_headings(record), record.values(), strict=True))


def short(code: str) -> str:
    """Strip the zeros that fill a code up to 12 digits: ``130900000000`` is ``1309``."""
    if len(code) != FULL or not code.isdigit():
        return code
    for above, level in _FINEST_FIRST:
        if code[above:].strip("0"):
            return code[:level]
    return code[: int(Level.PROVINCE)]


def short_of_six(code: str) -> str:
    """Strip the zeros that fill a code of a province or prefecture up to 6 digits."""
    if len(code) != int(Level.COUNTY) or not code.endswith("00"):
        return code
    wide = code[: int(Level.PREFECTURE)]
    return wide.removesuffix("00")


def _is_text(name: str) -> bool:
    # The national list writes characters that Unicode lacks in its private area.
    return name.isprintable() or all(
        char.isprintable() or unicodedata.category(char) == "Co" for char in name
    )


def _row(record: dict[str, Any], number: int, problems: list[Problem]) -> Row | None:
    code = str(record.get("code", "")).strip()
    name = str(record.get("name", "")).strip()
    urban_class = str(record.get("urban_class", "") or "").strip()
    found = len(problems)
    if not is_code(code) or not 0 < len(code) <= int(Level.VILLAGE):
        problems.append(
            Problem(
                _("“%(code)s” is not a division code.") % {"code": code},
                field="code",
                row=number,
                mend=_("Write 2, 4, 6, 9 or 12 digits."),
            )
        )
    if not name or len(name) > 120 or not _is_text(name):
        problems.append(
            Problem(
                _("The name is missing, too long or has unprintable characters."),
                field="name",
                row=number,
                mend=_("Write a name of at most 120 characters."),
            )
        )
    if urban_class and urban_class not in URBAN_CLASSES:
        problems.append(
            Problem(
                _("“%(text)s” is not an urban–rural class.") % {"text": urban_class},
                field="urban_class",
                row=number,
                mend=_("Write one of %(classes)s.") % {"classes": ", ".join(sorted(URBAN_CLASSES))},
            )
        )
    if len(problems) > found:
        return None
    old = tuple(re.findall(r"\d+", str(record.get("old_code", "") or "")))
    return Row(code, name, urban_class, old)
