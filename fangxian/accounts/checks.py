"""What must always hold of accounts; run by ``fangxian check``."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connections
from django.utils import timezone

TWO_EXCLUSIVE_ROLES = """
SELECT u.username, a.role_id, b.role_id
FROM accounts_grant a
JOIN accounts_grant b ON b.user_id = a.user_id AND b.role_id > a.role_id
JOIN accounts_role ra ON ra.code = a.role_id
JOIN accounts_role rb ON rb.code = b.role_id AND rb.exclusive_group = ra.exclusive_group
JOIN accounts_user u ON u.id = a.user_id
WHERE ra.exclusive_group <> '' AND a.revoked_at IS NULL AND b.revoked_at IS NULL
  AND daterange(a.valid_from, a.valid_to, '[]') && daterange(b.valid_from, b.valid_to, '[]')
ORDER BY u.username
"""
UNNAMED = """
SELECT DISTINCT u.username, g.role_id
FROM accounts_grant g
JOIN accounts_role r ON r.code = g.role_id AND r.exclusive_group <> ''
JOIN accounts_user u ON u.id = g.user_id AND u.staff_number = ''
WHERE g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to >= %s)
ORDER BY u.username
"""


def exclusive_roles_are_apart() -> Iterator[str]:
    """Yield a sentence for each account with two roles of one exclusive group, or unnamed with one.

    The trigger on grants holds this; a role that joins a group later is found here.
    """
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(TWO_EXCLUSIVE_ROLES)
        for username, first, second in cursor.fetchall():
            yield f"account {username} holds both {first} and {second}; revoke one of them"
        cursor.execute(UNNAMED, [timezone.localdate()])
        for username, role in cursor.fetchall():
            yield f"account {username} holds {role} and names nobody; write its staff number"
