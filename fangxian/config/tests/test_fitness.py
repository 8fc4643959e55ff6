"""A server that is given by address is asked whether its roles can be bound at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings

from fangxian.config.postgres import Role, Server, ServerError
from fangxian.config.postgres.fitness import refuse_unfit

pytestmark = pytest.mark.django_db


def given(**urls: str) -> Server:
    """The suite's server as if it had been given by address."""
    return replace(settings.SERVER, kind="url", urls=urls)


def address(role: Role) -> str:
    return settings.SERVER.dsn(role)


@pytest.fixture
def database(template_database: str) -> str:
    return template_database


@pytest.fixture
def ascii_database() -> Iterator[str]:
    name = f"fx_ascii_{uuid4().hex[:8]}"
    with psycopg.connect(address("superuser"), autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
        )
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_roles_of_the_launcher_are_fit(database: str) -> None:
    roles: tuple[Role, ...] = ("app", "owner", "maintenance")
    refuse_unfit(given(**{role: address(role) for role in roles}), database)


@pytest.mark.parametrize(
    ("as_role", "role", "mend"),
    [
        ("app", "superuser", "fangxian_superuser is a superuser.*NOSUPERUSER"),
        ("owner", "superuser", "fangxian_superuser is a superuser.*NOSUPERUSER"),
        ("app", "maintenance", "passes row-level security.*NOBYPASSRLS"),
        ("app", "owner", "give the web a role of its own"),
        ("maintenance", "app", "would see no row.* BYPASSRLS"),
    ],
)
def test_a_role_that_no_policy_binds_is_refused_with_the_mend(
    database: str, as_role: Role, role: Role, mend: str
) -> None:
    with pytest.raises(ServerError, match=f"(?s)setup-sql.*{mend}"):
        refuse_unfit(given(**{"app": address("app"), as_role: address(role)}), database)


def test_a_database_of_another_encoding_is_refused(ascii_database: str) -> None:
    superuser = given(app=address("superuser"))
    with pytest.raises(ServerError, match=r"encoding isn't UTF8.*ENCODING 'UTF8'"):
        refuse_unfit(superuser, ascii_database)


def test_what_is_made_here_is_utf_8_whatever_the_server_speaks() -> None:
    name = f"fx_utf8_{uuid4().hex[:8]}"
    settings.SERVER.create_database(name)
    try:
        with psycopg.connect(settings.SERVER.dsn("app", name)) as connection:
            assert connection.info.parameter_status("server_encoding") == "UTF8"
    finally:
        settings.SERVER.drop_database(name)
