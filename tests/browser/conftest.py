"""One Chromium for the whole run; each test has its own visitors and, if it asks for it, a site."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.kit import launch
from tests.kit.cast import Places, make_places


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        # What is waited for comes; how long it takes is the machine's load.
        expect.set_options(timeout=20_000)
        own = launch(playwright)
        yield own
        own.close()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def site(fresh_database: str) -> Iterator[str]:
    """Address of the whole product, served over a database of this test alone."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.set_app(WSGIHandler())
    # The time between two looks at whether to stop.
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    # By name: passkeys refuse addresses in numbers.
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def places(site: str) -> Places:
    """The places of the suite, committed so that the site sees them; the cast follows."""
    return make_places()
