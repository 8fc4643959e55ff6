"""The reference of ``list``: the same questions in plain SQL, by the role that sees everything.

The tables, their rows and indexes are the very same; there is no row-level security, no model, no
log of who was looked at, and the counts are counted.
"""

from __future__ import annotations

from typing import Any

NAME = "plain SQL on the same tables as the maintenance role: no row-level security, no log"

_HOMES = """
SELECT id, place_code, room, number, kind, state, address, note FROM register_household
WHERE place_code >= %s AND place_code < %s AND state <> 'closed'
ORDER BY place_code, length(room), room, id LIMIT 50
"""
_RESIDENTS = """
SELECT r.id, r.household_id, r.relation, r.kind, r.from_date, r.away_since,
       p.id, p.name, p.sex, p.birth_date, p.ethnicity, p.deceased_on
FROM register_residency r JOIN people_person p ON p.id = r.person_id
WHERE r.to_date IS NULL AND r.household_id = ANY(%s)
ORDER BY r.household_id, r.relation <> 'head', r.from_date, r.id
"""
_COUNTS = """
SELECT
    (SELECT row(count(*), count(*) FILTER (WHERE state = 'empty'))::text FROM register_household
     WHERE place_code >= %(lo)s AND place_code < %(hi)s AND state <> 'closed'),
    (SELECT row(count(*), count(*) FILTER (WHERE kind = 'separated'),
                count(*) FILTER (WHERE kind = 'tenant'),
                count(*) FILTER (WHERE away_since IS NOT NULL))::text FROM register_residency
     WHERE place_code >= %(lo)s AND place_code < %(hi)s AND to_date IS NULL),
    (SELECT count(*) FROM register_establishment
     WHERE place_code >= %(lo)s AND place_code < %(hi)s AND to_date IS NULL)
"""
# A name found at several places comes once, as ours gives it.
_BY_NAME = """
SELECT p.id, p.name, p.sex, p.birth_date, p.ethnicity, p.deceased_on
FROM (
    SELECT person_id, min(rank) AS rank
    FROM (
        SELECT person_id, row_number() OVER (ORDER BY token, place_code, person_id) AS rank
        FROM people_nametoken WHERE token >= %s AND token < %s
        ORDER BY token, place_code, person_id LIMIT 60
    ) AS piece
    GROUP BY person_id ORDER BY rank LIMIT 20
) AS found JOIN people_person p ON p.id = found.person_id
WHERE p.merged_into_id IS NULL ORDER BY found.rank
"""
_BY_NUMBER = """
SELECT p.id, p.name, p.sex, p.birth_date, p.ethnicity, p.deceased_on
FROM people_person p WHERE p.merged_into_id IS NULL AND p.id IN (
    SELECT person_id FROM people_persondocument WHERE number_index = %s
    UNION SELECT person_id FROM people_personphone WHERE number_index = %s
) LIMIT 20
"""


def grid_list(area: str) -> list[Any]:
    """Ids of a grid's first 50 households and of who lives in them; the counts are read too."""
    from fangxian.common import codes

    lo, hi = codes.bounds(area)
    homes = [row[0] for row in _ask(_HOMES, [lo, hi])]
    residents = [row[0] for row in _ask(_RESIDENTS, [homes])]
    _ask(_COUNTS, {"lo": lo, "hi": hi})
    return homes + residents


def search(text: str) -> list[Any]:
    """Ids of the persons found by name, initials, phone or identity number."""
    from fangxian.people import names, queries
    from fangxian.people.models import PersonDocument, PersonPhone

    if queries.is_number(text):
        columns = (one._meta.get_field("number_index") for one in (PersonDocument, PersonPhone))
        return [row[0] for row in _ask(_BY_NUMBER, [column.of(text) for column in columns])]
    piece = names.search_form(text)
    return [row[0] for row in _ask(_BY_NAME, [piece, names.after(piece)])]


def _ask(statement: str, given: Any) -> list[tuple[Any, ...]]:
    from django.db import connections

    with connections["maintenance"].cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall()
