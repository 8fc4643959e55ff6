"""The roles and their passwords, kept in one private file beside the cluster."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Literal

from .errors import ServerError

Role = Literal["owner", "app", "maintenance", "superuser"]
ROLES: dict[Role, str] = {
    "owner": "fangxian_owner",
    "app": "fangxian_app",
    "maintenance": "fangxian_maintenance",
    "superuser": "fangxian_superuser",
}
ATTRIBUTES: dict[Role, str] = {
    "owner": "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION",
    "app": "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION",
    "maintenance": "LOGIN NOSUPERUSER BYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION",
}


def passwords_file(cluster: Path) -> Path:
    """`<data>/postgres.passwords.json` of the cluster `<data>/postgres`."""
    return cluster.with_name(f"{cluster.name}.passwords.json")


def read_passwords(cluster: Path) -> dict[Role, str] | None:
    """Passwords by role; None if the file is missing. ServerError if it can't be read."""
    path = passwords_file(cluster)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {role: str(kept[name]) for role, name in ROLES.items()}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise ServerError(
            f"{path} belongs to another user. Run as the user who set this data folder up, or set "
            "FANGXIAN_DATA to a folder of your own."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ServerError(
            f"{path} is damaged. Stop the server (fangxian db stop), remove that file and start "
            "again: new passwords are set."
        ) from error


def make_passwords(cluster: Path) -> dict[Role, str]:
    """New random passwords, safely on disk before they are used."""
    path = passwords_file(cluster)
    made: dict[Role, str] = {role: secrets.token_urlsafe(32) for role in ROLES}
    new = path.with_name(f"{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({ROLES[role]: word for role, word in made.items()}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return made


def roles_sql(passwords: dict[Role, str]) -> str:
    """SQL, one statement a line, for a single-user server: make the roles or set them right."""
    lines = [f"ALTER ROLE {ROLES['superuser']} PASSWORD '{passwords['superuser']}';"]
    for role, attributes in ATTRIBUTES.items():
        name = ROLES[role]
        lines += [
            f"DO $$ BEGIN CREATE ROLE {name}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
            f"ALTER ROLE {name} WITH {attributes} PASSWORD '{passwords[role]}';",
        ]
    return "\n".join(lines) + "\n"
