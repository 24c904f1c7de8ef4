"""How long the journal is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine, delete

from app.journal.tables import feedback, questions


class Purged(NamedTuple):
    questions: int
    feedback: int


def purge(engine: Engine, now: datetime, keep_days: int) -> Purged:
    """Delete what is older than so many days; how many rows went."""
    before = now - timedelta(days=keep_days)
    counts = []
    for table in (questions, feedback):
        with engine.begin() as connection:  # each its own, so that the writer waits the less
            counts.append(connection.execute(delete(table).where(table.c.at < before)).rowcount)
    return Purged(*counts)
