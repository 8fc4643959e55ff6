"""The numbers of a page: what they are called, and where they lead."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve
from lxml import html

# Pages of one route that are walked: the second one may lie deeper or be in another state.
A_ROUTE = 2
MOST_PAGES = 600
# What ends the session or makes something on the way.
LEFT = ("/accounts/logout", "/i18n/", "/static/", "/api/", "/f/", "/reporting/figures/")
DIGIT = re.compile(r"\d")
FIRST = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Number:
    """A number on a page. ``what``: ``tile``, ``cell``, ``meter`` or ``count``; ``label``: what a
    reader sees beside it; ``url``: where it opens, "" if nowhere; ``figure``: of which measure.
    """

    what: str
    label: str
    text: str
    url: str = ""
    figure: str = ""

    @property
    def value(self) -> float:
        """Its first number."""
        return float(FIRST.findall(self.text)[0].replace(",", ""))


def _text(node: Any) -> str:
    return " ".join(node.text_content().split())


def _with(page: Any, css: str) -> list[Any]:
    return list(page.xpath(f"//*[contains(concat(' ', @class, ' '), ' {css} ')]"))


def _number(what: str, label: str, node: Any) -> Number:
    links = [*(node.xpath("self::a[@data-figure]") or node.xpath(".//a[@data-figure]"))]
    if links:
        link = links[0]
        return Number(what, label, _text(link), link.get("href"), link.get("data-figure"))
    return Number(what, label, _text(node))


def numbers(content: bytes) -> Iterator[Number]:
    """The tiles, cells, bars and counts of a page."""
    page = html.document_fromstring(content.decode())
    for node in _with(page, "fx-tile__value"):
        if DIGIT.search(_text(node)):
            (label,) = node.xpath("../*[contains(@class, 'fx-tile__label')]")
            yield _number("tile", _text(label), node)
    for node in _with(page, "fx-meter__words"):
        yield _number("meter", "", node)
    for node in _with(page, "fx-num"):
        if not DIGIT.search(_text(node)) or node.xpath(
            "ancestor::*[contains(@class, 'fx-tile__value') or contains(@class, 'fx-meter')]"
        ):
            continue
        cells = node.xpath("ancestor-or-self::td")
        if cells:
            if node is cells[0] or not _is_number(cells[0]):
                yield _number("cell", _column(cells[0]), node)
        elif not node.xpath("ancestor-or-self::th") and node.tag != "p":
            rows = node.xpath("ancestor::li[1]//a")
            yield _number("count", _text(rows[0]) if rows else "", node)


def _is_number(cell: Any) -> bool:
    return "fx-num" in (cell.get("class") or "").split()


def _column(cell: Any) -> str:
    table = cell.xpath("ancestor::table[1]")[0]
    heads = table.xpath("./thead/tr[last()]/*")
    at = sum(int(one.get("colspan") or 1) for one in cell.xpath("preceding-sibling::*"))
    return _text(heads[at]) if at < len(heads) else ""


@dataclass(frozen=True)
class Page:
    """A page that was walked: its route, its address, what it answered."""

    route: str
    url: str
    content: bytes


def route_of(url: str) -> str:
    """The name of the route of an address, "" for none."""
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return ""


def walk(client: Client, *starts: str) -> Iterator[Page]:
    """The pages that are reached by links, a few of each route, as a reader in English."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    waiting = deque(starts)
    known, seen = set(starts), Counter[str]()
    while waiting and sum(seen.values()) < MOST_PAGES:
        url = waiting.popleft()
        route = route_of(url)
        if not route or seen[route] >= A_ROUTE:
            continue
        seen[route] += 1
        response = client.get(url)
        if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
            continue
        yield Page(route, url, response.content)
        links = html.document_fromstring(response.content.decode()).xpath("//a/@href")
        for link in links:
            to = urljoin(url, str(link)).partition("#")[0]
            inside = to.startswith("/") and not to.startswith(LEFT)
            if inside and to not in known:
                known.add(to)
                waiting.append(to)
