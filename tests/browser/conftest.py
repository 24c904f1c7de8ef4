"""Debian's chromium and a real server with the shipped knowledge; every page is watched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.server import Server, World
from tests.web.worlds import real_world as real_world

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no chromium at {CHROMIUM}; name one in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


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

    def elsewhere(self, server: Server) -> list[str]:
        local = ("data", "blob", "about")
        parts = [urlsplit(url) for url in self.requests]
        return [
            part.geturl() for part in parts if part.scheme not in local and part.netloc != urlsplit(server.url).netloc
        ]


Open = Callable[..., Watched]


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Open]:
    """``browse(server, path, ...)`` opens a page; when the test is over nothing may have left the server or gone wrong.

    ``may_lose_the_server`` tolerates the browser's own words about a server that does not answer.
    """
    opened: list[tuple[Watched, Server, bool]] = []
    with ExitStack() as stack:

        def open_page(server: Server, path: str = "/", may_lose_the_server: bool = False, **options: Any) -> Watched:
            context = chromium.new_context(locale="zh-CN", service_workers="block", **options)
            stack.callback(context.close)
            watched = Watched(context.new_page())
            opened.append((watched, server, may_lose_the_server))
            watched.page.goto(server.url + path)
            return watched

        yield open_page
    for watched, server, may_lose_the_server in opened:
        assert watched.requests
        assert watched.elsewhere(server) == []
        complaints = [text for text in watched.complaints if not (may_lose_the_server and "net::ERR_" in text)]
        assert complaints == []
