"""Hostile query parameters on every page; headers and inline code of every page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import QueryDict

from tests.kit.routes import Route, routes
from tests.security.world import EVERYTHING, World, undone

HOSTILE = [
    "\x00",
    "a\x00b",
    "'\"><script>alert(1)</script>",
    "'; DROP TABLE accounts_user; --",
    "9" * 40,
    "-1",
    "1e999",
    "NaN",
    "../../../../etc/passwd",
    "{{ settings.SECRET_KEY }}%(x)s{0}",
    "password",
    "-user__password",
    "2026-13-45",
    "0001-01-01",
    "9999-12-31",
    "[]",
    '{"a": 1}',
    "\ud800",
    "界" * 3000,
    "00000000-0000-0000-0000-000000000000",
]
PAGES = [route for route in routes() if "GET" in route.methods]


def _names_read(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the query parameters that a page looks at."""
    seen: set[str] = set()

    def watch(method: str) -> None:
        original = getattr(QueryDict, method)

        def read(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
            seen.add(str(key))
            return original(self, key, *args, **kwargs)

        monkeypatch.setattr(QueryDict, method, read)

    with monkeypatch.context() as patch:
        monkeypatch = patch
        for method in ("get", "getlist", "__getitem__", "__contains__"):
            watch(method)
        world.ask(EVERYTHING, "GET", url)
    return sorted(seen - {"csrfmiddlewaretoken"})


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_no_parameter_breaks_a_page(
    world: World, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = world.url(route, world.own, world.cast.user(EVERYTHING))
    assert url is not None
    names = _names_read(world, url, monkeypatch)
    broken = []
    for value in HOSTILE if names else []:
        encoded = value.encode("utf-8", "surrogatepass").decode("latin-1")
        answer = world.ask(EVERYTHING, "GET", url, dict.fromkeys(names, encoded))
        if answer.status_code >= 500:
            # Which of them it was.
            guilty = [
                name
                for name in names
                if world.ask(EVERYTHING, "GET", url, {name: encoded}).status_code >= 500
            ]
            broken.append(f"{url}?{guilty or names}={value[:40]!r}: {answer.status_code}")
    assert not broken, "\n" + "\n".join(broken)


INLINE = re.compile(
    r"<script(?![^>]*\b(?:src=|type=\"(?:application/json|text/html)\"))[^>]*>"
    r"|<style[\s>]|\sstyle=|\son[a-z]+=|href=\"javascript:",
    re.IGNORECASE,
)


@pytest.mark.parametrize("who", ["anonymous", EVERYTHING])
@pytest.mark.parametrize("route", PAGES, ids=str)
def test_every_page_has_the_headers_and_nothing_inline(
    world: World, route: Route, who: str
) -> None:
    url = world.url(route, world.own, world.cast.user(EVERYTHING))
    assert url is not None
    answer = world.ask(who, "GET", url)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    # A file that is handed out runs nothing at all.
    assert "script-src 'self'" in policy or policy.startswith("sandbox;")
    assert "frame-ancestors 'none'" in policy or answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "microphone=()" in answer["Permissions-Policy"]
    if who == EVERYTHING:
        assert {"private", "no-store"} & set(answer["Cache-Control"].split(", "))
    if answer["Content-Type"].startswith("text/html"):
        assert INLINE.findall(answer.content.decode()) == []
        assert all(cookie["samesite"] == "Lax" for cookie in answer.cookies.values())


def test_https_is_kept_once_it_is_used(world: World, settings: Any) -> None:
    from django.middleware.security import SecurityMiddleware
    from django.test import RequestFactory

    settings.SECURE_HSTS_SECONDS = 31_536_000
    response = world.ask("anonymous", "GET", "/sign-in/")
    secured = SecurityMiddleware(lambda _r: response)(RequestFactory().get("/", secure=True))
    assert secured["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_undoing_undoes(world: World) -> None:
    from fangxian.accounts.models import User

    with undone():
        User.objects.create(username="gone")
    assert not User.objects.filter(username="gone").exists()
