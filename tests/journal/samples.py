"""Records to put in, and what came out."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Engine, Table, select

from app.journal.journal import Asked

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


def kept(engine: Engine, table: Table) -> list[Any]:
    """Every row, in the order of writing."""
    with engine.connect() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))
