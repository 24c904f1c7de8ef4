"""What people asked lately, masked, for the gate to ask again."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from app.database import reason
from app.journal.tables import questions

log = logging.getLogger("yiboshi")

MOST = 300
"""Questions that a publication asks of both versions: some three seconds."""
SPAN = 3_000
"""Records looked through for them, so that a long journal takes no longer."""


def recent_questions(engine: Engine, most: int = MOST) -> list[str]:
    """The last different questions that were typed, the latest first; none where the database cannot be read."""
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return []  # nothing was ever asked, and looking would make an empty file
    latest = select(questions.c.question_masked).where(questions.c.via == "typed").order_by(questions.c.id.desc())
    try:
        with engine.connect() as connection:
            return list(dict.fromkeys(connection.execute(latest.limit(SPAN)).scalars()))[:most]
    except SQLAlchemyError as error:
        log.warning("近期的问题读不出来，没有比较：%s", reason(error))
        return []


def latencies(engine: Engine, most: int) -> list[float]:
    """How many milliseconds each of the last replies took; none where the database cannot be read."""
    latest = select(questions.c.took_ms).order_by(questions.c.id.desc()).limit(most)
    try:
        with engine.connect() as connection:
            return list(connection.execute(latest).scalars())
    except SQLAlchemyError as error:
        log.warning("用时读不出来：%s", reason(error))
        return []
