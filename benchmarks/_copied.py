"""The reference of ``import``: the same workbook read by calamine and copied into bare tables.

Nothing is checked, recognised, previewed, sealed, scoped or kept as history: each row becomes a
person of its own, the rows with one household number a household. Then come the indexes by which a
register is searched. That much any import has to do.
"""

from __future__ import annotations

import io
import time
from typing import Any

NAME = "calamine and COPY into bare tables with indexes: no check, no preview, no history"

_TABLES = """
CREATE TABLE bare_household (id integer PRIMARY KEY, number text, community text, address text);
CREATE TABLE bare_person (
    id integer PRIMARY KEY, household_id integer, name text, number text, sex text,
    birth_date text, phone text, relation text, more text[]
);
"""
_INDEXES = """
CREATE UNIQUE INDEX ON bare_household (number);
CREATE UNIQUE INDEX ON bare_person (number);
CREATE INDEX ON bare_person (household_id);
CREATE INDEX ON bare_person (name);
CREATE INDEX ON bare_person (phone);
"""
# Where the columns of a person stand in a ledger; each is known by its usual names.
_NAMES = {
    "name": ("姓名",),
    "number": ("公民身份号码", "身份证号"),
    "sex": ("性别",),
    "birth_date": ("出生日期",),
    "phone": ("联系电话", "手机号"),
    "relation": ("与户主关系",),
}
_HOME = ("户号", "社区", "现住址")


def take_in(data: bytes, heading: int) -> tuple[float, float, int]:
    """Take in a workbook whose column names stand in row ``heading`` (from 0).

    Returns seconds of reading, seconds in all, and persons. The tables are gone afterwards.
    """
    from django.db import connections, transaction
    from python_calamine import CalamineWorkbook

    began = time.perf_counter()
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    read = time.perf_counter() - began
    headers = [str(cell) for cell in rows[heading]]
    own = [next(headers.index(one) for one in names if one in headers) for names in _NAMES.values()]
    home = [headers.index(name) for name in _HOME]
    rest = [at for at in range(len(headers)) if at not in {*own, *home}]
    with connections["owner"].cursor() as cursor:
        cursor.execute(_TABLES)
    made = time.perf_counter()
    homes: dict[Any, int] = {}
    with transaction.atomic("owner"), connections["owner"].cursor() as cursor:
        with cursor.copy("COPY bare_household FROM STDIN") as copy:
            for row in rows[heading + 1 :]:
                number, *where = (row[at] for at in home)
                if number not in homes:
                    homes[number] = len(homes)
                    copy.write_row((homes[number], number, *where))
        with cursor.copy("COPY bare_person FROM STDIN") as copy:
            for at, row in enumerate(rows[heading + 1 :]):
                person = (row[column] for column in own)
                more = [str(row[column]) for column in rest]
                copy.write_row((at, homes[row[home[0]]], *person, more))
        cursor.execute(_INDEXES)
        cursor.execute("SELECT count(*) FROM bare_person")
        persons = cursor.fetchone()[0]
    seconds = read + time.perf_counter() - made
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE bare_household, bare_person")
    return read, seconds, persons
