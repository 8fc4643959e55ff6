"""Whether a server that is given by address can keep what Fangxian promises.

The launcher makes its own clusters fit. On a server of somebody else's a web role that is a
superuser, owns the database or has BYPASSRLS passes every policy of row-level security, without
a word: it is asked before anything is served or changed.
"""

from __future__ import annotations

from typing import Final

from . import databases
from .binaries import OLDEST
from .errors import ServerError
from .passwords import Role
from .server import Server

_ASK: Final = """
    SELECT d.encoding = pg_char_to_encoding('UTF8'), r.rolsuper, r.rolbypassrls,
           pg_has_role(current_user, d.datdba, 'MEMBER')
      FROM pg_database d, pg_roles r
     WHERE d.datname = current_database() AND r.rolname = current_user
"""
_MEND: Final = "(fangxian db setup-sql prints the SQL of database and roles as they must be)"


def refuse_unfit(server: Server, database: str) -> None:
    """Raise ServerError with all that is wrong with a server given by DATABASE_URL, and the mend.

    Asks each role whose address is known. Servers that the launcher started are fit.
    """
    if server.kind != "url":
        return
    roles: tuple[Role, ...] = ("app", "owner", "maintenance")
    found = [
        text for role in roles if role in server.urls for text in _faults(server, role, database)
    ]
    if found:
        raise ServerError(
            "\n".join(
                [f"The database of DATABASE_URL can't be used {_MEND}:", *dict.fromkeys(found)]
            )
        )


def _faults(server: Server, role: Role, database: str) -> list[str]:
    name = server.role_name(role)
    release, row = databases.one(server.dsn(role, database), _ASK)
    utf8, is_super, bypasses, owns = row
    faults: list[str] = []
    if int(release.split(".")[0]) < OLDEST:
        faults.append(f"- it is PostgreSQL {release}; {OLDEST} or later is needed")
    if not utf8:
        faults.append(
            "- its encoding isn't UTF8: make it anew with ENCODING 'UTF8' TEMPLATE template0"
        )
    if is_super:
        faults.append(
            f"- {name} is a superuser, whom no policy binds: ALTER ROLE {name} NOSUPERUSER"
        )
    elif role == "app" and bypasses:
        faults.append(f"- {name} passes row-level security: ALTER ROLE {name} NOBYPASSRLS")
    elif role == "app" and owns:
        faults.append(
            f"- {name} owns the database or belongs to its owner: give the web a role of its own"
        )
    if role == "maintenance" and not bypasses and not is_super:
        faults.append(
            f"- {name} would see no row in backups and checks: ALTER ROLE {name} BYPASSRLS"
        )
    return faults
