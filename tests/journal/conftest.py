"""Databases of a test's own: SQLite and, where it is installed, PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.database import migrate, open_engine
from tests.journal.postgres import Postgres, binaries
from tests.web.conftest import serve as serve
from tests.web.server import World
from tests.web.worlds import small_world as small_world


@pytest.fixture
def world(small_world: World, tmp_path: Path) -> World:
    return small_world.copy(tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("psycopg", reason="needs the extra `postgres`")
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL; on Debian: apt-get install postgresql")
    with Postgres(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'yiboshi.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


@pytest.fixture
def empty(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """A database with its tables."""
    migrate(empty)
    return empty
