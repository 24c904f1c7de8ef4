"""Records to put in, and what came out."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, select

from app.database import open_engine
from app.journal.journal import Asked
from tests.web.server import eventually

AT = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))


def asked(**other: Any) -> Asked:
    """An answered question, but for what is said otherwise."""
    usual: dict[str, Any] = {
        "reply_id": uuid.uuid4().hex,
        "session_id": None,
        "channel": "api",
        "via": "typed",
        "question": "保证金多久退",
        "audience": "bidder",
        "kind": "answer",
        "tier": "scores",
        "entry_id": "deposit-01",
        "options": [],
        "candidates": [{"kind": "entry", "id": "deposit-01", "probability": 0.9}],
        "confidence": 0.95,
        "version": "3bd7b617174c",
        "took_ms": 14.3,
        "corrected": None,
        "understood_as": None,
    }
    return Asked(**usual | other)


def last(data: Path, table: Table, **values: Any) -> list[Any]:
    """Every row of a server's own database, once the last of them has these values: it writes a moment after it replies."""
    engine = open_engine(f"sqlite:///{data / 'yiboshi.db'}")

    def noted() -> list[Any]:
        rows = kept(engine, table)
        return rows if rows and all(getattr(rows[-1], name) == value for name, value in values.items()) else []

    try:
        rows: list[Any] = eventually(noted, f"a row of {table.name} with {values}")
        return rows
    finally:
        engine.dispose()


def kept(engine: Engine, table: Table) -> list[Any]:
    """Every row, in the order of writing."""
    with engine.connect() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))
