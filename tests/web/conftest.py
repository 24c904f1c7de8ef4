"""An application whose lifespan runs, spoken to over HTTP without a socket; small knowledge, real encoder."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from app.config import Settings
from app.main import create_app
from app.web.deps import State
from tests.web.office import Clock, Office
from tests.web.server import World, of
from tests.web.worlds import small_world as small_world

TOKEN = "correct-horse-battery"


class Web:
    """A browser of sorts: ``request`` returns httpx responses; what the application raises is answered, not raised."""

    def __init__(self, portal: BlockingPortal, client: httpx.AsyncClient, state: State) -> None:
        self._portal = portal
        self._client = client
        self.state = state
        """What the service holds, for tests that arrange it."""

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        self._client.cookies.clear()  # who wants to be recognised sends them
        return self._portal.call(functools.partial(self._client.request, method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def ask(self, question: str, **beside: Any) -> dict[str, Any]:
        response = self.post("/api/v1/ask", json={"question": question, **beside})
        assert response.status_code == 200, response.text
        reply: dict[str, Any] = response.json()
        return reply


@contextmanager
def spoken_to(app: FastAPI) -> Iterator[Web]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
        try:
            yield Web(portal, client, app.state.yiboshi)
        finally:
            portal.call(client.aclose)


@pytest.fixture(scope="module")
def web(small_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """As installed: no administrator.  Not to be altered."""
    world = small_world.copy(tmp_path_factory.mktemp("web"))
    with spoken_to(create_app(Settings(**of(world)))) as web:
        yield web


@pytest.fixture(scope="module")
def admin_web(small_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """With an administrator, and one route that fails as no route should.  Not to be altered."""
    world = small_world.copy(tmp_path_factory.mktemp("admin"))
    app = create_app(Settings(admin_token=TOKEN, **of(world)))
    app.add_api_route("/api/v1/broken", _broken)
    with spoken_to(app) as web:
        yield web


def _broken() -> None:
    raise RuntimeError("a secret of the machine room")


Serve = Callable[..., Web]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start an application over a test's own folders: ``serve(world, setting=...)``."""
    with ExitStack() as stack:

        def start(world: World, **settings: Any) -> Web:
            return stack.enter_context(spoken_to(create_app(Settings(**of(world), **settings))))

        yield start


@pytest.fixture
def world(small_world: World, tmp_path: Path) -> World:
    """Small knowledge, already published, of this test's own."""
    return small_world.copy(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.main.local_now", clock)
    return clock


@pytest.fixture
def office(serve: Serve, world: World, clock: Clock) -> Office:
    office = Office(serve(world), world, clock)
    office.hire("zhang", "owner")
    return office
