"""A browser without a screen: cookies, forms with their token, uploads. Safe in one thread only."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart


class Refused(Exception):
    """No answer came: it is unknown whether the request was carried out."""


@dataclass(frozen=True)
class Answer:
    """What came back. ``url`` is where redirects were not followed to."""

    status: int
    url: str
    body: bytes
    location: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class Visitor:
    """``get`` and ``post`` with the cookies of one browser; redirects are handed back."""

    def __init__(self, address: str, seconds: float = 30) -> None:
        self.address = address
        self.seconds = seconds
        self.jar = CookieJar()
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar), _Stay()
        ).open

    def get(self, path: str) -> Answer:
        return self._ask(urllib.request.Request(self.address + path))

    def post(self, path: str, data: Mapping[str, Any], **headers: str) -> Answer:
        """Send a form, as multipart where it has files."""
        files = any(hasattr(value, "read") for value in data.values())
        if files:
            body, kind = encode_multipart(BOUNDARY, dict(data)), MULTIPART_CONTENT
        else:
            body = urllib.parse.urlencode(data, doseq=True).encode()
            kind = "application/x-www-form-urlencoded"
        return self._send(path, body, kind, headers)

    def post_json(self, path: str, body: bytes) -> Answer:
        return self._send(path, body, "application/json", {})

    def _send(self, path: str, body: bytes, kind: str, headers: Mapping[str, str]) -> Answer:
        request = urllib.request.Request(self.address + path, data=body, method="POST")
        request.add_header("Content-Type", kind)
        request.add_header("X-CSRFToken", self.token())
        for name, value in headers.items():
            request.add_header(name, value)
        return self._ask(request)

    def token(self) -> str:
        return next((c.value or "" for c in self.jar if c.name == "csrftoken"), "")

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            with self._open(request, timeout=self.seconds) as answer:
                return Answer(answer.status, answer.url, answer.read())
        except urllib.error.HTTPError as error:
            location = error.headers.get("Location") or ""
            return Answer(error.code, request.full_url, error.read(), location)
        except (OSError, HTTPException) as error:
            raise Refused(str(error)) from None

    def sign_in(self, name: str, password: str) -> None:
        self.get("/sign-in/")
        answer = self.post("/sign-in/", {"login": name, "password": password})
        assert answer.status == 302, (answer.status, _words(answer.text))


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))[:600]
