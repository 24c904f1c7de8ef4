"""What is older than the days it is kept goes, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from app.journal.journal import Journal
from app.journal.retention import purge
from app.journal.tables import feedback, questions
from app.journal.writer import Writer
from tests.journal.samples import AT, asked, kept

DAYS = 184


def test_what_is_too_old_is_deleted_to_the_minute(engine: Engine):
    journal = Journal(Writer(engine))
    limit = AT - timedelta(days=DAYS)
    for name, at in {"a": limit - timedelta(minutes=1), "b": limit, "c": AT}.items():
        journal.asked(at, asked(reply_id=name * 32))
        journal.rated(at, name * 32, True, None, None)
    journal.close()
    assert purge(engine, AT, DAYS) == (1, 1)
    assert [row.reply_id[0] for row in kept(engine, questions)] == ["b", "c"]
    assert [row.reply_id[0] for row in kept(engine, feedback)] == ["b", "c"]
    assert purge(engine, AT, DAYS) == (0, 0)
