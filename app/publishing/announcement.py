"""Which version serves, told through PostgreSQL: replicas on other machines may see the shared folder change only later.

The pointer file stays the truth that a start goes by; this is the quicker messenger.  With SQLite there is one machine, whose
processes all see the file at once.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import Column, Engine, Integer, String, Table, delete, select
from sqlalchemy.exc import SQLAlchemyError

from app.database import Moment, metadata, reason

log = logging.getLogger("yiboshi")

announcements = Table(
    "announcements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", String(16), nullable=False),
    Column("at", Moment, nullable=False),
)
"""One row: the version activated last."""
_ROW = 1


def announce(engine: Engine, version: str, at: datetime) -> None:
    """Tell the others; where the database cannot be written they learn it from the file."""
    if engine.dialect.name != "postgresql":
        return
    try:
        with engine.begin() as connection:
            connection.execute(delete(announcements))
            connection.execute(announcements.insert().values(id=_ROW, version=version, at=at))
    except SQLAlchemyError as error:
        log.warning("版本 %s 没有写进数据库，别的机器要等共享文件夹更新：%s", version, reason(error))


def announced(engine: Engine) -> str | None:
    """The version told last; None where none was, or the database cannot be read."""
    if engine.dialect.name != "postgresql":
        return None
    try:
        with engine.connect() as connection:
            return connection.execute(select(announcements.c.version)).scalar()
    except SQLAlchemyError:
        return None
