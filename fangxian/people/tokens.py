"""The tokens under which names are found, kept beside the links by statements over many persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from django.db import connection, connections

from fangxian.common import bulk
from fangxian.common.actor import Actor

_WRITE = """
INSERT INTO people_nametoken (token, place_code, person_id)
SELECT token, place.code, person.id
FROM people_person person
JOIN (SELECT DISTINCT person_id, place_code AS code FROM people_personlink
      WHERE person_id = ANY ({persons})) place ON place.person_id = person.id,
     LATERAL people_tokens(person.name, person.initials) token
ON CONFLICT DO NOTHING
""".format(persons=bulk.array("uuid"))  # noqa: S608  no value enters the text
_ERASE = """
DELETE FROM people_nametoken USING people_person person,
     LATERAL people_tokens(person.name, person.initials) gone
WHERE person.id = ANY (%s) AND people_nametoken.person_id = person.id
  AND people_nametoken.token = gone
"""
_TWICE = """
DELETE FROM people_nametoken t USING (
    SELECT person_id FROM people_nametoken WHERE place_code = ANY (%(codes)s)
    GROUP BY person_id HAVING count(DISTINCT place_code) > 1) twice
WHERE t.person_id = twice.person_id AND t.place_code = ANY (%(codes)s)
RETURNING t.person_id
"""


def before_recode(
    _by: Actor, _area: str, pairs: Mapping[str, str], using: str
) -> Callable[[], None]:
    """Take the tokens away of who is seen at two places that become one or exchange their codes.

    What it returns writes them where the places lie then.
    """
    taken = Counter(pairs.values())
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT place_code FROM people_nametoken WHERE place_code = ANY (%s)",
            [list(taken)],
        )
        taken.update(code for (code,) in cursor.fetchall())
        meeting = {old: new for old, new in pairs.items() if taken[new] > 1}
        cursor.execute(_TWICE, {"codes": list({*meeting, *meeting.values()})})
        persons = list({person for (person,) in cursor.fetchall()})

    def after() -> None:
        if not persons:
            return
        with connections[using].cursor() as cursor:
            cursor.execute(_WRITE, [bulk.packed(persons)])

    return after


def write(persons: Iterable[UUID]) -> None:
    """Add the tokens that these persons lack at the places of their links. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [bulk.packed(list(persons))])


def erase(persons: Iterable[UUID]) -> None:
    """Remove all tokens of these persons' present names (before a name changes)."""
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, [list(persons)])


def erase_everywhere(persons: Iterable[UUID]) -> None:
    """Remove the tokens of persons in scope at all their places, before a name changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_erase_tokens(%s)", [list(persons)])


def write_everywhere(persons: Iterable[UUID]) -> None:
    """Add the tokens of persons in scope at all their places, those out of scope too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_write_tokens(%s)", [list(persons)])
