"""What ends by itself: a holder dies or moves away, a member leaves, a body or a place ceases, the
term of a temporary unit is over.

Rooms above don't know this one, and an action ends only what lies in its actor's area, so a
periodic job (and each redraw) ends here what can no longer hold, and takes away the sight of
persons that an ended responsibility or membership gave. Running it twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.utils import timezone

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.organisations.actions.temporary import end_by_term
from fangxian.organisations.reviving import revive
from fangxian.organisations.rules import chain_rules, duties
from fangxian.organisations.together_rules import together_rules
from fangxian.people import tokens
from fangxian.register.vocabularies import SEPARATED

# The last day is that of the cause, but never before the row's own first day.
_END = """
UPDATE organisations_responsibility r
SET cut_until = CASE WHEN r.ended_by = '' THEN r.to_date ELSE r.cut_until END,
    cut_for_id = NULL, to_date = greatest(r.from_date, why.day), ended_by = why.cause
FROM ({cause}) why
WHERE why.id = r.id AND r.place_code >= %(lo)s AND r.place_code < %(hi)s
  AND (r.to_date IS NULL OR r.to_date > greatest(r.from_date, why.day))
"""
_CAUSES = (
    # The day on which a place ceased is the first without it.
    """SELECT x.id, p.valid_to - 1 AS day, '' AS cause FROM organisations_responsibility x
       JOIN regions_region p ON p.id = x.place_id WHERE p.valid_to IS NOT NULL""",
    """SELECT x.id, p.deceased_on AS day, 'death' AS cause FROM organisations_responsibility x
       JOIN people_person p ON p.id = x.person_id WHERE p.deceased_on IS NOT NULL""",
    """SELECT x.id, m.to_date AS day, 'leaving' AS cause FROM organisations_responsibility x
       JOIN organisations_member m ON m.id = x.member_id WHERE m.to_date IS NOT NULL""",
    """SELECT x.id, o.dissolved_on AS day, 'dissolution' AS cause
       FROM organisations_responsibility x
       JOIN organisations_organisation o ON o.id = x.organisation_id
       WHERE o.dissolved_on IS NOT NULL""",
    # Who held a post as one who lives there moved away, and lives nowhere there.
    """SELECT x.id, out.day, 'move' AS cause FROM organisations_responsibility x
       JOIN unnest(%(living)s::text[], %(within)s::int[]) AS post (role, size) ON post.role = x.role
       CROSS JOIN LATERAL (
           SELECT max(l.to_date) AS day FROM register_residency l
           WHERE l.person_id = x.person_id AND l.ended = 'moved' AND l.kind <> %(separated)s
             AND left(l.place_code, post.size) = left(x.place_code, post.size)) AS out
       WHERE x.substitute_for_id IS NULL AND (x.to_date IS NULL OR x.to_date >= %(today)s)
         AND out.day >= x.from_date AND NOT EXISTS (
           SELECT 1 FROM register_residency l
           WHERE l.person_id = x.person_id AND l.to_date IS NULL AND l.kind <> %(separated)s
             AND left(l.place_code, post.size) = left(x.place_code, post.size))""",
    # Who is stood in for holds it no longer.
    """SELECT x.id, h.to_date AS day, h.ended_by AS cause FROM organisations_responsibility x
       JOIN organisations_responsibility h ON h.id = x.substitute_for_id
       WHERE h.to_date IS NOT NULL""",
    # A building is managed again: its keeper has nothing to keep.
    """SELECT x.id, %(today)s::date - 1 AS day, '' AS cause FROM organisations_responsibility x
       JOIN regions_building b ON b.region_id = x.place_id
       WHERE b.managed AND x.role = ANY (%(bound)s)
         AND (x.to_date IS NULL OR x.to_date >= %(today)s)""",
)
_MEMBERS = """
UPDATE organisations_member m
SET to_date = greatest(m.from_date, why.day), ended_by = why.cause
FROM (SELECT x.id, least(p.deceased_on, o.dissolved_on) AS day,
             CASE WHEN o.dissolved_on IS NULL OR p.deceased_on <= o.dissolved_on
                  THEN 'death' ELSE 'dissolution' END AS cause
      FROM organisations_member x
      JOIN people_person p ON p.id = x.person_id
      JOIN organisations_organisation o ON o.id = x.organisation_id
      WHERE p.deceased_on IS NOT NULL OR o.dissolved_on IS NOT NULL) why
WHERE why.id = m.id AND m.to_date IS NULL AND m.place_code >= %(lo)s AND m.place_code < %(hi)s
"""
# Who is no member at home any more serves nowhere for it.
_SERVING = """
UPDATE organisations_member m SET to_date = greatest(m.from_date, h.to_date)
FROM organisations_secondment s JOIN organisations_member h ON h.id = s.home_id
WHERE s.member_id = m.id AND m.to_date IS NULL AND h.to_date IS NOT NULL
  AND m.place_code >= %(lo)s AND m.place_code < %(hi)s
"""
# Who lives in the community no more is not with it, nor is a unit that was dissolved.
_REPORTS = """
UPDATE organisations_reportin r
SET ended_on = greatest(r.reported_on, r.received_on, coalesce(o.dissolved_on, %(today)s))
FROM organisations_reportin x
LEFT JOIN organisations_organisation o ON o.id = x.organisation_id
WHERE x.id = r.id AND r.ended_on IS NULL
  AND r.place_code >= %(lo)s AND r.place_code < %(hi)s
  AND (o.dissolved_on IS NOT NULL OR r.person_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM register_residency l
      WHERE l.person_id = r.person_id AND l.to_date IS NULL AND l.kind <> %(separated)s
        AND l.place_code >= r.place_code AND l.place_code < r.place_code || ':'))
"""
_CLAIMS = """
UPDATE organisations_claim c SET given_up_on = greatest(c.claimed_on, r.ended_on)
FROM organisations_reportin r
WHERE r.id = c.report_id AND r.ended_on IS NOT NULL AND c.done_on IS NULL
  AND c.given_up_on IS NULL AND c.place_code >= %(lo)s AND c.place_code < %(hi)s
"""
# A unit that is linked with its community no more is no pair with it; nor is what was dissolved.
_PAIRS = """
UPDATE organisations_pairing p SET to_date = greatest(p.from_date, why.day)
FROM (SELECT x.id, least(o.dissolved_on, t.dissolved_on, CASE
             WHEN NOT (x.linked AND r.code >= %(lo)s AND r.code < %(hi)s) THEN NULL
             WHEN NOT EXISTS (
                 SELECT 1 FROM organisations_responsibility l
                 WHERE l.place_id = x.place_id AND l.organisation_id = x.organisation_id
                   AND l.role = %(pair)s AND l.substitute_for_id IS NULL
                   AND (l.to_date IS NULL OR l.to_date >= %(today)s))
             THEN coalesce((SELECT max(l.to_date) FROM organisations_responsibility l
                            WHERE l.place_id = x.place_id AND l.role = %(pair)s
                              AND l.organisation_id = x.organisation_id), %(today)s::date - 1)
             END) AS day
      FROM organisations_pairing x
      JOIN organisations_organisation o ON o.id = x.organisation_id
      LEFT JOIN organisations_organisation t ON t.id = x.partner_id
      LEFT JOIN regions_region r ON r.id = x.place_id
      WHERE x.to_date IS NULL) why
WHERE why.id = p.id AND why.day IS NOT NULL
  AND p.place_code >= %(lo)s AND p.place_code < %(hi)s
"""
# Who was dissolved is in no alliance; one whose lead was dissolved waits for somebody to decide.
_ALLIES = """
UPDATE organisations_ally a SET to_date = greatest(a.from_date, o.dissolved_on)
FROM organisations_organisation o
WHERE o.id = a.organisation_id AND a.to_date IS NULL AND o.dissolved_on IS NOT NULL
  AND a.place_code >= %(lo)s AND a.place_code < %(hi)s
"""
# What a unit that is in its alliance no more was to see to is the lead's.
_SHARED = """
UPDATE organisations_sharedtask t SET organisation_id = NULL FROM organisations_alliance a
WHERE a.id = t.alliance_id AND a.to_date IS NULL AND t.done_on IS NULL
  AND t.organisation_id <> a.lead_id AND t.place_code >= %(lo)s AND t.place_code < %(hi)s
  AND NOT EXISTS (SELECT 1 FROM organisations_ally y WHERE y.alliance_id = a.id
                  AND y.organisation_id = t.organisation_id AND y.to_date IS NULL)
"""
_HOUSEHOLDS = """
UPDATE organisations_responsibilityhousehold h SET to_date = r.to_date
FROM organisations_responsibility r
WHERE r.id = h.responsibility_id AND h.from_date <= r.to_date AND r.to_date < %(today)s
  AND (h.to_date IS NULL OR h.to_date > r.to_date)
  AND h.place_code >= %(lo)s AND h.place_code < %(hi)s
"""
_NEVER = """
DELETE FROM organisations_responsibilityhousehold h USING organisations_responsibility r
WHERE r.id = h.responsibility_id AND h.from_date > r.to_date AND r.to_date < %(today)s
  AND h.place_code >= %(lo)s AND h.place_code < %(hi)s
"""
_EVIDENCE = """
UPDATE organisations_fiveoneevidence e SET to_date = greatest(e.from_date, why.day)
FROM (SELECT x.id, least(m.to_date, o.dissolved_on, r.to_date) AS day
      FROM organisations_fiveoneevidence x
      LEFT JOIN organisations_member m ON m.id = x.member_id
      LEFT JOIN organisations_organisation o ON o.id = x.organisation_id
      LEFT JOIN organisations_responsibility r ON r.id = x.responsibility_id
      WHERE x.to_date IS NULL) why
WHERE why.id = e.id AND why.day < %(today)s AND e.place_code >= %(lo)s AND e.place_code < %(hi)s
"""
_OVER = """
SELECT l.person_id, l.source_id FROM people_personlink l
LEFT JOIN organisations_responsibility r ON r.id = l.source_id AND l.kind = 'responsible'
LEFT JOIN organisations_member m ON m.id = l.source_id AND l.kind = 'member'
WHERE l.kind IN ('responsible', 'member') AND l.place_code >= %(lo)s AND l.place_code < %(hi)s
  AND coalesce(r.to_date, m.to_date) < %(today)s
"""
_UNLINK = """
DELETE FROM people_personlink WHERE (person_id, source_id) IN
    (SELECT * FROM unnest(%(persons)s::uuid[], %(sources)s::uuid[]))
  AND kind IN ('responsible', 'member')
"""


def upkeep(*, by: Actor, area: str, on: dt.date | None = None) -> int:
    """End in ``area`` what can no longer hold. Returns how many responsibilities ended.

    What ended by something that was taken back goes on first. A dozen statements. The vacancies are
    the caller's to refresh. Whether somebody moved away is judged by who sees all of where he would
    have to live.
    """
    lo, hi = codes.bounds(area)
    day = on or timezone.localdate()
    bound = [role.code for role in chain_rules(day).roles.values() if role.only == "unmanaged"]
    living = {r: size for r, size in duties(day).residence.items() if len(by.area) <= size}
    values: dict[str, Any] = {
        "lo": lo,
        "hi": hi,
        "today": day,
        "bound": bound,
        "living": list(living),
        "within": list(living.values()),
        "separated": SEPARATED,
        "pair": together_rules(day).linked_role,
    }
    ended = 0
    revive(by=by, area=area)
    with acting(by):
        end_by_term(by, area, day)
    with acting(by), connection.cursor() as cursor:
        cursor.execute(_MEMBERS, values)
        cursor.execute(_SERVING, values)
        cursor.execute(_REPORTS, values)
        cursor.execute(_CLAIMS, values)
        cursor.execute(_ALLIES, values)
        cursor.execute(_SHARED, values)
        for cause in _CAUSES:
            cursor.execute(_END.format(cause=cause), values)
            ended += cursor.rowcount
        cursor.execute(_PAIRS, values)
        cursor.execute(_HOUSEHOLDS, values)
        cursor.execute(_NEVER, values)
        cursor.execute(_EVIDENCE, values)
        cursor.execute(_OVER, values)
        over = cursor.fetchall()
        if over:
            persons, sources = [row[0] for row in over], [row[1] for row in over]
            # Without a link the person, and so its name, would be out of sight of the statement.
            tokens.erase(set(persons))
            cursor.execute(_UNLINK, {"persons": persons, "sources": sources})
            tokens.write(set(persons))
    return ended
