"""A journal on each database, written row by row, and the small knowledge it is read against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from app.index.encoder import Encoder
from app.insights.window import Window, last
from app.journal.tables import feedback, questions
from app.publishing.pipeline import open_current
from app.snapshot import Snapshot
from tests.journal.conftest import empty as empty
from tests.journal.conftest import engine as engine
from tests.journal.conftest import postgres as postgres
from tests.journal.conftest import url as url
from tests.web.server import World
from tests.web.worlds import small_world as small_world

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=timezone(timedelta(hours=8)))
"""A Wednesday afternoon in China."""


@pytest.fixture(scope="session")
def snapshot(small_world: World, encoder: Encoder, dictionary: Any) -> Snapshot:
    found = open_current(small_world.data / "indexes", encoder, dictionary)
    assert found is not None
    return found


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def week() -> Window:
    return last(7, NOW)


class Notes:
    """Writes into a journal as the service does; every row an answered question but for what is said otherwise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._written = 0

    def asked(self, at: datetime, **other: Any) -> str:
        """The reply's id."""
        self._written += 1
        row: dict[str, Any] = {
            "at": at,
            "reply_id": f"{self._written:032x}",
            "session_key": None,
            "channel": "api",
            "via": "typed",
            "question_masked": "锁的密码忘了",
            "audience": None,
            "kind": "answer",
            "tier": "scores",
            "entry_id": "ca-02" if other.get("kind", "answer") == "answer" else None,
            "options": [],
            "candidates": [entry("ca-02", 0.9), entry("ca-01", 0.05)],
            "confidence": 0.9,
            "version": "3bd7b617174c",
            "took_ms": 10.0,
            "corrected": None,
            "understood_as": None,
        }
        with self._engine.begin() as connection:
            connection.execute(questions.insert(), row | other)
        return str((row | other)["reply_id"])

    def rated(self, reply_id: str, helpful: bool, at: datetime = NOW - timedelta(minutes=1), reason: str | None = None):
        row = {"at": at, "reply_id": reply_id, "helpful": helpful, "reason": reason, "comment_masked": None}
        with self._engine.begin() as connection:
            connection.execute(feedback.insert(), row)

    def connect(self) -> Connection:
        return self._engine.connect()


def candidate(kind: str, identifier: str, probability: float) -> dict[str, Any]:
    return {"kind": kind, "id": identifier, "probability": probability}


def entry(identifier: str, probability: float) -> dict[str, Any]:
    return candidate("entry", identifier, probability)


@pytest.fixture
def notes(engine: Engine) -> Notes:
    return Notes(engine)


Read = Callable[..., Any]


@pytest.fixture
def read(notes: Notes) -> Iterator[Read]:
    """``read(function, window, ...)`` over one connection."""
    with notes.connect() as connection:
        yield lambda function, *arguments: function(connection, *arguments)
