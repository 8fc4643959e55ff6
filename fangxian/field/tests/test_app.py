"""The phone app's page: open, without data, complete for a phone without a network."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from fangxian.common.ui import bundle
from fangxian.field import shell

SHELL_KB = 150


def directives(policy: str) -> dict[str, set[str]]:
    parts = (one.split() for one in policy.split(";"))
    return {name: set(values) for name, *values in parts}


def test_the_page_is_open_and_asks_for_no_more_than_it_needs(client: Client) -> None:
    page = client.get("/f/")
    assert page.status_code == 200
    assert page["X-Fangxian"] == "app"
    assert page["Cache-Control"] == "no-cache"
    assert not page.cookies
    policy = directives(page["Content-Security-Policy"])
    assert policy["script-src"] == {"'self'", "'wasm-unsafe-eval'"}
    assert policy["img-src"] == {"'self'", "data:", "blob:"}
    assert policy["style-src"] == {"'self'"}
    assert policy["default-src"] == {"'none'"}
    assert "camera=(self)" in page["Permissions-Policy"]
    assert "microphone=()" in page["Permissions-Policy"]


@pytest.mark.django_db
def test_other_pages_get_neither_camera_nor_webassembly(client: Client) -> None:
    page = client.get(reverse("account_login"))
    assert page.status_code == 200
    assert "camera=()" in page["Permissions-Policy"]
    assert directives(page["Content-Security-Policy"])["script-src"] == {"'self'"}


def kept(client: Client) -> dict[str, object]:
    script = client.get("/f/sw.js")
    assert script["Content-Type"].startswith("text/javascript")
    first = script.content.decode().partition(";\n")[0]
    told: dict[str, object] = json.loads(first.removeprefix("self.FANGXIAN_APP="))
    return told


def test_the_worker_keeps_every_file_of_the_app(client: Client) -> None:
    told = kept(client)
    page = client.get("/f/").content.decode()
    now, later = told["shell"], told["later"]
    assert isinstance(now, list)
    assert isinstance(later, list)
    for source in (shell.APP, shell.STYLES):
        assert bundle.entry(source).url in page
        assert bundle.entry(source).url in now
    for url in [*now, *later]:
        if url.startswith("/static/"):
            assert finders.find(url.removeprefix("/static/")), url
        else:
            assert client.get(url).status_code == 200, url
    assert {"/f/texts/zh-hans.json", "/f/texts/zh-hant.json"} <= set(now)


def test_the_shell_is_small() -> None:
    """What a phone loads before the first screen, as it travels; the scanner comes later."""
    total = len(gzip.compress(Client().get("/f/").content))
    for url in shell.shell().now:
        found = finders.find(url.removeprefix("/static/")) if url.startswith("/static/") else None
        content = Path(found).read_bytes() if found else Client().get(url).content
        total += len(gzip.compress(content))
    assert total <= SHELL_KB * 1000


def test_the_version_changes_with_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    shell._shell.cache_clear()
    before = shell.shell().version
    monkeypatch.setattr(shell, "texts", lambda language: b"{}")
    shell._shell.cache_clear()
    assert shell.shell().version != before
    shell._shell.cache_clear()
    assert shell._shell(bundle.stamp()).now == shell.shell().now


def test_texts_are_kept_in_both_scripts(client: Client) -> None:
    simplified = client.get("/f/texts/zh-hans.json").json()["catalog"]
    traditional = client.get("/f/texts/zh-hant.json").json()["catalog"]
    assert simplified["Disinfection"] == "消杀"
    assert traditional["Disinfection"] == "消殺"
    assert client.get("/f/texts/en.json").status_code == 404
    assert client.get("/f/texts/xx.json").status_code == 404


def test_pages_do_not_carry_the_texts_of_the_app(client: Client) -> None:
    assert "消杀" not in client.get("/catalogue.js?l=zh-hans").content.decode()


def test_the_manifest_installs_the_app_alone(client: Client) -> None:
    reply = client.get("/f/manifest-zh-hans.webmanifest")
    assert reply["Content-Type"] == "application/manifest+json"
    told = reply.json()
    assert (told["lang"], told["short_name"]) == ("zh-Hans", "防线")
    names = {
        language: client.get(f"/f/manifest-{language}.webmanifest").json()["name"]
        for language in ("zh-hans", "zh-hant", "en")
    }
    assert len(set(names.values())) == 3
    assert client.get("/f/manifest-xx.webmanifest").status_code == 404
    assert told["scope"] == told["start_url"] == told["id"] == "/f/"
    assert told["display"] == "standalone"
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        found = finders.find(icon["src"].removeprefix("/static/"))
        assert found
        head = Path(found).read_bytes()[16:24]
        width, height = int.from_bytes(head[:4]), int.from_bytes(head[4:])
        assert icon["sizes"] == f"{width}x{height}"
