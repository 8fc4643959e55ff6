"""What must always hold of who answers: a sentence for each breach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone

from fangxian.common import codes
from fangxian.organisations.queries import counties_in_use, role_values
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.together_rules import together_rules

LIMIT = 100
# What upkeep ends every few minutes counts only once a day has passed.
_GONE = """
SELECT r.place_code, r.role FROM organisations_responsibility r
LEFT JOIN people_person p ON p.id = r.person_id
LEFT JOIN organisations_member m ON m.id = r.member_id
LEFT JOIN organisations_organisation o ON o.id = r.organisation_id
WHERE (r.to_date IS NULL OR r.to_date >= %(day)s) AND r.from_date < %(day)s
  AND (p.deceased_on < %(day)s::date - 1 OR p.merged_into_id IS NOT NULL
       OR m.to_date < %(day)s::date - 1 OR o.dissolved_on < %(day)s::date - 1)
ORDER BY r.place_code LIMIT %(limit)s
"""
_OVERLAPS = """
SELECT DISTINCT a.place_code FROM organisations_responsibility a
WHERE a.role = %s AND a.substitute_for_id IS NULL AND a.establishment_id IS NULL AND (
    SELECT count(*) FROM organisations_responsibility b
    WHERE b.place_id = a.place_id AND b.role = a.role AND b.substitute_for_id IS NULL
      AND b.from_date <= a.from_date AND (b.to_date IS NULL OR b.to_date >= a.from_date)
) > %s ORDER BY 1 LIMIT %s
"""
_POSTS = """
SELECT coalesce(person_id, organisation_id) AS holder, place_code, from_date, to_date
FROM organisations_responsibility WHERE role = %(role)s AND substitute_for_id IS NULL
"""
_HOUSEHOLDS = """
SELECT r.person_id AS holder, l.place_code, l.from_date, l.to_date
FROM organisations_responsibilityhousehold l
JOIN organisations_responsibility r ON r.id = l.responsibility_id WHERE r.role = %(role)s
"""
# What is over was so by the rules of its day. Who was found to be recorded twice has what both
# records had until somebody decides.
_LOADS = """
WITH held AS MATERIALIZED (
    SELECT * FROM ({source}) every WHERE to_date IS NULL OR to_date >= %(day)s),
many AS (SELECT holder FROM held GROUP BY holder HAVING count(*) > %(most)s),
days AS (
    SELECT holder, place_code, d.day, d.change FROM held JOIN many USING (holder)
    CROSS JOIN LATERAL (VALUES (from_date, 1), (to_date + 1, -1)) AS d (day, change)
    WHERE d.day IS NOT NULL),
counted AS (
    SELECT holder, place_code, sum(change) OVER (PARTITION BY holder ORDER BY day) AS had FROM days)
SELECT min(place_code) FROM counted c WHERE had > %(most)s
  AND NOT EXISTS (SELECT 1 FROM people_person p WHERE p.merged_into_id = c.holder)
GROUP BY holder ORDER BY 1 LIMIT %(limit)s
"""
_MISPLACED = """
SELECT r.place_code, p.code FROM organisations_responsibility r
JOIN regions_region p ON p.id = r.place_id
WHERE p.valid_to IS NULL AND p.code <> r.place_code ORDER BY 1 LIMIT %s
"""
_SEATS = """
SELECT m.place_code, p.code FROM organisations_member m
JOIN organisations_organisation o ON o.id = m.organisation_id
JOIN regions_region p ON p.id = o.seat_id
WHERE p.valid_to IS NULL AND p.code <> m.place_code ORDER BY 1 LIMIT %s
"""
_FILLED = """
SELECT v.place_code, v.role FROM organisations_vacancy v
WHERE v.role = %(role)s AND (
    SELECT count(*) FROM organisations_responsibility r
    WHERE r.place_id = v.place_id AND r.role = v.role AND r.substitute_for_id IS NULL
      AND r.from_date <= %(day)s AND (r.to_date IS NULL OR r.to_date >= %(day)s)
) + v.missing <> %(minimum)s ORDER BY 1 LIMIT %(limit)s
"""

# What settling lists every few minutes counts once a day has passed: places of before today where
# nobody held the role yesterday either.
_UNLISTED = """
SELECT r.code FROM regions_region r
LEFT JOIN regions_building b ON b.region_id = r.id
WHERE r.level = %(level)s AND r.valid_to IS NULL AND r.valid_from < %(day)s
  AND r.code >= %(lo)s AND r.code < %(hi)s
  AND left(r.code, 6) = ANY (
      ARRAY(SELECT left(county, %(level)s) FROM unnest(%(counties)s::text[]) county))
  AND (NOT %(unmanaged)s OR b.managed IS FALSE)
  AND NOT EXISTS (
    SELECT 1 FROM organisations_vacancy v WHERE v.place_id = r.id AND v.role = %(role)s)
  AND (
    SELECT count(*) FROM organisations_responsibility h
    WHERE h.place_id = r.id AND h.role = %(role)s AND h.substitute_for_id IS NULL
      AND h.from_date <= %(day)s AND (h.to_date IS NULL OR h.to_date >= %(day)s - 1)
  ) < %(minimum)s
ORDER BY 1 LIMIT %(limit)s
"""
# A keeper of a building that is managed, and a building that is not and could have a keeper.
_KEPT = """
SELECT k.place_code FROM organisations_responsibility k
JOIN regions_building b ON b.region_id = k.place_id
WHERE k.role = %(keeper)s AND b.managed AND k.from_date < %(day)s - 1
  AND (k.to_date IS NULL OR k.to_date >= %(day)s) ORDER BY 1 LIMIT %(limit)s
"""
_BARE = """
SELECT r.code FROM regions_building b JOIN regions_region r ON r.id = b.region_id
WHERE b.managed IS FALSE AND r.valid_to IS NULL AND r.valid_from < %(day)s
  AND NOT EXISTS (
    SELECT 1 FROM organisations_responsibility k
    WHERE k.place_id = r.id AND k.role = %(keeper)s AND (k.to_date IS NULL OR k.to_date >= %(day)s))
  AND EXISTS (
    SELECT 1 FROM organisations_responsibility u
    JOIN organisations_organisation o ON o.id = u.organisation_id
    WHERE u.role = %(unit)s AND u.place_code = left(r.code, 12) AND u.from_date < %(day)s
      AND (u.to_date IS NULL OR u.to_date >= %(day)s) AND u.substitute_for_id IS NULL
      AND o.dissolved_on IS NULL
      AND (SELECT count(*) FROM organisations_responsibility k
           WHERE k.organisation_id = o.id AND k.role = %(keeper)s
             AND (k.to_date IS NULL OR k.to_date >= %(day)s)) < %(most)s)
ORDER BY 1 LIMIT %(limit)s
"""


# What ends today is ended by the next upkeep.
_UNLINKED = """
SELECT p.place_code FROM organisations_pairing p
WHERE p.linked AND p.to_date IS NULL AND NOT EXISTS (
    SELECT 1 FROM organisations_responsibility r
    WHERE r.place_id = p.place_id AND r.organisation_id = p.organisation_id AND r.role = %s
      AND r.substitute_for_id IS NULL AND (r.to_date IS NULL OR r.to_date >= %s))
LIMIT %s
"""
_SECONDED = """
SELECT u.place_code FROM organisations_secondment s
JOIN organisations_temporaryunit u ON u.id = s.unit_id
JOIN organisations_member m ON m.id = s.member_id
JOIN organisations_member h ON h.id = s.home_id
WHERE m.to_date IS NULL AND (
    m.person_id <> h.person_id OR m.person_id <> s.person_id OR h.to_date IS NOT NULL
    OR m.organisation_id <> u.organisation_id OR h.organisation_id <> s.home_body_id)
LIMIT %s
"""


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def overlaps() -> Iterator[str]:
    """Places with more holders of a role at once than the rule allows."""
    for role in chain_rules().roles.values():
        for (code,) in _rows(_OVERLAPS, [role.code, role.maximum, LIMIT]):
            yield f"{code} has more than {role.maximum} as {role.code} at once"


def loads() -> Iterator[str]:
    """Holders who have more places, establishments or households than the rule allows one."""
    rules, day = chain_rules(), timezone.localdate()
    for post in rules.names.values():
        source = _HOUSEHOLDS if post.code == rules.member_role else _POSTS
        values = {"role": post.code, "most": post.max_per_holder, "day": day, "limit": LIMIT}
        for (code,) in _rows(_LOADS.format(source=source), values):
            yield f"who is {post.code} of {code} has more than {post.max_per_holder} at once"


def gone() -> Iterator[str]:
    """Holders who can't hold any more."""
    for code, role in _rows(_GONE, {"day": timezone.localdate(), "limit": LIMIT}):
        yield f"{role} of {code} is held by somebody who is gone"


def misplaced() -> Iterator[str]:
    """Responsibilities whose code is not that of their place."""
    for code, right in _rows(_MISPLACED, [LIMIT]):
        yield f"a responsibility for {right} lies at {code}"


def seats() -> Iterator[str]:
    """Members whose code is not that of their organisation's seat."""
    for code, right in _rows(_SEATS, [LIMIT]):
        yield f"a member of an organisation at {right} lies at {code}"


def vacancies() -> Iterator[str]:
    """Vacancies that are not listed, and listed ones whose number is not what it should be."""
    day = timezone.localdate()
    area = settings.FANGXIAN_AREA
    lo, hi = codes.bounds(area)
    where = {"day": day, "limit": LIMIT, "lo": lo, "hi": hi, "counties": counties_in_use(area)}
    for role in chain_rules(day).roles.values():
        values = where | role_values(role)
        for code, name in _rows(_FILLED, values):
            yield f"the vacancy of {name} at {code} is not what it should be"
        for (code,) in _rows(_UNLISTED, values):
            yield f"the vacancy of {role.code} at {code} is not listed"


def keepers() -> Iterator[str]:
    """Keepers of managed buildings, and buildings without management that nobody keeps."""
    day = timezone.localdate()
    rules = chain_rules(day)
    for keeper, unit in rules.takes_over.items():
        most = rules.role(keeper).max_per_holder
        values = {"keeper": keeper, "unit": unit, "day": day, "most": most, "limit": LIMIT}
        for (code,) in _rows(_KEPT, values):
            yield f"building {code} has property management and a {keeper}"
        for (code,) in _rows(_BARE, values):
            yield f"building {code} without property management did not fall to its {unit}"


def seconded() -> Iterator[str]:
    """Secondments whose two memberships are not those of one human who is a member at home."""
    for (code,) in _rows(_SECONDED, [LIMIT]):
        yield f"a secondment at {code} does not fit the membership at home"


def unlinked() -> Iterator[str]:
    """Pairings that are links of the chain, without one."""
    day = timezone.localdate()
    for (code,) in _rows(_UNLINKED, [together_rules(day).linked_role, day, LIMIT]):
        yield f"a unit at {code} is paired with a community and not linked with it"
