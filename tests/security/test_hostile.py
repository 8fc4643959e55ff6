"""Hostile query parameters on every page; headers, inline code and title of every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.http import QueryDict

from fangxian.common.templatetags.carried import FIELD
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


@dataclass(frozen=True)
class Plain:
    """A page as it is without parameters, and the names of those that it looks at."""

    url: str
    answer: Any
    names: list[str]


@pytest.fixture(scope="module")
def plain(world: World) -> Callable[[Route], Plain]:
    """What a route answers to who may do everything; asked once."""

    @cache
    def ask(route: Route) -> Plain:
        url = world.url(route, world.own, world.cast.user(EVERYTHING))
        assert url is not None
        seen: set[str] = set()
        with pytest.MonkeyPatch.context() as patch:
            for method in ("get", "getlist", "__getitem__", "__contains__"):
                patch.setattr(QueryDict, method, _watched(getattr(QueryDict, method), seen))
            answer = world.ask(EVERYTHING, "GET", url)
        return Plain(url, answer, sorted(seen - {"csrfmiddlewaretoken"}))

    return ask


def _watched(original: Callable[..., Any], seen: set[str]) -> Callable[..., Any]:
    def read(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        seen.add(str(key))
        return original(self, key, *args, **kwargs)

    return read


def _broken(world: World, page: Plain, names: list[str]) -> list[str]:
    """The values under which the page fails, with the names whose parameters are guilty."""
    found = []
    for value in HOSTILE if names else []:
        encoded = _encoded(value)
        if world.ask(EVERYTHING, "GET", page.url, dict.fromkeys(names, encoded)).status_code >= 500:
            guilty = [
                name
                for name in names
                if world.ask(EVERYTHING, "GET", page.url, {name: encoded}).status_code >= 500
            ]
            found.append(f"{page.url}?{guilty or names}={value[:40]!r}")
    return found


def _encoded(value: str) -> str:
    return value.encode("utf-8", "surrogatepass").decode("latin-1")


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_no_parameter_breaks_a_page(
    world: World, plain: Callable[[Route], Plain], route: Route
) -> None:
    page = plain(route)
    # Links of a page carry on what it does not read itself.
    beside = {f"x{number}": _encoded(value) for number, value in enumerate(HOSTILE)}
    assert world.ask(EVERYTHING, "GET", page.url, beside).status_code < 500
    broken = _broken(world, page, [name for name in page.names if name != FIELD])
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize("name", ["people:person", "core:tasks", "register:place"])
def test_no_task_breaks_a_page(world: World, plain: Callable[[Route], Plain], name: str) -> None:
    """Which task a page is opened for is read before the page, for all pages alike."""
    (route,) = (one for one in PAGES if one.name == name)
    assert FIELD in plain(route).names
    assert not _broken(world, plain(route), [FIELD])


INLINE = re.compile(
    r"<script(?![^>]*\b(?:src=|type=\"(?:application/json|text/html)\"))[^>]*>"
    r"|<style[\s>]|\sstyle=|\son[a-z]+=|href=\"javascript:",
    re.IGNORECASE,
)


@pytest.mark.parametrize("who", ["anonymous", EVERYTHING])
@pytest.mark.parametrize("route", PAGES, ids=str)
def test_every_page_has_the_headers_and_nothing_inline(
    world: World, plain: Callable[[Route], Plain], route: Route, who: str
) -> None:
    page = plain(route)
    answer = page.answer if who == EVERYTHING else world.ask(who, "GET", page.url)
    policy = answer["Content-Security-Policy"]
    # The app reads barcodes by WebAssembly, which this does not let run anything else.
    runs = policy.replace("'wasm-unsafe-eval'", "") if route.name == "app:page" else policy
    assert "unsafe" not in runs
    assert "default-src 'none'" in policy
    # A file that is handed out runs nothing at all.
    assert re.search(r"script-src 'self'\s*(;|$)", runs) or policy.startswith("sandbox;")
    assert "frame-ancestors 'none'" in policy or answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "microphone=()" in answer["Permissions-Policy"]
    if route.name.startswith("app:"):
        # The same for everybody and without data: the phone keeps it.
        assert answer["Cache-Control"] == "no-cache"
        assert not answer.cookies
    elif who == EVERYTHING:
        assert {"private", "no-store"} & set(answer["Cache-Control"].split(", "))
    if answer["Content-Type"].startswith("text/html"):
        assert INLINE.findall(answer.content.decode()) == []
        assert all(cookie["samesite"] == "Lax" for cookie in answer.cookies.values())


TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def test_no_title_names_a_resident(world: World, plain: Callable[[Route], Plain]) -> None:
    """The title of a page stays in the browser's history of shared machines."""
    titles: dict[str, str] = {}
    for route in PAGES:
        if route.policy is None or route.policy.public:
            continue
        answer = plain(route).answer
        if answer.status_code == 200 and not answer.streaming:
            found = TITLE.search(answer.content.decode(errors="replace"))
            if found:
                titles[str(route)] = found[1]
    assert {"people:person", "organisations:member"} <= {name.split()[0] for name in titles}
    secrets = world.own.secrets.values()
    assert [
        name for name, title in titles.items() if any(secret in title for secret in secrets)
    ] == []


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
