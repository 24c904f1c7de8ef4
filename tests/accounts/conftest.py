"""A database in memory, and a clock that tests set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.database import migrate, open_engine

PASSWORD = "七里香-Harbor-27"
OTHER = "落花生-Lantern-83"
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/accounts.db")
    migrate(engine)
    yield engine
    engine.dispose()
